"""The queues: items open and close by facts, keep their ids, and are ordered by dollars and deadline."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from configs import reference
from configs.identity import digest
from connectors.ledger import empty
from tasks.billing import expected, queues, remedies, suspense, worklists
from tasks.billing.custody import CLAIM_STATES, ENCOUNTER_STATE, SILENCE
from tasks.billing.denials import classify
from tasks.billing.evidence import counted
from tasks.billing.patient_share import SHARES, owed, waits
from tasks.billing.queues.denied import QUEUE_OF_STEP
from tasks.billing.queues.sources import APPEALS
from tasks.billing.shapes import empty as shaped
from tasks.billing.takebacks import WORK

TODAY = pd.Timestamp("2026-02-01")


def rows(table: str, *values: dict[str, object]) -> pd.DataFrame:
    from connectors.ledger import conform

    return conform(table, pd.DataFrame(list(values))) if values else empty(table)


def claim(claim_id: str = "C1", **values: object) -> dict[str, object]:
    return {
        "claim_id": claim_id,
        "payer_id": "ACME",
        "charge_cents": 20000,
        "service_from": "2026-01-05",
        **values,
    }


def payer(**values: object) -> dict[str, object]:
    return {
        "payer_id": "ACME",
        "payer_class": "commercial",
        "appeal_days": 180,
        "timely_filing_days": 90,
        **values,
    }


def remitted(position: int, status: str, remittance: str = "R1", paid: int = 0) -> dict[str, object]:
    return {
        "remitted_claim_id": f"{remittance}-{position}",
        "remittance_id": remittance,
        "position": position,
        "segment": position * 10,
        "claim_id": "C1",
        "status": status,
        "charge_cents": 20000,
        "paid_cents": paid,
    }


def line(of: dict[str, object], paid: int = 0, line_id: str | None = None) -> dict[str, object]:
    return {
        "line_id": line_id,
        "remitted_line_id": f"{of['remitted_claim_id']}-L",
        "remitted_claim_id": of["remitted_claim_id"],
        "remittance_id": of["remittance_id"],
        "position": 1,
        "segment": int(str(of["segment"])) + 2,
        "charge_cents": of["charge_cents"],
        "paid_cents": paid,
        "remarks": None,
    }


def adjustment(of: dict[str, object], group: str, carc: str, cents: int) -> dict[str, object]:
    return {
        "remitted_claim_id": of["remitted_claim_id"],
        "remitted_line_id": f"{of['remitted_claim_id']}-L",
        "remittance_id": of["remittance_id"],
        "position": 1,
        "group_code": group,
        "carc": carc,
        "amount_cents": cents,
    }


def frame(template: pd.DataFrame, *values: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(values)).reindex(columns=template.columns).astype(template.dtypes.to_dict())


@pytest.fixture
def sources():
    def make(claims=(), remitted_claims=(), lines=(), adjustments=(), remittances=(), **other: object):
        facts = {
            "remitted_claims": frame(empty("remitted_claims"), *remitted_claims),
            "remitted_lines": frame(empty("remitted_lines"), *lines),
        }
        cas = frame(empty("remitted_adjustments"), *adjustments)
        values: dict[str, object] = {
            "as_of": TODAY,
            "claim_lines": empty("claim_lines"),
            "encounters": empty("encounters"),
            "encounter_states": shaped(ENCOUNTER_STATE),
            "findings": empty("findings"),
            "estimates": frame(
                pd.DataFrame(
                    {
                        "encounter_id": pd.Series(dtype="str"),
                        "payer_id": pd.Series(dtype="str"),
                        "payer_timely_filing_days": pd.Series(dtype="Int64"),
                        "charge_cents": pd.Series(dtype="Int64"),
                    }
                )
            ),
            "claims": frame(empty("claims"), *claims),
            "claim_states": shaped(CLAIM_STATES),
            "payers": frame(empty("payers"), payer()),
            "remittances": frame(empty("remittances"), *remittances),
            "verdicts": classify(facts["remitted_claims"], facts["remitted_lines"], cas),
            "journal": empty("journal"),
            "silent": shaped(SILENCE),
            "quarantine": empty("quarantine"),
            "submissions": empty("submissions"),
            **facts,
            **other,
        }
        values["counted"] = counted(values["remitted_claims"], values["remittances"], values["verdicts"])
        return queues.Sources(**values)  # type: ignore[arg-type]

    return make


REMITTANCE = {"remittance_id": "R1", "payment_date": pd.Timestamp("2026-01-20"), "payer_id": "ACME"}
LATER = {"remittance_id": "R2", "payment_date": pd.Timestamp("2026-02-20"), "payer_id": "ACME"}


def dtypes(found: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in found.dtypes.items()}


def test_nothing_gives_no_items_of_the_same_types(sources):
    """The ids of no items were numbers, and what people did could not be joined."""
    events = frame(
        empty("work_events"), {"item_id": "I1", "sequence": 1, "action": "assign", "person": "kim"}
    )
    of = remitted(1, "1")
    made = sources([claim()], [of], [line(of)], [adjustment(of, "CO", "197", 20000)], [REMITTANCE])
    nothing, something = worklists.items(sources()), worklists.items(made)
    assert (len(nothing), len(something)) == (0, 1)
    assert dtypes(nothing) == dtypes(something)
    for said in (events, empty("work_events")):
        without, full = (worklists.with_people(rows, said, TODAY) for rows in (nothing, something))
        assert (len(without), dtypes(without)) == (0, dtypes(full))


def test_a_denied_line_is_work_with_dollars_deadline_action_and_source(sources):
    of = remitted(1, "1")
    made = sources([claim()], [of], [line(of)], [adjustment(of, "CO", "197", 20000)], [REMITTANCE])
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["queue"], item["category"], item["recoverable_cents"]) == (
        "denials_appeal",
        "auth_missing",
        20000,
    )
    assert (item["next_action"], item["deadline"]) == ("retro_auth_or_appeal", pd.Timestamp("2026-07-19"))
    assert (item["source"], item["reason"]) == ("R1 segment 12", "CO-197")


def test_a_correction_that_is_paid_closes_the_denial(sources):
    denied, reversal = remitted(1, "1"), remitted(1, "22", "R2")
    paid = remitted(2, "1", "R2", paid=20000)
    made = sources(
        [claim()],
        [denied, reversal, paid],
        [line(denied), line(reversal), line(paid, 20000)],
        [adjustment(denied, "CO", "197", 20000), adjustment(reversal, "CO", "197", -20000)],
        [REMITTANCE, LATER],
    )
    assert worklists.items(made).empty


def test_more_dollars_under_a_nearer_deadline_come_first(sources):
    first, second = remitted(1, "1"), {**remitted(2, "1"), "claim_id": "C2", "charge_cents": 90000}
    made = sources(
        [claim(), claim("C2", charge_cents=90000)],
        [first, second],
        [line(first), line(second)],
        [adjustment(first, "CO", "197", 20000), adjustment(second, "CO", "50", 90000)],
        [REMITTANCE],
    )
    items = worklists.items(made)
    assert items["claim_id"].tolist() == ["C2", "C1"]
    assert (items["priority"] == items["expected_cents"] * items["urgency"]).all()


def test_an_item_has_the_same_id_on_every_day(sources):
    of = remitted(1, "1")
    made = sources([claim()], [of], [line(of)], [adjustment(of, "CO", "197", 20000)], [REMITTANCE])
    days = [
        worklists.items(replace(made, as_of=TODAY + pd.Timedelta(days=later)))["item_id"].item()
        for later in (0, 90)
    ]
    assert days[0] == days[1]


def test_people_assign_snooze_and_resolve_without_touching_the_item(sources):
    of = remitted(1, "1")
    made = sources([claim()], [of], [line(of)], [adjustment(of, "CO", "197", 20000)], [REMITTANCE])
    items = worklists.items(made)
    item = items["item_id"].item()
    events = [
        {"item_id": item, "sequence": 1, "action": "assign", "person": "kim"},
        {"item_id": item, "sequence": 2, "action": "snooze", "until": TODAY + pd.Timedelta(days=3)},
    ]
    done = [*events, {"item_id": item, "sequence": 3, "action": "resolve"}]
    said = frame(empty("work_events"), *events)
    assert worklists.with_people(items, said, TODAY)[["status", "assignee"]].values.tolist() == [
        ["snoozed", "kim"]
    ]
    assert worklists.with_people(items, said, TODAY + pd.Timedelta(days=3))["status"].tolist() == ["open"]
    assert worklists.with_people(items, frame(empty("work_events"), *done), TODAY)["status"].tolist() == [
        "resolved"
    ]


def in_suspense(**values: object) -> dict[str, object]:
    """An item of `suspense.items`."""
    return {
        "account": "suspense_unmatched",
        "remittance_id": "R1",
        "payer_id": "ACME",
        "payment_date": pd.Timestamp("2026-01-20"),
        **values,
    }


def test_money_in_suspense_is_work_and_what_came_to_zero_is_not(sources):
    parked = in_suspense(remitted_claim_id="R1-1", segment=12, reason="UNMATCHED", cents=-5000)
    gone = in_suspense(remitted_claim_id="R1-2", segment=14, reason="REVERSED", cents=-700)
    listed = frame(shaped(suspense.ITEMS), parked, gone)
    (item,) = worklists.items(sources(remittances=[REMITTANCE], suspense=listed)).to_dict(orient="records")
    assert (item["queue"], item["subject_id"], item["amount_cents"]) == ("suspense", "R1-1 UNMATCHED", 5000)
    assert (item["reason"], item["source"]) == ("UNMATCHED", "R1 segment 12")


def test_a_rejected_claim_is_work_with_its_codes(sources):
    states = frame(
        shaped(CLAIM_STATES),
        {"claim_id": "C1", "state": "rejected", "since": "2026-01-07", "codes": "A7 562 82"},
    )
    (item,) = worklists.items(sources([claim()], claim_states=states)).to_dict(orient="records")
    assert (item["queue"], item["reason"], item["deadline"]) == (
        "rejections",
        "A7 562 82",
        pd.Timestamp("2026-04-05"),
    )


@pytest.mark.parametrize(
    ("state", "codes", "said"),
    [
        ("rejected", "A7 562 82", "correct the NPI of the entity named (rendering provider); then resubmit"),
        ("rejected", "A7 9999", "look up status 9999; then resubmit"),
        ("rejected", None, "fix what the status code names"),
        (
            "rejected_syntax",
            "R 5 SV1:208:2400:8:4:6",
            "fix SV1 element 4 in loop 2400 (segment 208), then resubmit",
        ),
        ("rejected_syntax", "R", "fix the segment named"),
        ("file_rejected", "R 008", "fix the envelope"),
    ],
)
def test_a_rejection_says_what_to_fix(state, codes, said):
    assert remedies.remedy(state, codes).startswith(said)


def test_a_held_encounter_is_work_with_its_rules_fix_and_what_is_at_stake(sources):
    made = sources()
    estimate = {
        "encounter_id": "E1",
        "payer_id": "ACME",
        "payer_timely_filing_days": 90,
        "charge_cents": 20000,
    }
    found = [
        {
            "decision_id": "D1",
            "encounter_id": "E1",
            "rule_id": "GATE_NOTE_SIGNED",
            "severity": "hold",
            "fix": "sign the note",
        },
        {
            "decision_id": "D1",
            "encounter_id": "E1",
            "rule_id": "TIMELY_MARGIN",
            "severity": "warn",
            "fix": "hurry",
        },
    ]
    held = sources(
        encounters=frame(empty("encounters"), {"encounter_id": "E1", "service_date": "2026-01-05"}),
        findings=frame(empty("findings"), *found),
        estimates=frame(made.estimates, estimate),
    )
    (item,) = worklists.items(held).to_dict(orient="records")
    assert (item["queue"], item["reason"], item["next_action"]) == (
        "holds",
        "GATE_NOTE_SIGNED",
        "sign the note",
    )
    assert (item["amount_cents"], item["deadline"]) == (20000, pd.Timestamp("2026-04-05"))


def test_both_halves_of_a_split_claim_are_looked_at(sources):
    """One line denied, the other paid in a CLP of its own: the denial was no item."""
    denied, paid = remitted(1, "4"), remitted(2, "1", paid=10000)
    lines = [line(denied, line_id="L1"), line(paid, 10000, line_id="L2")]
    for place in (1, -1):
        made = sources(
            [claim()], [denied, paid], lines[::place], [adjustment(denied, "CO", "197", 10000)], [REMITTANCE]
        )
        (item,) = worklists.items(made).to_dict(orient="records")
        assert (item["queue"], item["subject_id"]) == ("denials_appeal", "R1-1-L")


@pytest.mark.parametrize(("reversing", "correcting"), [("RA", "RB"), ("RB", "RA")])
def test_a_denied_correction_in_another_check_of_the_day_is_work(sources, reversing, correcting):
    paid, back = remitted(1, "1", paid=20000), remitted(1, "22", reversing)
    denied = remitted(1, "4", correcting)
    made = sources(
        [claim()],
        [paid, back, denied],
        [line(paid, 20000, "L1"), line(back, -20000, "L1"), line(denied, 0, "L1")],
        [adjustment(denied, "CO", "197", 20000)],
        [REMITTANCE, {**LATER, "remittance_id": "RA"}, {**LATER, "remittance_id": "RB"}],
    )
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["queue"], item["subject_id"]) == ("denials_appeal", f"{correcting}-1-L")


def test_a_later_estimate_leaves_the_denial_in_its_queue(sources):
    denied, estimate = remitted(1, "4"), remitted(1, "25", "R2")
    cas = [adjustment(of, "CO", "197", 20000) for of in (denied, estimate)]
    made = sources([claim()], [denied, estimate], [line(denied), line(estimate)], cas, [REMITTANCE, LATER])
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["queue"], item["subject_id"]) == ("denials_appeal", "R1-1-L")


def test_a_denial_without_a_payment_date_has_the_day_it_was_produced(sources):
    of = remitted(1, "4")
    told = {**REMITTANCE, "payment_date": pd.NaT, "production_date": pd.Timestamp("2026-01-19")}
    made = sources([claim()], [of], [line(of)], [adjustment(of, "CO", "197", 20000)], [told])
    assert worklists.items(made)["opened_on"].item() == pd.Timestamp("2026-01-19")


def test_who_resolved_one_hold_has_not_resolved_the_next(sources):
    """The encounter's first hold was resolved; a later one for another reason stood resolved from the start."""
    encounters = frame(empty("encounters"), {"encounter_id": "E1", "service_date": "2026-01-05"})
    found = {"encounter_id": "E1", "severity": "hold", "fix": "sign the note", "rule_id": "GATE_NOTE_SIGNED"}
    later = {**found, "rule_id": "GATE_COVERAGE", "decision_id": "D2"}
    first, second = (
        worklists.items(sources(encounters=encounters, findings=frame(empty("findings"), one)))
        for one in ({**found, "decision_id": "D1"}, later)
    )
    done = frame(
        empty("work_events"), {"item_id": first["item_id"].item(), "sequence": 1, "action": "resolve"}
    )
    assert worklists.with_people(first, done, TODAY)["status"].tolist() == ["resolved"]
    assert worklists.with_people(second, done, TODAY)["status"].tolist() == ["open"]
    assert second[["subject_id", "encounter_id"]].values.tolist() == [["E1 D2", "E1"]]


