"""271 bytes to a table: what a payer answered of a person's cover, one row for each EB and each AAA.

A 271 is a tree of HL loops: the payer (20), who asked (21), the subscriber (22), a dependent (23). What is said of a
person stands in the person's loop, and a benefit (EB) may go on: its own dates (DTP), and in loop 2120 whom to turn to
instead (NM1). An AAA says that the question failed; it may stand at any level, and then nobody below it is answered.

Rows carry whom they are about, so that each can be read alone. The benefit itself stays a segment: ``EB`` with ``*``
and ``^``, whatever the file's own delimiters are, for ``tasks.billing.eligibility`` to read. MSG texts are not read.

Source: X12 271 005010X279A1, loops 2000A to 2120D (06 section 8, K); DTP 291, 307, 346, 347, 356 and 357.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.x12.reading.interchanges import Reading, Set, read
from connectors.x12.reading.set_tables import rows_table, set_table
from connectors.x12.tables import DAY, INT, TEXT, schema

# Which end of the cover a date is: the first day, the last one, or a span of both.
SPANS = ("291", "307")
FIRST, LAST = ("346", "356"), ("347", "357")

ANSWERS = schema(
    ("file", INT, "Input."),
    ("transaction", INT, "Row of sets."),
    ("segment", INT, "Ordinal of the EB or AAA within its transaction set."),
    ("subject", INT, "Which HL of a person in the set it is said of, from 1; 0 is nobody's."),
    ("answered_on", DAY, "BHT04"),
    ("trace", TEXT, "2000C or 2000D TRN02, else BHT03"),
    ("payer_identifier", TEXT, "2100A NM109"),
    ("member_id", TEXT, "2100C NM109"),
    ("birth_date", DAY, "2100C or 2100D DMG02"),
    ("valid_from", DAY, "DTP of the benefit, else of the person: 291, 307, 346 or 356"),
    ("valid_to", DAY, "Likewise: 291, 307, 347 or 357"),
    ("entity", TEXT, "2120 NM109: whom to turn to"),
    ("benefit", TEXT, "EB with * and ^ as delimiters; null where it is an AAA"),
    ("reject", TEXT, "AAA03; null where it is an EB"),
)
# What an HL of a level makes forgotten: what was said of those below it.
BELOW = {
    "20": ("payer_identifier", "member_id", "birth_date", "valid_from", "valid_to"),
    "22": ("member_id", "birth_date", "valid_from", "valid_to"),
    "23": ("birth_date", "valid_from", "valid_to"),
}
PEOPLE = ("22", "23")


@dataclass(frozen=True, slots=True)
class Decoded271:
    """``answers`` (ANSWERS), and ``sets`` and ``problems`` as the other decoders give them."""

    answers: pa.Table
    sets: pa.Table
    problems: pa.Table


def decode_271(data: bytes) -> Decoded271:
    """Every 271 in the bytes of one file.

    Never raises for what the bytes hold. What stands in a set that is not ``intact`` must not be believed.
    """
    reading = read(data)
    rows = [
        {"file": each.file, "transaction": number} | row
        for number, each in enumerate(reading.sets)
        if each.kind == "271"
        for row in _Set(reading, each).rows()
    ]
    values = [tuple(row.get(name) for name in ANSWERS.names) for row in rows]
    return Decoded271(rows_table(values, ANSWERS), set_table(reading), reading.problems.table())


class _Set:
    """The walk over one set: what the levels so far said, and the EB whose loop is open."""

    def __init__(self, reading: Reading, each: Set) -> None:
        self.reading, self.each = reading, each
        isa = (
            reading.segments.values(int(reading.isa_rows[each.interchange])) if len(reading.isa_rows) else []
        )
        self.repetition = isa[11] if len(isa) > 11 and len(isa[11]) == 1 else "^"
        self.said: dict[str, Any] = {"subject": 0}
        # The trace of whoever says none: BHT03 for a subscriber, the subscriber's for those who depend on him.
        self.traces: dict[str, str | None] = dict.fromkeys(("20", *PEOPLE))
        self.open: dict[str, Any] | None = None
        self.level = ""

    def rows(self) -> list[dict[str, Any]]:
        """A row for each EB and AAA, in order."""
        found = []
        for at in range(self.each.begin, self.each.end):
            parts = self.reading.segments.values(at)
            row = self._step([*parts, *[""] * 14])
            if row is not None:
                row["segment"] = at - self.each.begin + 1
                found.append(row)
        return found

    def _step(self, parts: list[str]) -> dict[str, Any] | None:
        """One segment further; gives the row that it begins."""
        tag = parts[0]
        if tag in ("EB", "AAA"):
            row = dict(self.said)
            if tag == "AAA":
                return row | {"reject": parts[3] or None}
            row["benefit"] = "*".join(parts).rstrip("*").replace(self.repetition, "^")
            self.open = row
            return row
        if tag == "HL":
            self._level(parts[3])
        elif tag == "BHT":
            self.said |= {"answered_on": _day(parts[4]), "trace": parts[3] or None}
            self.traces = dict.fromkeys(self.traces, parts[3] or None)
        elif tag == "TRN":
            self.said["trace"] = parts[2] or None
            if self.level == "22":
                self.traces["23"] = self.said["trace"]
        elif tag == "DMG":
            self.said["birth_date"] = _day(parts[2])
        elif tag == "NM1":
            self._name(parts[1], parts[9] or None)
        elif tag == "DTP":
            (self.said if self.open is None else self.open).update(_cover(parts))
        return None

    def _level(self, level: str) -> None:
        self.open = None
        self.said |= dict.fromkeys(BELOW.get(level, ()))
        self.said["subject"] += level in PEOPLE
        self.level = level
        if level == "22":
            self.traces["23"] = self.traces["22"]
        if level in self.traces:
            self.said["trace"] = self.traces[level]

    def _name(self, role: str, identifier: str | None) -> None:
        if self.open is not None:
            self.open.setdefault("entity", identifier)
        elif role == "IL":
            self.said["member_id"] = identifier
        elif role in ("PR", "2B", "36", "GP", "P5"):
            self.said["payer_identifier"] = identifier


def _cover(parts: list[str]) -> dict[str, dt.date | None]:
    """The ends of the cover that a DTP names; one that is no day is not said."""
    days = [_day(text) for text in parts[3].split("-")] if parts[2] == "RD8" else [_day(parts[3])]
    if parts[1] in SPANS:
        return {"valid_from": days[0], "valid_to": days[1] if len(days) > 1 else None}
    if parts[1] in FIRST:
        return {"valid_from": days[0]}
    return {"valid_to": days[0]} if parts[1] in LAST else {}


def _day(text: str) -> dt.date | None:
    """CCYYMMDD as a day; None where it is none."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
