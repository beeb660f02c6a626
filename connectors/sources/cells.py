"""One cell at a time: text or a typed value in, a value of the column's type or the code of a fault out.

A cell that cannot be read gives a `Fault` and never an exception; a fault carries a code and not the cell.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from connectors.sources.columns import CENTS, DATE, FLAG, NUMBER, TEXT, Rule

MESSAGES = {
    "MISSING": "a value is required",
    "NOT_A_DATE": "not a date: YYYY-MM-DD, YYYYMMDD or MM/DD/YYYY with a four-digit year",
    "HAS_A_TIME": "a date with a time of day: bring the local date alone",
    "NOT_A_NUMBER": "not a whole number: digits only",
    "NOT_CENTS": "not whole cents: digits only, no point, comma or currency sign; a hundred dollars is 10000",
    "NEGATIVE": "less than zero",
    "TOO_LARGE": "more than fifteen digits",
    "NOT_A_FLAG": "neither true, yes, y, t, 1 nor false, no, n, f, 0",
    "NOT_TEXT": "a number with a fraction or another type where a text belongs",
    "CONTROL_CHARACTER": "a line break, a tab or another control character within the value",
    "NOT_ALLOWED": "not one of the words allowed here",
    "WRONG_SHAPE": "not in the shape asked for",
    "NOT_A_LIST": "commas or semicolons: put single blanks between the items",
    "TOO_MANY": "more items than allowed",
    "WRONG_ORDER": "earlier than the date it follows",
    "DUPLICATE_KEY": "a later row has the same key, and that one counts",
    "TOO_MANY_CELLS": "more cells than the header has columns",
}


@dataclass(frozen=True)
class Fault:
    """Why a cell cannot be used."""

    code: str


Cell = Any
Parser = Callable[[Cell], Any]

FLAGS = dict.fromkeys(("true", "yes", "y", "t", "1"), True) | dict.fromkeys(
    ("false", "no", "n", "f", "0"), False
)
DATE_FORMS = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
    re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})"),  # American order only: nothing is guessed
)
EARLIEST = 1850  # a typing slip such as 0206; far futures are how some systems write 'open'
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
MOST_DIGITS = 15


def parser(type_: str, *, rule: Rule, negative: bool) -> Parser:
    """The parser of a column's type: value, None for blank, or Fault."""
    parsers: dict[str, Parser] = {
        TEXT: lambda cell: _text(cell, rule),
        NUMBER: lambda cell: _number(cell, "NOT_A_NUMBER", negative),
        CENTS: lambda cell: _number(cell, "NOT_CENTS", negative),
        FLAG: _flag,
        DATE: _date,
    }
    parse = parsers[type_]

    def cell_or_blank(cell: Cell) -> Any:
        if isinstance(cell, str):
            cell = cell.strip()
            if CONTROL.search(cell):
                return Fault("CONTROL_CHARACTER")
        return None if cell is None or cell == "" else parse(cell)

    return cell_or_blank


def _text(cell: Cell, rule: Rule) -> str | Fault:
    if isinstance(cell, bool) or not isinstance(cell, str | int | UUID):
        return Fault("NOT_TEXT")
    text = str(cell)
    if rule.most is None:
        return _word(text, rule)
    if re.search(r"[,;]", text):
        return Fault("NOT_A_LIST")
    words = [_word(word, rule) for word in text.split()]
    if len(words) > rule.most:
        return Fault("TOO_MANY")
    faults = [word for word in words if isinstance(word, Fault)]
    return faults[0] if faults else " ".join(str(word) for word in words)


def _word(text: str, rule: Rule) -> str | Fault:
    if rule.allowed:
        return rule.allowed.get(text.lower(), Fault("NOT_ALLOWED"))
    if rule.shape and not rule.shape.fullmatch(text):
        return Fault("WRONG_SHAPE")
    return text


def _number(cell: Cell, code: str, negative: bool) -> int | Fault:
    if isinstance(cell, Decimal) and cell.is_finite() and cell == cell.to_integral_value():
        cell = int(cell)
    # A column of whole numbers with gaps often arrives as floats. An amount in floats is somebody's dollars.
    if isinstance(cell, float) and cell.is_integer() and code != "NOT_CENTS":
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        return Fault(code)
    if not (found := re.fullmatch(r"([+-]?)0*([0-9]+)", str(cell))):
        return Fault(code)
    if len(found[2]) > MOST_DIGITS:
        return Fault("TOO_LARGE")
    number = int(found[1] + found[2])
    return Fault("NEGATIVE") if number < 0 and not negative else number


def _flag(cell: Cell) -> bool | Fault:
    if isinstance(cell, bool):
        return cell
    return (
        FLAGS.get(str(cell).lower(), Fault("NOT_A_FLAG"))
        if isinstance(cell, str | int)
        else Fault("NOT_A_FLAG")
    )


def _date(cell: Cell) -> dt.date | Fault:
    if isinstance(cell, dt.datetime):
        # Whose midnight a zoned instant is near is not ours to decide.
        return cell.date() if cell.tzinfo is None and cell.time() == dt.time() else Fault("HAS_A_TIME")
    if isinstance(cell, dt.date):
        return cell if cell.year >= EARLIEST else Fault("NOT_A_DATE")
    if not isinstance(cell, str):
        return Fault("NOT_A_DATE")
    for form in DATE_FORMS:
        if found := form.fullmatch(cell):
            try:
                day = dt.date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return Fault("NOT_A_DATE")
            return day if day.year >= EARLIEST else Fault("NOT_A_DATE")
    return Fault("HAS_A_TIME" if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", cell) else "NOT_A_DATE")