def entry(account: str, cents: int, **values: object) -> dict[str, object]:
    return {"account": account, "amount_cents": cents, "effective_on": "2026-01-20", **values}


def test_a_claim_paid_twice_is_work(sources):
    """The charge is posted without its claim, the payments with it; nobody saw that less than nothing was owed."""
    lines = frame(empty("claim_lines"), {"line_id": "L1", "claim_id": "C1", "charge_id": "CH1"})
    charge = entry("receivable_payer", 20000, charge_id="CH1", effective_on="2026-01-05")
    paid = [
        entry("receivable_payer", -20000, claim_id="C1", charge_id="CH1", remittance_id=one)
        for one in ("R1", "R2")
    ]
    once, twice = (
        sources([claim()], claim_lines=lines, journal=frame(empty("journal"), charge, *paid[:number]))
        for number in (1, 2)
    )
    assert worklists.items(once).empty
    (item,) = worklists.items(twice).to_dict(orient="records")
    assert (item["queue"], item["reason"], item["claim_id"]) == ("credits", "CREDIT_PAYER", "C1")
    assert (item["amount_cents"], item["source"]) == (20000, "R2")


def test_a_patient_who_is_owed_money_is_work_although_the_payer_owes_more(sources):
    lines = frame(empty("claim_lines"), {"line_id": "L1", "claim_id": "C1", "charge_id": "CH1"})
    journal = frame(
        empty("journal"),
        entry("receivable_payer", 20000, charge_id="CH1"),
        entry("receivable_patient", -700, claim_id="C1", remittance_id="R1"),
    )
    states = frame(shaped(CLAIM_STATES), {"claim_id": "C1", "state": "paid"})
    made = sources([claim()], claim_lines=lines, journal=journal, claim_states=states)
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["reason"], item["amount_cents"]) == ("CREDIT_PATIENT", 700)


