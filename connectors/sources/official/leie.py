"""The list of excluded individuals and entities (HHS OIG): who must not be paid by any federal programme.

``UPDATED.csv`` is the whole list, reinstated people are no longer in it; the monthly supplements add exclusions
(``2601excl.csv``) and take people off (``2601rein.csv``). The NPI is often 0000000000: then a name and a birth date are
all there is to compare. Dates are yyyymmdd, 00000000 for none; a waiver lets one state pay. Layout: K.

Nothing in the files is dated but the rows: the edition is the month of the newest exclusion or reinstatement.
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

WHAT = "a list of excluded individuals"
COLUMNS = {
    "last_name": ("lastname",),
    "first_name": ("firstname",),
    "middle_name": ("midname",),
    "business": ("busname",),
    "npi": ("npi",),
    "birth_date": ("dob",),
    "state": ("state",),
    "exclusion_type": ("excltype",),
    "excluded_on": ("excldate",),
    "reinstated_on": ("reindate",),
    "waived_on": ("waiverdate",),
    "waiver_state": ("wvrstate", "waiverstate"),
}
TABLE = Table(WHAT, COLUMNS, ("last_name", "npi", "birth_date", "excluded_on", "reinstated_on"))
DATES = ("birth_date", "excluded_on", "reinstated_on", "waived_on")
MOST_IN_A_MONTH = 10_000  # a supplement has a few hundred rows, the list some eighty thousand
SUPPLEMENT = re.compile(r"supp|excl|rein", re.IGNORECASE)


def recognises(data: bytes, name: str) -> bool:
    """Whether a file (or one in its zip) has the header of the list."""
    return recognised(TABLE.known, data, name)


def _row(number: int, cells: list[str], at: dict[str, int]) -> dict[str, str | date | None] | Problem:
    row: dict[str, str | date | None] = {c: picked(cells, at, c) for c in COLUMNS if c not in DATES}
    npi = str(row["npi"])
    if npi.strip("0") and not re.fullmatch(r"\d{10}", npi):
        return problem(number, "NPI", "NOT_AN_NPI")
    row["npi"] = npi if npi.strip("0") else ""
    try:
        row |= {column: day(picked(cells, at, column)) for column in DATES}
    except ValueError:
        return problem(number, "DOB, EXCLDATE, REINDATE, WAIVERDATE", "NOT_A_DATE")
    if row["excluded_on"] is None:
        return problem(number, "EXCLDATE", "NOT_A_DATE")
    return row


def read(data: bytes, name: str) -> Loaded:
    """Columns of COLUMNS: dates as dates, npi null where it is zeros. `series` is full or supplement."""
    inner, at, rest = TABLE.found(data, name)
    good: list[dict[str, str | date | None]] = []
    problems: list[Problem] = []
    for number, cells in rest:
        if any(cells):
            row = _row(number, cells, at)
            problems.append(row) if isinstance(row, Problem) else good.append(row)
    frame = pd.DataFrame(
        {
            column: days([row[column] for row in good])  # type: ignore[misc]
            if column in DATES
            else text([row[column] for row in good])  # type: ignore[misc]
            for column in COLUMNS
        }
    )
    newest = frame[["excluded_on", "reinstated_on"]].max().max()
    first = None if pd.isna(newest) else newest.date()
    series = "supplement" if SUPPLEMENT.search(plain(inner)) and len(good) < MOST_IN_A_MONTH else "full"
    edition = f"{first:%Y-%m}" if first else ""
    return Loaded(frame, edition, first, None, told(problems, len(frame), name, WHAT), series)
