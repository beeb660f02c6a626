"""What payers answered of cover as facts, and what the newest answer says of a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from judge_practice import encounters, masters, rows, run, said

from connectors.ledger.schema import metadata
from tasks.billing import eligibility_answers as told
from tasks.billing import estimates

ANSWER = {
    "file": 0, "transaction": 0, "segment": 9, "subject": 1, "answered_on": "2026-01-05", "trace": "T1",
    "payer_identifier": "99999", "member_id": "XYZ000000001", "birth_date": "1990-01-01", "valid_from": None,
    "valid_to": None, "entity": None, "benefit": None, "reject": None,
}  # fmt: skip


def answers(*changes: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame([ANSWER | change for change in changes], columns=list(ANSWER), dtype=object)
    days = ("answered_on", "birth_date", "valid_from", "valid_to")
    types = dict.fromkeys(days, "datetime64[s]") | dict.fromkeys(("benefit", "reject", "entity"), "str")
    return frame.astype(types)


def facts(*changes: dict[str, Any]) -> pd.DataFrame:
    return told.facts(answers(*changes))[0]


def test_facts_have_the_ledgers_columns() -> None:
    made = facts({"benefit": "EB*B*IND*MH***27*30*****Y"}, {"reject": "75", "subject": 2})
    assert list(made) == [column.name for column in metadata.tables["eligibility_answers"].columns]
    first, second = made.to_dict(orient="records")
    assert (first["info"], first["service_types"], first["amount_cents"], first["network"]) == (
        "B", "MH", 3000, "Y",
    )  # fmt: skip
    assert (second["reject"], second["position"]) == ("75", 1)
    assert first["inquiry_id"] != second["inquiry_id"]


def test_the_same_answer_is_the_same_fact_wherever_it_stands_in_a_file() -> None:
    here = facts({"benefit": "EB*1**MH"}, {"benefit": "EB*U**CF", "entity": "66666"})
    second = {"subject": 2}
    there = facts(
        {"benefit": "EB*6**30"},
        {"benefit": "EB*1**MH"} | second,
        {"benefit": "EB*U**CF", "entity": "66666"} | second,
    )
    assert set(here["answer_id"]) < set(there["answer_id"])
    later = facts({"benefit": "EB*1**MH", "answered_on": "2026-01-06"})
    assert not set(later["answer_id"]) & set(here["answer_id"])


def test_a_benefit_with_a_number_that_is_none_is_left_out_and_counted() -> None:
    made, left_out = told.facts(answers({"benefit": "EB*B*IND*MH***27*thirty"}, {"benefit": "EB*1**MH"}))
    assert (made["info"].tolist(), left_out) == (["1"], 1)


def test_nothing_read_is_no_facts() -> None:
    made, left_out = told.facts(answers())
    assert (len(made), left_out) == (0, 0)


def heard(
    *changes: dict[str, Any], encounter: dict[str, Any] | None = None, **tables: pd.DataFrame
) -> set[str]:
    practice = masters(eligibility_answers=facts(*changes), **tables)
    return {rule for rule in said(run(encounters(encounter or {}), practice)) if "ELIGIBILITY" in rule}


HOLDS, TELLS = {"GATE_ELIGIBILITY"}, {"GATE_ELIGIBILITY_FAILED"}


def test_the_newest_answer_counts() -> None:
    no, yes = {"benefit": "EB*6**30"}, {"benefit": "EB*1**30", "answered_on": "2026-01-06", "subject": 2}
    assert heard(no) == HOLDS
    assert heard(no, yes) == set()
    assert heard(yes, no | {"answered_on": "2026-01-07", "subject": 3}) == HOLDS


def test_a_question_that_failed_does_not_undo_the_answer_before() -> None:
    failed = {"reject": "42", "answered_on": "2026-01-06", "subject": 2}
    assert heard({"benefit": "EB*6**30"}, failed) == HOLDS | TELLS
    assert heard({"benefit": "EB*1**30"}, failed) == TELLS
    assert heard(failed, {"benefit": "EB*1**30", "answered_on": "2026-01-07", "subject": 3}) == set()


@pytest.mark.parametrize(
    "stranger",
    [
        {"member_id": "OTHER"},
        {"payer_identifier": "11111"},
        {"birth_date": "2015-05-05"},
        {"member_id": None},
    ],
)
def test_an_answer_about_somebody_else_says_nothing(stranger: dict[str, Any]) -> None:
    assert heard({"benefit": "EB*6**30"} | stranger) == set()


def test_an_answer_without_a_birth_date_is_about_the_member() -> None:
    assert heard({"benefit": "EB*6**30", "birth_date": None}) == HOLDS


def test_substance_use_and_mental_health_are_asked_apart() -> None:
    no_sud = {"benefit": "EB*I**AI"}
    consents = {"consents": rows("consents", {})}
    assert heard(no_sud) == set()
    assert heard(no_sud, encounter={"part2": True}, **consents) == HOLDS
    assert heard({"benefit": "EB*6**MH"}, encounter={"part2": True}, **consents) == set()


def test_an_inactive_type_beats_the_active_plan_and_a_carve_out_to_ourselves_is_none() -> None:
    assert heard({"benefit": "EB*1**30"}, {"benefit": "EB*6**MH"}) == HOLDS
    assert heard({"benefit": "EB*6**30"}, {"benefit": "EB*1**MH"}) == set()
    assert heard({"benefit": "EB*1**30"}, {"benefit": "EB*U**CF", "entity": "66666"}) == HOLDS
    assert heard({"benefit": "EB*1**30"}, {"benefit": "EB*U**CF", "entity": "99999"}) == set()


def test_days_are_inclusive() -> None:
    ends = {"benefit": "EB*1**30", "valid_from": "2026-01-05", "valid_to": "2026-01-05"}
    assert heard(ends) == set()
    for day in ("2026-01-04", "2026-01-06"):
        late = encounters({"service_date": day, "signed_on": day}).iloc[0].to_dict()
        frame = told.said(facts(ends), told.MENTAL_HEALTH).assign(
            service_date=pd.Timestamp(late["service_date"]), edi_payer_id="99999"
        )
        assert told.on_day(frame).tolist() == [
            told.NOT_YET if dt.date.fromisoformat(day).day == 4 else told.ENDED
        ]


def shared(
    *changes: dict[str, Any], schedule: dict[str, Any] | None = None, **tables: pd.DataFrame
) -> dict[str, Any]:
    practice = masters(eligibility_answers=facts(*changes) if changes else pd.DataFrame(), **tables)
    (row,) = estimates.shares(rows("schedule", schedule or {}), practice, pd.Timestamp("2026-01-06")).to_dict(
        "records"
    )
    return row


BENEFITS = (
    {"benefit": "EB*1**MH"},
    {"benefit": "EB*C*IND*30***29*20*****Y"},
    {"benefit": "EB*B*IND*MH***27*30*****Y"},
    {"benefit": "EB*F*IND*MH***29***VS*18**Y"},
)


def test_the_share_of_an_appointment_is_the_deductible_left_and_the_copay() -> None:
    found = shared(*BENEFITS)
    assert (found["allowed_cents"], found["deductible_left_cents"], found["copay_cents"]) == (
        15000,
        2000,
        3000,
    )
    assert (found["visits_left"], found["due_cents"], found["coverage_id"]) == (18, 5000, "COV1")


@pytest.mark.parametrize(
    "change",
    [
        {"code": "90834"},  # no contract row: what is allowed is not known
        {"payer_id": "OTHER"},
        {"service_date": "2025-12-01"},
    ],
)
def test_no_share_is_guessed(change: dict[str, Any]) -> None:
    found = estimates.shares(
        rows("schedule", change), masters(eligibility_answers=facts(*BENEFITS)), pd.Timestamp("2025-01-06")
    )
    assert found["due_cents"].isna().all()


def test_no_answer_or_a_failed_one_is_no_share() -> None:
    assert pd.isna(shared()["due_cents"])
    assert pd.isna(shared({"reject": "75"})["due_cents"])
    assert pd.isna(shared({"benefit": "EB*6**MH"})["due_cents"])


def test_what_was_and_what_was_cancelled_is_not_estimated() -> None:
    practice, day = masters(eligibility_answers=facts(*BENEFITS)), pd.Timestamp("2026-01-06")
    for change in ({"service_date": "2026-01-05"}, {"status": "cancelled"}):
        assert estimates.shares(rows("schedule", change), practice, day).empty
