"""Adjustments at claim level (CAS in loop 2100) of a claim that has lines: whose they are, what they took from each.

A line balances without them (SVC02 - CAS = SVC03) and the claim only with them, so what a line was really paid is SVC03
less its share.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.context import Column, beside
from tasks.billing.rows import cents, rows_of, shares


def spread(adjustments: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """`adjustments` with those at claim level shared out among the claim's lines, by charge, to the cent.

    Of a claim without lines they stay the claim's. Postings share them out in the same way.
    """
    at_claim = adjustments["remitted_line_id"].isna() & adjustments["remitted_claim_id"].isin(
        lines["remitted_claim_id"]
    )
    if not at_claim.any():
        return adjustments
    shared = adjustments[at_claim].reset_index(drop=True)
    owners = lines["remitted_claim_id"].drop_duplicates().reset_index(drop=True)
    group = rows_of(lines["remitted_claim_id"], owners)
    order = np.argsort(group, kind="stable")
    which, row, part = shares(
        cents(shared["amount_cents"]),
        rows_of(shared["remitted_claim_id"], owners),
        cents(lines["charge_cents"])[order],
        group[order],
    )
    parts = shared.iloc[which].assign(
        remitted_line_id=lines["remitted_line_id"].iloc[order[row]].to_numpy(),
        amount_cents=pd.array(part, dtype="Int64"),
    )
    told: pd.DataFrame = pd.concat([adjustments[~at_claim], parts[part != 0]], ignore_index=True)
    return told


def at_claim(units: pd.DataFrame, owned: pd.DataFrame, adjustments: pd.DataFrame) -> Column:
    """What adjustments at claim level took from each line: SVC03 does not know of it."""
    if owned is adjustments:
        return pd.Series(0, index=units.index, dtype="Int64")
    taken = [
        rows[rows["remitted_line_id"].notna()].groupby("remitted_line_id")["amount_cents"].sum()
        for rows in (owned, adjustments)
    ]
    all_of_it, own = (beside(units["remitted_line_id"], part).astype("Int64").fillna(0) for part in taken)
    taken_here: Column = all_of_it - own
    return taken_here
