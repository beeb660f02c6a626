"""How rules are run: severities, history, what the lines lack, order, and that nothing of a person leaks."""

from __future__ import annotations

import random
from datetime import date

import pandas as pd
import pytest

from tasks.billing.context import JudgeContext
from tasks.billing.references import References
from tasks.billing.scrub import duplicate, minutes, modifier_fit, registry, timely_filing
from tasks.billing.scrub.common import FINDINGS

DAY = date(2026, 2, 1)


def context(
    severities: dict[str, str] | None = None, overrides: dict[tuple[str, str], str] | None = None
) -> JudgeContext:
    return JudgeContext(business_date=DAY, severities=severities or {}, overrides=overrides or {})


def line(encounter_id: str, code: str = "90837", **more: object) -> dict[str, object]:
    return {
        "encounter_id": encounter_id,
        "position": 1,
        "patient_id": "P1",
        "payer_id": "ACME",
        "coverage_id": "COV1",
        "rendering_id": "CL1",
        "service_date": pd.Timestamp("2026-01-05"),
        "place_of_service": "11",
        "code": code,
        "modifiers": None,
        "units": 1,
        "charge_cents": 20000,
        "diagnoses": "F411",
        "pointers": "1",
        "minutes": 60,
    } | more


def frame(*lines: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(lines)


def rules_of(findings: pd.DataFrame) -> list[str]:
    return list(findings["encounter_id"] + " " + findings["rule_id"] + " " + findings["severity"])


def test_severity_is_the_modules_then_the_sites_then_the_payers() -> None:
    lines = frame(line("E1", minutes=40), line("E2", minutes=40, patient_id="P2", payer_id="OTHER"))

    def severities(judge: JudgeContext) -> list[str]:
        return rules_of(registry.run(lines, None, None, judge, [minutes]))

    assert severities(context()) == ["E1 MINUTES_RANGE hold", "E2 MINUTES_RANGE hold"]
    warned = context({"MINUTES_RANGE": "warn"}, {("ACME", "MINUTES_RANGE"): "hold"})
    assert severities(warned) == ["E1 MINUTES_RANGE hold", "E2 MINUTES_RANGE warn"]
    off = context({"MINUTES_RANGE": "hold"}, {("OTHER", "MINUTES_RANGE"): "off"})
    assert severities(off) == ["E1 MINUTES_RANGE hold"]


def test_history_of_the_same_encounter_is_its_own_past() -> None:
    lines, history = frame(line("E1")), frame(line("E1"), line("E9", patient_id="P9"))
    assert registry.run(lines, None, history, context(), [duplicate]).empty
    elsewhere = registry.run(lines, None, frame(line("E0")), context(), [duplicate])
    assert rules_of(elsewhere) == ["E1 DUPLICATE hold"]


def test_history_may_lack_optional_columns_and_carry_more() -> None:
    history = frame(line("E0")).drop(columns="minutes").assign(charge_id="x")
    assert "DUPLICATE" in set(registry.run(frame(line("E1")), None, history, context())["rule_id"])


def test_a_column_that_the_lines_lack_comes_from_the_visit() -> None:
    lines = frame(line("E1"), line("E2", patient_id="P2")).drop(columns="minutes")
    visits = pd.DataFrame({"encounter_id": ["E2", "E1"], "minutes": [52, 53]})
    assert rules_of(registry.run(lines, visits, None, context(), [minutes])) == ["E2 MINUTES_RANGE hold"]
    assert set(registry.run(lines, None, None, context(), [minutes])["rule_id"]) == {"MINUTES_MISSING"}


def test_order_of_rows_does_not_matter() -> None:
    lines = [
        line("E1"),
        line("E2"),
        line("E3", "90791"),
        line("E4", "90834", minutes=20),
        line("E5", "90785"),
    ]
    history = frame(line("E0", "90839"))
    expected = registry.run(frame(*lines), None, history, context())
    assert len(expected) > 5
    for seed in range(5):
        random.Random(seed).shuffle(lines)
        pd.testing.assert_frame_equal(registry.run(frame(*lines), None, history, context()), expected)


def test_findings_have_one_shape_empty_or_not() -> None:
    none = registry.run(frame(line("E1")), None, None, context())
    some = registry.run(frame(line("E1", minutes=5)), None, None, context())
    assert none.empty
    assert list(none.columns) == list(some.columns) == FINDINGS
    assert str(some["line"].dtype) == str(none["line"].dtype) == "Int64"
    nothing = registry.run(frame(line("E1")).iloc[:0], None, None, context())
    assert list(nothing.columns) == FINDINGS


def test_one_finding_a_line_and_rule_and_no_value_of_the_record_in_it() -> None:
    lines = frame(
        line("E1", diagnoses="F33 F33 F32 Q9999", pointers="9", minutes=5, modifiers="95 95", units=7)
    )
    findings = registry.run(lines, None, frame(line("E0")), context())
    assert not findings.duplicated(["encounter_id", "line", "rule_id"]).any()
    text = " ".join(findings["message"] + findings["fields"])
    for value in ("P1", "COV1", "CL1", "F33", "F32", "Q9999", "90837"):
        assert value not in text


def test_two_days_of_a_substitute_a_season_apart_were_taken_for_a_row() -> None:
    visits = [
        line(f"E{n}", "99214", modifiers="Q5", payer_class="commercial", service_date=pd.Timestamp(day))
        for n, day in enumerate(("2026-04-05", "2026-01-05"))
    ]
    assert registry.run(frame(*visits), None, None, context(), [modifier_fit]).empty
    assert registry.run(frame(*visits[:1]), None, frame(*visits[1:]), context(), [modifier_fit]).empty


def test_blank_text_is_absent() -> None:
    lines, history = frame(line("E1", modifiers="")), frame(line("E0", modifiers=None))
    assert rules_of(registry.run(lines, None, history, context(), [duplicate])) == ["E1 DUPLICATE hold"]


@pytest.mark.parametrize(("margin", "rule"), [(0, None), (14, None), (15, "TIMELY_MARGIN")])
def test_margin_is_the_sites(margin: int, rule: str | None) -> None:
    judge = JudgeContext(business_date=DAY, timely_margin_days=margin)
    lines = frame(line("E1", service_date=pd.Timestamp("2025-11-18")))
    assert list(registry.run(lines, None, None, judge, [timely_filing])["rule_id"]) == (
        [rule] if rule else []
    )


def test_rule_ids_are_unique() -> None:
    with pytest.raises(ValueError, match="two rules"):
        registry.manual([minutes, minutes])


def test_a_rule_speaks_of_days_of_service_within_its_dates() -> None:
    lines = frame(
        line("E1", minutes=40),
        line("E2", minutes=40, patient_id="P2", service_date=pd.Timestamp("2026-01-06")),
    )

    def of(first: date | None, last: date | None) -> list[str]:
        judge = JudgeContext(business_date=DAY, dates={"MINUTES_RANGE": (first, last)})
        return list(registry.run(lines, None, None, judge, [minutes])["encounter_id"])

    assert of(None, date(2026, 1, 5)) == ["E1"]
    assert of(date(2026, 1, 6), None) == ["E2"]
    assert of(date(2026, 1, 5), date(2026, 1, 6)) == ["E1", "E2"]


def test_a_finding_says_version_and_what_a_payer_would_answer() -> None:
    found = registry.run(frame(line("E1", "90833")), None, None, context())
    alone = found[found["rule_id"] == "ADD_ON_ALONE"].iloc[0]
    assert alone["source"].endswith("; v1")
    assert {"CARC107", "N122"} <= set(alone["predicts"].split())
    assert pd.isna(alone["reference_version"])


def test_a_rule_that_judges_by_an_official_file_names_its_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minutes, "REFERENCES", ("mue",), raising=False)
    loaded = References(versions={"mue": "2026Q1", "pos": "1"}, as_of={"mue": date(2026, 1, 3)})
    judge = JudgeContext(business_date=DAY, references=loaded)
    (found,) = registry.run(frame(line("E1", minutes=40)), None, None, judge, [minutes]).to_dict("records")
    assert found["reference_version"] == "mue=2026Q1"
    assert found["data_as_of"] == pd.Timestamp("2026-01-03")
