"""Small balances: what a policy of the practice lets go, because asking for it costs more.

Only once every payer in line has answered, and only what is left as a whole: a balance above the limit is not lowered
to it. Should an answer take the reason away later (the balance falls below zero), the policy takes its own write-off
back, and never a person's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from tasks.billing import shapes

POLICY = "small_balance"
DECIDED = shapes.shape("claim_id account amount_cents")


def decide(
    balances: pd.DataFrame, waiting: Collection[str], written: pd.DataFrame, limits: Mapping[str, int]
) -> pd.DataFrame:
    """`DECIDED`: what to write off (above zero) and to take back (below).

    `balances` is Frame[claim_id, account, cents] by first claim, `waiting` the first claims that a payer still speaks
    of, `written` Frame[claim_id, account, amount_cents] what this policy wrote off before, `limits` cents by account.
    """
    before = written.groupby(["claim_id", "account"])["amount_cents"].sum().rename("before").reset_index()
    rows = balances[~balances["claim_id"].isin(waiting)].merge(before, on=["claim_id", "account"], how="left")
    limit = rows["account"].map(dict(limits)).fillna(0).astype("int64")
    cents, back = rows["cents"].astype("int64"), rows["before"].fillna(0).astype("int64")
    small = cents.where((cents > 0) & (cents <= limit), 0)
    over = (-cents).clip(lower=0)
    amount = small - over.where(over < back, back).where(back > 0, 0)
    return shapes.conform(rows.assign(amount_cents=amount)[amount != 0], DECIDED)
