"""The whole line and back: what `cleanclaim demo` prints, that it is balanced, and that every outcome occurs."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import flow_kit as kit
import pytest

from connectors.sources import synthetic
from flows.demo import prepare
from tasks import underpaying
from tasks.billing.queues import QUEUES
from tests.support.pyx12_judge import errors_of

KEYS = {
    "encounters", "held", "claims", "claim_lines", "outbound_files", "accepted", "rejected", "in_doubt", "remittances",
    "paid_cents", "denied_lines", "patient_cents", "worklists", "quarantined", "proof",
}  # fmt: skip
PROOF_KEYS = {"balanced", "fingerprint", "accounts", "remittances", "custody", "suspense_cents", "problems"}

# What may hold an encounter with each planted problem.
FITS = {
    "unsigned_note": {"GATE_NOTE_SIGNED"},
    "coverage_ended": {"GATE_COVERAGE"},
    "no_coverage": {"GATE_COVERAGE"},
    "clinician_not_enrolled": {"GATE_ENROLLMENT"},
    "clinician_enrolled_later": {"GATE_ENROLLMENT"},
    "licence_lapsed": {"GATE_PROVIDER_LICENSE"},
    "authorization_missing": {"GATE_AUTHORIZATION"},
    "authorization_expired": {"GATE_AUTHORIZATION"},
    "authorization_exhausted": {"GATE_AUTHORIZATION"},
    "part2_without_consent": {"GATE_CONSENT"},
    "header_diagnosis": {"DIAGNOSIS_NOT_BILLABLE"},
    "diagnosis_not_valid": {"DIAGNOSIS_NOT_BILLABLE"},
    "short_session": {"CODING_TOO_SHORT"},
    "duplicate": {"DUPLICATE", "PAIR_PR01"},
    "timely_filing": {"TIMELY_PAST"},
    "telehealth_mismatch": {"TELEHEALTH_T08"},
    "intake_medical_by_therapist": {"PROVIDER_CLASS"},
    "z_code_first": {"DIAGNOSIS_D02"},
}


def test_demo_prints_one_json_object_with_every_key_and_is_balanced(whole_day: kit.Demo) -> None:
    assert whole_day.told.status == 0, whole_day.told.err
    made = whole_day.json
    assert set(made) >= KEYS
    assert set(made["proof"]) >= PROOF_KEYS
    assert made["proof"]["balanced"] is True
    assert made["proof"]["problems"] == []
    assert made["encounters"] == 500
    assert len(made["proof"]["fingerprint"]) == 64
    assert set(made["proof"]["remittances"]) == {"count", "bpr_cents", "cash_cents"}


def test_every_encounter_and_every_cent_of_the_demo_is_somewhere(whole_day: kit.Demo) -> None:
    made = whole_day.json
    proof, accounts = made["proof"], made["proof"]["accounts"]
    assert sum(state["count"] for state in proof["custody"].values()) == made["encounters"]
    assert made["accepted"] + made["rejected"] + made["replaced"] + made["in_doubt"] == made["claims"]
    assert sum(accounts.values()) == 0
    states = kit.Office(whole_day.home).states()
    claims = whole_day.ledger.read("claims").merge(states[["claim_id", "state"]], on="claim_id")
    first = claims[claims["coordinates"].isna() & (claims["state"] != "replaced")]
    waiting = sum(sums["charge_cents"] for sums in proof["waiting_stays"].values())
    charged = first["charge_cents"].sum() + waiting
    assert sum(state["charge_cents"] for state in proof["custody"].values()) == charged
    assert accounts["revenue"] == -charged
    remitted = whole_day.ledger.read("remittances")
    assert proof["remittances"] == {
        "count": len(remitted),
        "bpr_cents": remitted["bpr_cents"].sum(),
        "cash_cents": accounts["cash"],
    }
    assert accounts["cash"] == remitted["bpr_cents"].sum() == made["paid_cents"] - remitted["plb_cents"].sum()
    assert proof["suspense_cents"] > 0


def test_every_outbound_837_passes_pyx12(whole_day: kit.Demo) -> None:
    sent = [Path(path).read_bytes() for path in whole_day.json["outbound_files"]]
    assert sum(data.count(b"~CLM*") for data in sent) == whole_day.json["claims"]
    assert [errors_of(data) for data in sent] == [[], [], [], []], (
        "one of each form, the second batch, the third"
    )


def test_stays_are_billed_on_the_institutional_form_and_most_is_not(whole_day: kit.Demo) -> None:
    made, ledger = whole_day.json, whole_day.ledger
    forms = made["claims_by_form"]
    assert 6 <= forms["837I"] < forms["837P"]
    claims = ledger.read("claims", where={"form": "837I"})
    assert {"013", "011", "086"} == set(claims["type_of_bill"])
    assert {"1", "2", "4"} <= set(claims["frequency"])
    assert ((claims["patient_status"] == "30") == (claims["frequency"] == "2")).all()
    answered = ledger.read("remitted_claims", where={"claim_id": claims["claim_id"].tolist()})
    assert set(answered["claim_id"]) == set(claims["claim_id"])
    lines = ledger.read("remitted_lines", where={"remitted_claim_id": answered["remitted_claim_id"].tolist()})
    assert lines["line_id"].notna().all()
    assert {"1001", "0126", "H0035", "S9480", "G0410"} <= set(lines["code"])
    (waiting,) = made["proof"]["waiting_stays"].items()
    assert waiting == ("discharge", {"count": 3, "charge_cents": 3 * 110025})
    assert made["proof"]["custody"]["charged"]["count"] == 3


def test_pyx12_would_have_said_something(whole_day: kit.Demo) -> None:
    data = Path(whole_day.json["outbound_files"][0]).read_bytes()
    assert errors_of(data.replace(b"*HC:", b"*XX:", 1))


def test_every_kind_of_answer_occurs(whole_day: kit.Demo) -> None:
    ledger = whole_day.ledger
    stated = ledger.read("acknowledgments")
    assert set(stated["kind"]) == {"TA1", "999", "277CA"}
    assert (stated["code"][stated["kind"] == "999"] == "R").sum() == 1
    assert (stated["code"] == "A7").any()
    claims = ledger.read("remitted_claims")
    (reversal,) = claims.loc[claims["status"] == "22", "claim_id"]
    assert (claims["claim_id"] == reversal).sum() == 3, "paid, taken back, corrected"
    assert claims["claim_id"].isna().any(), "a payment for a claim nobody sent"
    assert {"L6", "WO", "FB"} <= set(ledger.read("provider_adjustments")["code"])
    files = ledger.read("files")
    assert {"zip", "gz"} <= set(files["kind"])
    assert files["container_sha256"].notna().sum() >= 4, "a zip and a gz for each interchange"
    sightings = ledger.read("sightings")
    twice = (sightings.groupby("sha256").size() == 2).sum()
    assert twice == 3, "of each interchange one file under two names"
    assert whole_day.json["proof"]["accounts"]["suspense_unmatched"] < 0
    quarantined = ledger.read("quarantine")
    assert len(quarantined) == 2, "one for each interchange"
    assert set(zip(quarantined["suite"], quarantined["expectation"], strict=True)) == {
        ("remittances", "balanced")
    }
    assert (quarantined["difference_cents"].abs() == 1).all()
    assert not set(quarantined["subject_id"]) & set(ledger.read("remittances")["remittance_id"])


def test_every_kind_of_payment_and_denial_occurs(whole_day: kit.Demo) -> None:
    made = whole_day.json
    states = made["claim_states"]
    assert {"paid", "denied", "partly_denied", "patient_share", "rejected", "rejected_syntax"} <= set(states)
    assert {
        "auth_missing", "eligibility", "coverage_terminated", "timely_filing", "duplicate", "modifier_pos",
        "diagnosis", "medical_necessity", "bundling", "documentation",
    } <= set(made["denied_by_category"])  # fmt: skip
    adjustments = whole_day.ledger.read("remitted_adjustments")
    causes = set(zip(adjustments["group_code"], adjustments["carc"], strict=True))
    assert {("CO", "45"), ("PR", "1"), ("PR", "2"), ("PR", "3"), ("CO", "253"), ("CO", "16")} <= causes
    lines = whole_day.ledger.read("remitted_lines")
    remarks = set(lines["remarks"].dropna()) | set(
        whole_day.ledger.read("remitted_claims")["remarks"].dropna()
    )
    assert {"N290", "M127", "MA130", "N661", "N519", "M15"} <= remarks


def test_every_queue_of_the_office_has_something_in_it(whole_day: kit.Demo) -> None:
    assert set(whole_day.json["worklists"]) == set(QUEUES)


def open_items(demo: kit.Demo) -> dict[str, list[dict[str, Any]]]:
    """What the worklist shows at the demo's end, by queue."""
    as_of = ("--as-of", demo.json["business_date"])
    found: dict[str, list[dict[str, Any]]] = {}
    for item in kit.Office(demo.home).run("worklist", "list", "--json", *as_of).json["items"]:
        found.setdefault(item["queue"], []).append(item)
    return found


