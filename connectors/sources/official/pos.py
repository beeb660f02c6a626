"""The place-of-service code set (CMS).

Columns: code, name, description, and where the publisher gives it the day the code came into force (10 in 2022, 27 on
2023-10-01, 66 on 2024-08-01). Two digits as text: a spreadsheet that made ``02`` a number gets its zero back. Rows and
ranges that are unassigned are no codes. Descriptions are not kept. Layout: K.
"""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from connectors.sources.checks import Problem
from connectors.sources.official.common import (
    Loaded,
    Table,
    dated,
    day,
    days,
    picked,
    plain,
    problem,
    recognised,
    text,
    told,
)

WHAT = "a place-of-service code set"
COLUMNS = {
    "pos": ("placeofservicecode", "poscode", "pos"),
    "name": ("placeofservicename", "posname", "name"),
    "effective": ("effective",),
    "termination": ("termination", "terminated"),
}
TABLE = Table(WHAT, COLUMNS, ("pos", "name"))
UNASSIGNED = re.compile(r"\d{1,2}(?:\s*[-–]\s*\d{1,2})?")


def recognises(data: bytes, name: str) -> bool:
    """Whether a file (or one in its zip) has the header of the set."""
    return recognised(TABLE.known, data, name)


def read(data: bytes, name: str) -> Loaded:
    """Columns pos, name, effective, termination (null where the file does not say)."""
    inner, at, rest = TABLE.found(data, name)
    good: dict[str, tuple[str, date | None, date | None]] = {}
    problems: list[Problem] = []
    for number, cells in rest:
        code, label = picked(cells, at, "pos"), picked(cells, at, "name")
        if not any(cells) or (label.lower().startswith("unassigned") and UNASSIGNED.fullmatch(code)):
            continue
        if not re.fullmatch(r"\d{1,2}", code):
            problems.append(problem(number, "POS code", "NOT_A_CODE"))
            continue
        if code.zfill(2) in good:
            problems.append(problem(number, "POS code", "DUPLICATE"))
            continue
        try:
            span = day(picked(cells, at, "effective")), day(picked(cells, at, "termination"))
        except ValueError:
            problems.append(problem(number, "effective", "NOT_A_DATE"))
            continue
        good[code.zfill(2)] = (label, *span)
    frame = pd.DataFrame(
        {
            "pos": text(list(good)),
            "name": text([label for label, _, _ in good.values()]),
            "effective": days([first for _, first, _ in good.values()]),
            "termination": days([last for _, _, last in good.values()]),
        }
    )
    newest = max((first for _, first, _ in good.values() if first), default=None)
    first = dated(plain(name)) or dated(plain(inner)) or newest
    edition = first.isoformat() if first else ""
    return Loaded(frame, edition, first, None, told(problems, len(frame), name, WHAT))
