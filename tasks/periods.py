"""Months of the books: which are closed, and where an entry is booked."""

from __future__ import annotations

import pandas as pd

from connectors.ledger import Ledger, Transaction
from tasks.billing import months


def booked(tx: Transaction | Ledger, entries: pd.DataFrame) -> pd.DataFrame:
    """Journal entries with the month they are booked in."""
    closed = tx.read("closings", columns=["period"])["period"]
    return entries.assign(period=months.period(entries["effective_on"], closed.tolist()))