def test_rejected_claims_went_again_in_a_file_that_nobody_answers(whole_day: kit.Demo) -> None:
    """The line broke at its rename: it is in doubt and silent, and a correction waits for an answer to it."""
    office = kit.Office(whole_day.home)
    claims = whole_day.ledger.read("claims").merge(office.states()[["claim_id", "state"]], on="claim_id")
    doubtful = claims[claims["state"] == "in_doubt"]
    assert (len(doubtful), set(doubtful["frequency"]), set(doubtful["attempt"])) == (2, {"1"}, {2})
    old = claims[claims["claim_id"].isin(doubtful["replaces_claim_id"])]
    assert set(old["state"]) == {"replaced"}
    items = open_items(whole_day)
    (upload,), (silent,), (waits,) = (items[queue] for queue in ("uploads", "silence", "corrections"))
    assert upload["amount_cents"] == silent["amount_cents"] == doubtful["charge_cents"].sum()
    assert (waits["claim_id"] in set(doubtful["claim_id"]), waits["reason"]) == (True, "AWAITING_ANSWER")
    lost = office.clearinghouse / ".sandbox" / "lost"
    assert len(list(lost.iterdir())) == 1
    assert len(list(office.uploads.iterdir())) == len(whole_day.json["outbound_files"]) - 1


