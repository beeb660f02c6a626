"""Charges: debit the payer's receivable, credit revenue, on the date of service."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from configs.identity import digest
from tasks.billing.posting.entries import Draft, journal
from tasks.billing.posting.places import RECEIVABLE
from tasks.billing.rows import cents, days, text


def post_charges(charge_lines: pd.DataFrame) -> pd.DataFrame:
    """Journal entries of charge lines: debit the payer's receivable, credit revenue, on the date of service."""
    return _charges(charge_lines, "charge", RECEIVABLE, "revenue")


def withdraw_charges(charge_lines: pd.DataFrame) -> pd.DataFrame:
    """The opposite entries, for charge lines that a later version of their encounter took the place of."""
    return _charges(charge_lines, "charge_withdrawn", "revenue", RECEIVABLE)


def _charges(rows: pd.DataFrame, kind: str, debit: str, credit: str) -> pd.DataFrame:
    """One posting a charge line."""
    draft, every, amount = Draft(), np.arange(len(rows)), cents(rows["charge_cents"])
    draft.add(every, 0, debit, amount)
    draft.add(every, 1, credit, -amount)
    ids = pa.array([digest("posting", kind, charge) for charge in rows["charge_id"]], pa.string())
    own = {
        name: ("posting", text(rows[name]))
        for name in ("charge_id", "payer_id", "patient_id")
        if name in rows
    }
    return journal(draft, ids, "charge", own | {"effective_on": ("posting", days(rows["service_date"]))})
