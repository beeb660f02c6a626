"""What the readers of official files share: containers, rows with their line, headers found by text, dates.

The publishers wrap the same rows in zips, spreadsheets and texts, put copyright notices before the header, and serve a
licence page where the file should be. All of that is undone here; a module only knows its own columns.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import pandas as pd

from connectors.sources.checks import Problem, problem_frame

Row = tuple[int, list[str]]  # line in the file (or row of the sheet), cells as text
LARGEST = 4 << 30  # bytes out of one zip; the largest of these files (NPPES) is streamed and not read here
DEPTH = 2  # CMS zips a zip now and then
START = 1 << 16  # enough of a file to tell what it is
CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")  # HCPCS level I and II: five characters

MESSAGES = {
    "SHORT_ROW": "the row ends before its last field: kept out",
    "NOT_A_CODE": "not a code of this file: kept out",
    "NOT_A_DATE": "a date that cannot be read: kept out",
    "NOT_A_FLAG": "neither 0 nor 1: kept out",
    "NOT_AN_INDICATOR": "an indicator that the layout does not know: kept out",
    "NOT_A_NUMBER": "not a whole number: kept out",
    "DUPLICATE": "the same row stands further up: kept out",
    "NO_START": "continues a record that does not begin above it: kept out",
    "NOT_AN_NPI": "not ten digits: kept out",
}


class WrongFile(Exception):
    """The file is not what it should be; the message names the file, the line and the reason, and no content."""

    def __init__(self, name: str, row: int, why: str) -> None:
        super().__init__(f"{plain(name)}: line {row}: {why}")


# Beside the whole tables the publishers give what changed since the last one; loaded in its place it would end
# everything that did not change.
CHANGES = re.compile(
    r"addition|deletion|revision|transaction|transreport|correct|[-_ ]changes", re.IGNORECASE
)


def whole(name: str) -> None:
    """Raises WrongFile where the name says that the file has only what changed."""
    if CHANGES.search(plain(name).replace("correct_coding", "").replace("correct-coding", "")):
        raise WrongFile(name, 1, "what changed in a quarter, not the whole table: fetch that one")


@dataclass(frozen=True)
class Loaded:
    """Rows of an official file; `frame` has the columns of its reader.

    `edition` and `effective_from` are blank and None where neither name nor content tells them. `series` names the
    set where a publisher has several under one name (practitioner, outpatient …). `problems` has row, column, code and
    message: rows that were kept out.
    """

    frame: pd.DataFrame
    edition: str
    effective_from: date | None
    effective_to: date | None
    problems: pd.DataFrame
    series: str = ""


def plain(name: str) -> str:
    """A file's name without its folders."""
    return PurePath(name.replace("\\", "/")).name


def problem(line: int, column: str, code: str) -> Problem:
    """A problem in the words of these readers."""
    return Problem(line, column, code, MESSAGES[code])


def told(problems: Sequence[Problem], good: int, name: str, what: str) -> pd.DataFrame:
    """The problems as a frame. Raises WrongFile where nothing is good, or more rows are bad than good."""
    if not good or len(problems) > good:
        raise WrongFile(name, problems[0].row if problems else 1, f"not {what}: its rows have another layout")
    return problem_frame(problems)


def is_sheet(data: bytes) -> bool:
    """Whether the bytes are a spreadsheet (which is a zip too)."""
    return data.startswith(b"PK\x03\x04") and (b"[Content_Types].xml" in data[:4096] or b"xl/" in data[:4096])


def members(data: bytes, name: str, depth: int = DEPTH) -> list[tuple[str, bytes]]:
    """The files in a file: itself, or what its zip holds.

    Raises WrongFile for a web page, a PDF, an old spreadsheet, a damaged or an empty zip.
    """
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        why = "a saved web page: accept the licence in the browser and save the file behind it"
        raise WrongFile(name, 1, why)
    if start.startswith(b"%pdf"):
        raise WrongFile(name, 1, "a PDF: the file of rows is beside it on the publisher's page")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise WrongFile(name, 1, "a spreadsheet in the old format: save it as .xlsx or .csv")
    if not data.strip():
        raise WrongFile(name, 1, "an empty file")
    if is_sheet(data) or not data.startswith(b"PK"):
        return [(name, data)]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [
                i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX")
            ]
            if sum(i.file_size for i in infos) > LARGEST:
                raise WrongFile(name, 1, "a zip of more than 4 GB")
            parts = [(i.filename, archive.read(i)) for i in infos]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise WrongFile(name, 1, "a damaged or locked zip: fetch it again") from None
    if not parts:
        raise WrongFile(name, 1, "an empty zip")
    nested: list[tuple[str, bytes]] = []
    for inner, content in parts:
        packed = content.startswith(b"PK") and not is_sheet(content) and depth > 0
        nested += members(content, inner, depth - 1) if packed else [(inner, content)]
    return nested


