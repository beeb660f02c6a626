"""Lines of the institutional form: whose business they are, what is read of them, and the hospital's own edits."""

from __future__ import annotations

from datetime import date
from types import ModuleType

import pandas as pd
import pytest
from test_scrub_official import editions, frame, ids, line, table

from configs import reference
from configs.rules import load_book
from connectors.sources.charges import CHARGES
from tasks.billing.context import JudgeContext
from tasks.billing.references import References
from tasks.billing.scrub import common, duplicate, mue, ncci, registry, samples
from tasks.billing.scrub.institutional import lines as inst
from tasks.billing.scrub.institutional import overlap, stay_dates

BARE = JudgeContext(business_date=date(2026, 2, 1))
RULES = [module for module in registry.RULES if ".institutional." in module.__name__]


def failing(module: ModuleType) -> pd.DataFrame:
    tables = [one.lines for one in samples.read(module.__doc__ or "") if one.kind == "Fails"]
    return pd.concat(tables, ignore_index=True)


# --- which lines and which columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("module", RULES, ids=lambda module: module.ID)
@pytest.mark.parametrize("form", ["837P", None])
def test_a_professional_line_is_none_of_their_business(module: ModuleType, form: str | None) -> None:
    lines = failing(module).assign(form=form)
    assert registry.run(lines, None, None, BARE, [module]).empty
    assert registry.run(lines.drop(columns="form"), None, None, BARE, [module]).empty


@pytest.mark.parametrize("module", RULES, ids=lambda module: module.ID)
def test_a_column_that_nobody_tracks_silences_the_rule(module: ModuleType) -> None:
    """What only an institutional line has may be absent; codes, places, levels and days every line has."""
    lines = failing(module)
    bare = lines.drop(columns=[name for name in common.INSTITUTIONAL_COLUMNS if name in lines])
    said = set(registry.run(bare.assign(form="837I"), None, None, BARE, [module])["rule_id"])
    assert said <= {"INST_FORM", "INST_OVERLAP_NEAR"}


def test_a_batch_of_professional_lines_carries_no_institutional_column() -> None:
    ready, _ = common.prepare(frame(line("E1", form="837P", revenue_code=None)), None, None)
    assert set(common.INSTITUTIONAL_COLUMNS).isdisjoint(ready.columns)
    ready, _ = common.prepare(frame(line("E1", form="837I", stay_id="S1")), None, None)
    assert set(common.INSTITUTIONAL_COLUMNS) & set(ready.columns) == {"form", "stay_id"}
    billed = frame(line("E0", form="837I", type_of_bill="013"))
    _, earlier = common.prepare(frame(line("E1")), None, billed)
    assert list(earlier["form"]) == ["837I"]


def test_what_the_rules_read_of_a_stay_may_come_with_the_visit() -> None:
    lines = frame(line("E1", "H0035", form="837I", level_of_care="php"))
    visits = pd.DataFrame({"encounter_id": ["E1"], "stay_id": [None]})
    assert ids(registry.run(lines, visits, None, BARE, [stay_dates])) == ["E1 INST_STAY_MISSING"]


def test_the_charges_layout_has_every_column() -> None:
    known = {column.name: column.type for column in CHARGES.columns}
    assert set(common.INSTITUTIONAL_COLUMNS) <= known.keys()
    assert {known[name] for name in common.INSTITUTIONAL_DATES} == {"date"}
    assert {known[name] for name in common.INSTITUTIONAL_NUMBERS} == {"number"}


# --- the table of levels ---------------------------------------------------------------------------------------------


def test_every_level_has_its_row_and_every_word_is_known() -> None:
    assert set(inst.levels()) == {row["loc"] for row in reference.table("level_of_care")}
    listed = frozenset().union(*(row["revenue"] for row in inst.levels().values()))
    words = {word for row in reference.table("revenue_codes") for word in row["level_of_care"].split(",")}
    assert words == listed
    bills = {inst.bill(row["tob"].removesuffix("x")) for row in reference.table("type_of_bill")}
    for name in ("bills", "medicare_bills"):
        used = frozenset().union(*(row[name] for row in inst.levels().values()))
        assert used <= bills, name
    assert all(row["medicare_bills"] <= row["bills"] for row in inst.levels().values())
    conditions = {row["code"] for row in reference.table("condition_codes_bh")}
    assert frozenset().union(*(row["condition"] for row in inst.levels().values())) <= conditions


def test_bills_of_a_bed_are_those_that_nothing_else_has() -> None:
    assert inst.bed_bills() == {"11", "65", "66", "86", "89"}


@pytest.mark.parametrize(
    ("revenue_code", "bed"),
    [("0100", True), ("0149", True), ("0160", False), ("0180", True), ("0204", True), ("0905", False),
     ("0912", False), ("1001", True), ("1006", True), ("1007", False)],
)  # fmt: skip
def test_room_and_board(revenue_code: str, bed: bool) -> None:
    lines, _ = common.prepare(frame(line("E1", form="837I", revenue_code=revenue_code)), None, None)
    assert list(inst.bed(lines)) == [bed]


# --- days between programmes ---------------------------------------------------------------------------------------


def test_days_between_programmes_are_the_sites(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "rules.toml").write_text("[parameters.INST_OVERLAP_NEAR]\ndays = 3\n")
    judge = JudgeContext(business_date=date(2026, 2, 1), parameters=load_book(home).parameters)
    days = [
        line("E1", "G0410", service_date="2026-01-05", level_of_care="php"),
        line("E2", "90834", service_date="2026-01-08", level_of_care="iop"),
        line("E3", "90834", service_date="2026-01-09", level_of_care="iop"),
    ]
    lines = frame(*[one | {"form": "837I", "payer_class": "medicare_ffs"} for one in days])
    assert ids(registry.run(lines, None, None, judge, [overlap])) == ["E2 INST_OVERLAP_NEAR"]
    assert len(registry.run(lines, None, None, BARE, [overlap])) == 2


