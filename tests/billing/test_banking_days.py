"""Banking days: weekends, the Reserve Banks' holidays, and the two that move."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from tasks.billing import banking_days


def test_the_holidays_of_a_year() -> None:
    """2026: Independence Day is a Saturday, the Reserve Banks are open on Friday the third."""
    found = [day.strftime("%m-%d") for day in banking_days.holidays(2026)]
    assert found == ["01-01", "01-19", "02-16", "05-25", "06-19", "09-07", "10-12", "11-11", "11-26", "12-25"]
    assert dt.date(2023, 1, 2) in banking_days.holidays(2023), "a Sunday's holiday is kept on Monday"
    assert dt.date(2021, 6, 18) not in banking_days.holidays(2021)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-01-20", 3, "2026-01-23"),  # Tuesday to Friday
        ("2026-01-21", 3, "2026-01-26"),  # over a weekend
        ("2026-01-24", 3, "2026-01-29"),  # a Saturday counts as Monday
        ("2026-01-16", 3, "2026-01-22"),  # over a weekend and Martin Luther King's day
        ("2026-12-24", 3, "2026-12-30"),
        ("2026-07-02", 1, "2026-07-03"),
        (None, 3, None),
    ],
)
def test_days_after(day: str | None, count: int, expected: str | None) -> None:
    days = pd.Series(pd.to_datetime([day])).astype("datetime64[s]")
    (found,) = banking_days.after(days, pd.Series([count]))
    assert found == pd.Timestamp(expected) if expected else pd.isna(found)


def test_days_between_count_what_is_open_and_never_less_than_none() -> None:
    days = pd.Series(pd.to_datetime(["2026-01-16", "2026-01-24", "2026-02-03", None])).astype("datetime64[s]")
    found = banking_days.between(days, pd.Timestamp("2026-01-26"))
    assert found.fillna(-1).tolist() == [5, 0, 0, -1]
