"""A rule over history: six claims, of which ADD_ON_ALONE speaks about five.

C1 was denied for it, C2 was paid all the same, C3 was denied for something else, C4 nobody answered; C5 is an add-on
beside its visit and was denied as an add-on alone (the rule is silent); C6 is another payer's and was denied for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
from judge_practice import context, encounters, masters, rows, run

from configs.rules import load_rules
from tasks.billing import backtest
from tasks.billing.backtest import Batch
from tasks.billing.context import JudgeContext

CONTEXT = JudgeContext(business_date=date(2026, 3, 1), severities=load_rules()[0])
DENIED, PAID, OTHER = ("bundling", "CO-107/N122"), ("paid", "CO-45"), ("timely_filing", "CO-29")


def line(
    number: int, code: str = "90833", position: int = 1, payer: str = "ACME", day: int = 5
) -> dict[str, object]:
    return {
        "claim_id": f"C{number}", "encounter_id": f"E{number}", "position": position, "patient_id": f"P{number}",
        "payer_id": payer, "coverage_id": "COV", "rendering_id": "CL1", "service_date": pd.Timestamp(2026, 1, day),
        "place_of_service": "11", "code": code, "modifiers": "25" if code == "99214" else None, "units": 1,
        "charge_cents": 8000, "diagnoses": "F411", "pointers": "1", "minutes": 40, "therapy_minutes": 20,
        "payer_timely_filing_days": 90, "let_go_on": pd.Timestamp(2026, 1, day + 1),
    }  # fmt: skip


def batch(*said: tuple[dict[str, object], tuple[str, str] | None]) -> Batch:
    lines = pd.DataFrame([row for row, _ in said])
    answers = lines[["claim_id", "encounter_id", "position", "payer_id", "charge_cents", "let_go_on"]].assign(
        built_on=lines["let_go_on"],
        answered_on=[pd.Timestamp(2026, 1, 26) if answer else pd.NaT for _, answer in said],
        denied=pd.array([answer[0] != "paid" if answer else None for _, answer in said], dtype="boolean"),
        category=[answer[0] if answer else None for _, answer in said],
        reasons=[answer[1] if answer else None for _, answer in said],
        denied_cents=[8000 if answer and answer[0] != "paid" else 0 for _, answer in said],
        paid_cents=[6000 if answer and answer[0] == "paid" else 0 for _, answer in said],
    )
    return Batch(lines, pd.DataFrame(), answers[backtest.ANSWERS])


HISTORY = batch(
    (line(1), DENIED),
    (line(2), PAID),
    (line(3), OTHER),
    (line(4), None),
    (line(5, "99214"), PAID),
    (line(5, position=2), DENIED),
    (line(6, payer="OTHER"), DENIED),
)


def test_what_a_rule_would_have_done() -> None:
    found = backtest.run([HISTORY], "ADD_ON_ALONE", CONTEXT, hold_days=3).set_index("payer_id")
    acme = found.loc["ACME"].to_dict()
    assert acme == {
        "claims": 5,
        "flagged": 4,
        "denials_prevented": 1,
        "held_wrongly": 1,
        "denied_otherwise": 1,
        "missed": 1,
        "not_judged": 1,
        "dollars_prevented_cents": 8000,
        "dollars_delayed_cents": 6000,
        "days_saved": 20,
        "days_delayed": 3.0,
    }
    assert found.loc["OTHER", "denials_prevented"] == 1
    assert (
        found["flagged"].sum()
        == found[["denials_prevented", "held_wrongly", "denied_otherwise", "not_judged"]].to_numpy().sum()
    )


def test_batches_add_up() -> None:
    one = backtest.run([HISTORY], "ADD_ON_ALONE", CONTEXT)
    two = [
        replace(HISTORY, lines=HISTORY.lines[part], answers=HISTORY.answers[part])
        for part in (HISTORY.lines["claim_id"] <= "C3", HISTORY.lines["claim_id"] > "C3")
    ]
    pd.testing.assert_frame_equal(backtest.run(two, "ADD_ON_ALONE", CONTEXT), one)
    assert backtest.run([], "ADD_ON_ALONE", CONTEXT).empty


def test_the_configured_severity_does_not_matter() -> None:
    off = replace(CONTEXT, severities={"ADD_ON_ALONE": "off"}, overrides={("ACME", "ADD_ON_ALONE"): "off"})
    assert backtest.run([HISTORY], "ADD_ON_ALONE", off)["flagged"].sum() == 5


def test_dates_of_the_configuration_do() -> None:
    late = replace(CONTEXT, dates={"ADD_ON_ALONE": (date(2026, 2, 1), None)})
    assert backtest.run([HISTORY], "ADD_ON_ALONE", late)["flagged"].sum() == 0


def test_a_rule_about_the_day_is_asked_as_of_the_day_a_line_was_let_go() -> None:
    """Judged as of March both would be late; only the one that went out in April was."""
    early, late = line(1, "90837"), line(2, "90837")
    late["let_go_on"] = pd.Timestamp(2026, 4, 20)
    found = backtest.run([batch((early, PAID), (late, OTHER))], "TIMELY_PAST", CONTEXT)
    assert found[["flagged", "denials_prevented", "held_wrongly"]].to_numpy().tolist() == [[1, 1, 0]]


def test_a_line_sees_the_lines_of_its_batch_that_were_let_go_on_earlier_days() -> None:
    """A programme week of three days with too few hours; the third day went out after the week was over."""
    week = [
        line(n, "H0015", day=day) | {"patient_id": "P1", "level_of_care": "iop", "minutes": 100}
        for n, day in ((1, 5), (2, 6), (3, 7))
    ]
    week[2]["let_go_on"] = pd.Timestamp(2026, 1, 20)
    found = backtest.run([batch(*((row, OTHER) for row in week))], "PROGRAMME_WEEK_SHORT", CONTEXT)
    assert found["flagged"].tolist() == [1]


def test_earlier_lines_count() -> None:
    again = batch((line(2, "90837") | {"patient_id": "P1"}, ("duplicate", "OA-18")))
    before = pd.DataFrame([line(1, "90837")]).drop(columns=["claim_id", "let_go_on"])
    found = backtest.run([replace(again, history=before)], "DUPLICATE", CONTEXT)
    assert found["denials_prevented"].tolist() == [1]


def test_a_gate_on_what_was_billed() -> None:
    """Two sessions billed although the clinician's enrolment began between them; the first was denied for it."""
    met = encounters({}, {"service_date": "2026-01-08", "signed_on": "2026-01-08"})
    late = masters(enrollments=rows("enrollments", {"effective_from": "2026-01-07"}))
    judged = run(met, under=context(business_date=date(2026, 1, 10))).charges
    lines = judged.assign(
        let_go_on=judged["service_date"] + pd.Timedelta(days=1), claim_id=judged["encounter_id"]
    )
    made = batch(
        *((row | {"claim_id": row["encounter_id"]}, answer) for row, answer in zip(
            lines.to_dict("records"), (("credentialing", "CO-B7"), PAID), strict=True))
    )  # fmt: skip
    found = backtest.run([replace(made, encounters=met, masters=late)], "GATE_ENROLLMENT", CONTEXT)
    assert found[["claims", "denials_prevented", "held_wrongly"]].to_numpy().tolist() == [[2, 1, 0]]
    signed = backtest.run([replace(made, encounters=met, masters=late)], "GATE_NOTE_SIGNED", CONTEXT)
    assert signed["flagged"].tolist() == [0]


def test_what_cannot_be_tried() -> None:
    rules = ("GATE_AUTHORIZATION", "GATE_AMENDED", "CODING_TOO_SHORT", "TYPO")
    assert [backtest.module_of(rule) for rule in rules] == [None] * 4


def test_days_in_runs() -> None:
    days = pd.Series(pd.to_datetime(["2026-01-01"] * 3 + ["2026-01-02"] * 2 + ["2026-01-05"]))
    assert [len(run) for run in backtest.spans(days, 5)] == [2, 1]
    assert [len(run) for run in backtest.spans(days, 1)] == [1, 1, 1]
