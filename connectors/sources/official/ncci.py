"""NCCI procedure-to-procedure edits (CMS): pairs of codes, of which column 2 is denied beside column 1.

Seven columns, tab between: column 1, column 2, ``*`` for before 1996, effective (yyyymmdd), deletion (yyyymmdd, ``*``
or blank for none), modifier indicator (0, 1, 9), rationale. Six lines of notice and a header split over four rows
stand before them; spreadsheets have two to six rows. So the first row that is an edit begins the data, and the text
before it must be an edit table's. A pair repeats with windows that do not touch: every row is kept. Each set comes in
several files (f1 … fN): load them all, they are put together again.

The practitioner, outpatient-hospital and Medicaid sets differ and are told by name. The download stands behind a
licence page; saving that page instead of the zip is the commonest mistake. Source: V:S10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pandas as pd

from connectors.sources.checks import Problem
from connectors.sources.official.common import (
    CODE,
    Loaded,
    Row,
    WrongFile,
    dated,
    day,
    days,
    members,
    plain,
    problem,
    recognised,
    rows,
    service_of,
    squeezed,
    told,
    whole,
)

WHAT = "a table of NCCI procedure-to-procedure edits"
VERSION = re.compile(r"v(\d\d)(\d)r\d", re.IGNORECASE)
FIRST_VERSION_YEAR = (
    1994  # version 32.x is of 2026: one a year since 1.x in 1995, the digit after it is the quarter
)
PREAMBLE = 50


def recognises(data: bytes, name: str) -> bool:
    """Whether a file (or one in its zip) has edits below an edit table's header."""
    return recognised(lambda content, inner: bool(_start(content, inner)), data, name)


def _is_edit(cells: list[str]) -> bool:
    return (
        len(cells) >= 6
        and bool(CODE.fullmatch(cells[0]) and CODE.fullmatch(cells[1]))
        and cells[3].isdigit()
        and len(cells[3]) == 8
    )


def _start(data: bytes, name: str) -> tuple[str, Row, Iterator[Row]] | None:
    """(text before the data, its first row, the rows after it); None where this is no table of edits."""
    before = ""
    table = rows(data, name)
    for number, cells in table:
        if _is_edit(cells):
            known = all(word in before for word in ("column1", "column2", "modifier"))
            return (before, (number, cells), table) if known else None
        before += squeezed("".join(cells))
        if number > PREAMBLE:
            break
    return None


def _edition(name: str) -> tuple[str, date | None]:
    if found := VERSION.search(name):
        quarter = int(found[2])
        if quarter < 4:
            return found[0].lower(), date(FIRST_VERSION_YEAR + int(found[1]), 3 * quarter + 1, 1)
    first = dated(name)
    return (first.isoformat() if first else "", first)


def _edit(number: int, cells: list[str]) -> tuple[str, str, date | None, date | None, str] | Problem:
    cells = [*cells, ""]
    if len(cells) < 7:
        return problem(number, "modifier indicator", "SHORT_ROW")
    if not (CODE.fullmatch(cells[0]) and CODE.fullmatch(cells[1])):
        return problem(number, "column 1, column 2", "NOT_A_CODE")
    try:
        first, last = day(cells[3]), day(cells[4])
    except ValueError:
        return problem(number, "effective, deletion", "NOT_A_DATE")
    if cells[5] not in ("0", "1", "9"):
        return problem(number, "modifier indicator", "NOT_AN_INDICATOR")
    return cells[0], cells[1], first, last, cells[5]


def read(data: bytes, name: str) -> Loaded:
    """Columns column1, column2, effective, deletion (open: null), indicator (0, 1 or 9), service (the set)."""
    whole(name)
    edits: list[tuple[str, str, date | None, date | None, str]] = []
    problems: list[Problem] = []
    labels: list[tuple[str, str]] = []  # names of the file, and the text before its data
    inside = members(data, name)
    # A zip of CMS holds the same edits as text and as a spreadsheet: one of them is enough.
    texts = [part for part in inside if part[0].lower().endswith(".txt") and _start(part[1], part[0])]
    for inner, content in texts or inside:
        begun = _start(content, inner)
        if begun is None:
            continue
        before, (number, cells), rest = begun
        labels.append((f"{plain(name)} {plain(inner)}", before))
        for at, row in [(number, cells), *rest]:
            if not any(row):
                continue
            edit = _edit(at, row)
            problems.append(edit) if isinstance(edit, Problem) else edits.append(edit)
    if not labels:
        raise WrongFile(name, 1, f"not {WHAT}")
    service = service_of(*labels[0])
    if service is None:
        raise WrongFile(
            name, 1, "neither name nor heading tells practitioner from outpatient: keep the published name"
        )
    columns = list(zip(*edits, strict=True)) if edits else [()] * 5
    frame = pd.DataFrame(
        {
            "column1": pd.Series(columns[0], dtype="str"),
            "column2": pd.Series(columns[1], dtype="str"),
            "effective": days(columns[2]),
            "deletion": days(columns[3]),
            "indicator": pd.Series(columns[4], dtype="str"),
            "service": service,
        }
    ).drop_duplicates(ignore_index=True)
    edition, first = _edition(" ".join(labels[0]))
    return Loaded(frame, edition, first, None, told(problems, len(frame), name, WHAT), service)
