"""WO and 72: overpayments deferred, recovered, refunded.

The steps go from what the references say to what only the amounts say, each over the whole history, so that a guess by
amount never takes what a reference names.
"""

from __future__ import annotations

from tasks.billing.takebacks.book import DIFFERS, OPEN, ORDER, SAME, Book, Row, groups
from tasks.billing.takebacks.payments import Payments
from tasks.billing.takebacks.references import AMBIGUOUS
from tasks.billing.takebacks.silence import whole_check


def recoveries(book: Book, payments: Payments, cheques: dict[str, int]) -> None:
    """Explain every WO and 72 as far as it goes; `cheques` is BPR02 by remittance."""
    _name_deferrals(book, payments)
    for rows in groups(book.of("WO"), lambda row: row.claim):
        book.net(rows)
    for rows in groups(book.of("WO"), _raw):
        book.net(rows, SAME)
    _by_trace(book)
    _refunds(book, payments)
    _by_amount(book)
    _undone(book, payments, cheques)
    _leave(book, payments)


def _raw(row: Row) -> tuple[str, str] | None:
    """The reference itself, where it names nothing we know: the payer's own number of the debt."""
    unknown = (not row.named and row.reason != AMBIGUOUS) or row.how == ORDER
    return (row.payer, row.raw) if row.raw and unknown else None


def _name_deferrals(book: Book, payments: Payments) -> None:
    """A deferral that names no claim is of the reversal beside it, where one alone has its amount."""
    deferrals = [row for row in book.of("WO") if row.cents < 0]
    taken = {(row.claim, row.remittance) for row in deferrals if row.claim}
    bare = [row for row in deferrals if not row.claim and row.reason != AMBIGUOUS]
    for row, *others in groups(bare, lambda row: (row.remittance, row.cents)):
        fits = [
            subject
            for subject in payments.reversed_in(row.remittance)
            if (subject, row.remittance) not in taken and _reverses(payments, subject, row)
        ]
        if len(fits) == 1 and not others:
            row.claim, row.trace, row.how, row.reason = fits[0], None, ORDER, None


def _reverses(payments: Payments, subject: str, row: Row) -> bool:
    """Whether what the check takes from this claim, before or after its correction, is what the row gives back."""
    return -row.cents in (payments.gross(subject, row.remittance), -payments.net(subject, row.remittance))


def _by_trace(book: Book) -> None:
    """A recovery that names an earlier check collects what it deferred: all of it, one amount, or the only one."""
    rows = book.of("WO")
    deferred = {
        of[0].remittance: of for of in groups(rows, lambda row: row.remittance if row.left < 0 else None)
    }
    for row in rows:
        if row.left < 0 or not row.trace:
            continue
        waiting = [one for one in deferred.get(row.trace, []) if one.left]
        chosen = _choose(row.left, waiting)
        for one in chosen:
            book.pair(one, row)
        if waiting and not chosen:
            row.reason = AMBIGUOUS


def _choose(cents: int, waiting: list[Row]) -> list[Row]:
    """Which of several deferred amounts these cents pay off, where that is certain."""
    alike = [one for one in waiting if -one.left == cents]
    if len(alike) == 1:
        return alike
    return waiting if len(waiting) == 1 or -sum(one.left for one in waiting) == cents else []


def _refunds(book: Book, payments: Payments) -> None:
    """A 72 gives back what a WO beside it took, or what the reversal of a claim took that was refunded before."""
    taken = [row for row in book.rows if row.code == "WO" and row.cents > 0]
    beside = {rows[0].remittance: rows for rows in groups(taken, lambda row: row.remittance)}
    deferred = {(row.claim, row.remittance) for row in book.rows if row.code == "WO" and row.cents < 0}
    for row in book.of("72"):
        fits = [one for one in beside.get(row.remittance, []) if one.cents == -row.cents and _alike(one, row)]
        fits = [one for one in fits if _names_it(one, row)][:1] or fits
        if len(fits) == 1:
            beside[row.remittance].remove(fits[0])
            _confirm(book, row, fits[0])
        elif fits:
            row.reason = AMBIGUOUS
        elif row.claim and (row.claim, row.remittance) not in deferred:
            _returned(book, row, row.claim, payments)


def _returned(book: Book, row: Row, claim: str, payments: Payments) -> None:
    """A 72 beside a reversal gives its amount back: a recovery that took it before stands."""
    if _reverses(payments, claim, row) and payments.spend(claim, row.remittance):
        payments.taken[claim] = payments.taken.get(claim, 0) + row.left
        book.tie(row, row.how)


def _names_it(one: Row, other: Row) -> bool:
    """Whether two adjustments name the same."""
    return one.claim == other.claim if one.claim and other.claim else bool(one.raw) and one.raw == other.raw


def _alike(one: Row, other: Row) -> bool:
    """Whether two adjustments name the same, or one of them nothing."""
    return _names_it(one, other) or not one.raw or not other.raw


def _confirm(book: Book, row: Row, recovery: Row) -> None:
    """The refund pays off the recovery beside it; what that collected of a deferral is settled already."""
    if recovery.left:
        book.pair(row, recovery, row.how or ORDER)
    if row.left:
        book.tie(row, row.how or ORDER, beside=recovery)


def _by_amount(book: Book) -> None:
    """A recovery whose reference names nothing collects an earlier deferral, where one alone has its amount."""
    waiting: dict[tuple[str, int], list[Row]] = {}
    for row in book.of("WO"):
        if row.left < 0:
            waiting.setdefault((row.payer, -row.left), []).append(row)
        elif row.left == row.cents and not row.named and row.reason != AMBIGUOUS:
            alike = waiting.get((row.payer, row.left), [])
            fits = [one for one in alike if one.rank < row.rank]
            if len(fits) == 1:
                alike.remove(fits[0])
                book.pair(fits[0], row, ORDER)
            elif fits:
                row.reason = AMBIGUOUS


def _undone(book: Book, payments: Payments, cheques: dict[str, int]) -> None:
    """A recovery without a deferral takes back all that the claim, or the whole check, was paid; never a part of it."""
    for row in book.of("WO"):
        if row.left < 0 or row.left != row.cents:
            continue
        if row.claim:
            whole = payments.take(row.claim, row.rank, row.left)
        else:
            whole = not row.reason and whole_check(row, row.left, cheques.get(row.trace or "", 0), payments)
        if whole:
            book.tie(row, row.how)


def _leave(book: Book, payments: Payments) -> None:
    """What is left of WO and 72. A deferral is understood where the reversal beside it carries it, and waits."""
    given: dict[tuple[str, str], int] = {}
    for row in book.rows:
        if row.code == "WO" and row.cents < 0 and row.claim:
            key = (row.claim, row.remittance)
            given[key] = given.get(key, 0) - row.cents
            payments.spend(*key)
    for row in book.of("WO", "72"):
        reason = row.reason or DIFFERS
        if row.code == "WO" and row.cents < 0 and row.claim:
            key = (row.claim, row.remittance)
            carried = given[key] == payments.gross(*key) or given[key] <= -payments.net(*key)
            reason = OPEN if carried else DIFFERS
        book.leave(row, reason)
