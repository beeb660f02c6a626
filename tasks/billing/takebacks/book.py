"""The book of provider adjustments while they are being explained: what is left of each, and the parts found so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

from tasks.billing.posting.places import plb_account

OPEN, DIFFERS = "OPEN", "AMOUNT_DIFFERS"
SAME, ORDER, ACCOUNT = "same_reference", "amount_and_order", "account"
# Codes that come to zero with others of their own: balances, and overpayments with their refunds.
BALANCES = ("FB", "AP")
PAIRED = ("WO", "72", *BALANCES)


@cache
def silent(code: str) -> bool:
    """Whether a code says nothing without a claim or a check: its cents wait in suspense or among overpayments."""
    return code not in PAIRED and plb_account(code) in ("suspense_plb", "payer_overpayments")


def chained(code: str) -> bool:
    """Whether adjustments of this code stand in chains; the others are explained by their account."""
    return code in PAIRED or silent(code)


@dataclass
class Row:
    """A provider adjustment; ``at`` is its place in the order of all, ``left`` the cents not explained yet."""

    at: int
    adjustment_id: str
    code: str
    cents: int
    remittance: str
    rank: int
    payer: str
    pool: str  # payer and payee: whose balance it is
    claim: str | None  # what its reference names, see `references`
    trace: str | None
    raw: str | None
    how: str | None
    reason: str | None
    left: int = 0

    @property
    def named(self) -> bool:
        """Whether the reference names a claim or a check."""
        return bool(self.claim or self.trace)


@dataclass(frozen=True)
class Part:
    """Cents of a row that are explained together, or not: then with a reason."""

    row: int
    cents: int
    partner: int | None = None
    how: str | None = None
    reason: str | None = None


@dataclass
class Book:
    """Rows in their order, parts as they are found, and the rows that belong in one chain for another reason."""

    rows: list[Row]
    parts: list[Part] = field(default_factory=list)
    together: list[tuple[int, int]] = field(default_factory=list)

    def of(self, *codes: str) -> list[Row]:
        """Rows of these codes of which something is left."""
        return [row for row in self.rows if row.code in codes and row.left]

    def pair(self, one: Row, other: Row, how: str | None = None) -> None:
        """As much of two opposite rows as both have left explains each other; `how`, or as their references say."""
        size = min(abs(one.left), abs(other.left))
        for row, partner in ((one, other), (other, one)):
            cents = size if row.left > 0 else -size
            self.parts.append(Part(row.at, cents, partner.at, how or row.how or partner.how))
            row.left -= cents

    def tie(self, row: Row, how: str | None, beside: Row | None = None) -> None:
        """All that is left of a row is what it undoes, which is no provider adjustment (or one that is spent)."""
        self.parts.append(Part(row.at, row.left, None, how))
        row.left = 0
        if beside:
            self.together.append((row.at, beside.at))

    def leave(self, row: Row, reason: str) -> None:
        """What is left of a row stays unexplained."""
        self.parts.append(Part(row.at, row.left, None, row.how, reason))
        row.left = 0

    def net(self, rows: Iterable[Row], how: str | None = None) -> None:
        """Opposite rows pay each other off, the oldest first, whichever side came first."""
        waiting: deque[Row] = deque()
        for row in rows:
            while row.left and waiting and (waiting[0].left > 0) != (row.left > 0):
                self.pair(waiting[0], row, how)
                if not waiting[0].left:
                    waiting.popleft()
            if row.left:
                waiting.append(row)


def groups(rows: Iterable[Row], key: Callable[[Row], object]) -> list[list[Row]]:
    """Rows by key, in their order; those whose key is None belong to none."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        if (named := key(row)) is not None:
            found.setdefault(named, []).append(row)
    return list(found.values())
