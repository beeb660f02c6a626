"""Take-backs for people: totals by code and reason, chains that are open, and what is left as work."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tasks.billing import shapes
from tasks.billing.takebacks.book import DIFFERS, OPEN
from tasks.billing.takebacks.references import AMBIGUOUS, NO_REFERENCE, UNKNOWN

WORK = shapes.shape(
    "adjustment_id remittance_id segment:int payer_id payment_date:day code kind reason cents:int claim_id chain_id"
    " waits:flag next_action"
)
# What to do about each reason, the surest way first.
NEXT = {
    NO_REFERENCE: "ask the payer which claim or check it is for",
    UNKNOWN: "find the claim or the check by the payer's reference (x12 inspect --show-phi); is a remittance missing?",
    AMBIGUOUS: "ask the payer which of the claims or checks it is for",
    DIFFERS: "compare with the claim it names; ask the payer for the calculation, dispute what is not owed",
    OPEN: "wait for its other half in a later remittance; after the deadline ask the payer",
}


def summary(parts: pd.DataFrame, members: pd.DataFrame) -> dict[str, Any]:
    """The section of the proof: cents by code, by how they are explained and why not, and the open chains step by step.

    Ids, codes and cents only: no reference, no trace.

    ``explained_cents`` and ``unexplained_cents`` of a code are sums of sizes, so that what is taken does not hide what
    is given; ``amount_cents`` is the plain sum.
    """
    sizes = parts.assign(
        explained=parts["explained_cents"].abs(), unexplained=parts["unexplained_cents"].abs()
    )
    by_code = {
        str(code): {
            "count": int(rows["adjustment_id"].nunique()),
            "amount_cents": int(rows["amount_cents"].sum()),
            "explained_cents": int(rows["explained"].sum()),
            "unexplained_cents": int(rows["unexplained"].sum()),
        }
        for code, rows in sizes.groupby("code")
    }
    by_reason = {
        str(reason): {
            "count": int(rows["adjustment_id"].nunique()),
            "cents": int(rows["unexplained"].sum()),
        }
        for reason, rows in sizes.groupby("reason")
    }
    by_how = sizes[sizes["reason"].isna()].groupby("how")["explained"].sum()
    return {
        "by_code": by_code,
        "by_how": {str(how): int(cents) for how, cents in by_how.items()},
        "by_reason": by_reason,
        "open_chains": chains(members[members["chain_id"].isin(_open(parts))]),
    }


def _open(parts: pd.DataFrame) -> set[str]:
    """Chains in which something is unexplained."""
    return set(parts.loc[parts["reason"].notna(), "chain_id"].dropna())


def chains(members: pd.DataFrame) -> list[dict[str, Any]]:
    """Chains, each with its steps and the balance it leaves; it is closed where nothing in it is unexplained."""
    found: dict[str, list[dict[Any, Any]]] = {}
    for row in members.to_dict("records"):
        found.setdefault(str(row["chain_id"]), []).append(row)
    return [
        {
            "chain_id": chain,
            "state": "open" if any(pd.notna(row["reason"]) for row in rows) else "closed",
            "balance_cents": int(rows[-1]["balance_cents"]),
            "reasons": sorted({row["reason"] for row in rows if pd.notna(row["reason"])}),
            "steps": [_step(row) for row in rows],
        }
        for chain, rows in found.items()
    ]


def _step(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "date": None if pd.isna(row["payment_date"]) else row["payment_date"].date().isoformat(),
        "kind": row["kind"],
        "remittance_id": row["remittance_id"],
        "subject_id": row["remitted_claim_id"] if pd.isna(row["adjustment_id"]) else row["adjustment_id"],
        "cents": int(row["amount_cents"]),
        "balance_cents": int(row["balance_cents"]),
    }


def open_work(parts: pd.DataFrame) -> pd.DataFrame:
    """`WORK`: a row for each adjustment and reason of which something is unexplained; ``waits`` where it is `OPEN`."""
    rows = parts[parts["reason"].notna()]
    keys = ["adjustment_id", "reason"]
    same = [column for column in WORK if column in rows and column not in keys]
    found = rows.groupby(keys, sort=False).agg(
        **{column: (column, "first") for column in same}, cents=("unexplained_cents", "sum")
    )
    found = found.reset_index()
    return shapes.conform(
        found.assign(waits=found["reason"] == OPEN, next_action=found["reason"].map(NEXT)), WORK
    )
