"""Medically unlikely edits (CMS): the most units of a code that one person has on one day.

Four columns: code, value, adjudication indicator, rationale. Before the header stands a quoted notice of several
lines, the header's first cell has a line break in it, and the indicator is a digit with its words behind it. MAI 1 is
judged line by line and denies the whole line; 2 and 3 are judged on the day's sum and deny the units above it (2 is
policy and final, 3 is clinical and may be appealed). Value 0 is not payable. Some values are confidential: a code that
is not in the file is not without a limit.

Three sets (practitioner, outpatient hospital, DME supplier), named by the header of the values, and Medicaid's own,
which have no indicator and are judged line by line (K). Source: V:S11; V:S44.
"""

from __future__ import annotations

import pandas as pd

from connectors.sources.checks import Problem
from connectors.sources.official.common import (
    CODE,
    Loaded,
    WrongFile,
    dated,
    members,
    picked,
    plain,
    problem,
    recognised,
    rows,
    service_of,
    told,
    under_header,
    whole,
)

WHAT = "a table of medically unlikely edits"
COLUMNS = {
    "code": ("hcpcs/cpt", "hcpcscode", "cpt/hcpcs"),
    "practitioner": ("practitionerservicesmue",),
    "outpatient": ("outpatienthospitalservicesmue", "outpatientservicesmue", "facilityoutpatientservicesmue"),
    "dme": ("dmesupplierservicesmue", "dmeservicesmue"),
    "mai": ("mueadjudicationindicator", "mai"),
}
SERVICES = ("practitioner", "outpatient", "dme")


def _header(data: bytes, name: str):  # type: ignore[no-untyped-def]
    for service in SERVICES:
        try:
            at, rest = under_header(rows(data, name), COLUMNS, ["code", service], name, WHAT)
        except WrongFile as error:
            problem_ = error
            continue
        return service, at, rest
    raise problem_


def recognises(data: bytes, name: str) -> bool:
    """Whether a file (or one in its zip) has the header of these tables."""
    return recognised(_known, data, name)


def _known(data: bytes, name: str) -> bool:
    try:
        _header(data, name)
    except WrongFile:
        return False
    return True


def _row(number: int, cells: list[str], at: dict[str, int], service: str) -> tuple[str, int, int] | Problem:
    code, units = picked(cells, at, "code"), picked(cells, at, service)
    mai = picked(cells, at, "mai")[:1] if "mai" in at else "1"
    if not CODE.fullmatch(code):
        return problem(number, "HCPCS/CPT code", "NOT_A_CODE")
    if not units.isdigit():
        return problem(number, "MUE values", "NOT_A_NUMBER")
    if mai not in ("1", "2", "3"):
        return problem(number, "MUE adjudication indicator", "NOT_AN_INDICATOR")
    return code, int(units), int(mai)


def read(data: bytes, name: str) -> Loaded:
    """Columns code, units, mai (1, 2, 3), service (the set)."""
    whole(name)
    inside = [part for part in members(data, name) if _known(part[1], part[0])]
    # A zip of CMS holds the same table as text and as a spreadsheet: one of them is enough.
    part = next((p for p in inside if p[0].lower().endswith((".csv", ".txt"))), inside[0] if inside else None)
    if part is None:
        raise WrongFile(name, 1, f"not {WHAT}")
    inner, content = part
    service, at, rest = _header(content, inner)
    good: dict[str, tuple[int, int]] = {}
    problems: list[Problem] = []
    for number, cells in rest:
        if not any(cells):
            continue
        row = _row(number, cells, at, service)
        if isinstance(row, Problem):
            problems.append(row)
        elif row[0] in good:
            problems.append(problem(number, "HCPCS/CPT code", "DUPLICATE"))
        else:
            good[row[0]] = row[1:]
    label = f"{plain(name)} {plain(inner)}"
    medicaid = (service_of(f"{label} {service}") or "").startswith("medicaid")
    series = f"medicaid_{service}" if medicaid else service
    frame = pd.DataFrame(
        {
            "code": pd.Series(list(good), dtype="str"),
            "units": pd.Series([u for u, _ in good.values()], dtype="int64"),
            "mai": pd.Series([m for _, m in good.values()], dtype="int64"),
            "service": series,
        }
    )
    first = dated(label)
    edition = first.isoformat() if first else ""
    return Loaded(frame, edition, first, None, told(problems, len(frame), name, WHAT), series)