def test_a_denial_is_appealed_and_stands_in_one_queue(whole_day: kit.Demo) -> None:
    (appeal,) = whole_day.ledger.read("appeals").to_dict("records")
    items = open_items(whole_day)
    (item,) = items["appeals"]
    assert (item["claim_id"], item["reason"].startswith("DUE level 1")) == (appeal["claim_id"], True)
    assert appeal["remitted_line_id"] not in {one["subject_id"] for one in items["denials_appeal"]}


def test_a_denied_claim_was_corrected_and_secondary_claims_were_paid(whole_day: kit.Demo) -> None:
    claims = whole_day.ledger.read("claims").merge(
        kit.Office(whole_day.home).states()[["claim_id", "state", "paid_cents"]], on="claim_id"
    )
    named = claims.set_index("claim_id")
    (corrected,) = claims[claims["cause"] == "correction"].to_dict("records")
    old = named.loc[corrected["replaces_claim_id"]]
    assert (old["state"], old["frequency"], old["paid_cents"]) == ("replaced", "1", 0)
    assert (corrected["state"], corrected["frequency"]) == ("paid", "7")
    answers = whole_day.ledger.read("remitted_claims", where={"claim_id": corrected["replaces_claim_id"]})
    assert corrected["original_reference"] == answers["payer_control"].iloc[0]
    secondary = claims[claims["cause"] == "coordination"]
    assert set(secondary["payer_order"]) == {"S"}
    paid = secondary.loc[secondary["state"] == "paid", "paid_cents"]
    assert (paid > 0).sum() > 5


def test_a_full_deductible_is_no_denial_even_where_clp02_says_so(whole_day: kit.Demo) -> None:
    claims = whole_day.ledger.read("remitted_claims").merge(
        kit.Office(whole_day.home).states()[["claim_id", "state"]], on="claim_id"
    )
    deductible = claims[claims["state"] == "patient_share"]
    assert set(deductible["status"]) == {"1", "4"}
    assert (deductible["paid_cents"] == 0).all()