# --- edits of hospitals ----------------------------------------------------------------------------------------------

EDITS = "column1 column2 effective deletion indicator service"
VALUES = "code units mai service effective_from effective_to"
SETS = ("practitioner", "outpatient", "medicaid_outpatient")
OFFICIAL = References(
    frames={
        "ncci": table(
            EDITS,
            ("90853", "90834", "2013-01-01", None, "1", "outpatient"),
            ("90847", "90832", "2013-01-01", None, "0", "practitioner"),
            ("H2012", "H0004", "2013-01-01", None, "0", "medicaid_outpatient"),
        ),
        "mue": table(
            VALUES,
            ("90853", 2, 3, "outpatient", "2026-01-01", None),
            ("90853", 1, 3, "practitioner", "2026-01-01", None),
            ("G0410", 4, 1, "outpatient", "2026-01-01", None),
            ("H0004", 3, 1, "medicaid_outpatient", "2026-01-01", None),
        ),
    },
    editions=editions(
        *((kind, name, f"v1 {name}", "2026-01-01", None) for kind in ("ncci", "mue") for name in SETS)
    ),
)
JUDGE = JudgeContext(business_date=date(2026, 2, 1), references=OFFICIAL)


def hospital(encounter: str, code: str, **more: object) -> dict[str, object]:
    return line(encounter, code, form="837I", type_of_bill="013") | more


def said(module: ModuleType, *lines: dict[str, object], billed: pd.DataFrame | None = None) -> pd.DataFrame:
    return registry.run(frame(*lines), None, billed, JUDGE, [module])


def test_a_hospitals_pair_is_judged_by_its_own_set_whoever_treats() -> None:
    group, single = hospital("E1", "90853"), hospital("E2", "90834", rendering_id="CL2")
    found = said(ncci, group, single)
    assert ids(found) == ["E2 NCCI_PTP"]
    assert list(found["reference_version"]) == ["ncci=v1 outpatient"]
    assert said(ncci, group, single | {"modifiers": "59"}).empty
    assert said(ncci, group | {"form": "837P"}, single | {"form": None, "rendering_id": "CL1"}).empty
    assert said(ncci, hospital("E1", "90847"), hospital("E2", "90832")).empty  # the practitioner's pair


def test_lines_of_the_two_forms_are_no_pair() -> None:
    clinician = line("E1", "90847")
    assert ids(said(ncci, clinician, line("E2", "90832"))) == ["E2 NCCI_PTP"]
    assert said(ncci, clinician, hospital("E2", "90832")).empty
    billed = frame(hospital("E0", "90832"))
    assert said(ncci, clinician, billed=billed).empty
    assert ids(said(ncci, clinician, billed=billed.assign(form="837P"))) == ["E1 NCCI_PTP"]


def test_a_bill_of_a_bed_has_no_edits() -> None:
    for bill in ("011", "0862"):
        stay = {"type_of_bill": bill}
        assert said(ncci, hospital("E1", "90853", **stay), hospital("E2", "90834", **stay)).empty
        assert said(mue, hospital("E1", "90853", units=9, **stay)).empty


def test_medicaid_has_its_own_hospital_set() -> None:
    medicaid = {"payer_class": "medicaid"}
    pair = hospital("E1", "H2012", **medicaid), hospital("E2", "H0004", **medicaid)
    assert ids(said(ncci, *pair)) == ["E2 NCCI_PTP"]
    assert said(ncci, *(one | {"payer_class": "commercial"} for one in pair)).empty
    assert ids(said(mue, hospital("E1", "H0004", units=4, **medicaid))) == ["E1 MUE_LINE"]
    assert said(mue, hospital("E1", "G0410", units=9, **medicaid)).empty


def test_units_of_a_hospital_are_counted_whoever_treats() -> None:
    three = [hospital(f"E{n}", "90853", rendering_id=f"CL{n}") for n in (1, 2, 3)]
    found = said(mue, *three)
    assert ids(found) == ["E3 MUE_DAY"]
    assert list(found["reference_version"]) == ["mue=v1 outpatient"]
    assert said(mue, *(one | {"form": None} for one in three)).empty  # of each clinician one
    assert ids(said(mue, hospital("E1", "G0410", units=5))) == ["E1 MUE_LINE"]


# --- what other rules make of them -----------------------------------------------------------------------------------


def test_two_groups_of_a_programme_day_are_no_duplicate() -> None:
    group = {"programme_line": "service", "revenue_code": "0915", "level_of_care": "php"}
    first = hospital("E1", "G0410", start_time="0900", **group)
    assert said(duplicate, first, hospital("E2", "G0410", start_time="1030", **group)).empty
    assert ids(said(duplicate, first, hospital("E2", "G0410", start_time="0900", **group))) == [
        "E2 DUPLICATE"
    ]
    assert ids(said(duplicate, first, hospital("E2", "G0410", **group))) == []
    untold = [hospital(f"E{n}", "G0410", **group) for n in (1, 2)]
    assert ids(said(duplicate, *untold)) == ["E2 DUPLICATE"]
    day = {"programme_line": "day"}
    days = [hospital(f"E{n}", "H0035", start_time=f"0{n}00", **day) for n in (8, 9)]
    assert ids(said(duplicate, *days)) == ["E9 DUPLICATE"]
