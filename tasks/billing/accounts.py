"""The chart of accounts, and what the accounts hold.

Debit is positive and credit negative throughout. Kinds and normal sides are data: ``accounts.tsv``.
"""

from __future__ import annotations

import pandas as pd

from configs import reference


def kinds() -> dict[str, str]:
    """Kind (asset, liability, income, expense, suspense) by account."""
    return {row["account"]: row["kind"] for row in reference.table("accounts")}


def of_kind(kind: str) -> frozenset[str]:
    """Accounts of one kind."""
    return frozenset(name for name, its_kind in kinds().items() if its_kind == kind)


def balances(journal: pd.DataFrame) -> dict[str, int]:
    """Balance in cents by account, every account of the chart named, in name order; they add up to zero."""
    sums = journal.groupby("account")["amount_cents"].sum()
    found = {str(account): int(cents) for account, cents in sums.items()}
    return {account: found.get(account, 0) for account in sorted({*kinds(), *found})}


def suspense(journal: pd.DataFrame) -> int:
    """Cents in suspense: every suspense account counts by its size, so that two do not hide each other."""
    held = balances(journal[journal["account"].isin(of_kind("suspense"))])
    return sum(abs(held[account]) for account in of_kind("suspense"))


def by_claim(journal: pd.DataFrame, account: str) -> pd.DataFrame:
    """Frame[claim_id, cents] of what one account holds for each claim; charges are posted without a claim."""
    rows = journal[(journal["account"] == account) & journal["claim_id"].notna()]
    sums = rows.groupby("claim_id")["amount_cents"].sum()
    return sums.rename("cents").reset_index()