def test_a_claim_that_no_file_took_is_work_on_the_next_day(sources):
    """Its consent lapsed after it was built, or its partner is not configured: it stood in no queue."""
    built = {"claim_id": "C1", "state": "built", "built_on": TODAY}
    made = sources([claim(built_on=TODAY)], claim_states=frame(shaped(CLAIM_STATES), built))
    assert worklists.items(made).empty
    (item,) = worklists.items(replace(made, as_of=TODAY + pd.Timedelta(days=1))).to_dict(orient="records")
    assert (item["queue"], item["category"], item["reason"]) == ("uploads", "withheld", "WITHHELD")
    assert (item["amount_cents"], item["deadline"]) == (20000, pd.Timestamp("2026-04-05"))


def test_an_answer_that_nobody_understands_names_its_code(sources):
    quiet = {"kind": "unknown_answer", "subject_kind": "claim", "subject_id": "C1", "codes": "F9 21"}
    (item,) = worklists.items(sources([claim()], silent=frame(shaped(SILENCE), quiet))).to_dict(
        orient="records"
    )
    assert (item["queue"], item["reason"]) == ("silence", "unknown_answer F9 21")
    assert item["next_action"] == "look up the code with the partner"


def taken(**values: object) -> dict[str, object]:
    return {
        "adjustment_id": "R1+001",
        "remittance_id": "R1",
        "segment": 31,
        "payment_date": "2026-01-21",
        "code": "WO",
        "kind": "recovery",
        "reason": "NO_REFERENCE",
        "cents": 4000,
        "waits": False,
        "next_action": "ask",
        **values,
    }


