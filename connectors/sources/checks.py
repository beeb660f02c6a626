"""Cells of a file or a query against the columns of their kind: good rows, and problems with their position."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from configs.identity import digests
from connectors.sources.catalogue import KINDS
from connectors.sources.cells import MESSAGES, Cell, Fault, parser
from connectors.sources.columns import (
    BLANK_KEYS,
    MAY_BE_NEGATIVE,
    NEEDED_WHEN,
    SPANS,
    Column,
    Kind,
    asked_for,
    rule,
)

ARROW = {
    "text": pa.string(),
    "number": pa.int64(),
    "cents": pa.int64(),
    "flag": pa.bool_(),
    "date": pa.date32(),
}
PANDAS = {
    pa.string(): pd.StringDtype(na_value=np.nan),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


@dataclass(frozen=True)
class Problem:
    """`row` is the line in the file (its header the first) or the row of a query (0 is its header).

    `index` is the row it keeps out, counted from 0, where it is about a row that was read: several may share a line.
    """

    row: int
    column: str
    code: str
    message: str
    index: int | None = None


@dataclass(frozen=True)
class Loaded:
    """Rows that may go into the ledger, and what kept the others out.

    `rows` has the kind's columns with the ledger's dtypes; `problems` has row, column, code and message.
    """

    rows: pd.DataFrame
    problems: pd.DataFrame


@dataclass(frozen=True)
class Cells:
    """A table before its cells are understood: columns by name, and the row number of each row."""

    columns: Mapping[str, Sequence[Cell]]
    rows: Sequence[int]


def problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Problems in the order of their rows."""
    ordered = sorted(problems, key=lambda problem: problem.row)
    text = pd.StringDtype(na_value=np.nan)
    return pd.DataFrame(
        {
            "row": pd.array([p.row for p in ordered], dtype="Int64"),
            "column": pd.array([p.column for p in ordered], dtype=text),
            "code": pd.array([p.code for p in ordered], dtype=text),
            "message": pd.array([p.message for p in ordered], dtype=text),
        }
    )


def nothing(kind: Kind, problems: Iterable[Problem]) -> Loaded:
    """No rows at all, because of the problems."""
    none: dict[str, list[Any]] = {column.name: [] for column in kind.columns}
    return Loaded(_frame(kind, none, []), problem_frame(problems))


def header_problems(
    kind: Kind, names: Sequence[str], row: int, *, extra: Iterable[str] = ()
) -> tuple[list[Problem], bool]:
    """What is wrong with the columns as a whole, and whether the rows can be used in spite of it.

    A column nobody asked for is left out and mentioned. A column that looks like a slip of the pen for one that
    is absent keeps all rows out: read as absent, it would change what the rows mean. So does a column that says it
    is clinical notes (`is_notes`): the export is to be made without it.
    """
    known = [column.name for column in kind.columns]
    if not set(names) & set(known):
        message = f"no column of {kind.name} is named: is the header missing?"
        return [Problem(row, "", "NO_HEADER", message)], False
    absent = [name for name in known if name not in names]
    required = [n for n in absent if kind.column(n).required and (kind.name, n) not in BLANK_KEYS]
    found = [Problem(row, name, "MISSING_COLUMN", "a required column is not there") for name in required]
    usable = not required
    for position, name in enumerate(names):
        shown = name if name in known or SAFE_NAME.fullmatch(name) else f"column {position + 1}"
        like = difflib.get_close_matches(name, absent, n=1, cutoff=0.8)
        if name in names[:position]:
            found.append(Problem(row, shown, "DUPLICATE_COLUMN", "named twice in the header"))
            usable = False
        elif not name or name in known or name in extra:
            continue
        elif is_notes(name):
            message = "clinical notes are never taken in, and nothing beside them: export without this column"
            found.append(Problem(row, shown, "REFUSED_COLUMN", message))
            usable = False
        elif like:
            message = f"no such column: name it {like[0]} if that is meant, else remove it"
            found.append(Problem(row, shown, "MISSPELT_COLUMN", message))
            usable = False
        else:
            found.append(Problem(row, shown, "UNKNOWN_COLUMN", f"not a column of {kind.name}; left out"))
    return found, usable


# Psychotherapy notes and substance-use counselling notes are a class of their own in law, and free text of any kind
# leaks (never_log.tsv): a billing system that never has them cannot lose them.
NOTES = frozenset({"narrative", "narratives", "freetext", "transcript", "transcripts", "soap", "dap", "birp"})
NOTES |= {"subjective", "mse", "dictation"}
PHRASES = (
    "free_text",
    "clinical_text",
    "session_summary",
    "mental_status",
    "psychotherapy_text",
    "interim_history",
)
# note_signed_on and note_id are about a note, and are none.
ABOUT = frozenset({"id", "on", "at", "by", "date", "day", "time", "signed", "status", "type", "count"})
ABOUT |= {"author", "version", "flag"}
WORD = re.compile(r"[a-z]+")


