"""Which claims are about the same charges: a claim, those that replace it, and those to later payers.

The charge is posted once, whichever of them is answered, and the patient owes what the last of them says. So what an
account holds, and what a patient owes, is asked of the whole family, under the id of its first claim.
"""

from __future__ import annotations

import pandas as pd

LATER = ("S", "T")  # SBR01 of a claim that is not for the first payer in line


def earlier(claims: pd.DataFrame, claim_lines: pd.DataFrame) -> pd.DataFrame:
    """Frame[claim_id, other]: claims to later payers, beside each that carried their charges to a payer before.

    `claims` needs ``claim_id`` and ``payer_order``, `claim_lines` ``claim_id`` and ``charge_id``.
    """
    later = claims.loc[claims["payer_order"].isin(LATER), ["claim_id"]]
    lines = claim_lines[["claim_id", "charge_id"]]
    own = later.merge(lines, on="claim_id")
    pairs = own.merge(lines.rename(columns={"claim_id": "other"}), on="charge_id")
    turn = claims["payer_order"].map({"P": 0, "S": 1, "T": 2}).fillna(0).astype("int64")
    order = dict(zip(claims["claim_id"], turn, strict=True))
    before = pairs["other"].map(order).astype("float64") < pairs["claim_id"].map(order).astype("float64")
    return pairs.loc[before, ["claim_id", "other"]].drop_duplicates(ignore_index=True)


def firsts(claims: pd.DataFrame, claim_lines: pd.DataFrame) -> dict[str, str]:
    """For each claim the first one of its family; `claims` needs ``replaces_claim_id`` besides (`earlier`)."""
    before = earlier(claims, claim_lines).groupby("claim_id")["other"].min()
    # A corrected claim to a later payer is of its own predecessor's family, which is the same one.
    return _climbed(claims, _replaced(claims).fillna(claims["claim_id"].map(before.to_dict())))


def of(claims: pd.DataFrame, claim_lines: pd.DataFrame, claim_id: str) -> list[str]:
    """The claims of a claim's family, itself among them."""
    first = firsts(claims, claim_lines)
    return sorted(one for one, head in first.items() if head == first[claim_id])


def starts(claims: pd.DataFrame) -> dict[str, str]:
    """For each claim the one at the start of its replacements, whatever later payers are asked."""
    return _climbed(claims, _replaced(claims))


def _replaced(claims: pd.DataFrame) -> pd.Series[str]:
    """The claim that each replaces, where it is there."""
    named: pd.Series[str] = claims["replaces_claim_id"].where(
        claims["replaces_claim_id"].isin(claims["claim_id"])
    )
    return named


def _climbed(claims: pd.DataFrame, parent: pd.Series[str]) -> dict[str, str]:
    """The topmost of each claim's parents; without one it is its own."""
    above = dict(zip(claims["claim_id"], parent.fillna(claims["claim_id"]), strict=True))
    first = claims["claim_id"].map(above)
    while not (higher := first.map(above)).equals(first):
        first = higher
    return dict(zip(claims["claim_id"], first, strict=True))