def test_a_recoupment_that_nothing_explains_is_work_with_its_dollars_and_a_week(sources):
    work = frame(shaped(WORK), taken())
    (item,) = worklists.items(sources(remittances=[REMITTANCE], takebacks=work)).to_dict(orient="records")
    assert (item["queue"], item["reason"], item["next_action"]) == ("takebacks", "WO NO_REFERENCE", "ask")
    assert (item["amount_cents"], item["recoverable_cents"]) == (4000, 4000)
    assert (item["deadline"], item["source"]) == (pd.Timestamp("2026-01-28"), "R1 segment 31")


def test_a_balance_that_waits_for_its_other_half_has_time_and_is_not_to_be_had(sources):
    waits = taken(code="FB", kind="carried_forward", reason="OPEN", cents=-4000, waits=True)
    (item,) = worklists.items(sources(takebacks=frame(shaped(WORK), waits))).to_dict(orient="records")
    assert (item["amount_cents"], item["recoverable_cents"]) == (4000, 0)
    assert item["deadline"] == pd.Timestamp("2026-03-07")


def test_an_unexplained_adjustment_in_suspense_is_one_item_and_an_explained_one_stays_there(sources):
    """Two CS in one remittance, -30.00 unexplained and -20.00 explained: the whole 50.00 was listed twice."""
    plb = in_suspense(account="suspense_plb", code="CS")
    both = [plb | {"reason": "NO_REFERENCE", "cents": -3000}, plb | {"reason": "EXPLAINED", "cents": -2000}]
    both.append(plb | {"reason": "PAIRED", "cents": -400})
    listed = frame(shaped(suspense.ITEMS), *both)
    work = frame(shaped(WORK), taken(code="CS", kind="other", cents=-3000))
    items = worklists.items(sources(remittances=[REMITTANCE], suspense=listed, takebacks=work))
    assert sorted(zip(items["queue"], items["reason"], items["amount_cents"], strict=True)) == [
        ("suspense", "CS EXPLAINED", 2000),
        ("takebacks", "CS NO_REFERENCE", 3000),
    ]


