"""Banking days: weekdays that are no holiday of the Federal Reserve, which settles ACH.

A holiday on a Sunday is kept on the Monday; one on a Saturday is not moved: the Reserve Banks are open that Friday.
Holidays are worked out by rule, so the calendar needs no yearly upkeep; a day the President declares is not in it.

Source: Federal Reserve Bank holiday schedule [K].
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
MONDAY, THURSDAY = 0, 3
# (month, weekday, which of the month; -1 is the last): King, Washington, Memorial, Labor, Columbus, Thanksgiving.
FLOATING = (
    (1, MONDAY, 3),
    (2, MONDAY, 3),
    (5, MONDAY, -1),
    (9, MONDAY, 1),
    (10, MONDAY, 2),
    (11, THURSDAY, 4),
)
JUNETEENTH_SINCE = 2022


def holidays(year: int) -> list[dt.date]:
    """The Federal Reserve's holidays of a year on which it would otherwise be open, in order."""
    fixed = [dt.date(year, *day) for day in FIXED if day != (6, 19) or year >= JUNETEENTH_SINCE]
    moved = [day + dt.timedelta(days=1) if day.weekday() == 6 else day for day in fixed]
    floating = [_nth(year, *rule) for rule in FLOATING]
    return sorted(day for day in moved + floating if day.weekday() < 5)


def _nth(year: int, month: int, weekday: int, which: int) -> dt.date:
    if which > 0:
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    last = dt.date(year, month + 1, 1) - dt.timedelta(days=1)
    return last - dt.timedelta(days=(last.weekday() - weekday) % 7)


@cache
def _calendar() -> np.busdaycalendar:
    days = [day.isoformat() for year in range(1990, 2100) for day in holidays(year)]
    return np.busdaycalendar(holidays=np.array(days, dtype="datetime64[D]"))


def after(days: pd.Series, count: pd.Series) -> pd.Series:
    """So many banking days after each day; a day that is none counts as the next one that is. Missing stays missing."""
    known = days.notna().to_numpy(dtype=bool)
    found = np.full(len(days), np.datetime64("NaT", "D"))
    numbers = count.to_numpy(dtype="int64")[known]
    found[known] = np.busday_offset(_days(days)[known], numbers, roll="forward", busdaycal=_calendar())
    return pd.Series(found.astype("datetime64[s]"), index=days.index)


def on_or_before(days: pd.Series) -> pd.Series:
    """Each day, or the last banking day before it where it is none. Missing stays missing."""
    known = days.notna().to_numpy(dtype=bool)
    found = np.full(len(days), np.datetime64("NaT", "D"))
    found[known] = np.busday_offset(_days(days)[known], 0, roll="backward", busdaycal=_calendar())
    return pd.Series(found.astype("datetime64[s]"), index=days.index)


def between(days: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """Banking days from each day to `as_of`, never below zero; missing stays missing."""
    known = days.notna().to_numpy(dtype=bool)
    found = pd.array([pd.NA] * len(days), dtype="Int64")
    today = np.datetime64(as_of.date(), "D")
    counts = np.busday_count(_days(days)[known], today, busdaycal=_calendar())
    found[known] = np.maximum(counts, 0)
    return pd.Series(found, index=days.index)


def _days(days: pd.Series) -> npt.NDArray[np.datetime64]:
    return days.to_numpy(dtype="datetime64[D]")
