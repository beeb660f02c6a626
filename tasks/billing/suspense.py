"""Suspense, item by item: money that is certain and has no place yet, why, what it waits for, and what to do.

The journal keeps money there by remittance: a claim's under the remitted claim, a provider adjustment's under its code.
`items` says of each what it is, so that the items of an account add up to its balance to the cent. What they do not
cover is an item too, `NOT_LISTED`, and `faults` makes the ledger unproved: suspense that nobody can list is lost money.

Three reasons are no work, and stand in the list because their cents stand in the account: `REVERSED` (the payer took
back what it paid for a stranger), `PAIRED` (an adjustment that its opposite in another check undoes) come to zero
together. What `EXPLAINED` an adjustment (`takebacks`) is known, but no remittance says which account it belongs to, so
no entry moves it: the claim that it undoes still shows as paid, and a person has to ask for the reversal.

Amounts have the journal's sign: credit, money that was received, is below zero.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from tasks.billing import accounts, shapes
from tasks.billing.evidence import ESTIMATE, REVERSAL
from tasks.billing.posting.places import UNADJUDICATED, plb_account
from tasks.billing.takebacks.references import AMBIGUOUS, NO_REFERENCE, UNKNOWN
from tasks.billing.takebacks.report import NEXT

PLB = "suspense_plb"
ITEMS = shapes.shape(
    "account remittance_id payer_id payment_date:day segment:int remitted_claim_id adjustment_id code reason how"
    " cents:int waits_for next_action"
)
HELD = shapes.shape("account remittance_id remitted_claim_id reason amount_cents")
REVERSED, PAIRED, EXPLAINED, NOT_LISTED = "REVERSED", "PAIRED", "EXPLAINED", "NOT_LISTED"
# Nothing is left to do about these, or another queue (`takebacks`) has the work.
NO_WORK = frozenset({REVERSED, PAIRED, *NEXT})

PAYER, NOTHING = "the payer's word", "nothing: it comes to zero with its opposite"
# Reason: what it waits for, and what to do.
SAYS = {
    "UNMATCHED": ("the claim it pays", "find the claim or the payer's reason, then match it: ledger assign"),
    "REVERSAL_UNMATCHED": (
        "the claim it takes back",
        "find the claim that was paid; is an earlier remittance missing?",
    ),
    "NONE_OF_OURS": (
        "the payer's recovery",
        "a person said it is none of ours: send it back, or wait for the recovery",
    ),
    "NOT_POSTED": (
        "an answer that was not posted",
        "run the responses again; if it stays, the ledger does not prove",
    ),
    "FORWARDED": (PAYER, "ask the payer why it pays a claim that it forwarded"),
    "ESTIMATE": (PAYER, "ask the payer why it pays on an estimate"),
    REVERSED: (NOTHING, "nothing"),
    PAIRED: (NOTHING, "nothing"),
    EXPLAINED: (
        "the payer's reversal of what it undoes",
        "what it names still shows as paid: ask the payer for the reversal, or see whether the check was replaced",
    ),
    NOT_LISTED: (
        "a place in a remittance",
        "the ledger does not prove: nobody can say where this money came from",
    ),
} | {
    reason: (
        "the claim or check it is for" if reason in (NO_REFERENCE, UNKNOWN, AMBIGUOUS) else PAYER,
        action,
    )
    for reason, action in NEXT.items()
}


def items(
    held: pd.DataFrame, remittances: pd.DataFrame, remitted_claims: pd.DataFrame, parts: pd.DataFrame
) -> pd.DataFrame:
    """`ITEMS`: everything that stands in a suspense account.

    `held` is `HELD`, entries of the suspense accounts or their sums; `parts` what ``takebacks.explain`` gives; the rest
    are the ledger's tables, without what is in dispute.
    """
    waiting = held[held["account"].isin(accounts.of_kind("suspense"))]
    claims = _claims(waiting, remittances, remitted_claims)
    adjustments = _adjustments(parts)
    rest = _rest(waiting, claims, adjustments)
    found = pd.concat([claims, adjustments, rest], ignore_index=True)
    found = found.drop(columns=["payer_id", "payment_date"], errors="ignore").merge(
        remittances[["remittance_id", "payer_id", "payment_date"]], on="remittance_id", how="left"
    )
    said = found["reason"].map(SAYS)
    found = found.assign(waits_for=said.str[0], next_action=said.str[1])
    order = ["account", "payment_date", "remittance_id", "segment", "reason"]
    return shapes.conform(found.sort_values(order, kind="stable"), ITEMS)


def _claims(waiting: pd.DataFrame, remittances: pd.DataFrame, remitted_claims: pd.DataFrame) -> pd.DataFrame:
    """Money of remitted claims, each with the reason it is there."""
    keys = ["account", "remittance_id", "remitted_claim_id"]
    sums = (
        waiting.dropna(subset="remitted_claim_id")
        .groupby(keys)["amount_cents"]
        .sum()
        .reset_index(name="cents")
    )
    columns = [
        "remitted_claim_id",
        "segment",
        "status",
        "claim_control",
        "payer_control",
        "claim_id",
        "matched_by",
    ]
    rows = sums[sums["cents"] != 0].merge(remitted_claims[columns], on="remitted_claim_id")
    rows = rows.merge(remittances[["remittance_id", "payer_identifier"]], on="remittance_id", how="left")
    lost = rows["claim_id"].isna()
    # A payer that does not have our number writes 0 or nothing: then its own number tells claims apart.
    said = rows["claim_control"].where(~rows["claim_control"].isin(["0", ""]))
    key = ("ours " + said).fillna("theirs " + rows["payer_control"]).fillna(rows["remitted_claim_id"])
    rows = rows.assign(key=key)
    left = rows.groupby(["payer_identifier", "key"], dropna=False)["cents"].transform("sum")
    several = rows.duplicated(["payer_identifier", "key"], keep=False)
    reason = pd.Series("UNMATCHED", index=rows.index).mask(rows["status"] == REVERSAL, "REVERSAL_UNMATCHED")
    reason = reason.mask(rows["matched_by"].eq("person").fillna(False), "NONE_OF_OURS")
    reason = reason.mask(several & (left == 0), REVERSED).where(lost, "NOT_POSTED")
    told = pd.Series("FORWARDED", index=rows.index).mask(rows["status"] == ESTIMATE, "ESTIMATE")
    return rows.assign(reason=reason.mask(rows["account"] == UNADJUDICATED, told))


def _adjustments(parts: pd.DataFrame) -> pd.DataFrame:
    """Provider adjustments whose code says nothing itself, part by part."""
    rows = parts[parts["code"].map(plb_account) == PLB]
    reason = rows["reason"].fillna(EXPLAINED).mask(rows["partner_id"].notna(), PAIRED)
    rows = rows.assign(account=PLB, reason=reason, cents=rows["amount_cents"])
    keys = ["account", "remittance_id", "adjustment_id", "segment", "code", "reason"]
    named = rows.assign(how=rows["how"].fillna(""))
    found = named.groupby(keys, dropna=False, sort=False).agg(cents=("cents", "sum"), how=("how", "first"))
    return found.reset_index()


def _rest(waiting: pd.DataFrame, claims: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """What the journal holds and no item covers, by account and remittance."""
    keys = ["account", "remittance_id"]
    listed = pd.concat([claims[[*keys, "cents"]], adjustments[[*keys, "cents"]]], ignore_index=True)
    both = pd.concat(
        [waiting[keys].assign(cents=waiting["amount_cents"]), listed.assign(cents=-listed["cents"])],
        ignore_index=True,
    )
    sums = both.groupby(keys, dropna=False)["cents"].sum().reset_index()
    return sums[sums["cents"] != 0].assign(reason=NOT_LISTED)


def faults(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Problems of the proof: suspense that no item explains, and answers that were recognised and not posted."""
    rows = found[found["reason"].isin([NOT_LISTED, "NOT_POSTED"])]
    return [
        {
            "check": "suspense_explained",
            "subject_kind": "account",
            "subject_id": row["account"],
            "cents": int(row["cents"]),
        }
        for row in rows.to_dict("records")
    ]


