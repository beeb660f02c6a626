"""Worklists as files that spreadsheets open: CSV, XLSX and Parquet, with formula injection neutralised.

A spreadsheet runs a cell that starts with ``=``, ``+``, ``-``, ``@`` (or their full-width forms), a tab or a carriage
return. Text that starts so gets an apostrophe in front; numbers and dates are written as numbers and dates, so they
keep their sign. Control characters, which a workbook cannot hold, are left out of it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NARROW, WIDE = 8, 60  # characters


def neutral(value: object) -> object:
    """`value`, harmless in a cell."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def dollars(cents: int) -> str:
    """Cents as text: 1234 is ``12.34``; exact, without a float."""
    sign, rest = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


def export(rows: pd.DataFrame, path: Path, kind: str | None = None) -> Path:
    """Write `rows` to `path` as `kind` (csv, xlsx, parquet), else as its suffix says. Raises ValueError for others."""
    writers = {"csv": _csv, "xlsx": _xlsx, "parquet": _parquet}
    chosen = kind or path.suffix.lower().removeprefix(".")
    if chosen not in writers:
        raise ValueError("export to a file that ends in .csv, .xlsx or .parquet, or say --format")
    path.parent.mkdir(parents=True, exist_ok=True)
    writers[chosen](rows, path)
    path.chmod(0o600)
    return path


def _csv(rows: pd.DataFrame, path: Path) -> None:
    safe = rows.astype(object).map(neutral)
    for column in safe.columns:
        safe[column] = [v.date() if isinstance(v, pd.Timestamp) else v for v in safe[column]]
    safe.to_csv(path, index=False)


def _xlsx(rows: pd.DataFrame, path: Path) -> None:
    """One sheet with typed columns, a frozen header and filters; amounts in dollars with a number format."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "worklist"
    sheet.append([column.removesuffix("_cents") for column in rows.columns])
    for values in rows.astype(object).itertuples(index=False, name=None):
        sheet.append([_cell(column, value) for column, value in zip(rows.columns, values, strict=True)])
    for number, column in enumerate(rows.columns, start=1):
        letter = get_column_letter(number)
        sheet[f"{letter}1"].font = Font(bold=True)
        longest = max((len(str(cell.value)) for cell in sheet[letter] if cell.value is not None), default=0)
        sheet.column_dimensions[letter].width = max(NARROW, min(WIDE, longest + 3))
        if column.endswith("_cents"):
            for cell in sheet[letter][1:]:
                cell.number_format = "#,##0.00"
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    book.save(path)


def _cell(column: str, value: object) -> object:
    """A typed, harmless cell: dollars as a decimal number, dates as dates, text as text."""
    from decimal import Decimal

    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if column.endswith("_cents"):
        return Decimal(int(value)) / 100  # type: ignore[call-overload]
    if isinstance(value, pd.Timestamp | dt.datetime):
        return value.date()
    return ILLEGAL_CHARACTERS_RE.sub("", str(neutral(value))) if isinstance(value, str) else value


def _parquet(rows: pd.DataFrame, path: Path) -> None:
    rows.to_parquet(path, index=False)
