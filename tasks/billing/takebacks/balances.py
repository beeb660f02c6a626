"""FB and AP: what stands between the practice and a payer as a whole, carried from check to check.

A negative amount opens a balance, positive ones in later checks pay it off, at once or by and by. FB- that lifts a
check to zero is a debt carried forward; AP- is an advance. Each payer's balance with each payee stands by itself.
"""

from __future__ import annotations

from tasks.billing.takebacks.book import DIFFERS, OPEN, ORDER, SAME, Book, Row, chained, groups
from tasks.billing.takebacks.payments import Payments
from tasks.billing.takebacks.references import AMBIGUOUS


def balances(book: Book, code: str) -> None:
    """Explain every adjustment of this code as far as it goes."""
    for rows in groups(book.of(code), lambda row: row.pool):
        _named(book, rows)
        _by_order(book, rows)
        _carried_again(book, rows)
    for row in book.of(code):
        book.leave(row, OPEN if row.cents < 0 else row.reason or DIFFERS)


def _names(row: Row) -> set[tuple[str, str]]:
    """Everything a balance may be called by: the claim, the check it came from or stands in, its own number."""
    named = [("claim", row.claim), ("check", row.trace), ("raw", row.raw)]
    own = [("check", row.remittance)] if row.cents < 0 else []
    return {(kind, name) for kind, name in [*named, *own] if name}


def _named(book: Book, rows: list[Row]) -> None:
    """Balances that the reference names, the oldest first; the amounts of one check do not pay each other off."""
    waiting: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.cents < 0:
            for name in _names(row):
                waiting.setdefault(name, []).append(row)
            continue
        called = {one.at: one for name in _names(row) for one in waiting.get(name, []) if one.rank < row.rank}
        for _, one in sorted(called.items()):
            if row.left and one.left:
                only = {kind for kind, _ in _names(one) & _names(row)} == {"raw"}
                book.pair(one, row, SAME if only else None)


def _by_order(book: Book, rows: list[Row]) -> None:
    """What no reference explains, in the order of the checks."""
    waiting: list[Row] = []
    for row in rows:
        if row.cents < 0:
            waiting.append(row)
        elif row.left == row.cents and row.reason != AMBIGUOUS:
            waiting = [one for one in waiting if one.left]
            _by_amount(book, row, [one for one in waiting if one.rank < row.rank])


def _by_amount(book: Book, row: Row, waiting: list[Row]) -> None:
    """By amount and order: all that is open, the oldest of this amount, or a part of the only one."""
    total = -sum(one.left for one in waiting)
    alike = [one for one in waiting if -one.left == row.left]
    chosen = waiting if total == row.left or (len(waiting) == 1 and row.left < total) else alike[:1]
    for one in chosen:
        book.pair(one, row, ORDER)
    if not chosen and waiting and row.left <= total:
        row.reason = AMBIGUOUS
    elif not chosen and waiting:
        row.reason = DIFFERS


def _carried_again(book: Book, rows: list[Row]) -> None:
    """A balance that comes in and goes on in the same check under one name is one chain."""
    for of_check in groups(rows, lambda row: row.remittance):
        came = [row for row in of_check if row.cents > 0]
        for one in (row for row in of_check if row.cents < 0):
            book.together += [(one.at, other.at) for other in came if _names(one) & _names(other)]


def causes(book: Book, payments: Payments, cheques: dict[str, int]) -> None:
    """What drew a check below zero, so that FB lifted it: where one thing alone did, its balance is in that chain.

    The one claim of which the check takes more than it pays, or the one adjustment that takes (a recovery, a balance
    that is carried again). Only checks of zero: those that still paid could have borne it.
    """
    taking = {
        of[0].remittance: of
        for of in groups(book.rows, lambda row: row.remittance if row.cents > 0 else None)
    }
    for row in book.of("FB"):
        if row.cents > 0 or row.claim or row.reason == AMBIGUOUS or cheques[row.remittance]:
            continue
        claims = [
            one for one in payments.reversed_in(row.remittance) if payments.net(one, row.remittance) < 0
        ]
        taken = taking.get(row.remittance, [])
        if len(claims) == 1 and not taken:
            row.claim = claims[0]
        elif len(taken) == 1 and not claims and chained(taken[0].code):
            book.together.append((row.at, taken[0].at))
