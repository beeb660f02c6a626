"""Units are matched, reserved in order of service, consumed and given back: vector group ``auth_units``."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge_practice import nothing, rows

from connectors.ledger.schema import metadata
from tasks.billing import authorizations as auth

SPAN = {"codes": "H0015", "units_approved": 12, "valid_from": "2026-01-05", "valid_to": "2026-01-23",
        "level_of_care": "iop"}  # fmt: skip


def lines(*changes: dict[str, Any]) -> pd.DataFrame:
    usual = {"patient_id": "P0001", "payer_id": "ACME", "code": "H0015", "units": 1, "level_of_care": "iop",
             "rendering_id": "CL001", "treating_id": "CL001", "position": 1, "payer_auth_codes": "H0015",
             "service_date": "2026-01-05"}  # fmt: skip
    made = [usual | {"encounter_id": f"E{n:03d}"} | change for n, change in enumerate(changes, 1)]
    types = dict.fromkeys(usual, "str") | {
        "units": "Int64",
        "position": "Int64",
        "service_date": "datetime64[s]",
    }
    return pd.DataFrame(made, columns=["encounter_id", *usual]).astype(types)


def asked(on_file: pd.DataFrame, *changes: dict[str, Any], entries: pd.DataFrame | None = None) -> list[str]:
    """Authorization, or why not, of each line."""
    spent = nothing("authorization_units") if entries is None else entries
    answer = auth.allocate(lines(*changes), on_file, spent)
    return answer["authorization_id"].fillna(answer["why"]).tolist()


def on(*days: int) -> list[dict[str, Any]]:
    return [{"service_date": f"2026-01-{day:02d}"} for day in days]


def test_the_vector() -> None:
    on_file = rows("authorizations", SPAN)
    assert asked(on_file, *on(5, 7, 26)) == ["AU1", "AU1", auth.DATE]
    thirteen = asked(on_file, *on(*range(5, 18)))
    assert thirteen == ["AU1"] * 12 + [auth.EXHAUSTED]


@pytest.mark.parametrize(
    ("granted", "line", "why"),
    [
        ({}, {"service_date": "2026-01-04"}, auth.DATE),
        ({}, {"service_date": "2026-01-24"}, auth.DATE),
        ({}, {"code": "S9480"}, auth.CODE),
        ({"codes": "H001"}, {}, auth.CODE),
        ({}, {"level_of_care": "php"}, auth.LEVEL),
        ({"status": "pended"}, {}, auth.STATUS),
        ({"status": "denied"}, {}, auth.STATUS),
        ({"provider_id": "CL009"}, {}, auth.CLINICIAN),
        ({"patient_id": "P0002"}, {}, auth.NONE),
        ({"payer_id": "OTHER"}, {}, auth.NONE),
        ({}, {"units": 13}, auth.EXHAUSTED),
        ({}, {"service_date": "2026-01-23"}, "AU1"),
        ({"level_of_care": None}, {"level_of_care": "php"}, "AU1"),
        ({"provider_id": "CL001"}, {}, "AU1"),
        ({"provider_id": "CL001"}, {"rendering_id": "CL002"}, "AU1"),
        ({}, {"units": 12}, "AU1"),
    ],
)
def test_what_matches(granted: dict[str, Any], line: dict[str, Any], why: str) -> None:
    assert asked(rows("authorizations", SPAN | granted), line) == [why]


@pytest.mark.parametrize(
    ("wanted", "own", "why"),
    [
        ("HQ", None, auth.MODIFIERS),
        ("HQ", "95", auth.MODIFIERS),
        ("HQ HO", "HO", auth.MODIFIERS),
        ("HQ HO", "HO HQ 95", "AU1"),
        (None, "95", "AU1"),
        ("", None, "AU1"),
    ],
)
def test_the_modifiers_an_authorization_asks_for_were_not_looked_at(
    wanted: str | None, own: str | None, why: str
) -> None:
    on_file = rows("authorizations", SPAN | {"modifiers": wanted})
    line = lines({}).assign(modifiers=pd.Series([own], dtype="str"))
    answer = auth.allocate(line, on_file, nothing("authorization_units"))
    assert answer["authorization_id"].fillna(answer["why"]).tolist() == [why]


def test_a_line_reports_how_far_its_best_candidate_got() -> None:
    on_file = rows(
        "authorizations",
        SPAN | {"codes": "90837"},
        SPAN | {"authorization_id": "AU2", "valid_to": "2026-01-05"},
    )
    assert asked(on_file, *on(6)) == [auth.DATE]


def test_units_go_in_order_of_service_and_not_of_arrival() -> None:
    on_file = rows("authorizations", SPAN | {"units_approved": 2})
    assert asked(on_file, *on(9, 7, 5)) == [auth.EXHAUSTED, "AU1", "AU1"]


def test_the_authorization_that_ends_first_is_spent_first_and_the_extension_takes_over() -> None:
    on_file = rows(
        "authorizations",
        SPAN | {"authorization_id": "LATER", "valid_to": "2026-02-20"},
        SPAN | {"authorization_id": "FIRST", "units_approved": 2},
    )
    assert asked(on_file, *on(5, 6, 7, 8)) == ["FIRST", "FIRST", "LATER", "LATER"]


def test_an_encounter_without_units_for_one_line_gives_back_those_of_its_others() -> None:
    on_file = rows(
        "authorizations",
        SPAN | {"units_approved": 1},
        SPAN | {"authorization_id": "AU2", "codes": "90837", "units_approved": 1},
    )
    pair = {"encounter_id": "E001"}
    answer = asked(
        on_file,
        pair | {"code": "H0015"},
        pair | {"code": "90837", "position": 2, "units": 2},
        {"encounter_id": "E002", "service_date": "2026-01-06"},
    )
    assert answer[1:] == [auth.EXHAUSTED, "AU1"]


def test_people_do_not_share_and_shortage_of_one_holds_nobody_else() -> None:
    on_file = rows(
        "authorizations",
        SPAN | {"units_approved": 1},
        SPAN | {"authorization_id": "AU2", "patient_id": "P0002", "units_approved": 2},
    )
    answer = asked(on_file, *on(5, 6), *({"patient_id": "P0002"} | day for day in on(5, 6)))
    assert answer == ["AU1", auth.EXHAUSTED, "AU2", "AU2"]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(5, 25), st.integers(1, 3), st.sampled_from(["H0015", "S9480"])), max_size=12
    ),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_the_same_as_serving_people_one_after_the_other(
    wanted: list[tuple[int, int, str]], first: int, second: int
) -> None:
    """Against the obvious loop: lines in order, the earliest ending authorization with enough units."""
    on_file = rows(
        "authorizations",
        SPAN | {"units_approved": first},
        SPAN
        | {
            "authorization_id": "AU2",
            "codes": "H0015 S9480",
            "units_approved": second,
            "valid_to": "2026-01-31",
        },
    )
    changes = [
        {"service_date": f"2026-01-{day:02d}", "units": units, "code": code} for day, units, code in wanted
    ]
    left = Counter({"AU1": first, "AU2": second})
    expected = {}
    for n in sorted(range(len(wanted)), key=lambda n: (wanted[n][0], n)):
        day, units, code = wanted[n]
        able = [name for name in ("AU1", "AU2") if (name == "AU2" or (code == "H0015" and day <= 23))]
        taken = next((name for name in able if left[name] >= units), auth.EXHAUSTED)
        left[taken] -= units
        expected[n] = taken
    assert asked(on_file, *changes) == [expected[n] for n in range(len(wanted))]


TWO_A_DAY = (
    {"service_date": "2026-01-05", "encounter_id": "E001", "code": "H0004", "units": 4},
    {"service_date": "2026-01-05", "encounter_id": "E001", "code": "H0004", "units": 3, "position": 2},
    {"service_date": "2026-01-05", "encounter_id": "E002", "code": "H0004", "units": 2},
    {"service_date": "2026-01-06", "encounter_id": "E003", "code": "H0004", "units": 4},
)
BY_TYPE = [
    (None, 9, ["AU1", "AU1", "AU1", auth.EXHAUSTED]),
    ("unit", 13, ["AU1"] * 4),
    ("visit", 3, ["AU1"] * 4),
    ("visit", 2, ["AU1", "AU1", "AU1", auth.EXHAUSTED]),
    ("day", 2, ["AU1"] * 4),
    ("day", 1, ["AU1", "AU1", "AU1", auth.EXHAUSTED]),
    ("hour", 4, ["AU1"] * 4),  # 13 quarters of an hour
    ("hour", 3, ["AU1", "AU1", "AU1", auth.EXHAUSTED]),
    (
        "hour",
        1,
        [auth.EXHAUSTED, auth.EXHAUSTED, "AU1", auth.EXHAUSTED],
    ),  # an encounter goes whole or not at all
]


def by_type(kind: str | None, approved: int) -> pd.DataFrame:
    return rows("authorizations", SPAN | {"codes": "*", "unit_type": kind, "units_approved": approved})


@pytest.mark.parametrize(("kind", "approved", "answer"), BY_TYPE)
def test_units_burn_by_the_type_of_the_authorization(
    kind: str | None, approved: int, answer: list[str]
) -> None:
    got = auth.allocate(lines(*TWO_A_DAY), by_type(kind, approved), nothing("authorization_units"))
    # A line of an encounter that another line holds has no reason of its own.
    assert got["authorization_id"].fillna(auth.EXHAUSTED).tolist() == answer


@pytest.mark.parametrize(
    ("kind", "taken"),
    [("visit", [1, 0, 1, 1]), ("day", [1, 0, 0, 1]), ("unit", [4, 3, 2, 4]), ("hour", [60, 45, 30, 60])],
)
def test_what_each_line_takes(kind: str, taken: list[int]) -> None:
    got = auth.allocate(lines(*TWO_A_DAY), by_type(kind, 13), nothing("authorization_units"))
    assert got["units_taken"].tolist() == taken
    assert got["units_approved"].unique().tolist() == [780 if kind == "hour" else 13]
    assert got["units_used"].max() == sum(taken)


def reserved(kind: str, approved: int, *changes: dict[str, Any]) -> pd.DataFrame:
    """Entries of the lines, as the ledger gives them beside their charges."""
    met = lines(*changes)
    made = met.assign(authorization_id="AU1", charge_id=[f"C{n}" for n in range(len(met))], cause="D1")
    return auth.told(auth.reserve(made), made)


@pytest.mark.parametrize(("kind", "left"), [("visit", 9), ("day", 10), ("unit", -1), ("hour", 525)])
def test_what_is_left_counts_by_the_type(kind: str, left: int) -> None:
    assert auth.available(by_type(kind, 12), reserved(kind, 12, *TWO_A_DAY))["AU1"] == left


@pytest.mark.parametrize(("kind", "one", "both"), [("visit", 9, 10), ("day", 10, 10), ("hour", 585, 630)])
def test_a_day_is_given_back_with_its_last_line(kind: str, one: int, both: int) -> None:
    """A denied line gives back its own; the visit and the day stay used while another line of them stands."""
    entries = reserved(kind, 12, *TWO_A_DAY)
    on_file = by_type(kind, 12)
    entries = pd.concat([entries, auth.told(auth.release(entries, charges("C0", cause="DENIED")), entries)])
    assert auth.available(on_file, entries)["AU1"] == one
    entries = pd.concat([entries, auth.told(auth.release(entries, charges("C1", cause="DENIED")), entries)])
    assert auth.available(on_file, entries)["AU1"] == both


@pytest.mark.parametrize(
    ("kind", "why"), [("day", "AU1"), ("visit", auth.EXHAUSTED), ("unit", auth.EXHAUSTED)]
)
@pytest.mark.parametrize("pooled", [True, False])
def test_another_line_of_a_day_that_is_used_needs_no_further_day(kind: str, why: str, pooled: bool) -> None:
    entries = reserved(kind, 1, {"service_date": "2026-01-05"})
    line = lines({"encounter_id": "E900", "service_date": "2026-01-05"})
    got = auth.allocate(line, by_type(kind, 1), entries, pooled=pooled)
    assert got["authorization_id"].fillna(got["why"]).tolist() == [why]


@pytest.mark.parametrize(
    ("line", "minutes", "taken"),
    [
        ({"code": "96131", "units": 2}, None, 120),
        ({"code": "97153", "units": 6}, 200, 90),  # the clock of the code, not that of the wall
        ({"code": "90837"}, 58, 58),
        ({"code": "90837"}, None, 53),  # at least
        ({"code": "90853"}, 75, 75),
        ({"code": "H0015"}, None, 180),
    ],
)
def test_hours_are_minutes_of_the_codes_clock_or_documented(
    line: dict[str, Any], minutes: int | None, taken: int
) -> None:
    met = lines(line).assign(minutes=pd.Series([minutes], dtype="Int64"))
    got = auth.allocate(met, by_type("hour", 10), nothing("authorization_units"))
    assert got["units_taken"].tolist() == [taken]


def test_documented_minutes_count_once_for_all_lines_of_the_visit() -> None:
    visit = {"encounter_id": "E001"}
    met = lines(visit | {"code": "99214"}, visit | {"code": "90833", "position": 2})
    met = met.assign(minutes=pd.Series([55, 55], dtype="Int64"))
    got = auth.allocate(met, by_type("hour", 10), nothing("authorization_units"))
    assert got["units_taken"].tolist() == [55, 0]


def test_a_line_of_unknown_length_has_no_hours() -> None:
    assert asked(by_type("hour", 10), {"code": "90853"}) == [auth.UNTIMED]


@pytest.mark.parametrize(
    ("npi", "facility", "why"),
    [("1234567893", "1234567893", "AU1"), ("1245319599", "1234567893", auth.FACILITY),
     (None, "1234567893", "AU1"), ("1245319599", "", "AU1")],
)  # fmt: skip
def test_an_authorization_may_be_limited_to_a_facility(npi: str | None, facility: str, why: str) -> None:
    on_file = rows("authorizations", SPAN | {"facility_npi": npi})
    got = auth.allocate(lines({}), on_file, nothing("authorization_units"), facility=facility)
    assert got["authorization_id"].fillna(got["why"]).tolist() == [why]


@pytest.mark.parametrize(("kind", "beyond"), [("visit", [False, False, False, True]), ("unit", [True] * 4)])
def test_what_is_sent_again_finds_units_by_the_type(kind: str, beyond: list[bool]) -> None:
    """Of two units; the charges had given theirs back."""
    met = lines(*TWO_A_DAY).assign(authorization_id="AU1", charge_id=["C0", "C1", "C2", "C3"])
    assert auth.beyond(met, by_type(kind, 2), nothing("authorization_units")).tolist() == beyond


def charges(*names: str, units: int = 1, cause: str = "D1") -> pd.DataFrame:
    frame = pd.DataFrame(
        {"charge_id": list(names), "authorization_id": "AU1", "units": units, "cause": cause}
    )
    return frame.astype({"charge_id": "str", "authorization_id": "str", "units": "Int64", "cause": "str"})


def stored(*parts: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([nothing("authorization_units"), *parts], ignore_index=True).drop_duplicates("entry_id")


def left(entries: pd.DataFrame) -> int:
    return int(auth.available(rows("authorizations", SPAN), entries)["AU1"])


def test_the_life_of_a_reservation() -> None:
    entries = stored(auth.reserve(charges("C1", "C2", units=3)))
    assert left(entries) == 6
    entries = stored(entries, auth.release(entries, charges("C1", cause="VOID-1")))
    assert left(entries) == 9
    entries = stored(entries, auth.reserve(charges("C1", units=3, cause="REPLACEMENT-1")))
    assert left(entries) == 6


def test_nothing_happens_twice() -> None:
    reserved = auth.reserve(charges("C1"))
    entries = stored(reserved, auth.reserve(charges("C1")))
    assert left(entries) == 11
    entries = stored(entries, auth.release(entries, charges("C1", cause="R1")))
    assert auth.release(entries, charges("C1", cause="R2")).empty
    assert left(entries) == 12


def test_charges_without_an_authorization_reserve_nothing() -> None:
    assert auth.reserve(charges("C1").assign(authorization_id=pd.Series([None], dtype="str"))).empty


def test_a_line_asked_about_by_itself_spends_nothing() -> None:
    on_file = rows("authorizations", SPAN | {"units_approved": 1})
    answer = auth.allocate(lines(*on(5, 6)), on_file, nothing("authorization_units"), pooled=False)
    assert answer["why"].isna().all()


def test_units_used_counts_the_line_and_all_before() -> None:
    entries = stored(auth.reserve(charges("C1", units=8)))
    answer = auth.allocate(lines(*on(7, 5)), rows("authorizations", SPAN), entries)
    assert answer["units_used"].tolist() == [10, 9]
    assert answer["units_approved"].tolist() == [12, 12]


def test_entries_have_the_ledgers_columns() -> None:
    assert list(auth.ENTRIES) == [column.name for column in metadata.tables["authorization_units"].columns]
    assert auth.reserve(charges("C1")).dtypes.astype(str).to_dict() == dict(auth.ENTRIES)


def test_which_codes_need_one_is_the_payers_word() -> None:
    asked_of = lines({"payer_auth_codes": "90837 H0015"}, {"payer_auth_codes": "*"}, {"payer_auth_codes": None},
                     {"payer_auth_codes": "H001"})  # fmt: skip
    assert auth.required(asked_of).tolist() == [True, True, False, False]
