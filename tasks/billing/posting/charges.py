"""Charges: debit the payer's receivable, credit revenue, on the date of service."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from configs.identity import digest
from tasks.billing.posting.entries import Draft, first_turn, journal
from tasks.billing.posting.places import RECEIVABLE
from tasks.billing.rows import cents, days, text


def post_charges(charge_lines: pd.DataFrame) -> pd.DataFrame:
    """Journal entries of charge lines: debit the payer's receivable, credit revenue, on the date of service."""
    ids = text(_postings("charge", charge_lines["charge_id"]))
    return _charges(charge_lines, ids, RECEIVABLE, "revenue")


def withdraw_charges(charge_lines: pd.DataFrame) -> pd.DataFrame:
    """The opposite entries in their first turn, for charge lines that are owed no more.

    A later version of their encounter took their place, or the payer took a void of their claim. What is said of the
    void may change (``turns``).
    """
    return _charges(charge_lines, first_turn(withdrawals(charge_lines["charge_id"])), "revenue", RECEIVABLE)


def withdrawals(charge_ids: pd.Series[str]) -> pd.Series[str]:
    """Ids of the postings that withdraw these charges, without their turn."""
    return _postings("charge_withdrawn", charge_ids)


def _postings(kind: str, charge_ids: pd.Series[str]) -> pd.Series[str]:
    ids = [digest("posting", kind, charge) for charge in charge_ids]
    return pd.Series(ids, index=charge_ids.index, dtype="str")


def _charges(rows: pd.DataFrame, ids: pa.Array, debit: str, credit: str) -> pd.DataFrame:
    """One posting a charge line."""
    draft, every, amount = Draft(), np.arange(len(rows)), cents(rows["charge_cents"])
    draft.add(every, 0, debit, amount)
    draft.add(every, 1, credit, -amount)
    own = {
        name: ("posting", text(rows[name]))
        for name in ("charge_id", "payer_id", "patient_id")
        if name in rows
    }
    return journal(draft, ids, "charge", own | {"effective_on": ("posting", days(rows["service_date"]))})
