"""A retroactive authorization re-opens what was held for it: vector ``auth_units``, trap "retro auth must re-open"."""

from __future__ import annotations

from pathlib import Path

import flow_kit as kit

from connectors.sources import synthetic, synthetic_masters


def test_a_held_encounter_goes_when_its_authorization_is_loaded_later(
    sent: kit.Office, tmp_path: Path
) -> None:
    planted = synthetic.planted(80, kit.SEED)
    held = {e for e, rules in sent.holds().items() if rules == {"GATE_AUTHORIZATION"}}
    ours = sorted(held & {e for e, name in planted.items() if name.startswith("authorization_")})
    assert ours
    encounters = sent.ledger.current("encounters").set_index("encounter_id")
    coverages = sent.ledger.current("coverages")
    primary = coverages[coverages["priority"] == "P"].drop_duplicates("patient_id").set_index("patient_id")
    rows = []
    for number, name in enumerate(ours):
        met = encounters.loc[name]
        day = met["service_date"].date().isoformat()
        payer = primary.loc[met["patient_id"], "payer_id"]
        rows.append(
            {
                "authorization_id": f"RETRO{number}",
                "patient_id": met["patient_id"],
                "payer_id": payer,
                "number": f"RETRO{number}",
                "codes": " ".join(synthetic_masters.FEES),
                "units_approved": "40",
                "valid_from": day,
                "valid_to": day,
                "status": "approved",
            }
        )
    assert sent.run("load", "authorizations", kit.write_csv(tmp_path / "retro.csv", rows)).status == 0
    told = sent.daily(1)
    assert told.status == 0, told.err
    assert not set(ours) & set(sent.holds())
    assert set(sent.encounter_states()[ours]) == {"sent"}
    assert sent.proof()["balanced"]
    reserved = sent.ledger.read("authorization_units")
    assert {f"RETRO{number}" for number in range(len(ours))} <= set(reserved["authorization_id"])
