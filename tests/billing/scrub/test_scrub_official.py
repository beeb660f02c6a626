"""Rules that read official files: the edition of the day, what the finding says of it, silence without a file."""

from __future__ import annotations

from datetime import date
from types import ModuleType

import pandas as pd
import pytest

from tasks.billing import icd
from tasks.billing.context import JudgeContext
from tasks.billing.references import References
from tasks.billing.scrub import code_status, common, diagnosis_billable, mue, ncci, place, registry, units

LOADED = date(2026, 1, 10)


def editions(*rows: tuple[str, str, str, str, str | None]) -> pd.DataFrame:
    """kind, series, edition, first and last day."""
    frame = pd.DataFrame(rows, columns=["kind", "series", "edition", "effective_from", "effective_to"])
    for name in ("effective_from", "effective_to"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame.assign(loaded_on="2026-01-10")


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns.split())
    for name in frame.columns:
        if name in ("effective", "deletion", "effective_from", "effective_to", "valid_from", "valid_to"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


EDITS = "column1 column2 effective deletion indicator service"
VALUES = "code units mai service effective_from effective_to"
KNOWN = References(
    frames={
        "ncci": table(
            EDITS,
            ("90847", "90832", "2023-01-01", None, "1", "practitioner"),
            ("90847", "90832", "2018-01-01", "2020-12-31", "0", "practitioner"),
            ("90853", "90834", "2013-01-01", None, "9", "practitioner"),
            ("90853", "90834", "2013-01-01", None, "0", "outpatient"),
            ("H2015", "H2014", "2020-01-01", None, "0", "medicaid_practitioner"),
        ),
        "mue": table(
            VALUES,
            ("90791", 1, 3, "practitioner", "2026-01-01", "2026-03-31"),
            ("96127", 3, 2, "practitioner", "2026-01-01", "2026-03-31"),
            ("96127", 2, 2, "practitioner", "2026-04-01", None),
            ("97151", 8, 3, "practitioner", "2026-01-01", "2026-03-31"),
            ("97151", 32, 1, "medicaid_practitioner", "2026-01-01", None),
            ("H0004", 4, 1, "practitioner", "2026-01-01", "2026-03-31"),
            ("99358", 0, 3, "practitioner", "2026-01-01", "2026-03-31"),
        ),
        "hcpcs": table(
            "code record coverage valid_from valid_to",
            ("H0004", "code", "I", "2001-01-01", None),
            ("G0511", "code", "C", "2018-01-01", "2025-09-30"),
            ("HO", "modifier", None, "2003-01-01", None),
        ),
        "pos": table(
            "pos name effective_from effective_to",
            ("11", "Office", "1900-01-01", None),
            ("27", "Outreach", "2023-10-01", None),
            ("35", "Ended", "1900-01-01", "2025-12-31"),
        ),
        "icd10cm": table(
            "code effective_from effective_to billable unspecified",
            ("F33", "2023-10-01", "2025-09-30", False, False),
            ("F331", "2023-10-01", "2025-09-30", True, False),
            ("F5002", "2023-10-01", "2024-09-30", True, False),
            ("F5002", "2024-10-01", "2025-09-30", False, False),
            ("F50029", "2024-10-01", "2025-09-30", True, False),
            ("R45851", "2023-10-01", "2025-09-30", True, False),
            ("Z590", "2023-10-01", "2024-09-30", True, False),
        ),
    },
    versions={
        "ncci": "v321r0 practitioner, 2026-04-01 medicaid_practitioner",
        "mue": "2026-04-01 practitioner, 2026-01-01 medicaid_practitioner",
        "hcpcs": "2026 JAN",
        "pos": "2024-08-01",
        "icd10cm": "2025",
    },
    as_of=dict.fromkeys(("ncci", "mue", "hcpcs", "pos", "icd10cm"), LOADED),
    editions=editions(
        ("ncci", "practitioner", "v321r0 practitioner", "2026-04-01", None),
        ("ncci", "medicaid_practitioner", "2026-04-01 medicaid_practitioner", "2026-04-01", None),
        ("mue", "practitioner", "2026-01-01 practitioner", "2026-01-01", "2026-03-31"),
        ("mue", "practitioner", "2026-04-01 practitioner", "2026-04-01", None),
        ("mue", "medicaid_practitioner", "2026-01-01 medicaid_practitioner", "2026-01-01", None),
        ("hcpcs", "", "2026 JAN", "2026-01-01", None),
        ("pos", "", "2024-08-01", "2024-08-01", None),
        ("icd10cm", "", "2024", "2023-10-01", "2024-09-30"),
        ("icd10cm", "", "2025", "2024-10-01", "2025-09-30"),
    ),
)
JUDGE = JudgeContext(business_date=date(2026, 2, 1), references=KNOWN)
BARE = JudgeContext(business_date=date(2026, 2, 1))


def line(encounter: str, code: str = "90837", **more: object) -> dict[str, object]:
    return {
        "encounter_id": encounter, "position": 1, "patient_id": "P1", "payer_id": "ACME", "coverage_id": "COV1",
        "rendering_id": "CL1", "service_date": "2026-01-05", "place_of_service": "11", "code": code,
        "modifiers": None, "units": 1, "charge_cents": 100, "diagnoses": "F411", "pointers": "1",
        "payer_class": None,
    } | more  # fmt: skip


def frame(*lines: dict[str, object]) -> pd.DataFrame:
    made = pd.DataFrame(lines)
    return made.assign(service_date=pd.to_datetime(made["service_date"]).astype("datetime64[s]"))


def said(
    module: ModuleType,
    *lines: dict[str, object],
    history: pd.DataFrame | None = None,
    judge: JudgeContext = JUDGE,
) -> pd.DataFrame:
    """What the rule itself returns, with the columns that the registry carries on."""
    ready, earlier = common.prepare(frame(*lines), None, history)
    found: pd.DataFrame = module.check(ready, earlier, judge)
    return found


def ids(found: pd.DataFrame) -> list[str]:
    return sorted(found["encounter_id"] + " " + found["rule_id"]) if len(found) else []


# NCCI


@pytest.mark.parametrize(
    ("day", "modifiers", "hit"),
    [
        ("2019-06-15", "59", True),
        ("2022-06-15", None, False),
        ("2026-01-05", None, True),
        ("2026-01-05", "59", False),
        ("2026-01-05", "76", True),  # a repeat is no distinct service
    ],
)
def test_ncci_speaks_by_the_window_of_the_day(day: str, modifiers: str | None, hit: bool) -> None:
    lines = [
        line("E1", "90847", service_date=day),
        line("E2", "90832", service_date=day, modifiers=modifiers),
    ]
    found = said(ncci, *lines)
    assert ids(found) == (["E2 NCCI_PTP"] if hit else [])
    assert said(ncci, *lines, judge=BARE).empty
    if hit:
        assert list(found["reference_version"]) == ["ncci=v321r0 practitioner"]
        assert list(found["data_as_of"]) == [pd.Timestamp(LOADED)]


def test_ncci_sees_what_was_billed_before_and_speaks_through_the_registry() -> None:
    billed = frame(line("E1", "90847"))
    new = frame(
        line("E2", "90832"), line("E3", "90832", patient_id="P3"), line("E4", "90832", rendering_id="CL2")
    )
    found = registry.run(new, None, billed, JUDGE, [ncci])
    assert list(found["encounter_id"]) == ["E2"]
    assert registry.run(new, None, billed, BARE, [ncci]).empty


def test_a_column_1_line_went_out_after_its_column_2_had_been_billed() -> None:
    billed = frame(line("E1", "90832"))
    assert ids(said(ncci, line("E2", "90847"), history=billed)) == ["E2 NCCI_PTP"]
    assert said(ncci, line("E2", "90847", modifiers="59"), history=billed).empty
    assert said(ncci, line("E2", "90847", service_date="2026-01-06"), history=billed).empty
    both = said(ncci, line("E2", "90847"), line("E3", "90832"))
    assert ids(both) == ["E3 NCCI_PTP"], "of two new lines only column 2 waits"


def test_ncci_sets_are_not_mixed() -> None:
    pair = [line("E1", "90853"), line("E2", "90834")]
    assert said(ncci, *pair).empty  # 9 is no edit; the hospital's 0 is not the practitioner's
    codes = ("H2015", "H2014")
    medicaid = [line(f"E{n}", code, payer_class="medicaid") for n, code in enumerate(codes)]
    assert ids(said(ncci, *medicaid)) == ["E1 NCCI_PTP"]
    assert said(ncci, *[{**one, "payer_class": "commercial"} for one in medicaid]).empty


# MUE


def test_mai_1_judges_the_line_and_mai_2_and_3_the_day() -> None:
    lines = [
        line("E1", "H0004", units=4), line("E2", "H0004", units=4),  # twice four on two lines is fine
        line("E3", "H0004", units=5),
        line("E4", "96127", units=2), line("E5", "96127", units=2),
        line("E6", "99358"),
        line("E7", "96127", units=3, patient_id="P7"),
        line("E8", "90834", units=99),  # no value is silence, not permission: units.py has the shipped limits
    ]  # fmt: skip
    found = said(mue, *lines)
    assert ids(found) == ["E3 MUE_LINE", "E5 MUE_DAY", "E6 MUE_ZERO"]
    assert set(found["reference_version"]) == {"mue=2026-01-01 practitioner"}
    assert said(mue, *lines, judge=BARE).empty


def test_mue_counts_earlier_lines_of_the_day() -> None:
    billed = frame(line("E1", "96127", units=2))
    assert ids(said(mue, line("E2", "96127", units=2), history=billed)) == ["E2 MUE_DAY"]
    assert said(mue, line("E2", "96127", units=1), history=billed).empty
    assert said(mue, line("E2", "96127", units=2, rendering_id="CL2"), history=billed).empty


def test_the_quarter_of_the_service_decides_the_value() -> None:
    found = said(
        mue, line("E1", "96127", units=3), line("E2", "96127", units=3, service_date="2026-04-01"),
        line("E3", "96127", units=9, service_date="2025-12-31"),
    )  # fmt: skip
    assert ids(found) == ["E2 MUE_DAY"]
    assert list(found["reference_version"]) == ["mue=2026-04-01 practitioner"]


def test_medicaid_has_its_own_values() -> None:
    lines = [line("E1", "97151", units=20), line("E2", "97151", units=20, payer_class="medicaid", patient_id="P2"),
             line("E3", "97151", units=33, payer_class="medicaid_mco", patient_id="P3"),
             line("E4", "H0004", units=9, payer_class="medicaid", patient_id="P4")]  # fmt: skip
    assert ids(said(mue, *lines)) == ["E1 MUE_DAY", "E3 MUE_LINE"]


def test_the_shipped_limits_stand_back_where_an_edit_is_loaded() -> None:
    lines = [line("E1", "97151", units=33), line("E2", "H2014", units=99)]
    assert "E1 UNITS_PER_DAY" in ids(said(units, *lines, judge=BARE))
    assert "E1 UNITS_PER_DAY" not in ids(said(units, *lines))
    earlier = line("E3", "H0004", units=9, service_date="2025-12-31")  # before the first edition
    assert ids(said(units, earlier)) == ["E3 UNITS_PER_DAY"]
    medicaid = line("E4", "H0004", units=9, payer_class="medicaid")  # Medicaid's set does not have it
    assert ids(said(units, medicaid)) == ["E4 UNITS_PER_DAY"]


def test_an_edit_that_looks_at_lines_silenced_the_limit_of_the_day() -> None:
    lines = [line("E1", "H0004", units=4), line("E2", "H0004", units=4), line("E3", "H0004", units=4)]
    assert ids(said(mue, *lines)) == []  # MAI 1: each line by itself
    assert ids(said(units, *lines)) == ["E3 UNITS_PER_DAY"]
    medicaid = line("E4", "97151", units=20, payer_class="medicaid")  # a line may have 32, so the day may
    assert ids(said(units, medicaid)) == []


def test_an_edit_by_clinician_silenced_the_day_rate_of_anyone() -> None:
    days = [line("E1", "H0015"), line("E2", "H0015", rendering_id="CL2")]
    edit = table(VALUES, ("H0015", 1, 2, "practitioner", "2026-01-01", "2026-03-31"))
    known = References({"mue": edit}, editions=KNOWN.editions)
    judge = JudgeContext(business_date=date(2026, 2, 1), references=known)
    assert ids(said(mue, *days, judge=judge)) == []
    assert ids(said(units, *days, judge=judge)) == ["E2 UNITS_PER_DAY"]


# HCPCS, POS


def test_level_ii_is_judged_by_the_loaded_file() -> None:
    lines = [
        line("E1", "H0004"),
        line("E2", "G0511"),
        line("E3", "G0511", service_date="2025-09-30"),
        line("E4", "H9999"),
        line(
            "E5", "S9480", service_date="2025-06-01"
        ),  # before the first edition, and no file has it: shipped table
        line("E6", "12345"),  # CPT is not in the file
        line("E7", "99441"),
        line("E8", "H9999", service_date="2025-06-01"),
    ]
    found = said(code_status, *lines)
    assert ids(found) == [
        "E2 CODE_NOT_VALID", "E4 CODE_NOT_VALID", "E6 CODE_UNKNOWN", "E7 CODE_NOT_VALID", "E8 CODE_UNKNOWN",
    ]  # fmt: skip
    versions = dict(zip(found["encounter_id"], found["reference_version"], strict=True))
    assert versions["E2"] == versions["E4"] == "hcpcs=2026 JAN"
    assert pd.isna(versions["E7"])
    assert ids(said(code_status, line("E4", "H9999"), judge=BARE)) == ["E4 CODE_UNKNOWN"]


def test_places_are_judged_by_the_loaded_set() -> None:
    lines = [line("E1"), line("E2", place_of_service="98"), line("E3", place_of_service="35"),
             line("E4", place_of_service="35", service_date="2025-12-31"),
             line("E5", place_of_service="27", service_date="2023-09-30"),
             line("E6", place_of_service=None)]  # fmt: skip
    found = said(place, *lines)
    assert ids(found) == ["E2 PLACE_NOT_VALID", "E3 PLACE_NOT_VALID", "E5 PLACE_NOT_VALID"]
    assert set(found["reference_version"]) == {"pos=2024-08-01"}
    assert ids(said(place, *lines, judge=BARE)) == ["E2 PLACE_UNKNOWN", "E3 PLACE_UNKNOWN", "E4 PLACE_UNKNOWN",
                                                    "E5 PLACE_NOT_VALID"]  # fmt: skip


# ICD-10-CM


@pytest.mark.parametrize(
    ("code", "day", "status", "edition"),
    [
        ("F331", "2024-01-05", icd.BILLABLE, "icd10cm=2024"),
        ("F33", "2024-10-01", icd.HEADER, "icd10cm=2025"),
        ("F5002", "2024-09-30", icd.BILLABLE, "icd10cm=2024"),
        ("F5002", "2024-10-01", icd.HEADER, "icd10cm=2025"),
        ("F50029", "2024-09-30", icd.NOT_YET, "icd10cm=2024"),
        ("R45851", "2024-01-05", icd.BILLABLE, "icd10cm=2024"),  # outside the shipped chapters
        ("Z590", "2024-10-01", icd.GONE, "icd10cm=2025"),
        ("R99", "2024-01-05", icd.INVALID, "icd10cm=2024"),  # not in the loaded file
        ("F331", "2026-01-05", icd.BILLABLE, None),  # no edition of that year: the shipped table
        ("R45851", "2026-01-05", icd.UNKNOWN, None),
    ],
)
def test_the_edition_of_the_day_judges(code: str, day: str, status: str, edition: str | None) -> None:
    answer = icd.official_status(pd.Series([code]), pd.Series(pd.to_datetime([day])), KNOWN)
    assert answer["status"][0] == status
    assert (answer["edition"][0] or None) == edition


def test_a_finding_about_a_diagnosis_names_the_edition() -> None:
    lines = [line("E1", diagnoses="R45851", service_date="2025-01-05"),
             line("E2", diagnoses="F5002", service_date="2024-10-01"), line("E3", diagnoses="F33 R45851")]  # fmt: skip
    found = said(diagnosis_billable, *lines).sort_values(["encounter_id", "rule_id"])
    assert ids(found) == ["E2 DIAGNOSIS_NOT_BILLABLE", "E3 DIAGNOSIS_NOT_BILLABLE", "E3 DIAGNOSIS_UNKNOWN"]
    assert list(found["reference_version"].fillna("")) == ["icd10cm=2025", "", ""]
    assert list(found["data_as_of"].notna()) == [True, False, False]
