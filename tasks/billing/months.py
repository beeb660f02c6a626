"""The months of the books. An entry belongs to the month of its date; a closed month takes no more.

What comes for a closed month is booked in the first open one after it, and keeps its own date: the trial balance of a
closed month is what it was when it was closed, and nothing is lost. An entry without a date is booked in the first
month after all closed ones.

>>> period(pd.Series(pd.to_datetime(["2026-01-05", "2026-03-01"])), ["2026-01", "2026-02"]).tolist()
['2026-03', '2026-03']
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd


def period(effective_on: pd.Series[pd.Timestamp], closed: Collection[str]) -> pd.Series[str]:
    """The month (``2026-01``) that each entry is booked in."""
    months = effective_on.dt.strftime("%Y-%m").astype("str")
    places = {month: first_open(month, closed) for month in months.dropna().unique()}
    undated = first_open(max(closed), closed) if closed else None
    found: pd.Series[str] = months.map(places).astype("str")
    return found.fillna(undated) if undated else found


def first_open(month: str, closed: Collection[str]) -> str:
    """The month itself, or the first one after it that is not closed."""
    while month in closed:
        month = str(pd.Period(month, "M") + 1)
    return month