def test_every_planted_problem_is_held_and_nothing_else(whole_day: kit.Demo) -> None:
    planted = synthetic.planted(500, 7)
    held = kit.Office(whole_day.home).holds()
    assert set(held) == set(planted)
    assert set(planted.values()) == set(FITS)
    unfit = {e: (planted[e], rules) for e, rules in held.items() if not rules & FITS[planted[e]]}
    assert unfit == {}
    assert whole_day.json["held"] == len(planted)


def test_no_claim_is_kept_out_because_it_cannot_be_written(whole_day: kit.Demo) -> None:
    assert set(whole_day.ledger.read("quarantine")["suite"]) == {"remittances"}


def test_second_daily_and_second_responses_change_no_fact(finished_copy: kit.Office) -> None:
    before = finished_copy.fingerprint()
    uploads = sorted(path.name for path in finished_copy.uploads.iterdir())
    for _ in range(2):
        told = finished_copy.daily(47)  # the days of the demo's last runs
        assert (told.status, told.json["message"]) == (1, "1 uploads in doubt"), told.err
        told = finished_copy.responses(61)
        assert (told.status, told.json["state"]) == (0, "Done"), told.err
    assert finished_copy.fingerprint() == before
    assert sorted(path.name for path in finished_copy.uploads.iterdir()) == uploads


def test_demo_again_on_the_same_home_changes_nothing(finished: kit.Demo, finished_copy: kit.Office) -> None:
    again = finished_copy.run("demo", "--json", "--encounters", "9", "--seed", "1")
    assert again.status == 0, again.err
    moved = {"outbound_files"}  # absolute paths of another home
    assert {k: v for k, v in again.json.items() if k not in moved} == {
        k: v for k, v in finished.json.items() if k not in moved
    }


def test_the_partners_files_again_in_another_order_and_partition_change_nothing(
    finished_copy: kit.Office,
) -> None:
    """The archive is read once more from the start, one file a run, last one first."""
    from tasks import reading

    ledger = finished_copy.ledger
    before = ledger.fingerprint()
    settings = kit.load_settings(finished_copy.home)
    files = ledger.read("files", where={"direction": "in", "kind": "835"})["sha256"].tolist()
    assert len(files) > 3
    for sha in sorted(files, reverse=True):
        data = kit.archive.get(settings.archive, sha)
        counts = reading.store(settings, ledger, kit.decode_835([data]), [sha])
        assert (counts["remittances"], counts["postings"], counts["new_quarantine"]) == (0, 0, 0)
    assert ledger.fingerprint() == before


def test_a_demo_keeps_the_day_it_began_on(tmp_path: Path) -> None:
    first = prepare(tmp_path, 9, 1)
    assert abs((first.day - dt.date.today()).days) <= 1
    note = json.loads((tmp_path / "demo" / "demo.json").read_text(encoding="utf-8"))
    (tmp_path / "demo" / "demo.json").write_text(json.dumps({**note, "day": "2026-03-18"}), encoding="utf-8")
    second = prepare(tmp_path, 500, 7)
    assert (second.encounters, second.seed, second.day) == (9, 1, dt.date(2026, 3, 18))


def test_the_table_for_people_names_the_verdict(
    finished: kit.Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.demo import show

    show(finished.json, "HOME")
    said = capsys.readouterr().out
    assert "balanced" in said
    assert finished.json["proof"]["fingerprint"][:16] in said


def test_the_slips_that_its_payers_make_are_the_underpayments_and_nothing_else_is(
    whole_day: kit.Demo,
) -> None:
    told = underpaying.report(whole_day.ledger)
    assert told.counts["under"] == whole_day.json["worklists"]["underpayments"]
    assert {"below_contract", "old_rate"} <= set(told.lines["cause"])
    assert (told.counts["over"], told.counts["no_contract"], told.counts["unknown"]) == (0, 0, 0)
    slips = {("EXHP", "90837"), ("EXCO", "90834"), ("MCRB", "99214")}
    (corrected,) = whole_day.ledger.read("remitted_claims", where={"status": "22"})["claim_id"]
    rest = told.lines[told.lines["claim_id"] != corrected]
    assert set(zip(rest["payer_id"], rest["code"], strict=True)) <= slips
    assert set(told.by_cause["cause"]) >= {"sequestration"}
