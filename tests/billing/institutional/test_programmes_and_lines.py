"""What a day of a stay, or a service in it, becomes: form, type of bill, revenue code, code."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from configs import reference
from connectors.sources.columns import LEVELS
from tasks.billing import coding, visits
from tasks.billing.context import Masters
from tasks.billing.institutional import programmes, stays
from tests.billing.judge_practice import context, encounters, masters, rows

LINE = ["form", "type_of_bill", "revenue_code", "code", "units", "condition_codes", "programme_line"]
DAY = {"stay_id": "ST1", "service_kind": "programme_day", "modality": "in_person", "minutes": 300}


def coded(*changes: dict[str, Any], known: Masters | None = None, **of_stay: Any) -> pd.DataFrame:
    """Lines of encounters of one stay."""
    practice = known or masters(stays=rows("stays", of_stay))
    seen = visits.assemble(encounters(*changes), practice, context())
    return coding.code(seen, practice, context()).lines


def line(change: dict[str, Any], known: Masters | None = None, **of_stay: Any) -> tuple[Any, ...]:
    """The one line of one encounter."""
    (only,) = coded(change, known=known, **of_stay)[LINE].itertuples(index=False, name=None)
    return tuple(None if pd.isna(value) else value for value in only)


DEFAULTS = {
    ("php", False): ("013", "0912", "H0035", "41"),
    ("iop", False): ("013", "0905", "S9480", None),
    ("iop", True): ("013", "0906", "H0015", None),
    ("rtc_mh", False): ("086", "1001", "1001", None),
    ("rtc_sud_low", True): ("086", "1002", "1002", None),
    ("rtc_sud_high", True): ("086", "1002", "1002", None),
    ("detox_residential", True): ("086", "0126", "0126", None),
    ("inpatient_detox", True): ("011", "0126", "0126", None),
    ("inpatient_psych", False): ("011", "0124", "0124", None),
}


@pytest.mark.parametrize(("level", "part2"), DEFAULTS)
def test_every_level_has_a_default_day(level: str, part2: bool) -> None:
    type_of_bill, revenue, code, condition = DEFAULTS[level, part2]
    expected = ("837I", type_of_bill, revenue, code, 1, condition, "day")
    assert line(DAY | {"part2": part2}, level_of_care=level) == expected


def test_the_defaults_speak_of_every_level_but_outpatient_and_say_where_they_come_from() -> None:
    shipped = reference.table("programmes_default")
    assert {row["level_of_care"] for row in shipped} == {*LEVELS} - {"outpatient"}
    revenue, bills = reference.by_key("revenue_codes", "rev"), reference.by_key("type_of_bill", "tob")
    for row in shipped:
        assert row["prov"]
        assert row["revenue_code"] in {"", *revenue}
        assert f"{row['type_of_bill']}x" in bills
        assert row["level_of_care"] in LEVELS


def medicare(level: str, **changes: Any) -> Masters:
    return masters(
        payers=rows("payers", {"payer_class": "medicare_ffs"} | changes),
        stays=rows("stays", {"level_of_care": level}),
    )


SERVICES = {
    "90834": "0914",
    "90853": "0915",
    "G0410": "0915",
    "90847": "0916",
    "96130": "0918",
    "G0176": "0904",
    "90791": "0900",
}


@pytest.mark.parametrize("code", SERVICES)
def test_medicare_pays_a_programme_by_the_service(code: str) -> None:
    for level, condition in (("php", "41"), ("iop", "92")):
        service = DAY | {"codes": code, "service_kind": "other", "minutes": 45}
        found = line(service, medicare(level))
        assert found == ("837I", "013", SERVICES[code], code, 1, condition, "service")


def test_a_session_in_a_service_programme_is_coded_as_ever_and_its_add_on_goes_with_its_base() -> None:
    visit = DAY | {"service_kind": "psychotherapy", "minutes": 45, "interactive_complexity": True}
    found = coded(visit, known=medicare("php"))
    assert found[["code", "revenue_code"]].to_numpy().tolist() == [["90834", "0914"], ["90785", "0914"]]


def test_before_2024_medicare_had_no_intensive_outpatient_benefit() -> None:
    day = DAY | {"service_date": "2023-12-29", "service_kind": "psychotherapy", "minutes": 45}
    assert line(day, medicare("iop"), admitted_on="2023-12-01")[0] is None


def test_an_encounter_without_a_stay_is_professional_whatever_its_level() -> None:
    day = {"service_kind": "iop_sud", "minutes": 180, "level_of_care": "iop", "modality": "in_person"}
    assert line(day)[:4] == (None, None, None, "H0015")


def test_therapy_within_a_day_programme_keeps_its_own_code_and_form() -> None:
    found = coded(DAY, DAY | {"service_kind": "psychotherapy", "minutes": 45})
    assert found[["code", "form"]].astype("object").where(
        found[["code", "form"]].notna(), None
    ).to_numpy().tolist() == [
        ["H0035", "837I"],
        ["90834", None],
    ]
    assert found["stay_id"].isna().tolist() == [False, True]


def test_a_loaded_row_wins_over_the_defaults_and_the_payers_own_over_the_one_for_all() -> None:
    for_all, own = {"payer_id": "*", "revenue_code": "0912"}, {}
    stay = rows("stays", {})
    known = masters(stays=stay, programmes=rows("programmes", for_all))
    assert line(DAY, known)[2:4] == ("0912", "S0201")
    known = masters(stays=stay, programmes=rows("programmes", for_all, own))
    assert line(DAY, known)[2:4] == ("0913", "S0201")
    ended = rows("programmes", for_all, own | {"effective_to": "2026-01-04"})
    assert line(DAY, masters(stays=stay, programmes=ended))[2:4] == ("0912", "S0201")


def test_a_payer_may_take_a_programme_on_the_837p() -> None:
    own = rows("programmes", {"form": "837P", "type_of_bill": None})
    day = DAY | {"codes": "H0035", "service_kind": "other"}
    assert line(day, masters(stays=rows("stays", {}), programmes=own))[:4] == (None, None, None, "H0035")


def test_what_the_source_states_stands() -> None:
    assert line(DAY | {"revenue_code": "0913"})[2:4] == ("0913", "H0035")
    # the twin of the programme's day rate goes under its own revenue code
    assert line(DAY | {"codes": "H0015", "service_kind": "other"}, level_of_care="iop")[2:4] == (
        "0906",
        "H0015",
    )
    assert coded(DAY | {"codes": "H0035-HE"})["modifiers"].tolist() == ["HE"]


def test_a_held_bed_has_no_procedure() -> None:
    own = rows(
        "programmes",
        {"level_of_care": "rtc_mh", "type_of_bill": "086", "revenue_code": "1001", "code": "H0018"},
    )
    known = masters(stays=rows("stays", {"level_of_care": "rtc_mh"}), programmes=own)
    assert line(DAY, known)[2:4] == ("1001", "H0018")
    assert line(DAY | {"revenue_code": "0183"}, known)[2:4] == ("0183", "0183")


def test_a_revenue_code_alone_is_priced() -> None:
    assert coded(DAY, level_of_care="rtc_mh")["charge_cents"].tolist() == [90000]


def test_a_day_by_video_has_no_modifier_and_the_claim_shows_the_attending_clinician() -> None:
    providers = rows("providers", {}, {"provider_id": "CL002", "npi": "1003000126", "provider_class": "MD"})
    known = masters(stays=rows("stays", {"attending_id": "CL002"}), providers=providers)
    found = coded(DAY | {"modality": "video"}, known=known)
    assert found["modifiers"].isna().all()
    assert found["rendering_id"].tolist() == ["CL002"]
    assert found["treating_id"].tolist() == ["CL001"]
    assert found["provider_class"].tolist() == ["MD"]


def test_lines_carry_their_stay_for_the_rules_and_professional_ones_none_of_it() -> None:
    found = coded(DAY, {"encounter_id": "E9"}, discharged_on="2026-01-30", patient_status="01")
    assert found.loc[0, stays.STAY_COLUMNS].tolist() == [
        pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-30"), "01", 20, "php", "CL001",
    ]  # fmt: skip
    assert found.loc[1, [*stays.STAY_COLUMNS, *coding.OF_PROGRAMME, "revenue_code"]].isna().all()


def test_a_stay_that_is_not_on_file_leaves_its_columns_null() -> None:
    found = coded(DAY | {"stay_id": "ST9", "level_of_care": "php"})
    assert found["form"].tolist() == ["837I"]
    assert found[stays.STAY_COLUMNS].isna().all(axis=None)


def test_the_last_night_is_the_one_before_the_discharge() -> None:
    days = pd.DataFrame(
        {
            "admitted_on": pd.to_datetime(["2026-01-05"] * 4),
            "discharged_on": pd.to_datetime(["2026-01-08", "2026-01-08", "2026-01-05", None]),
            "level": ["rtc_mh", "php", "inpatient_detox", "rtc_mh"],
        }
    )
    last = stays.last_billable(days["admitted_on"], days["discharged_on"], days["level"])
    assert last.dt.day.fillna(0).tolist() == [7, 8, 5, 0]


def test_nobody_asks_where_no_stay_is() -> None:
    nothing = pd.DataFrame(columns=programmes.ASKED).astype(
        {"service_date": "datetime64[s]", "part2": "boolean"}
    )
    assert programmes.found(nothing.astype({"level_of_care": "str"}), pd.DataFrame()).empty
