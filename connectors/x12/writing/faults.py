"""What a check yields: a column, a code and a message, and the rows of a table that it is true of."""

from __future__ import annotations

from typing import NamedTuple

from connectors.x12.writing.columns import Where


class Fault(NamedTuple):
    """One reason why rows of a table cannot be written. The message holds no value."""

    table: str
    column: str
    code: str
    message: str
    where: Where


def missing(table: str, column: str, where: Where, why: str = "is required and absent") -> Fault:
    return Fault(table, column, "MISSING", f"{column} {why}", where)


def invalid(table: str, column: str, where: Where, why: str) -> Fault:
    return Fault(table, column, "INVALID", f"{column} {why}", where)