COMPARED = {
    "unit_id": "L1", "claim_id": "C1", "payer_id": "ACME", "remittance_id": "R1", "remitted_claim_id": "R1-1",
    "remitted_line_id": "R1-1-L", "segment": 12, "since": pd.Timestamp("2026-01-20"), "state": "under",
    "cause": "old_rate", "expected_cents": 15000, "allowed_cents": 14000, "variance_cents": -1000,
}  # fmt: skip


def compared(*values: dict[str, object]) -> pd.DataFrame:
    return frame(shaped(expected.COMPARED), *({**COMPARED, **each} for each in values))


def test_an_underpaid_line_is_work_with_both_figures_deadline_action_and_source(sources):
    others = ({"state": state} for state in ("over", "as_agreed", "no_contract", "denied"))
    made = sources([claim()], compared=compared({}, *others))
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["queue"], item["category"], item["recoverable_cents"]) == ("underpayments", "old_rate", 1000)
    assert item["reason"] == "old_rate: expected 150.00, allowed 140.00"
    assert item["next_action"] == expected.NEXT_ACTION["old_rate"]
    assert (item["source"], item["deadline"]) == ("R1 segment 12", pd.Timestamp("2026-07-19"))


def test_the_next_answer_is_another_matter_and_a_replaced_claim_none(sources):
    first, second = (
        worklists.items(sources([claim()], compared=compared({"remitted_line_id": line_id})))
        for line_id in ("R1-1-L", "R2-1-L")
    )
    assert first["item_id"].item() != second["item_id"].item()
    states = frame(shaped(CLAIM_STATES), {"claim_id": "C1", "state": "replaced"})
    assert worklists.items(sources([claim()], compared=compared({}), claim_states=states)).empty


