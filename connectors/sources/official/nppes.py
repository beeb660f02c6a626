"""NPPES (CMS): what an NPI is registered as.

The monthly file has nine million rows of 330 quoted columns, so it is read as a stream and only the rows of our own
NPIs are taken apart. Dates are MM/DD/YYYY. A row has fifteen taxonomies with a switch each, Y for the primary one.
Entity type is 1 for a person, 2 for an organisation; a deactivated NPI has neither until it is reactivated. The list of
deactivated NPIs is a spreadsheet of its own. Layout: K.

An NPI we asked the full monthly file for and that is not in it comes out with ``found`` false: nobody has it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from datetime import date
from typing import IO, Any

import pandas as pd

from connectors.sources.checks import Problem, problem_frame
from connectors.sources.official.common import (
    Loaded,
    WrongFile,
    dated,
    day,
    days,
    is_sheet,
    members,
    picked,
    plain,
    problem,
    rows,
    squeezed,
    text,
    told,
    under_header,
)

WHAT = "an NPPES file"
NPI = "NPI"
ENTITY = "Entity Type Code"
DEACTIVATED, REACTIVATED = "NPI Deactivation Date", "NPI Reactivation Date"
TAXONOMIES = [f"Healthcare Provider Taxonomy Code_{n}" for n in range(1, 16)]
SWITCHES = [f"Healthcare Provider Primary Taxonomy Switch_{n}" for n in range(1, 16)]
NEEDED = (NPI, ENTITY, DEACTIVATED, REACTIVATED, *TAXONOMIES, *SWITCHES)
REPORT = {"npi": ("npi",), "deactivated_on": ("nppesdeactivationdate", "npideactivationdate")}
FILE = re.compile(r"npidata_pfile_(\d{8})-(\d{8})(?!.*fileheader)", re.IGNORECASE)
BEGINNING_OF_NPPES = "20050523"  # a file from this day on is the full one, any other a week's changes
TEXT_AT_ONCE = 1 << 20


def recognises(data: bytes, name: str) -> bool:
    """Whether the beginning of a file is that of an NPPES file or of the report of deactivated NPIs."""
    if data.startswith(b"PK\x03\x04") and not is_sheet(data):
        return bool(FILE.search(name)) or "nppes" in name.lower()
    if is_sheet(data):
        return _is_report(data, name)
    first = squeezed(data[:2048].split(b"\n", 1)[0].decode("latin-1"))
    return first.lstrip("ï»¿").startswith(('"npi","entitytypecode"', "npi,entitytypecode"))


def _is_report(data: bytes, name: str) -> bool:
    try:
        under_header(rows(data, name), REPORT, REPORT, name, WHAT)
    except WrongFile:
        return False
    return True


def read(data: bytes | IO[bytes], name: str, npis: Collection[str] = ()) -> Loaded:
    """Columns npi, found, entity_type, primary_taxonomy, taxonomies (blanks between), deactivated_on, reactivated_on.

    Only rows of `npis`. `data` may be an open file: the full one does not fit into memory.
    """
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    start = stream.read(4096)
    stream.seek(0)
    if is_sheet(start):
        return _deactivated(stream.read(), name, set(npis))
    if not start.startswith(b"PK"):
        members(start, name)  # a web page, a PDF, nothing at all
        return _records(stream, name, name, set(npis))
    try:
        with zipfile.ZipFile(stream) as archive:
            inner = next((i for i in archive.infolist() if FILE.search(plain(i.filename))), None)
            if inner is None:
                return _report_in(archive, name, set(npis))
            with archive.open(inner) as member:
                return _records(io.BufferedReader(member, TEXT_AT_ONCE), inner.filename, name, set(npis))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise WrongFile(name, 1, "a damaged or locked zip: fetch it again") from None


def _report_in(archive: zipfile.ZipFile, name: str, npis: set[str]) -> Loaded:
    sheet = next((i for i in archive.infolist() if i.filename.lower().endswith(".xlsx")), None)
    if sheet is None:
        raise WrongFile(name, 1, f"not {WHAT}: no npidata_pfile in the zip")
    return _deactivated(archive.read(sheet), plain(sheet.filename), npis)


def _wanted(stream: Any, npis: set[str]) -> Iterator[tuple[int, str]]:
    """(line, record) of each record of one of the NPIs; a value may run over the end of a line."""
    wanted = {npi.encode() for npi in npis}
    lines = enumerate(stream, start=2)
    for number, line in lines:
        key = line[1:11] if line[:1] == b'"' else line[:10]
        if key not in wanted:
            continue
        while line.count(b'"') % 2:
            more = next(lines, None)
            if more is None:
                break
            line += more[1]
        yield number, line.decode("utf-8", "replace")


def _header(line: bytes, name: str) -> dict[str, int]:
    cells = next(csv.reader([line.decode("utf-8-sig", "replace")]), [])
    at = {squeezed(cell): index for index, cell in enumerate(cells)}
    missing = [column for column in NEEDED if squeezed(column) not in at]
    if missing:
        raise WrongFile(name, 1, f"not {WHAT}: no column {missing[0]}")
    return {column: at[squeezed(column)] for column in NEEDED}


def _records(stream: Any, inner: str, name: str, npis: set[str]) -> Loaded:
    at = _header(stream.readline(), name)
    good: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for number, line in _wanted(stream, npis):
        cells = next(csv.reader(io.StringIO(line)), [])
        if len(cells) <= max(at.values()):
            problems.append(problem(number, NPI, "SHORT_ROW"))
            continue
        try:
            dates = [day(picked(cells, at, column)) for column in (DEACTIVATED, REACTIVATED)]
        except ValueError:
            problems.append(problem(number, f"{DEACTIVATED}, {REACTIVATED}", "NOT_A_DATE"))
            continue
        if picked(cells, at, NPI) in good:
            problems.append(problem(number, NPI, "DUPLICATE"))
            continue
        good[picked(cells, at, NPI)] = _record(cells, at, dates)
    span = FILE.search(plain(inner)) or FILE.search(plain(name))
    if span and span[1] == BEGINNING_OF_NPPES:
        bad = {problem_.row for problem_ in problems}
        good |= {npi: _absent() for npi in sorted(npis - good.keys()) if not bad}
    first = day(span[2]) if span else None
    series = "full" if span and span[1] == BEGINNING_OF_NPPES else "changes"
    edition = first.isoformat() if first else ""
    return Loaded(_frame(good), edition, first, None, problem_frame(problems), series)


def _record(cells: list[str], at: dict[str, int], dates: list[date | None]) -> dict[str, Any]:
    pairs = [
        (picked(cells, at, code), picked(cells, at, switch))
        for code, switch in zip(TAXONOMIES, SWITCHES, strict=True)
    ]
    codes = [code for code, _ in pairs if code]
    return {
        "found": True,
        "entity_type": picked(cells, at, ENTITY),
        "primary_taxonomy": next((code for code, switch in pairs if code and switch == "Y"), ""),
        "taxonomies": " ".join(dict.fromkeys(codes)),
        "deactivated_on": dates[0],
        "reactivated_on": dates[1],
    }


def _absent() -> dict[str, Any]:
    nothing = dict.fromkeys(("entity_type", "primary_taxonomy", "taxonomies"), "")
    return {"found": False, **nothing, "deactivated_on": None, "reactivated_on": None}


def _frame(good: dict[str, dict[str, Any]]) -> pd.DataFrame:
    found = list(good.values())
    return pd.DataFrame(
        {
            "npi": text(list(good)),
            "found": pd.Series([row["found"] for row in found], dtype="bool"),
            **{c: text([row[c] for row in found]) for c in ("entity_type", "primary_taxonomy", "taxonomies")},
            **{c: days([row[c] for row in found]) for c in ("deactivated_on", "reactivated_on")},
        }
    )


def _deactivated(data: bytes, name: str, npis: set[str]) -> Loaded:
    at, rest = under_header(rows(data, name), REPORT, REPORT, name, WHAT)
    good: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    seen = 0
    for number, cells in rest:
        npi = picked(cells, at, "npi")
        if not any(cells):
            continue
        if not re.fullmatch(r"\d{10}", npi):
            problems.append(problem(number, NPI, "NOT_AN_NPI"))
            continue
        try:
            when = day(picked(cells, at, "deactivated_on"))
        except ValueError:
            problems.append(problem(number, DEACTIVATED, "NOT_A_DATE"))
            continue
        seen += 1
        if npi in npis:
            good[npi] = {**_absent(), "found": True, "deactivated_on": when}
    first = dated(plain(name))
    edition = first.isoformat() if first else ""
    return Loaded(_frame(good), edition, first, None, told(problems, seen, name, WHAT), "deactivated")
