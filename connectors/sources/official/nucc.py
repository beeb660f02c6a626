"""The provider taxonomy code set (NUCC), twice a year: what a clinician or an organisation is.

CSV with the columns Code, Grouping, Classification, Specialization, Definition, Notes, Display Name, Section; older
editions have two to four date columns more. Definitions are quoted and run over several lines. Some editions begin with
a byte order mark, the older ones are in the Windows code page. Ten characters, the last an X. A code that was
deactivated stays in NPPES records. ``nucc_taxonomy_251.csv`` is 25.1: .0 begins on January 1, .1 on July 1.

Definitions are NUCC's text and are not kept. Source: V:S12.
"""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from connectors.sources.checks import Problem
from connectors.sources.official.common import (
    Loaded,
    Table,
    day,
    days,
    picked,
    plain,
    problem,
    recognised,
    text,
    told,
)

WHAT = "a NUCC taxonomy"
COLUMNS = {
    "code": ("code",),
    "grouping": ("grouping", "type"),
    "classification": ("classification",),
    "specialization": ("specialization",),
    "section": ("section",),
    "effective": ("effectivedate",),
    "deactivation": ("deactivationdate",),
}
TABLE = Table(WHAT, COLUMNS, ("code", "classification", "specialization"))
CODE = re.compile(r"[0-9A-Z]{9}X")
NAME = re.compile(r"nucc[-_]?taxonomy[-_]?(\d\d)[._]?(\d)", re.IGNORECASE)


def recognises(data: bytes, name: str) -> bool:
    """Whether a file (or one in its zip) has the header of the taxonomy."""
    return recognised(TABLE.known, data, name)


def _edition(name: str) -> tuple[str, date | None]:
    found = NAME.search(name)
    if not found or found[2] not in "01":
        return "", None
    return f"{found[1]}.{found[2]}", date(2000 + int(found[1]), 7 if found[2] == "1" else 1, 1)


def read(data: bytes, name: str) -> Loaded:
    """Columns code, grouping, classification, specialization, section, effective, deactivation (null where open)."""
    inner, at, rest = TABLE.found(data, name)
    good: dict[str, dict[str, str]] = {}
    spans: list[tuple[date | None, date | None]] = []
    problems: list[Problem] = []
    for number, cells in rest:
        code = picked(cells, at, "code")
        if not any(cells):
            continue
        if not CODE.fullmatch(code):
            problems.append(problem(number, "Code", "NOT_A_CODE"))
            continue
        if code in good:
            problems.append(problem(number, "Code", "DUPLICATE"))
            continue
        try:
            span = day(picked(cells, at, "effective")), day(picked(cells, at, "deactivation"))
        except ValueError:
            problems.append(problem(number, "Effective Date, Deactivation Date", "NOT_A_DATE"))
            continue
        good[code] = {column: picked(cells, at, column) for column in COLUMNS}
        spans.append(span)
    columns = ("code", "grouping", "classification", "specialization", "section")
    frame = pd.DataFrame({c: text([row[c] for row in good.values()]) for c in columns})
    frame["effective"] = days([first for first, _ in spans])
    frame["deactivation"] = days([last for _, last in spans])
    edition, first = _edition(plain(inner))
    if first is None:
        edition, first = _edition(plain(name))
    return Loaded(frame, edition, first, None, told(problems, len(frame), name, WHAT))
