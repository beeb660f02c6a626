"""Minutes to codes and units. The cases are the domain's test vectors (psychotherapy_minutes, crisis_minutes,
family_minutes, fifteen_min_units, testing_minutes) and its table of time algorithms."""

from __future__ import annotations

import pandas as pd
import pytest

from tasks.billing import codes, times


def minutes(*values: int | None) -> pd.Series[int]:
    return pd.Series(values, dtype="Int64")


def plain(column: pd.Series[str]) -> list[str | None]:
    return [value if isinstance(value, str) else None for value in column]


@pytest.mark.parametrize(
    ("given", "code", "addon"),
    [
        (0, None, None),
        (15, None, None),
        (16, "90832", "90833"),
        (37, "90832", "90833"),
        (38, "90834", "90836"),
        (52, "90834", "90836"),
        (53, "90837", "90838"),
        (90, "90837", "90838"),
        (180, "90837", "90838"),
    ],
)
def test_psychotherapy(given: int, code: str | None, addon: str | None) -> None:
    assert plain(times.psychotherapy(minutes(given))) == [code]
    assert plain(times.psychotherapy(minutes(given), with_em=True)) == [addon]


@pytest.mark.parametrize(
    ("given", "code", "further"),
    [(29, None, 0), (30, "90839", 0), (74, "90839", 0), (75, "90839", 1), (104, "90839", 1), (105, "90839", 2),
     (135, "90839", 3)],
)  # fmt: skip
def test_crisis(given: int, code: str | None, further: int) -> None:
    assert plain(times.crisis(minutes(given))) == [code]
    assert times.crisis_addon_units(minutes(given)).tolist() == [further]


def test_family() -> None:
    assert plain(times.family(minutes(25, 26, None))) == [None, "90847", None]


@pytest.mark.parametrize(
    ("given", "midpoint", "full"),
    [(0, 0, 0), (7, 0, 0), (8, 1, 0), (22, 1, 1), (23, 2, 1), (29, 2, 1), (30, 2, 2), (37, 2, 2), (38, 3, 2),
     (52, 3, 3), (53, 4, 3), (60, 4, 4)],
)  # fmt: skip
def test_quarter_hours(given: int, midpoint: int, full: int) -> None:
    assert times.fifteen_minute_units(minutes(given)).tolist() == [midpoint]
    assert times.fifteen_minute_units(minutes(given), full=True).tolist() == [full]


@pytest.mark.parametrize(
    ("code", "given", "units"),
    [
        ("96130", 30, 0), ("96130", 31, 1), ("96131", 90, 0), ("96131", 91, 1), ("96131", 150, 1), ("96131", 151, 2),
        ("96136", 15, 0), ("96136", 16, 1), ("96137", 45, 0), ("96137", 46, 1), ("96137", 76, 2),
        ("H0004", 7, 0), ("H0004", 8, 1), ("96159", 37, 0), ("96159", 38, 1), ("96159", 53, 2), ("G0560", 20, 1),
    ],
)  # fmt: skip
def test_the_first_minute_of_a_unit_comes_from_the_code_table(code: str, given: int, units: int) -> None:
    clock = codes.clocks().loc[code]
    step = int(str(clock["unit"]).rpartition("_")[2]) if str(clock["unit"]).startswith("each") else 10_000
    assert times.stepped_units(minutes(given), int(clock["first"]), step).tolist() == [units]


def test_missing_minutes_stay_missing() -> None:
    assert times.stepped_units(minutes(None), 8, 15).isna().all()
    assert times.psychotherapy(minutes(None)).isna().all()


@pytest.mark.parametrize(
    ("code", "base", "given", "units"),
    [("99417", "99215", 54, 0), ("99417", "99215", 55, 1), ("99417", "99215", 69, 1), ("99417", "99215", 70, 2),
     ("99417", "99205", 75, 1), ("G2212", "99215", 68, 0), ("G2212", "99215", 69, 1), ("G2212", "99215", 84, 2),
     ("G2212", "99205", 89, 1), ("99417", "99214", 200, None)],
)  # fmt: skip
def test_prolonged_visits(code: str, base: str, given: int, units: int | None) -> None:
    answer = times.prolonged_units(pd.Series([code]), pd.Series([base]), minutes(given))
    assert [None if pd.isna(value) else int(value) for value in answer] == [units]


@pytest.mark.parametrize(
    ("given", "new", "code"),
    [(9, False, None), (10, False, "99212"), (29, False, "99213"), (30, False, "99214"), (40, False, "99215"),
     (14, True, None), (15, True, "99202"), (45, True, "99204"), (60, True, "99205"), (30, None, "99214")],
)  # fmt: skip
def test_em_by_total_time(given: int, new: bool | None, code: str | None) -> None:
    assert plain(times.em_by_time(minutes(given), pd.Series([new], dtype="boolean"))) == [code]
