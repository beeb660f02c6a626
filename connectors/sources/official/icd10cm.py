"""The ICD-10-CM order file (CDC and CMS): every code of a fiscal year, headers too.

Columns, 1-based: order number 1-5, code 7-13 (no dot; the placeholder X stays), flag 15 (0 header, 1 billable), short
title 17-76, long title from 78, not padded: lines differ in length and are cut by position. CDC ends lines with CRLF,
re-packed copies with LF. A year begins on October 1; an April (or January) addendum replaces the file mid-year.

Source: bytes of FY2021 and FY2026 and CMS's icd10OrderFiles (V:S07; V:S08).
"""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from connectors.sources.official.common import (
    START,
    Loaded,
    WrongFile,
    decode,
    members,
    plain,
    problem,
    told,
)

WHAT = "an ICD-10-CM order file"
LINE = re.compile(rb"\d{5} [A-Z]\d[0-9A-Z][0-9A-Z]{0,4} {0,4} [01] ")
# ICD-10-PCS comes in the very same layout; its codes do not have a letter and then a digit throughout.
CODE = re.compile(r"[A-Z]\d[0-9A-Z][0-9A-Z]{0,4}")
NAME = re.compile(
    r"icd-?10-?cm[-_ ]?order[-_ ]?(?:files?[-_ ])?(?:([A-Za-z]{3,9})[-_ ])?(20\d\d)", re.IGNORECASE
)
OTHER = re.compile(r"addend|codes[-_]|tabular|conversion|index|pcs", re.IGNORECASE)
MONTHS = {"jan": 1, "apr": 4}
UNSPECIFIED = re.compile(r"\bunsp", re.IGNORECASE)


def recognises(data: bytes, name: str) -> bool:
    """Whether a file (or one in its zip) begins with lines of the order file."""
    try:
        return _part(data, name) is not None
    except WrongFile:
        return False


def _part(data: bytes, name: str) -> tuple[str, bytes] | None:
    for inner, content in members(data, name):
        lines = [line for line in content[:START].splitlines() if line.strip()][:20]
        good = sum(bool(LINE.match(line)) for line in lines)
        if lines and 2 * good > len(lines) and not OTHER.search(plain(inner)):
            return inner, content
    return None


def _dates(name: str) -> tuple[str, date | None, date | None]:
    """(edition, first day, last day) that a published name tells."""
    found = NAME.search(name)
    if not found:
        return "", None, None
    year, month = int(found[2]), MONTHS.get((found[1] or "")[:3].lower())
    first = date(year, month, 1) if month else date(year - 1, 10, 1)
    label = f"{year} {'January' if month == 1 else 'April'}" if month else str(year)
    return label, first, date(year, 9, 30)


def read(data: bytes, name: str) -> Loaded:
    """Columns code, billable, unspecified (the short title leaves severity or kind open)."""
    part = _part(data, name)
    if part is None:
        raise WrongFile(name, 1, f"not {WHAT}")
    inner, content = part
    codes: dict[str, tuple[bool, bool]] = {}
    problems = []
    for number, line in enumerate(decode(content, name).splitlines(), start=1):
        if not line.strip("\x1a \t"):
            continue
        code, flag = line[6:13].strip(), line[14:15]
        if len(line) < 17:
            problems.append(problem(number, "code", "SHORT_ROW"))
        elif not line[:5].isdigit() or not CODE.fullmatch(code):
            problems.append(problem(number, "code", "NOT_A_CODE"))
        elif flag not in ("0", "1"):
            problems.append(problem(number, "header flag", "NOT_A_FLAG"))
        elif code in codes:
            problems.append(problem(number, "code", "DUPLICATE"))
        else:
            codes[code] = (flag == "1", bool(UNSPECIFIED.search(line[16:76])))
    frame = pd.DataFrame(
        {
            "code": pd.Series(list(codes), dtype="str"),
            "billable": pd.Series([b for b, _ in codes.values()], dtype="bool"),
            "unspecified": pd.Series([u for _, u in codes.values()], dtype="bool"),
        }
    )
    edition, first, last = _dates(plain(inner))
    if first is None:
        edition, first, last = _dates(plain(name))
    return Loaded(frame, edition, first, last, told(problems, len(frame), name, WHAT))
