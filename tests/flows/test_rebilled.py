"""Claims that come back: sent again as new, rebuilt from changed encounters, held where the payer has them already."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import flow_kit as kit
import pandas as pd
import pytest

from connectors.clearinghouse import archive
from tests.support.pyx12_judge import errors_of


@pytest.fixture
def answered(sent: kit.Office) -> kit.Office:
    """The partner has acknowledged: a set rejected by the 999, claims rejected by the 277CA, the others accepted."""
    with sent.partner():
        sent.answer("acknowledge")
        assert sent.responses().status == 0
    return sent


def claims_in(office: kit.Office, state: str) -> list[str]:
    states = office.states()
    return sorted(states.loc[states["state"] == state, "claim_id"])


def change_encounter(office: kit.Office, claim: str, folder: Path, **changes: str) -> str:
    """Load a changed version of the encounter of a claim with one encounter."""
    lines = office.ledger.read("claim_lines", where={"claim_id": claim})
    (encounter,) = set(lines["encounter_id"])
    sources = office.ledger.current("encounters").set_index("encounter_id")
    row = sources.loc[encounter].drop("row_id")
    values = {"encounter_id": encounter}
    for name, value in row.items():
        text = "" if pd.isna(value) else str(value)
        values[str(name)] = text.removesuffix(" 00:00:00").replace("True", "true").replace("False", "false")
    assert any(values[name] != value for name, value in changes.items())
    told = office.run(
        "load", "--json", "encounters", kit.write_csv(folder / "changed.csv", [values | changes])
    )
    assert told.json["loads"][0]["changed"] == 1, told.err
    return encounter


def single(office: kit.Office, state: str) -> str:
    """A claim in `state` that carries one encounter with minutes."""
    lines = office.ledger.read("claim_lines")
    encounters = office.ledger.current("encounters").set_index("encounter_id")
    for claim in claims_in(office, state):
        (first, *others) = set(lines.loc[lines["claim_id"] == claim, "encounter_id"])
        if not others and encounters.loc[first, "service_kind"] == "psychotherapy":
            return claim
    raise AssertionError("no such claim in the practice")


def sent_files(office: kit.Office) -> list[bytes]:
    rows = office.ledger.read("submissions").sort_values("interchange_control")
    return [archive.get(office.home / "archive", sha) for sha in rows["sha256"]]


def test_the_acknowledgments_reject_a_set_and_some_claims(answered: kit.Office) -> None:
    states = answered.states()["state"].value_counts().to_dict()
    (sent,) = sent_files(answered)
    sets = [set(re.findall(rb"~CLM\*([^*]+)\*", one)) for one in sent.split(b"~ST*837*")[1:]]
    assert {claim.encode() for claim in claims_in(answered, "rejected_syntax")} in sets, "a whole set"
    assert 0 < states["rejected"] < 5
    refused = states["rejected_syntax"] + states["rejected"]
    assert states["accepted"] == answered.ledger.count("claims") - refused
    items = answered.items("rejections")
    assert len(items) == refused
    assert all(item["deadline"] and item["next_action"] and item["recoverable_cents"] for item in items)


def test_a_rejection_resolved_by_resubmit_goes_again_as_frequency_1_with_new_ids(
    answered: kit.Office,
) -> None:
    old = claims_in(answered, "rejected")[0]
    (item,) = [item for item in answered.items("rejections") if item["claim_id"] == old]
    assert answered.daily(1).status == 0
    assert answered.ledger.count("submissions") == 1, "nothing goes again by itself"
    told = answered.run(
        "worklist", "resolve", item["item_id"][:10], "--reason", "NPI corrected", "--resubmit"
    )
    assert told.status == 0, told.err
    told = answered.daily(1)
    assert told.status == 0, told.err
    assert told.json["stages"]["interchanges"]["claims"] == 1

    (new,) = answered.ledger.read("claims", where={"replaces_claim_id": old}).to_dict(orient="records")
    assert (new["frequency"], new["attempt"]) == ("1", 2)
    assert new["original_reference"] is None or new["original_reference"] != new["original_reference"]
    submissions = answered.ledger.read("submissions").sort_values("interchange_control")
    assert submissions["interchange_control"].tolist() == ["000000001", "000000002"]
    assert submissions["group_control"].tolist() == ["1", "2"]
    data = sent_files(answered)[1]
    assert errors_of(data) == []
    assert data.count(b"~CLM*") == 1
    assert b"~CLM*" + new["claim_id"].encode() in data
    assert b":B:1*" in data
    assert old.encode() not in data
    assert len(list(answered.uploads.iterdir())) == 2
    states = answered.states().set_index("claim_id")["state"]
    assert (states[old], states[new["claim_id"]]) == ("replaced", "sent")
    assert answered.proof()["balanced"]

    with answered.partner():
        assert answered.daily(2).status == 0
        assert answered.ledger.count("submissions") == 2, "and once only"
        answered.answer("acknowledge", "pay", "late")
        assert answered.responses(45).status == 0
    states = answered.states().set_index("claim_id")["state"]
    assert states[old] == "replaced"
    assert states[new["claim_id"]] in ("paid", "patient_share", "denied", "partly_denied")
    assert answered.proof()["balanced"]


def test_a_changed_encounter_of_a_rejected_claim_is_billed_anew(answered: kit.Office, tmp_path: Path) -> None:
    old = single(answered, "rejected_syntax")
    assert old in {item["claim_id"] for item in answered.items("rejections") if item["status"] == "open"}
    before = answered.proof()
    encounter = change_encounter(answered, old, tmp_path, minutes="31")
    told = answered.daily(1)
    assert told.status == 0, told.err
    lines = answered.ledger.read("claim_lines", where={"encounter_id": encounter})
    (new,) = set(lines["claim_id"]) - {old}
    charge = lines.set_index("claim_id")["charge_cents"]
    assert answered.states().set_index("claim_id").loc[new, "state"] == "sent"
    assert set(lines.loc[lines["claim_id"] == new, "code"]) == {"90832"}
    data = sent_files(answered)[1]
    assert errors_of(data) == []
    assert (data.count(b"~CLM*"), new.encode() in data, old.encode() in data) == (1, True, False)
    after = answered.proof()
    assert after["balanced"]
    receivable = after["accounts"]["receivable_payer"] - before["accounts"]["receivable_payer"]
    assert receivable == charge[new] - charge[old], "the old charge is withdrawn, the new one stands"
    assert answered.daily(2).json["stages"]["interchanges"]["claims"] == 0
    assert old not in {item["claim_id"] for item in answered.items("rejections") if item["status"] == "open"}


def test_a_changed_encounter_of_an_accepted_claim_is_held_as_amended(
    answered: kit.Office, tmp_path: Path
) -> None:
    claim = single(answered, "accepted")
    before = answered.proof()
    encounter = change_encounter(answered, claim, tmp_path, minutes="31")
    told = answered.daily(1)
    assert told.status == 0, told.err
    assert answered.holds()[encounter] == {"GATE_AMENDED"}
    assert encounter in {item["encounter_id"] or item["subject_id"] for item in answered.items("holds")}
    assert answered.ledger.count("submissions") == 1
    assert answered.states().set_index("claim_id").loc[claim, "state"] == "accepted"
    after = answered.proof()
    assert after["balanced"]
    assert after["accounts"] == before["accounts"]


ACKNOWLEDGE, PAY, LATE = "acknowledge", "pay", "late"


def test_answers_in_any_order_come_to_the_same_ledger(
    sent: kit.Office, another: Callable[[kit.Office, str], kit.Office]
) -> None:
    """The 835 before the 999, a reversal before what it takes back, everything at once: the same facts."""
    orders: dict[str, list[list[str]]] = {
        "all at once": [[ACKNOWLEDGE, PAY, LATE]],  # and then read in the proper order
        "backwards": [[LATE], [PAY], [ACKNOWLEDGE]],
    }
    prints, proofs = {}, {}
    for place, (name, waves) in enumerate(orders.items()):
        office = another(sent, f"office{place}")
        with office.partner():
            for stages in waves:
                office.answer(*stages)
                assert office.responses(45).status == 0
        prints[name], proofs[name] = office.fingerprint(), office.proof()
    assert all(proof["balanced"] for proof in proofs.values()), {n: p["problems"] for n, p in proofs.items()}
    expected = proofs["all at once"]
    for name, proof in proofs.items():
        assert proof["accounts"] == expected["accounts"], name
        assert proof["custody"] == expected["custody"], name
    assert len(set(prints.values())) == 1, prints


def test_silence_becomes_work(sent: kit.Office) -> None:
    with sent.partner():
        assert sent.responses(40).status == 0
    (file,) = sent.items("silence", days=2)
    assert (file["reason"], file["category"]) == ("no_999", "submission")
    overdue = sent.items("silence", days=40)
    assert {item["reason"] for item in overdue} >= {"no_835"}
    assert sum(item["reason"] == "no_835" for item in overdue) == sent.ledger.count("claims")
    assert sent.items("silence", days=0) == []
    assert dt.date.fromisoformat(file["opened_on"][:10]) == kit.DAY