def test_every_cause_says_what_to_do():
    assert set(expected.NEXT_ACTION) == set(expected.CAUSES)


@pytest.mark.parametrize(
    ("carc", "remarks", "queue"),
    [
        ("197", None, "denials_appeal"),
        ("4", None, "denials_correct"),
        ("16", "MA130", "denials_correct"),
        ("16", "M127", "records"),
        ("109", None, "denials"),
    ],
)
def test_a_denial_stands_in_the_queue_of_its_action_under_one_id(sources, carc, remarks, queue):
    of = remitted(1, "4")
    made = sources(
        [claim()], [of], [{**line(of), "remarks": remarks}], [adjustment(of, "CO", carc, 20000)], [REMITTANCE]
    )
    (item,) = worklists.items(made).to_dict(orient="records")
    assert item["queue"] == queue
    assert item["item_id"] == digest("item", "denials", "R1-1-L")
    assert len(queues.named(worklists.items(made), "denials")) == 1
    assert len(queues.named(worklists.items(made), queue)) == 1


@pytest.mark.parametrize(
    ("carc", "remarks", "queue", "deadline"),
    [
        ("242", None, "denials_appeal", "2026-07-19"),  # gap_exception: asked of the payer as an appeal is
        ("279", None, "denials_appeal", "2026-07-19"),
        ("54", None, "denials_correct", "2026-04-20"),  # correct_or_appeal: a corrected claim first
    ],
)
def test_the_deadline_is_that_of_the_queue_and_not_of_a_word_in_the_action(
    sources, carc, remarks, queue, deadline
):
    of = remitted(1, "4")
    made = sources(
        [claim()], [of], [{**line(of), "remarks": remarks}], [adjustment(of, "CO", carc, 20000)], [REMITTANCE]
    )
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["queue"], item["deadline"]) == (queue, pd.Timestamp(deadline))


