"""The chart of accounts, and what the accounts hold.

Debit is positive and credit negative throughout. Kinds and normal sides are data: ``accounts.tsv``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from configs import reference
from tasks.billing import families


def kinds() -> dict[str, str]:
    """Kind (asset, liability, income, expense, suspense) by account."""
    return {row["account"]: row["kind"] for row in reference.table("accounts")}


def chart(journal: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """What each account is: kind, normal side and meaning; and how many of these entries it has."""
    entries = journal["account"].value_counts()
    known = {row["account"]: row for row in reference.table("accounts")}
    nobody = {"kind": "unknown", "normal": "unknown", "own_words": "not in the chart of accounts"}
    return {
        account: {
            "kind": row["kind"],
            "normal": row["normal"],
            "meaning": row["own_words"],
            "entries": int(entries.get(account, 0)),
        }
        for account in sorted({*known, *map(str, entries.index)})
        for row in (known.get(account, nobody),)
    }


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


def by_claim(
    journal: pd.DataFrame,
    account: str,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    firsts: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Frame[claim_id, cents, remittance_id, effective_on] of what an account holds for each claim, and its last entry.

    A family of claims (`families`) counts as one, under the id of its first: whichever of them is answered, the charge
    is posted once. Charges are posted without a claim; their lines say which it is. `firsts` is what
    ``families.firsts`` gives, where it is known already.
    """
    first = families.firsts(claims, claim_lines) if firsts is None else firsts
    lines = claim_lines.sort_values(["charge_id", "claim_id"]).drop_duplicates("charge_id")
    charged = dict(zip(lines["charge_id"], lines["claim_id"], strict=True))
    rows = journal[journal["account"] == account]
    claim = rows["claim_id"].fillna(rows["charge_id"].map(charged)).map(first)
    rows = rows.assign(claim_id=claim.astype("str"))[claim.notna()]
    rows = rows.sort_values(["claim_id", "effective_on", "remittance_id"], na_position="first", kind="stable")
    found = rows.groupby("claim_id").agg(
        cents=("amount_cents", "sum"),
        remittance_id=("remittance_id", "last"),
        effective_on=("effective_on", "max"),
    )
    return found.reset_index()
