"""What the practice let go of what payers denied: write-offs of a line, and of a claim in the order of its lines."""

from __future__ import annotations

import pandas as pd

from tasks.billing import evidence
from tasks.billing.context import Column, beside
from tasks.billing.posting.places import RECEIVABLE


def in_question(counted: pd.DataFrame) -> pd.Series[bool]:
    """Whether each verdict (``evidence.counted``) denies something, or leaves something to be had."""
    denied = counted["denied"].astype("boolean").fillna(False) | (counted["recoverable_cents"].fillna(0) > 0)
    found: pd.Series[bool] = denied.astype(bool) & (counted["status"] != evidence.REVERSAL)
    return found


def amounts(counted: pd.DataFrame) -> Column:
    """Cents that each verdict leaves in question, null where it tells of none."""
    found: Column = counted[["denied_cents", "recoverable_cents", "patient_cents"]].max(axis=1)
    return found


def of_lines(rows: pd.DataFrame, claim_lines: pd.DataFrame, write_offs: pd.DataFrame) -> Column:
    """Cents written off of each row (claim_id, line_id, amount_cents), of the payer's receivable.

    What names a charge is its line's. What names a claim goes to its rows in their order; all that is left of it to the
    last that it reaches, so that it may be more than the row's amount.
    """
    written = write_offs[write_offs["account"] == RECEIVABLE]
    charge = beside(rows["line_id"], claim_lines.drop_duplicates("line_id").set_index("line_id")["charge_id"])
    own = written[written["charge_id"].notna()].groupby("charge_id")["amount_cents"].sum()
    whole = written[written["charge_id"].isna()].groupby("claim_id")["amount_cents"].sum()
    off = beside(charge, own).fillna(0)
    left = (rows["amount_cents"] - off).clip(lower=0)
    before = left.groupby(rows["claim_id"]).cumsum() - left
    spent: Column = off + (beside(rows["claim_id"], whole).fillna(0) - before).clip(lower=0)
    return spent