def test_what_is_expected_of_an_item_and_how_it_presses_are_both_shown(sources):
    of = remitted(1, "1")
    made = sources([claim()], [of], [line(of)], [adjustment(of, "CO", "197", 20000)], [REMITTANCE])
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["recovery_rate"], item["expected_cents"], item["urgency"]) == (3500, 7000, 1)
    (item,) = worklists.items(replace(made, percents={"auth_missing": 80})).to_dict(orient="records")
    assert (item["expected_cents"], item["priority"]) == (16000, 16000)


def written(cents: int, charge: str | None = None) -> pd.DataFrame:
    row = {"claim_id": "C1", "charge_id": charge, "account": "receivable_payer", "amount_cents": cents}
    return frame(empty("write_offs"), row)


@pytest.mark.parametrize(
    ("offs", "left"),
    [
        ([(5000, None)], [15000, 10000]),
        ([(20000, None)], [10000]),
        ([(25000, None)], [5000]),
        ([(30000, None)], []),
        ([(10000, "CH2")], [20000]),
        ([(10000, "CH2"), (5000, None)], [15000]),
    ],
)
def test_a_write_off_lowers_the_denials_of_its_line_or_claim_and_closes_them(sources, offs, left):
    first, second = remitted(1, "4"), {**remitted(2, "4"), "charge_cents": 10000}
    ours = [
        {"line_id": f"L{number}", "claim_id": "C1", "charge_id": f"CH{number}", "position": number}
        for number in (1, 2)
    ]
    made = sources(
        [claim()],
        [first, second],
        [line(first, line_id="L1"), line(second, line_id="L2")],
        [adjustment(first, "CO", "197", 20000), adjustment(second, "CO", "197", 10000)],
        [REMITTANCE],
        claim_lines=frame(empty("claim_lines"), *ours),
        write_offs=pd.concat([written(*one) for one in offs]),
    )
    items = queues.named(worklists.items(made), "denials")
    assert sorted(items["amount_cents"], reverse=True) == left
    assert (items["amount_cents"] == items["recoverable_cents"]).all()


def test_a_denial_under_appeal_is_no_item_and_the_appeal_is_one(sources):
    of = remitted(1, "1")
    due = {"queue": "appeals", "subject_id": "AP1 file", "claim_id": "C1", "reason": "DUE level 1"}
    made = sources(
        [claim()], [of], [line(of)], [adjustment(of, "CO", "197", 20000)], [REMITTANCE],
        appealed=frozenset({"R1-1-L"}), appeals=frame(shaped(APPEALS), due),
    )  # fmt: skip
    assert worklists.items(made)["queue"].tolist() == ["appeals"]


