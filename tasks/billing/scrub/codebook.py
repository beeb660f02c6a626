"""Procedure codes as the scrub reads them: ``procedure_codes.tsv`` with its lists and dates taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

from configs import reference

SOURCE = "procedure_codes.tsv"

# A few rows speak for a run of codes that differ only in their tier; the row's own words name the run.
SHARED_ROWS = {
    "98000": ("98001", "98002", "98003"),
    "98004": ("98005", "98006", "98007"),
    "98008": ("98009", "98010", "98011"),
    "98012": ("98013", "98014", "98015"),
    "99441": ("99442", "99443"),
    "99354": ("99355",),
}

_CODE = re.compile(r"([A-Z]?)(\d{4,5})(?:-([A-Z]?)(\d{4,5}))?")


@dataclass(frozen=True)
class Code:
    """One procedure code. Minutes and units are whole numbers, None where the table leaves them open."""

    code: str
    family: str
    unit: str
    minutes_min: int | None
    minutes_max: int | None
    add_on: bool
    primaries: frozenset[str]
    units_per_day: int | None
    who: frozenset[str]
    who_maybe: frozenset[str]
    tele_medicare: str
    audio_only: str
    form: str
    valid_from: date | None
    valid_to: date | None


def expand(text: str) -> frozenset[str]:
    """Codes of a list such as ``90791 90832-90838``, up to the first word that is no code.

    >>> sorted(expand("99202-99204 with no 90833"))
    ['99202', '99203', '99204']
    """
    codes: set[str] = set()
    for word in text.split():
        match = _CODE.fullmatch(word)
        if match is None:
            break
        letter, first, _, last = match.groups()
        numbers = range(int(first), int(last or first) + 1)
        codes.update(f"{letter}{number:0{len(first)}d}" for number in numbers)
    return frozenset(codes)


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _dates(status: str) -> tuple[date | None, date | None]:
    """(first day, last day) of ``active``, ``active_2025`` or ``deleted_20250101`` (the first day it is gone)."""
    word, _, when = status.partition("_")
    if word == "active":
        return (date(int(when), 1, 1) if when else None), None
    return None, date(int(when[:4]), int(when[4:6]), int(when[6:8])) - timedelta(days=1)


def _code(row: reference.Row, primaries: str) -> Code:
    sure, _, unsure = row["who_may_bill"].partition("(")
    first, last = _dates(row["status"])
    return Code(
        code=row["code"],
        family=row["family"],
        unit=row["unit"],
        minutes_min=_number(row["min_min"]),
        minutes_max=_number(row["max_min"]),
        add_on=row["addon"] == "Y",
        primaries=expand(primaries),
        units_per_day=_number(row["max_day"]),
        who=frozenset(sure.split()),
        who_maybe=frozenset(re.findall(r"\b[A-Z]{2,4}\b", unsure)),
        tele_medicare=row["tele_medicare"],
        audio_only=row["audio_only"],
        form=row["form"],
        valid_from=first,
        valid_to=last,
    )


@cache
def codes() -> MappingProxyType[str, Code]:
    """All known codes. ``=90833`` in the primaries column means the same bases as 90833."""
    rows = reference.by_key("procedure_codes", "code")
    known: dict[str, Code] = {}
    for row in rows.values():
        same_as = row["primaries"].removeprefix("=")
        primaries = rows[same_as]["primaries"] if row["primaries"].startswith("=") else same_as
        for name in (row["code"], *SHARED_ROWS.get(row["code"], ())):
            known[name] = _code(reference.Row({**row, "code": name}), primaries)
    return MappingProxyType(known)


@cache
def extended() -> frozenset[str]:
    """Codes that a timed add-on continues (90839 by 90840): their upper limit does not end the session."""
    return frozenset(
        base
        for code in codes().values()
        if code.add_on and code.unit.startswith("each_")
        for base in code.primaries
    )


def is_em(code: str) -> bool:
    """Whether a code is an evaluation-and-management visit, the only kind that -25 belongs on."""
    known = codes().get(code)
    if known is not None:
        return known.family in ("em_new", "em_est", "em_tele")
    return code.isdigit() and 99202 <= int(code) <= 99499
