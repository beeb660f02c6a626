"""The months of the books. An entry belongs to the month of its date; a closed month takes no more.

What comes for a closed month is booked in the first open one after it, and keeps its own date: the trial balance of a
closed month is what it was when it was closed, and nothing is lost. An entry without a date is booked in the first
month after all closed ones.

>>> period(pd.Series(pd.to_datetime(["2026-01-05", "2026-03-01"])), ["2026-01", "2026-02"]).tolist()
['2026-03', '2026-03']

A **trial balance** (`trial_balance`) has for each month and account how many entries it has and what they debit and
credit. Its digest (`digest_of`) is stored when a month is closed; a month that no longer has it was changed (`moved`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterable

import pandas as pd

from tasks.billing import shapes

TRIAL_BALANCE = shapes.shape("period account entries:int debit_cents credit_cents")
UNDATED = ""  # the month of an entry that has no date and came before any month was closed
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def period(effective_on: pd.Series[pd.Timestamp], closed: Collection[str]) -> pd.Series[str]:
    """The month (``2026-01``) that each entry is booked in."""
    months = _named(effective_on)
    places = {month: first_open(month, closed) for month in months.dropna().unique()}
    undated = first_open(max(closed), closed) if closed else None
    found: pd.Series[str] = months.map(places).astype("str")
    return found.fillna(undated) if undated else found


def first_open(month: str, closed: Collection[str]) -> str:
    """The month itself, or the first one after it that is not closed."""
    while month in closed:
        month = after(month)
    return month


def after(month: str) -> str:
    """The next month."""
    return str(pd.Period(month, "M") + 1)


def first_day(month: str) -> dt.date:
    """The first day of a month."""
    return dt.date.fromisoformat(f"{month}-01")


def month_of(journal: pd.DataFrame) -> pd.Series[str]:
    """The month that each stored entry is booked in; `UNDATED` for none.

    Entries from before the books had months have none stored: theirs is that of their date.
    """
    own = _named(journal["effective_on"])
    found: pd.Series[str] = journal["period"].astype("str").fillna(own).fillna(UNDATED)
    return found


def booked_on(journal: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The day that each stored entry counts on: its own where that is in its month, else the first of its month."""
    month = month_of(journal)
    first = pd.to_datetime(month.where(month != UNDATED) + "-01", format="%Y-%m-%d")
    own = _named(journal["effective_on"]) == month
    day: pd.Series[pd.Timestamp] = journal["effective_on"].where(own, first)
    return day


def _named(days: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    """Months of days; few days occur, so each is named once."""
    names = {day: f"{day:%Y-%m}" for day in days.dropna().unique()}
    found: pd.Series[str] = days.map(names).astype("str")
    return found


def trial_balance(journal: pd.DataFrame) -> pd.DataFrame:
    """Frame[period, account, entries, debit_cents, credit_cents] in that order; credits are positive here.

    `journal` needs account, amount_cents, effective_on and period.
    """
    amount = journal["amount_cents"]
    rows = pd.DataFrame(
        {
            "period": month_of(journal),
            "account": journal["account"],
            "entries": 1,
            "debit_cents": amount.where(amount > 0, 0),
            "credit_cents": -amount.where(amount < 0, 0),
        }
    )
    return added_up([rows])


def added_up(balances: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Trial balances of parts of a journal as that of the whole."""
    rows = pd.concat([shapes.empty(TRIAL_BALANCE), *balances], ignore_index=True)
    sums = rows.groupby(["period", "account"], as_index=False)[
        ["entries", "debit_cents", "credit_cents"]
    ].sum()
    return shapes.conform(sums, TRIAL_BALANCE)


def totals(balance: pd.DataFrame) -> pd.DataFrame:
    """Frame[period, entries, debit_cents, credit_cents] of the months of a trial balance."""
    sums: pd.DataFrame = balance.groupby("period", as_index=False)[
        ["entries", "debit_cents", "credit_cents"]
    ].sum()
    return sums


def digest_of(balance: pd.DataFrame, month: str) -> str:
    """SHA-256 of a month's trial balance: a line ``account entries debits credits`` for each account, in name order.

    >>> digest_of(trial_balance(pd.DataFrame(columns=[*shapes.JOURNAL])), "2026-01")[:16]
    'e3b0c44298fc1c14'
    """
    rows = balance[balance["period"] == month].sort_values("account")
    columns = (rows[name] for name in ("account", "entries", "debit_cents", "credit_cents"))
    lines = [" ".join(map(str, values)) + "\n" for values in zip(*columns, strict=True)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def refusal(month: str, balance: pd.DataFrame, closed: Collection[str], today: dt.date) -> str | None:
    """Why a month cannot be closed; None where it can. `balance` is the trial balance of the whole journal."""
    if not MONTH.fullmatch(month):
        return "a month is written like 2026-01"
    if month >= f"{today:%Y-%m}":
        return f"{month} has not ended"
    if month in closed:
        return f"{month} is closed already"
    waiting = [one for one in balance["period"] if UNDATED < one < month and one not in closed]
    if waiting:
        return f"{min(waiting)} is open and has entries: close it first"
    mine = balance[balance["period"] == month]
    if int(mine["debit_cents"].sum()) != int(mine["credit_cents"].sum()):
        return f"the debits of {month} are not its credits: see 'cleanclaim proof'"
    return None


def moved(balance: pd.DataFrame, closings: pd.DataFrame) -> list[str]:
    """Closed months whose trial balance is not the one they were closed with.

    `closings` needs period and balances_sha256.
    """
    closed = zip(closings["period"], closings["balances_sha256"], strict=True)
    return [month for month, sha256 in closed if digest_of(balance, month) != sha256]
