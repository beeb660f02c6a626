"""What can be wrong with X12 bytes, as data: one row a finding, never an exception and never a value.

``CODES`` is the whole list. An *error* says that what it is about cannot be trusted: a transaction set with one is
never ``balanced``. A *warning* is worth knowing and changes no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from connectors.x12.tables import PROBLEMS

ERROR, WARNING = "error", "warning"

CODES: dict[str, str] = {
    # Bytes
    "NO_ISA": ERROR,
    "ISA_UNREADABLE": ERROR,
    "ISA_ELEMENTS": ERROR,
    "ISA_LENGTH": WARNING,
    "LEADING_BYTES": WARNING,
    "UNTERMINATED": WARNING,
    "CHARSET": WARNING,
    "LINE_BREAKS": WARNING,
    "EMPTY_SEGMENT": WARNING,
    # Envelope: counts, control numbers, order, truncation
    "IEA_MISSING": ERROR,
    "GE_MISSING": ERROR,
    "SE_MISSING": ERROR,
    "IEA_UNMATCHED": ERROR,
    "GE_UNMATCHED": ERROR,
    "SE_UNMATCHED": ERROR,
    "GS_MISSING": ERROR,
    "ISA_MISSING": ERROR,
    "IEA01_COUNT": ERROR,
    "TA1_IEA01_COUNT": WARNING,
    "IEA02_CONTROL": ERROR,
    "GE01_COUNT": ERROR,
    "GE02_CONTROL": ERROR,
    "SE01_COUNT": ERROR,
    "SE02_CONTROL": ERROR,
    "ST02_REPEATED": ERROR,
    "GS06_REPEATED": ERROR,
    "ISA13_REPEATED": WARNING,
    "STRAY_SEGMENT": ERROR,
    "TRAILING_SEGMENT": WARNING,
    # Segments and elements
    "SEGMENT_UNKNOWN": ERROR,
    "SEGMENT_MISPLACED": ERROR,
    "SEGMENT_UNEXPECTED": WARNING,
    "SEGMENT_ORDER": WARNING,
    "SEGMENT_MISSING": ERROR,
    "SEGMENT_REPEATED": ERROR,
    "SEGMENT_NOT_READ": WARNING,
    "ELEMENT_MISSING": ERROR,
    "ELEMENT_ABSENT": WARNING,
    "ELEMENT_EXTRA": ERROR,
    "ELEMENT_REPEATED": WARNING,
    "ELEMENT_NOT_READ": WARNING,
    "CODE_UNKNOWN": ERROR,
    "AMOUNT": ERROR,
    "QUANTITY": ERROR,
    "DATE": ERROR,
    # Arithmetic
    "LINE_BALANCE": ERROR,
    "CLAIM_BALANCE": ERROR,
    "TRANSACTION_BALANCE": ERROR,
    "LINE_CHARGES": WARNING,
    "NEGATIVE_PAYMENT": WARNING,
}


_ORDER = {code: number for number, code in enumerate(CODES)}
ARITHMETIC = frozenset(("LINE_BALANCE", "CLAIM_BALANCE", "TRANSACTION_BALANCE"))


def off_by(what: str, cents: int) -> str:
    """What a problem says of amounts that should be the same."""
    return f"{what} is {cents} cents, not 0"


class Problem(NamedTuple):
    """One row of the problems table, in its order."""

    file: int
    transaction: int | None
    segment: int | None
    element: int | None
    component: int | None
    loop: str | None
    code: str
    severity: str
    message: str


class Problems:
    """Collects problems; the severity comes from ``CODES`` alone."""

    def __init__(self, rows: Iterable[Problem] = ()) -> None:
        self.rows: list[Problem] = list(rows)

    def add(
        self,
        code: str,
        message: str,
        *,
        file: int,
        transaction: int | None = None,
        segment: int | None = None,
        element: int | None = None,
        component: int | None = None,
        loop: str | None = None,
    ) -> None:
        place = (file, transaction, segment, element, component, loop)
        self.rows.append(Problem(*place, code, CODES[code], message))

    def damaged(self) -> set[int]:
        """Transactions with an error that is not one of arithmetic: what they say was not read as it was meant."""
        return {
            row.transaction
            for row in self.rows
            if row.severity == ERROR and row.transaction is not None and row.code not in ARITHMETIC
        }

    def table(self) -> pa.Table:
        """The problems in order of file, transaction (envelope first), segment and code."""

        def place(row: Problem) -> tuple[int, int, int, int]:
            transaction = -1 if row.transaction is None else row.transaction
            return (row.file, transaction, row.segment or 0, _ORDER[row.code])

        # The same finding may come up for several columns of one segment: it is said once.
        ordered = sorted(dict.fromkeys(self.rows), key=place)
        columns = list(zip(*ordered, strict=True)) or [()] * len(PROBLEMS)
        arrays = [pa.array(column, type=f.type) for column, f in zip(columns, PROBLEMS, strict=True)]
        return pa.Table.from_arrays(arrays, schema=PROBLEMS)
