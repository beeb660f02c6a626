"""Master data and encounters from files: CSV as people and spreadsheets write it, and Parquet; deposits also as BAI2
and NACHA. What a file is follows from its content, never from its name.

A CSV is UTF-8 (with or without a byte order mark), its separator a comma, a semicolon or a tab, its lines ended
either way. Blank lines are nothing. Cells are text: leading zeros stay. A problem names the line as an editor
shows it, the column, and never the cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from connectors.sources import bai2, nacha
from connectors.sources.cells import MESSAGES, Cell
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

    `kind` is one of ``catalogue.KINDS`` (ValueError else). OSError where the file cannot be opened; whatever is
    in it comes back as problems: NOT_READABLE where nothing can be made of it.
    """
    wanted = kind_of(kind)
    data = Path(path).read_bytes()
    if wanted.name == "deposits":
        if bai2.recognises(data):
            return bai2.read(data)
        if nacha.recognises(data):
            return nacha.read(data)
    form = next((form for magic, form in MAGIC.items() if data.startswith(magic)), "csv")
    if form == "csv":
        return _csv(wanted, data)
    if form == "parquet":
        return _parquet(wanted, data)
    return nothing(wanted, [_unreadable(HEADER_ROW, f"{form}: save it as CSV (UTF-8) or Parquet")])


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
            found.append(Problem(line, "", "TOO_MANY_CELLS", MESSAGES["TOO_MANY_CELLS"]))
        # Spreadsheets leave out empty cells at the end of a line.
        cells.append([*record[: len(names)], *[""] * (len(names) - len(record))])
        rows.append(line)
    columns: list[tuple[Cell, ...]] = list(zip(*cells, strict=True)) if cells else [()] * len(names)
    return check(kind, Cells(dict(zip(names, columns, strict=True)), rows), problems + found)


def _records(text: str, kind: Kind, found: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Records with the line they begin on; blank ones are left out, broken ones are problems."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    known = {column.name for column in kind.columns}
    separator = max(SEPARATORS, key=lambda s: len({c.strip(' "\r').lower() for c in first.split(s)} & known))
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
