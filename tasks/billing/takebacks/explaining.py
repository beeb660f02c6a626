"""Every provider adjustment in parts, each with its link, its counterpart and its chain; see the package."""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes
from tasks.billing.takebacks.balances import balances, causes
from tasks.billing.takebacks.book import ACCOUNT, BALANCES, Book, Part, Row, silent
from tasks.billing.takebacks.chains import chain_of
from tasks.billing.takebacks.payments import Payments
from tasks.billing.takebacks.recoveries import recoveries
from tasks.billing.takebacks.references import dated, linked, subjects
from tasks.billing.takebacks.silence import explain_silent

PARTS = shapes.shape(
    "adjustment_id part:int remittance_id payer_identifier payer_id payment_date:day position:int segment:int code kind"
    " amount_cents how remitted_claim_id claim_id linked_remittance_id partner_id explained_cents unexplained_cents"
    " reason chain_id"
)
# Kinds by code, for amounts above and below zero; every other code is "other".
KINDS = {
    "WO": ("recovery", "deferral"),
    "FB": ("brought_forward", "carried_forward"),
    "72": ("refund_confirmed", "refund_confirmed"),
    "L6": ("interest", "interest"),
    "AP": ("advance", "advance"),
    "IR": ("withholding", "withholding"),
    "LE": ("levy", "levy"),
}


def explain(
    remittances: pd.DataFrame, remitted_claims: pd.DataFrame, provider_adjustments: pd.DataFrame
) -> pd.DataFrame:
    """`PARTS`: the parts of every provider adjustment, in their order; amounts are the payer's, positive ones taken.

    The frames are the ledger's tables of those names. ``remitted_claim_id`` and ``claim_id`` are what the reference
    names, or the reversal beside a deferral; ``linked_remittance_id`` where the counterpart stands.
    """
    order = dated(remittances)
    rows = provider_adjustments.merge(order, on="remittance_id", how="inner").sort_values(
        ["rank", "position", "adjustment_id"], kind="stable", ignore_index=True
    )
    if rows.empty:
        return shapes.empty(PARTS)
    ours = remitted_claims[remitted_claims["remittance_id"].isin(order["remittance_id"])]
    ours = ours.assign(subject=subjects(ours, order))
    book = _book(rows, linked(rows, ours, order))
    concerned = {row.remittance for row in book.rows if row.code in ("WO", "FB") and row.cents < 0}
    of_subject = ours["subject"].isin([row.claim for row in book.rows if row.claim])
    payments = Payments(ours[of_subject | ours["remittance_id"].isin(concerned)], order, concerned)
    cheques = dict(zip(order["remittance_id"], order["bpr_cents"].fillna(0).astype("int64"), strict=True))
    recoveries(book, payments, cheques)
    causes(book, payments, cheques)
    for code in BALANCES:
        balances(book, code)
    codes = sorted({row.code for row in book.rows})
    explain_silent(book, payments, cheques, [code for code in codes if silent(code)])
    for row in book.rows:
        if row.left or not row.cents:
            book.tie(row, row.how or ACCOUNT)
    return _frame(book, rows, payments, ours)


def _book(rows: pd.DataFrame, links: pd.DataFrame) -> Book:
    payee = rows["payee_npi"].fillna("")
    frame = pd.concat(
        [
            rows[["adjustment_id", "code", "amount_cents", "remittance_id", "rank", "payer"]],
            (rows["payer"] + "|" + payee).rename("pool"),
            links.astype(object).where(links.notna(), None),
        ],
        axis=1,
    )
    listed = [Row(at, *values) for at, values in enumerate(frame.itertuples(index=False, name=None))]
    for row in listed:
        row.cents, row.left = int(row.cents), int(row.cents)
    return Book(listed)


def _frame(book: Book, rows: pd.DataFrame, payments: Payments, ours: pd.DataFrame) -> pd.DataFrame:
    """`PARTS` of a book in which nothing is left."""
    chains = chain_of(book)
    claims = dict(zip(ours["remitted_claim_id"], ours["claim_id"], strict=True))
    parts = sorted(book.parts, key=lambda part: (part.row, part.partner is None, part.partner))
    made, count = [], dict.fromkeys(range(len(book.rows)), 0)
    for part in parts:
        count[part.row] += 1
        made.append(
            _columns(part, book, payments, claims)
            | {"part": count[part.row], "chain_id": chains.get(part.row)}
        )
    of_row = rows.iloc[[part.row for part in parts]].reset_index(drop=True)
    frame = pd.DataFrame(made)
    kept = of_row[
        ["adjustment_id", "remittance_id", "payer_identifier", "payer_id", "position", "segment", "code"]
    ]
    return shapes.conform(pd.concat([kept, frame], axis=1).assign(payment_date=of_row["day"]), PARTS)


def _columns(part: Part, book: Book, payments: Payments, claims: dict[str, str]) -> dict[str, object]:
    row = book.rows[part.row]
    partner = None if part.partner is None else book.rows[part.partner]
    answer = payments.answer(row.claim, row.remittance, row.rank) if row.claim else None
    where = partner.remittance if partner else row.trace or (answer.remittance if answer else None)
    explained = 0 if part.reason else part.cents
    return {
        "kind": KINDS.get(row.code, ("other", "other"))[row.cents < 0],
        "amount_cents": part.cents,
        "how": part.how,
        "remitted_claim_id": answer.remitted_claim_id if answer else None,
        "claim_id": claims[answer.remitted_claim_id] if answer else None,
        "linked_remittance_id": where,
        "partner_id": partner.adjustment_id if partner else None,
        "explained_cents": explained,
        "unexplained_cents": part.cents - explained,
        "reason": part.reason,
    }
