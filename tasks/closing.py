"""Months of the books: what they come to, which are closed, and closing one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from connectors.ledger import Ledger, Snapshot
from tasks import people
from tasks.billing import months


def trial_balance(view: Snapshot) -> pd.DataFrame:
    """The trial balance of every month; the journal passes through in batches."""
    columns = ["account", "amount_cents", "effective_on", "period"]
    return months.added_up(months.trial_balance(batch) for batch in view.batches("journal", columns=columns))


def close(ledger: Ledger, month: str, *, today: dt.date, person: str, reason: str) -> dict[str, Any]:
    """Close a month with the digest of its trial balance; raises `people.Refused`."""
    with ledger.transaction() as tx:
        balance = trial_balance(tx)
        closed = tx.read("closings", columns=["period"])["period"].tolist()
        if why := months.refusal(month, balance, closed, today):
            raise people.Refused(why)
        sha256 = months.digest_of(balance, month)
        people.close(tx, month, sha256, person=person, reason=reason)
    mine = balance[balance["period"] == month]
    sums = {name: int(mine[name].sum()) for name in ("entries", "debit_cents", "credit_cents")}
    return {"month": month, **sums, "closed_by": person, "balances_sha256": sha256}


def listed(ledger: Ledger) -> pd.DataFrame:
    """Every month that has entries or is closed, in order.

    Frame[month, entries, debit_cents, credit_cents, closed_by, closed_at, holds]; `month` is null for entries without
    a date, `holds` says of a closed month whether its trial balance is the one it was closed with.
    """
    with ledger.snapshot() as view:
        balance, closings = trial_balance(view), view.read("closings")
    closings["holds"] = (~closings["period"].isin(months.moved(balance, closings))).astype("boolean")
    closed = closings[["period", "person", "at", "holds"]].rename(
        columns={"person": "closed_by", "at": "closed_at"}
    )
    rows = months.totals(balance).merge(closed, on="period", how="outer").sort_values("period")
    sums = ["entries", "debit_cents", "credit_cents"]
    rows[sums] = rows[sums].fillna(0)
    rows["period"] = rows["period"].where(rows["period"] != months.UNDATED)
    return rows.rename(columns={"period": "month"}).reset_index(drop=True)
