"""Chains: adjustments that belong together over several checks, and what each step leaves open.

The id of a chain is that of its first adjustment. What is paired stands in one chain, and so does everything that
names one claim.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes
from tasks.billing.evidence import REVERSAL
from tasks.billing.posting.places import NO_ANSWER
from tasks.billing.takebacks.book import Book, chained
from tasks.billing.takebacks.references import dated, subjects

CHAIN = shapes.shape(
    "chain_id step:int kind code remittance_id payment_date:day adjustment_id remitted_claim_id amount_cents"
    " explained_cents balance_cents reason"
)


def chain_of(book: Book) -> dict[int, str]:
    """The chain's id by row; rows of codes that are not `chained` have none."""
    above = {row.at: row.at for row in book.rows if chained(row.code)}

    def first(at: int) -> int:
        while above[at] != at:
            above[at] = above[above[at]]
            at = above[at]
        return at

    of_claim: dict[str, int] = {}
    claims = [
        (row.at, of_claim.setdefault(row.claim, row.at)) for row in book.rows if row.claim and row.at in above
    ]
    pairs = [(part.row, part.partner) for part in book.parts if part.partner is not None]
    for one, other in [*claims, *pairs, *book.together]:
        low, high = sorted((first(one), first(other)))
        above[high] = low
    return {at: book.rows[first(at)].adjustment_id for at in above}


def members(
    parts: pd.DataFrame, remittances: pd.DataFrame, remitted_claims: pd.DataFrame, *, payments: bool = False
) -> pd.DataFrame:
    """`CHAIN`: the members of every chain in their order, with the balance that each leaves; the last is the chain's.

    `parts` is what `explain` gives. Reversals of the chain's claims are members too: their amount is CLP04, and they
    leave the balance as it is, because their money moves in the check itself. The balance counts what came and went
    outside the claims and what it undoes: paired parts come to zero, a part tied to a claim or a check moves nothing,
    what is unexplained stays. Below zero the payer still has it to collect. With `payments` the answers that paid those
    claims are members as well, so that a chain begins with the money that is taken back.
    """
    order = dated(remittances)
    inside = parts[parts["chain_id"].notna()]
    moves = inside["amount_cents"].where(inside["partner_id"].notna() | inside["reason"].notna(), 0)
    steps = inside.assign(moves=moves, claim_first=1)
    answers = remitted_claims.assign(subject=subjects(remitted_claims, order))
    told = ~answers["status"].isin(NO_ANSWER) if payments else answers["status"] == REVERSAL
    back = answers[told]
    named = inside[["chain_id", "remitted_claim_id"]].merge(
        answers[["remitted_claim_id", "subject"]], on="remitted_claim_id"
    )
    reversals = named[["chain_id", "subject"]].drop_duplicates().merge(back, on="subject")
    kind = reversals["status"].eq(REVERSAL).map({True: "reversal", False: "payment"})
    reversals = reversals.assign(kind=kind, amount_cents=reversals["paid_cents"], moves=0, claim_first=0)
    rows = pd.concat([steps.drop(columns="payment_date"), reversals], ignore_index=True)
    rows = rows.merge(order[["remittance_id", "rank", "day"]], on="remittance_id", how="inner")
    place = dict(zip(order["remittance_id"], order["rank"], strict=True))
    first = inside.groupby("chain_id")["remittance_id"].first().map(place)
    rows = rows.assign(at=rows["chain_id"].map(first), payment_date=rows["day"]).sort_values(
        ["at", "chain_id", "rank", "claim_first", "position", "part"], kind="stable", ignore_index=True
    )
    of_chain = rows.groupby("chain_id", sort=False)
    return shapes.conform(
        rows.assign(step=of_chain.cumcount() + 1, balance_cents=of_chain["moves"].cumsum()), CHAIN
    )