def prepaid(*entries: dict[str, object], state: str = "paid", seen: str = "paid", **more: object):
    """Sources of a patient whose money stands in the journal so."""
    visit = {"encounter_id": "E1", "patient_id": "P1", "service_date": "2026-01-05"}
    journal, ours = frame(empty("journal"), *entries), frame(empty("claims"), claim(patient_id="P1"))
    states = frame(shaped(CLAIM_STATES), {"claim_id": "C1", "state": state})
    waiting = waits(ours, empty("claim_lines"), states, empty("remitted_claims"), ())
    shares = owed(journal, ours, empty("claim_lines"), waiting, TODAY)
    return {
        "journal": journal,
        "claim_states": states,
        "shares": shares,
        "unspoken": frozenset(waiting),
        "encounters": frame(empty("encounters"), visit),
        "encounter_states": frame(shaped(ENCOUNTER_STATE), {"encounter_id": "E1", "state": seen}),
        **more,
    }


def test_what_was_paid_at_the_visit_is_no_credit_until_every_payer_has_spoken(sources):
    copay = entry("receivable_patient", -2500, claim_id="C1", source="patient_payment")
    ours = [claim(patient_id="P1")]
    for state in ("sent", "accepted", "crossed_over", "reversed"):
        assert worklists.items(sources(ours, **prepaid(copay, state=state))).empty
    (item,) = worklists.items(sources(ours, **prepaid(copay))).to_dict(orient="records")
    assert (item["queue"], item["reason"], item["amount_cents"]) == ("credits", "CREDIT_PATIENT", 2500)


def test_money_without_a_claim_is_a_credit_once_nothing_of_the_patient_is_on_its_way(sources):
    money = entry("receivable_patient", -2500, patient_id="P1", source="patient_payment")
    ours = [claim(patient_id="P1")]
    for on_its_way in (prepaid(money, state="sent"), prepaid(money, seen="held")):
        assert worklists.items(sources(ours, **on_its_way)).empty
    (item,) = worklists.items(sources(ours, **prepaid(money))).to_dict(orient="records")
    assert (item["reason"], item["subject_id"]) == ("CREDIT_UNAPPLIED", "P1 CREDIT_UNAPPLIED")
    late = replace(sources(ours, **prepaid(money, seen="held")), as_of=TODAY + pd.Timedelta(days=30))
    assert worklists.items(late)["amount_cents"].tolist() == [2500]


def share(**values: object) -> dict[str, object]:
    return {
        "claim_id": "C1", "patient_id": "P1", "payer_id": "ACME", "balance_cents": 3000, "state": "due",
        "since": pd.Timestamp("2026-01-20"), "days": 12, "age": "0-30", **values,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("age", "deadline", "action"),
    [
        ("0-30", "2026-02-19", "send the statement"),
        ("31-60", "2026-03-21", "send the second statement"),
        ("61-90", "2026-04-20", "send the third statement"),
        ("over 90", None, "send the letter before collection"),
    ],
)
def test_a_patient_s_share_asks_for_the_step_of_its_age(sources, age, deadline, action):
    made = sources([claim()], shares=frame(shaped(SHARES), share(age=age)))
    (item,) = worklists.items(made).to_dict(orient="records")
    assert (item["queue"], item["category"], item["amount_cents"]) == ("patients", age, 3000)
    assert item["deadline"] == pd.Timestamp(deadline) if deadline else pd.isna(item["deadline"])
    assert item["next_action"].startswith(action)


@pytest.mark.parametrize("state", ["waits", "settled", "credit"])
def test_a_share_that_is_not_due_is_no_item(sources, state):
    made = sources([claim()], shares=frame(shaped(SHARES), share(state=state)))
    assert worklists.items(made).empty


def test_every_queue_has_a_maker_and_every_rejection_and_silence_an_action(sources):
    assert set(queues.GROUPS["denials"]) <= set(queues.QUEUES)
    assert {*QUEUE_OF_STEP.values(), "denials"} == set(queues.GROUPS["denials"])
    assert {*QUEUE_OF_STEP} <= {row["step"] for row in reference.table("denial_actions")}
    assert set(remedies.STATEMENTS) == {"0-30", "31-60", "61-90", "over 90"}
    assert {*remedies.CREDITS.values(), "CREDIT_UNAPPLIED"} == set(remedies.REFUND)
