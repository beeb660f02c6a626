"""Master data and encounters from files: CSV as people and spreadsheets write it, Parquet and JSON; deposits also as
BAI2 and NACHA. What a file is follows from its content, never from its name.

JSON is an array of objects, or one object a line. A list of texts in it is a list of items (diagnoses, modifiers).

A CSV is UTF-8 (with or without a byte order mark), its separator a comma, a semicolon or a tab, its lines ended
either way. Blank lines are nothing. Cells are text: leading zeros stay. A problem names the line as an editor
shows it, the column, and never the cell.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from connectors.sources import bai2, nacha
from connectors.sources.catalogue import KINDS
from connectors.sources.cells import MESSAGES, Cell
from connectors.sources.charges import CHARGES
from connectors.sources.checks import (
    Cells,
    Loaded,
    Problem,
    check,
    header_problems,
    kind_of,
    nothing,
)
from connectors.sources.columns import Kind

HEADER_ROW = 1
SEPARATORS = ",;\t"
MAGIC = {b"PAR1": "parquet", b"PK\x03\x04": "a spreadsheet or a zip", b"\x1f\x8b": "compressed"}


def read_table(kind: str, path: Path | str) -> Loaded:
    """The good rows of a file and the problems of the others.

    `kind` is one of ``catalogue.KINDS`` or ``charges`` (ValueError else). OSError where the file cannot be opened;
    whatever is in it comes back as problems: NOT_READABLE where nothing can be made of it.
    """
    return _read(_kind(kind), Path(path).read_bytes())


def read_any(path: Path | str, kinds: Sequence[str]) -> tuple[str | None, Loaded]:
    """A file of one of `kinds`, and which one it is by the names of its columns; None where by none."""
    data = Path(path).read_bytes()
    names = _names(data)
    found = _named_like(names, [_kind(kind) for kind in kinds])
    if found is not None:
        return found.name, _read(found, data)
    why = f"no layout has these columns; one of: {' '.join(kinds)}"
    return None, nothing(CHARGES, [Problem(HEADER_ROW, "", "NO_HEADER", why)])


def _kind(name: str) -> Kind:
    return CHARGES if name == CHARGES.name else kind_of(name)


def _read(wanted: Kind, data: bytes) -> Loaded:
    if wanted.name == "deposits":
        if bai2.recognises(data):
            return bai2.read(data)
        if nacha.recognises(data):
            return nacha.read(data)
    form = _form(data)
    readers = {"csv": _csv, "parquet": _parquet, "json": _json}
    if form in readers:
        return readers[form](wanted, data)
    return nothing(wanted, [_unreadable(HEADER_ROW, f"{form}: save it as CSV (UTF-8), JSON or Parquet")])


def _form(data: bytes) -> str:
    """What the bytes are."""
    magic = next((form for magic, form in MAGIC.items() if data.startswith(magic)), None)
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return magic or ("json" if start in (b"[", b"{") else "csv")


def _names(data: bytes) -> list[str]:
    """Names of the columns, as far as they can be made out without knowing the kind."""
    form = _form(data)
    text = data.decode("utf-8-sig", errors="replace")
    if form == "json":
        record = next((r for _, r in _objects(text) if isinstance(r, dict)), {})
        return [str(name).strip().lower() for name in record]
    if form == "parquet":
        try:
            schema = pa.parquet.read_schema(io.BytesIO(data))
        except (pa.ArrowException, OSError, ValueError):
            return []
        return [name.strip().lower() for name in schema.names]
    first = text.lstrip("\r\n").replace("\r", "\n").split("\n", 1)[0]
    known = {column.name for kind in (*KINDS.values(), CHARGES) for column in kind.columns}
    return [cell.strip(' "\r').lower() for cell in first.split(_separator(first, known))]


def _named_like(names: Sequence[str], kinds: Sequence[Kind]) -> Kind | None:
    """The kind whose columns these are: most of the names are its own, and fewest of what it requires is absent."""

    def likeness(kind: Kind) -> tuple[int, int]:
        known = {column.name for column in kind.columns}
        absent = [c for c in kind.columns if c.required and c.name not in names]
        return len(known & set(names)), -len(absent)

    best = max(kinds, key=likeness, default=None)
    return best if best and likeness(best)[0] * 2 > len([name for name in names if name]) else None


def _unreadable(row: int, why: str) -> Problem:
    return Problem(row, "", "NOT_READABLE", why)


def _csv(kind: Kind, data: bytes) -> Loaded:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return nothing(kind, [_unreadable(line, "not UTF-8 text: save it as CSV (UTF-8)")])
    found: list[Problem] = []
    records = _records(text, kind, found)
    line, header = next(records, (HEADER_ROW, []))
    names = [cell.strip().lower() for cell in header]
    while names and not names[-1]:
        names.pop()
    problems, usable = header_problems(kind, names, line)
    if not usable:
        return nothing(kind, problems + found)
    rows: list[int] = []
    cells: list[list[str]] = []
    for line, record in records:
        if any(cell.strip() for cell in record[len(names) :]):
            found.append(Problem(line, "", "TOO_MANY_CELLS", MESSAGES["TOO_MANY_CELLS"], len(rows)))
        # Spreadsheets leave out empty cells at the end of a line.
        cells.append([*record[: len(names)], *[""] * (len(names) - len(record))])
        rows.append(line)
    columns: list[tuple[Cell, ...]] = list(zip(*cells, strict=True)) if cells else [()] * len(names)
    return check(kind, Cells(dict(zip(names, columns, strict=True)), rows), problems + found)


def _records(text: str, kind: Kind, found: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Records with the line they begin on; blank ones are left out, broken ones are problems."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = _separator(first, {column.name for column in kind.columns})
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            found.append(_unreadable(line, "broken quoting, or a cell beyond all measure"))
            continue
        if any(cell.strip() for cell in record):
            yield line, record


def _separator(header: str, known: set[str]) -> str:
    """The separator that makes most names of the header known ones."""
    return max(SEPARATORS, key=lambda s: len({c.strip(' "\r').lower() for c in header.split(s)} & known))


def _json(kind: Kind, data: bytes) -> Loaded:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return nothing(kind, [_unreadable(line, "not UTF-8 text")])
    found: list[Problem] = []
    rows: list[int] = []
    records: list[dict[str, Any]] = []
    for line, record in _objects(text):
        if not isinstance(record, dict):
            found.append(_unreadable(line, "not an object, or not JSON"))
            continue
        records.append({str(name).strip().lower(): _item(value) for name, value in record.items()})
        rows.append(line)
    names = list(dict.fromkeys(name for record in records for name in record))
    problems, usable = header_problems(kind, names, rows[0] if rows else HEADER_ROW)
    if not usable:
        return nothing(kind, problems + found)
    columns: dict[str, list[Cell]] = {name: [record.get(name) for record in records] for name in names}
    # What is said of a column is said of the file, not of the record on its first line.
    told = [Problem(0, p.column, p.code, p.message) for p in problems]
    return check(kind, Cells(columns, rows), told + found)


def _item(value: Any) -> Cell:
    """A list of texts as a list of items; what is nested deeper stays what it is, and is no text."""
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return " ".join(str(item) for item in value)
    return value


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    """Values with the line they begin on; None, and nothing after it, where the text cannot be read."""
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    at, line, within = 0, 1, text.lstrip().startswith("[")
    blank = " \t\r\n," + ("[" if within else "")
    while True:
        start = at
        while at < len(text) and text[at] in blank:
            # Only the first bracket opens the array.
            blank = blank.replace("[", "") if text[at] == "[" else blank
            at += 1
        line += text.count("\n", start, at)
        if at >= len(text) or (within and text[at] == "]"):
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            yield line, None
            return
        yield line, value
        line += text.count("\n", at, end)
        at = end


def _parquet(kind: Kind, data: bytes) -> Loaded:
    try:
        table = pa.parquet.read_table(io.BytesIO(data))
        names = [name.strip().lower() for name in table.column_names]
        problems, usable = header_problems(kind, names, HEADER_ROW)
        if not usable:
            return nothing(kind, problems)
        columns = {name: _values(column) for name, column in zip(names, table.columns, strict=True)}
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError):
        return nothing(kind, [_unreadable(HEADER_ROW, "not a readable Parquet file")])
    return check(kind, Cells(columns, range(2, table.num_rows + 2)), problems)


def _values(column: pa.ChunkedArray) -> list[Cell]:
    """Cells as Python values; NaN is how floats say blank."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values = column.to_pylist()
    return [None if value != value else value for value in values]
