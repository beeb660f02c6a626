"""Codes that say nothing themselves (CS, J1, WU, TL, unknown ones): only a claim or a check can explain them."""

from __future__ import annotations

from tasks.billing.takebacks.book import DIFFERS, Book, Row, groups
from tasks.billing.takebacks.payments import Payments


def explain_silent(book: Book, payments: Payments, cheques: dict[str, int], codes: list[str]) -> None:
    """Explain codes that say nothing themselves: by their opposite, the claim's money or the whole check."""
    for code in codes:
        for rows in groups(book.of(code), _same_amount):
            book.net(rows)
        for row in book.of(code):
            if row.claim and row.left == row.cents:
                beside = {payments.net(row.claim, row.remittance), -payments.gross(row.claim, row.remittance)}
                if (row.left in beside and payments.spend(row.claim, row.remittance)) or payments.take(
                    row.claim, row.rank, row.left
                ):
                    book.tie(row, row.how)
            elif row.trace and whole_check(row, abs(row.left), abs(cheques[row.trace]), payments):
                book.tie(row, row.how)
            if row.left:
                book.leave(row, row.reason or DIFFERS)


def _same_amount(row: Row) -> tuple[str | None, int] | None:
    """What it names, and how much of it."""
    return (row.claim or row.trace, abs(row.cents)) if row.named else None


def whole_check(row: Row, cents: int, paid: int, payments: Payments) -> bool:
    """Whether a row is the whole of the earlier check that it names, and the first to be."""
    earlier = row.trace is not None and row.trace != row.remittance
    return earlier and cents == paid and payments.spend(str(row.trace))
