"""The billing dossier's test vectors, copied: psychotherapy_minutes, crisis_minutes, family_minutes,
fifteen_min_units, testing_minutes, em_plus_therapy, add_on_alone, dx_trap, telehealth, ncci_window."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from tasks.billing import icd
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import ncci, registry

JUDGE = JudgeContext(business_date=date(2026, 2, 1))
DEFAULTS = {
    "encounter_id": "E1",
    "patient_id": "P1",
    "payer_id": "ACME",
    "coverage_id": "COV1",
    "rendering_id": "CL1",
    "service_date": "2026-01-05",
    "place_of_service": "11",
    "modifiers": None,
    "units": 1,
    "charge_cents": 10000,
    "diagnoses": "F411",
    "pointers": "1",
    "provider_class": "MD",
    "payer_timely_filing_days": 10000,
}


def scrub(*lines: dict[str, object]) -> set[tuple[int, str]]:
    """(line, rule id) of what holds these lines of one encounter."""
    frame = pd.DataFrame([{**DEFAULTS, "position": n, **line} for n, line in enumerate(lines, 1)])
    frame["service_date"] = pd.to_datetime(frame["service_date"])
    findings = registry.run(frame, None, None, JUDGE)
    held = findings[findings["severity"] == "hold"]
    return set(zip(held["line"].fillna(0).astype(int), held["rule_id"], strict=True))


PSYCHOTHERAPY = {"90832": (16, 37), "90834": (38, 52), "90837": (53, 600)}


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(15, None), (16, "90832"), (37, "90832"), (38, "90834"), (52, "90834"), (53, "90837"), (90, "90837")],
)
def test_psychotherapy_minutes(minutes: int, code: str | None) -> None:
    for billed in PSYCHOTHERAPY:
        expected = set() if billed == code else {(1, "MINUTES_RANGE")}
        assert scrub({"code": billed, "minutes": minutes}) == expected


@pytest.mark.parametrize(
    ("minutes", "hour", "further"),
    [(29, False, 0), (30, True, 0), (74, True, 0), (75, True, 1), (104, True, 1), (105, True, 2)],
)
def test_crisis_minutes(minutes: int, hour: bool, further: int) -> None:
    assert (scrub({"code": "90839", "minutes": minutes}) == set()) is hour
    for units in (1, 2, 3):
        added = {"code": "90840", "minutes": minutes, "units": units}
        wrong = {rule for line, rule in scrub({"code": "90839", "minutes": minutes}, added) if line == 2}
        assert (wrong == set()) is (units <= further)


@pytest.mark.parametrize(("minutes", "good"), [(25, False), (26, True)])
def test_family_minutes(minutes: int, good: bool) -> None:
    assert (scrub({"code": "90847", "minutes": minutes}) == set()) is good


@pytest.mark.parametrize(("minutes", "units"), [(7, 0), (8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (60, 4)])
def test_fifteen_minute_units(minutes: int, units: int) -> None:
    for billed in (units, units + 1):
        good = 0 < billed <= units
        assert (scrub({"code": "H0036", "minutes": minutes, "units": billed}) == set()) is good


@pytest.mark.parametrize(
    ("lines", "minutes", "good"),
    [
        ([("96130", 1)], 30, False),
        ([("96130", 1)], 31, True),
        ([("96130", 1), ("96131", 1)], 90, False),
        ([("96130", 1), ("96131", 1)], 91, True),
        ([("96136", 1)], 15, False),
        ([("96136", 1), ("96137", 1)], 45, False),
        ([("96136", 1), ("96137", 1)], 46, True),
    ],
)
def test_testing_minutes(lines: list[tuple[str, int]], minutes: int, good: bool) -> None:
    billed = [
        {"code": code, "units": units, "minutes": minutes, "provider_class": "PHD"} for code, units in lines
    ]
    assert (scrub(*billed) == set()) is good


def test_em_plus_therapy() -> None:
    documented = {"minutes": 55, "therapy_minutes": 30, "em_level": "moderate"}
    good = [{"code": "99214", "modifiers": "25"}, {"code": "90833"}]
    bad = [{"code": "99215"}, {"code": "90833"}]
    assert scrub(*({**line, **documented} for line in good)) == set()
    assert scrub(*({**line, **documented} for line in bad)) == {(1, "MODIFIER_25_MISSING"), (1, "EM_LEVEL")}


def test_add_on_alone() -> None:
    assert scrub({"code": "90833", "minutes": 55, "therapy_minutes": 30}) == {(1, "ADD_ON_ALONE")}


@pytest.mark.parametrize(
    ("code", "dos", "good"),
    [
        ("F33", "2026-01-05", False),
        ("F33.1", "2026-01-05", True),
        ("F32.A", "2021-09-30", False),
        ("F32.A", "2021-10-01", True),
        ("F50.02", "2024-09-30", True),
        ("F50.02", "2024-10-01", False),
        ("F50.029", "2024-10-01", True),
    ],
)
def test_dx_trap(code: str, dos: str, good: bool) -> None:
    assert icd.is_billable(code, date.fromisoformat(dos)) is good
    line = {"code": "90791", "diagnoses": icd.compact(code), "service_date": dos}
    assert scrub(line) == (set() if good else {(0, "DIAGNOSIS_NOT_BILLABLE")})


@pytest.mark.parametrize(
    ("payer", "rule", "pos", "mods", "good"),
    [
        ("medicare_ffs", None, "10", "", True),
        ("medicare_ffs", None, "10", "95", True),
        ("commercial", None, "11", "95", False),  # the payer's rule decides: not stated, ask
        ("commercial", "modifier_95", "11", "95", False),
        ("commercial", "pos11_95", "11", "95", True),
        *((payer, None, "11", "93", False) for payer in ("medicare_ffs", "commercial", "medicaid")),
        *(
            (payer, "modifier_95", "02", "95 93", False)
            for payer in ("medicare_ffs", "commercial", "medicaid")
        ),
    ],
)
def test_telehealth(payer: str, rule: str | None, pos: str, mods: str, good: bool) -> None:
    line = {"code": "90791", "payer_class": payer, "payer_telehealth_rule": rule, "place_of_service": pos}
    held = scrub({**line, "modifiers": mods, "payer_audio_allowed": True})
    assert all(rule_id.startswith("TELEHEALTH_") for _, rule_id in held)
    assert (held == set()) is good


@pytest.mark.parametrize("payer", ["medicare_ffs", "commercial", "medicaid"])
def test_telephone_visits_ended_with_2024(payer: str) -> None:
    line = {"code": "99441", "payer_class": payer}
    assert (1, "CODE_NOT_VALID") in scrub({**line, "service_date": "2025-01-02"})
    assert scrub({**line, "service_date": "2024-12-31"}) == set()


EDITS = pd.DataFrame(
    [
        ("A", "B", "20180101", "20201231", "0"),
        ("A", "B", "20230101", "*", "1"),
        ("A", "C", "20180101", "*", "9"),
    ],
    columns=ncci.COLUMNS,
)


@pytest.mark.parametrize(
    ("dos", "modifiers", "hit"),
    [
        ("2022-06-15", None, False),  # the gap between the windows
        ("2019-06-15", "59", True),  # indicator 0: no modifier helps
        ("2018-01-01", None, True),
        ("2020-12-31", None, True),
        ("2021-01-01", None, False),
        ("2026-01-05", None, True),  # '*' is open
        ("2026-01-05", "59", False),
        ("2026-01-05", "XE", False),
        ("2026-01-05", "95", True),
    ],
)
def test_ncci_window(dos: str, modifiers: str | None, hit: bool) -> None:
    rows = [("A", None, "CL1"), ("B", modifiers, "CL1"), ("C", None, "CL1"), ("B", None, "CL2")]
    lines = pd.DataFrame(rows, columns=["code", "modifiers", "rendering_id"])
    lines = lines.assign(patient_id="P1", service_date=pd.Timestamp(dos))
    assert list(ncci.ncci_edits(lines, EDITS)) == [False, hit, False, False]


@pytest.mark.parametrize("as_", [int, float, pd.Timestamp])
def test_ncci_dates_as_numbers_or_dates(as_: type) -> None:
    edits = EDITS.iloc[:1].assign(effective=[as_("20180101")], deletion=[as_("20201231")], indicator=[0])
    lines = pd.DataFrame({"code": ["A", "B"], "modifiers": None, "rendering_id": "CL1", "patient_id": "P1"})
    on = [
        ncci.ncci_edits(lines.assign(service_date=pd.Timestamp(day)), edits).any()
        for day in ("2020-12-31", "2021-01-01")
    ]
    assert on == [True, False]