def summary(found: pd.DataFrame) -> dict[str, Any]:
    """The section of the proof: for each suspense account its balance, the sums by reason, and every item."""
    made = {}
    for account in sorted(accounts.of_kind("suspense")):
        rows = found[found["account"] == account]
        made[account] = {
            "balance_cents": int(rows["cents"].sum()),
            "by_reason": {str(reason): _reason(of) for reason, of in rows.groupby("reason")},
            "items": [_item(row) for row in rows.to_dict("records")],
        }
    return made


def _reason(rows: pd.DataFrame) -> dict[str, Any]:
    reason = str(rows["reason"].iloc[0])
    waits_for, next_action = SAYS[reason]
    return {
        "count": len(rows),
        "cents": int(rows["cents"].sum()),
        "size_cents": int(rows["cents"].abs().sum()),  # what is taken does not hide what is given
        "waits_for": waits_for,
        "next_action": next_action,
    }


def _item(row: dict[Any, Any]) -> dict[str, Any]:
    """An item as plain values: ids, codes, positions and cents."""
    day = row["payment_date"]
    plain = {
        name: None if pd.isna(row[name]) else row[name]
        for name in (
            "remittance_id",
            "payer_id",
            "remitted_claim_id",
            "adjustment_id",
            "code",
            "reason",
            "how",
        )
    }
    return plain | {
        "payment_date": None if pd.isna(day) else day.date().isoformat(),
        "segment": None if pd.isna(row["segment"]) else int(row["segment"]),
        "cents": int(row["cents"]),
    }
