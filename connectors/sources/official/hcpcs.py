"""HCPCS level II (CMS, quarterly): codes and modifiers with the days they were added and ended.

Text of 320 characters a record (``HCPCyyyy_MMM_ANWEB.txt``), columns 1-based: code 1-5 (a modifier in 4-5), sequence
6-10, record id 11 (3 first line of a code, 4 goes on, 7 first line of a modifier, 8 goes on), coverage 230, added
269-276, action effective 277-284, termination 285-292 (the last day it may be used), action 293. The same as CSV or
spreadsheet has HCPC, RECID, COV, ADD DT, ACT EFF DT, TERM DT, ACTION CD. Rows that go on with a description (4, 8)
carry no dates and are no codes: that is the trap. Lists of changes and corrections have the same columns and are
refused. Descriptions are not kept. Layout: K; several public readers of the file cut it at the same columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pandas as pd

from connectors.sources.checks import Problem
from connectors.sources.official.common import (
    CHANGES,
    START,
    Loaded,
    Row,
    WrongFile,
    dated,
    day,
    days,
    decode,
    is_sheet,
    members,
    picked,
    plain,
    problem,
    recognised,
    rows,
    text,
    told,
    under_header,
    whole,
)

WHAT = "a HCPCS file"
LENGTH = 320
LAYOUT = {
    "code": (1, 5),
    "sequence": (6, 10),
    "record": (11, 11),
    "coverage": (230, 230),
    "added_on": (269, 276),
    "action_on": (277, 284),
    "terminated_on": (285, 292),
    "action": (293, 293),
}
COLUMNS = {
    "code": ("hcpc",),
    "sequence": ("seqnum",),
    "record": ("recid",),
    "coverage": ("cov",),
    "added_on": ("adddt",),
    "action_on": ("acteffdt",),
    "terminated_on": ("termdt",),
    "action": ("actioncd",),
}
NEEDED = ("code", "record", "added_on", "terminated_on")
RECORD = re.compile(r"([A-V]\d{4}|[ ]{0,3}[0-9A-Z]{2}[ ]{0,3})\s*\d{5}[3478]")
FIRST, GOES_ON = {"3": "code", "7": "modifier"}, {"4", "8"}
CODE, MODIFIER = re.compile(r"[A-V]\d{4}"), re.compile(r"[0-9A-Z]{2}")
NAME = re.compile(r"HCPC(20\d\d)[-_ ]?([A-Z]{3})?", re.IGNORECASE)
MONTHS = {"JAN": 1, "APR": 4, "JUL": 7, "OCT": 10}


def recognises(data: bytes, name: str) -> bool:
    """Whether a file (or one in its zip) has HCPCS records or their header."""
    return recognised(lambda content, inner: _table(content, inner) is not None, data, name)


def _table(data: bytes, name: str) -> Iterator[Row] | None:
    """Rows of cells in the order of LAYOUT; None where this is no HCPCS file."""
    if not is_sheet(data):
        lines = [line for line in data[:START].splitlines() if line.strip()]
        if lines and RECORD.match(lines[0].decode("latin-1")) and len(lines[0]) >= 276:
            return _records(decode(data, name))
    try:
        at, rest = under_header(rows(data, name), COLUMNS, NEEDED, name, WHAT)
    except WrongFile:
        return None
    return ((number, [picked(cells, at, column) for column in LAYOUT]) for number, cells in rest)


def _records(content: str) -> Iterator[Row]:
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip("\x1a "):
            whole = line.ljust(LENGTH)
            yield number, [whole[first - 1 : last].strip() for first, last in LAYOUT.values()]


def _edition(name: str) -> tuple[str, date | None]:
    found = NAME.search(name)
    if not found:
        return "", None
    month = MONTHS.get((found[2] or "JAN").upper())
    if month is None:
        return "", None
    return f"{found[1]} {(found[2] or 'JAN').upper()}", date(int(found[1]), month, 1)


def read(data: bytes, name: str) -> Loaded:
    """Columns code, record (code or modifier), coverage, added_on, action_on, terminated_on (last day), action."""
    whole(name)
    inside = [(i, content) for i, content in members(data, name) if not CHANGES.search(plain(i))]
    found = [(i, t) for i, content in inside if (t := _table(content, i)) is not None]
    # A zip of CMS holds text and spreadsheet; the first that is read is enough.
    if not found:
        raise WrongFile(name, 1, f"not {WHAT}")
    inner, table = found[0]
    good: dict[tuple[str, str], tuple[str, list[date | None], str]] = {}
    problems: list[Problem] = []
    last: str | None = None
    for number, cells in table:
        if not any(cells):
            continue
        row = dict(zip(LAYOUT, cells, strict=True))
        if row["record"] in GOES_ON:
            if row["code"] and row["code"] != last:
                problems.append(problem(number, "record id", "NO_START"))
            continue
        kind = FIRST.get(row["record"])
        last = row["code"]
        if kind is None:
            problems.append(problem(number, "record id", "NOT_AN_INDICATOR"))
        elif not (CODE if kind == "code" else MODIFIER).fullmatch(row["code"]):
            problems.append(problem(number, "HCPC", "NOT_A_CODE"))
        elif (row["code"], kind) in good:
            problems.append(problem(number, "HCPC", "DUPLICATE"))
        else:
            try:
                dates = [day(row[c]) for c in ("added_on", "action_on", "terminated_on")]
            except ValueError:
                problems.append(problem(number, "ADD DT, ACT EFF DT, TERM DT", "NOT_A_DATE"))
                continue
            good[row["code"], kind] = (row["coverage"], dates, row["action"])
    values = list(good.values())
    frame = pd.DataFrame(
        {
            "code": text([code for code, _ in good]),
            "record": text([kind for _, kind in good]),
            "coverage": text([coverage for coverage, _, _ in values]),
            "added_on": days([dates[0] for _, dates, _ in values]),
            "action_on": days([dates[1] for _, dates, _ in values]),
            "terminated_on": days([dates[2] for _, dates, _ in values]),
            "action": text([action for _, _, action in values]),
        }
    )
    edition, first = _edition(plain(inner))
    if first is None:
        edition, first = _edition(plain(name))
    first = first or dated(plain(name))
    label = edition or (first.isoformat() if first else "")
    return Loaded(frame, label, first, None, told(problems, len(frame), name, WHAT))