def decode(data: bytes, name: str) -> str:
    """Text of a file: UTF-8 with or without mark, else the Windows code page of the older ones."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise WrongFile(name, line, "bytes that are no text")


def _sheet(data: bytes, name: str) -> Iterator[Row]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some publishers write a wrong size
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [_text(cell) for cell in cells]
    except WrongFile:
        raise
    except Exception:  # openpyxl raises whatever the XML inside it raises
        raise WrongFile(name, 1, "a damaged spreadsheet: fetch it again") from None


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y%m%d")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def rows(data: bytes, name: str) -> Iterator[Row]:
    """Rows of a spreadsheet or of a text (tabs where its beginning has any, else commas), each with its line."""
    if is_sheet(data):
        yield from _sheet(data, name)
        return
    text = decode(data, name)
    separator = "\t" if "\t" in text[:START] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error:
        raise WrongFile(name, line, "a row that cannot be taken apart") from None


def squeezed(text: str) -> str:
    """Text for comparing headers: lower case, no blanks, no line breaks."""
    return re.sub(r"\s+", "", text).lower()


def under_header(
    table: Iterable[Row], names: Mapping[str, Sequence[str]], needed: Iterable[str], name: str, what: str
) -> tuple[dict[str, int], Iterator[Row]]:
    """Where each column stands, and the rows below the header.

    `names` gives the beginnings (squeezed) that a column's header may have. The header is the first row that has all
    the `needed` ones; notices before it are passed over. Raises WrongFile where there is none.
    """
    wanted = list(needed)
    rest = iter(table)
    line = 1
    for line, cells in rest:
        headers = [squeezed(cell) for cell in cells]
        at: dict[str, int] = {}
        for column, starts in names.items():
            for index, header in enumerate(headers):
                if index not in at.values() and any(header.startswith(start) for start in starts):
                    at[column] = index
                    break
        if all(column in at for column in wanted):
            return at, rest
        if line > 200:
            break
    raise WrongFile(name, line, f"not {what}: no header with its columns")


def recognised(test: Callable[[bytes, str], bool], data: bytes, name: str) -> bool:
    """Whether a file, or one in its zip, passes a test of its bytes and name."""
    try:
        return any(test(content, inner) for inner, content in members(data, name))
    except WrongFile:
        return False


@dataclass(frozen=True)
class Table:
    """A file whose rows stand below a header: what it is, how its headers begin, and the columns it must have."""

    what: str
    columns: Mapping[str, Sequence[str]]
    needed: Sequence[str]

    def known(self, data: bytes, name: str) -> bool:
        """Whether the header is there."""
        try:
            under_header(rows(data, name), self.columns, self.needed, name, self.what)
        except WrongFile:
            return False
        return True

    def found(self, data: bytes, name: str) -> tuple[str, dict[str, int], Iterator[Row]]:
        """The name of the file (or of the first one in its zip) that has it, its columns, and its rows."""
        for inner, content in members(data, name):
            try:
                return inner, *under_header(rows(content, inner), self.columns, self.needed, inner, self.what)
            except WrongFile:
                continue
        raise WrongFile(name, 1, f"not {self.what}")


def picked(cells: Sequence[str], at: Mapping[str, int], column: str) -> str:
    """One cell of a row; blank where the row or the file does not have it."""
    index = at.get(column, -1)
    return cells[index].strip() if 0 <= index < len(cells) else ""


_FORMS = ("%Y%m%d", "%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y", "%B %d, %Y", "%b %d, %Y")


@lru_cache(maxsize=8192)
def day(text: str) -> date | None:
    """A date in one of the publishers' forms; None for blank, ``*`` and zeros. Raises ValueError for anything else."""
    text = text.strip().strip("()").removeprefix("Effective ").strip()
    if not text.strip("*0/-"):
        return None
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ValueError("not a date")


def days(values: Sequence[date | None]) -> pd.Series:
    """A column of dates; what no timestamp can hold (year 9999 for open) is left open."""
    kept = [value if value is not None and value.year < 2262 else None for value in values]
    return pd.Series(pd.to_datetime(pd.Series(kept, dtype=object)).astype("datetime64[s]"))


def text(values: Sequence[str | None]) -> pd.Series:
    """A column of text; blank is null."""
    return pd.Series([value or None for value in values], dtype="str")


_QUARTER = re.compile(r"(20\d\d)[-_ ]?q([1-4])|q([1-4])[-_ ]?(20\d\d)", re.IGNORECASE)
_DATED = re.compile(r"(?<!\d)(\d{1,2})[-_](\d{1,2})[-_](20\d\d)(?!\d)|(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")


def dated(name: str) -> date | None:
    """The day or the first day of the quarter that a published name carries."""
    if found := _DATED.search(name):
        month, day_, year = (found[1], found[2], found[3]) if found[3] else (found[5], found[6], found[4])
        try:
            return date(int(year), int(month), int(day_))
        except ValueError:
            return None
    if found := _QUARTER.search(name):
        year, quarter = (found[1], found[2]) if found[1] else (found[4], found[3])
        return date(int(year), 3 * int(quarter) - 2, 1)
    return None


def service_of(*texts: str) -> str | None:
    """Which set names and headings speak of: practitioner, outpatient, dme, or Medicaid's own of these.

    The first text that names a set is right (a file's name goes before its notice); Medicaid may stand in any.
    """
    lows = [squeezed(text) for text in texts]
    sets = {
        "practitioner": ("ccipra", "practitioner", "pract"),
        "outpatient": ("ccioph", "outpatient", "hospital", "oph"),
        "dme": ("dme", "supplier"),
    }
    found = next(
        (name for low in lows for name, marks in sets.items() if any(mark in low for mark in marks)), None
    )
    medicaid = any(word in low for low in lows for word in ("medicaid", "mcd"))
    return f"medicaid_{found}" if found and medicaid else found