def is_notes(name: str) -> bool:
    """Whether a column's name says that it holds clinical notes.

    >>> [is_notes(name) for name in ("progress_note", "psychotherapyNotes", "note_signed_on", "minutes")]
    [True, True, False, False]
    """
    words = WORD.findall(name.lower())
    if not words or words[-1] in ABOUT:
        return False
    named = any(word in NOTES or word.endswith(("note", "notes")) for word in words)
    return named or any(phrase in "_".join(words) for phrase in PHRASES)


# Without a header the first line is data: only what cannot be a name of a person is repeated.
SAFE_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def check(kind: Kind, cells: Cells, problems: Iterable[Problem] = ()) -> Loaded:
    """Every cell by its column's type and rules, then each row as a whole, then keys across rows."""
    size = len(cells.rows)
    found: list[Problem] = list(problems)
    values = {column.name: _column(kind, column, cells, size, found) for column in kind.columns}
    _whole_rows(kind, cells.rows, values, found)
    bad = {problem.index for problem in found}
    good = [i for i in range(size) if i not in bad]
    good = _last_of_each_key(kind, cells.rows, values, good, found)
    return Loaded(_frame(kind, values, good), problem_frame(found))


def _column(kind: Kind, column: Column, cells: Cells, size: int, found: list[Problem]) -> list[Any]:
    place = (kind.name, column.name)
    if column.name not in cells.columns:
        return ["" if place in BLANK_KEYS else None] * size
    parse = parser(column.type, rule=rule(*place), negative=place in MAY_BE_NEGATIVE)
    blank = "" if place in BLANK_KEYS else Fault("MISSING") if column.required else None

    @cache  # most columns repeat themselves
    def understood(_: type, cell: Cell) -> Any:
        value = parse(cell)
        return blank if value is None else value

    values = []
    for position, cell in enumerate(cells.columns[column.name]):
        # The type is part of the cache's key: to Python 1, 1.0 and True are the same.
        value = understood(cell.__class__, cell if isinstance(cell, Hashable) else cell.__class__)
        if isinstance(value, Fault):
            found.append(_problem(kind, cells.rows, position, column.name, value.code))
            value = None
        values.append(value)
    return values


def _problem(kind: Kind, rows: Sequence[int], index: int, column: str, code: str) -> Problem:
    asked = asked_for(kind.name, column) if code in ("NOT_ALLOWED", "WRONG_SHAPE", "TOO_MANY") else []
    return Problem(rows[index], column, code, "; ".join([MESSAGES[code], *asked]), index)


def _whole_rows(kind: Kind, rows: Sequence[int], values: dict[str, list[Any]], found: list[Problem]) -> None:
    for first, last in SPANS:
        if first in values and last in values:
            for i, (start, end) in enumerate(zip(values[first], values[last], strict=True)):
                if start and end and end < start:
                    found.append(_problem(kind, rows, i, last, "WRONG_ORDER"))
    for (name, column), (other, needing) in NEEDED_WHEN.items():
        if name == kind.name:
            for i, (value, reason) in enumerate(zip(values[column], values[other], strict=True)):
                if value is None and reason in needing:
                    message = f"a value is required with this {other}"
                    found.append(Problem(rows[i], column, "MISSING", message, i))


def _last_of_each_key(
    kind: Kind, rows: Sequence[int], values: dict[str, list[Any]], good: list[int], found: list[Problem]
) -> list[int]:
    last: dict[tuple[Any, ...], int] = {}
    for i in good:
        identity = tuple(values[name][i] for name in kind.key)
        if identity in last:
            found.append(_problem(kind, rows, last[identity], kind.key[0], "DUPLICATE_KEY"))
        last[identity] = i
    return sorted(last.values())


def _frame(kind: Kind, values: Mapping[str, Sequence[Any]], good: Sequence[int]) -> pd.DataFrame:
    arrays = []
    for column in kind.columns:
        picked = values[column.name]
        array = pa.array([picked[i] for i in good], ARROW[column.type])
        arrays.append(array.cast(pa.timestamp("s")) if column.type == "date" else array)
    frame: pd.DataFrame = pa.table(arrays, [c.name for c in kind.columns]).to_pandas(types_mapper=PANDAS.get)
    if kind.name == "deposits":  # a fact: its identity is its content
        content = zip(*(frame[column.name] for column in kind.columns), strict=True)
        ids = pd.Series(digests("deposits", content), index=frame.index, dtype="str")
        frame.insert(0, "deposit_row_id", ids)
    return frame


def kind_of(name: str) -> Kind:
    """The kind of that name; ValueError lists the kinds there are."""
    if name not in KINDS:
        raise ValueError(f"no such kind; one of: {' '.join(KINDS)}")
    return KINDS[name]
