"""NACHA files as a bank hands them to the receiver: CCD+ credits with the payer's trace. Bytes in, rows out.

Records of 94 characters, in blocks of ten; a file without line ends is cut every 94.

| record | what | read |
|---|---|---|
| 1 | file header | record size 094 (35-37) |
| 5 | batch header | company id (41-50), class (51-53), effective date (70-75), settled (76-78), number (88-94) |
| 6 | entry | code (2-3), receiving bank (4-11, into the hash), cents (30-39), trace number (80-94) |
| 7 | addenda | type 05 (2-3), its text (4-83): ``TRN*1*trace*payer~`` |
| 8 | batch trailer | entries and addenda (5-10), hash (11-20), debits (21-32), credits (33-44), number (88-94) |
| 9 | file trailer | batches (2-7), blocks (8-13), entries and addenda (14-21), hash, debits, credits |

All of it must hold, or nothing is taken. A credit is a deposit on the day it settled, which the ACH operator fills in
as a day of the year; without it, on its effective entry date. Prenotes and zero-dollar entries move no money and are
left out, and so are debits, unless a trace shows that a payer took money back: then the amount is negative. The payer
is TRN03, else the company id. Names and account numbers are never read.

Source: NACHA Operating Rules, Appendix Three [K]; CCD+ with TRN: dossier 4.8 [V:S29,S30].
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from connectors.sources import bank
from connectors.sources.bank import Statement
from connectors.sources.checks import Loaded, Problem

SOURCE = "nacha"
WIDTH = 94
BLOCK = 10
CREDITS = frozenset({"22", "32", "42", "52"})
DEBITS = frozenset({"27", "37", "47", "55"})
# Transaction codes whose last digit says debit: 5-9. Prenotes and zero-dollar entries have amounts of zero.
PAYMENT = "05"
NOT_READ = "IAT"
FILLER = re.compile("9+")


def recognises(data: bytes) -> bool:
    """Whether these bytes begin as a NACHA file does."""
    first = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")[:40].decode("latin-1")
    return first.startswith("101") and first[34:37] == "094"


def read(data: bytes) -> Loaded:
    """The deposits a NACHA file states."""
    reader = _Reader()
    for record in _records(data):
        reader.take(record)
    return reader.end()


class Record(NamedTuple):
    """One record of 94 characters."""

    line: int
    text: str

    def at(self, first: int, last: int) -> str:
        """The characters from position `first` to `last`, counted from 1 as the rules do."""
        return self.text[first - 1 : last]


def _records(data: bytes) -> Iterator[Record]:
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1").rstrip("\x1a")
    lines = re.split(r"\r\n|\n|\r", text)
    if len([line for line in lines if line.strip()]) == 1:
        whole = lines[0] if lines[0].strip() else max(lines, key=len)
        lines = [whole[at : at + WIDTH] for at in range(0, len(whole), WIDTH)]
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield Record(number, line)


@dataclass
class _Sums:
    """What a trailer must prove."""

    entries: int = 0  # and addenda
    hash: int = 0
    debits: int = 0
    credits: int = 0


@dataclass
class _Entry:
    line: int
    code: str
    cents: int
    trace_number: str
    texts: list[str] = field(default_factory=list)


@dataclass
class _Batch(_Sums):
    line: int = 0
    company: str = ""
    entry_class: str = ""
    effective: dt.date | None = None
    number: str = ""
    items: list[_Entry] = field(default_factory=list)


class _Reader:
    """Takes the records in their order; `end` gives what came of them."""

    def __init__(self) -> None:
        self.begun = self.closed = False
        self.batch: _Batch | None = None
        self.file = _Sums()
        self.batches = self.records = 0
        self.problems: list[Problem] = []
        self.fatal = False
        self.statements: list[Statement] = []
        self.last_line = 1

    def take(self, record: Record) -> None:
        self.last_line = record.line
        kind = record.text[0]
        if self.closed and FILLER.fullmatch(record.text.strip()):
            return  # the last block is filled with nines
        self.records += 1
        # Header and file trailer end in blanks that tools cut off; every other record ends in digits.
        width = len(record.text.rstrip())
        if width > WIDTH or (width < WIDTH and kind in "5678"):
            self.refuse(record.line, "", "RECORD_LENGTH")
            return
        step = STEPS.get(kind)
        if step is None:
            self.refuse(record.line, "", "UNKNOWN_RECORD")
            return
        inside, run = step
        if self.closed or self.begun == (kind == "1") or (self.batch is not None) != inside:
            self.refuse(record.line, "", "RECORD_ORDER")
            return
        run(self, record)

    def refuse(self, line: int, column: str, code: str) -> None:
        self.problems.append(bank.problem(line, column, code))
        self.fatal = True

    def end(self) -> Loaded:
        if not self.closed:
            self.refuse(self.last_line, "", "TRUNCATED")
        return bank.loaded(SOURCE, [] if self.fatal else self.statements, self.problems)

    def number(self, record: Record, first: int, last: int, column: str, code: str = "RECORD_COUNT") -> int:
        text = record.at(first, last)
        if re.fullmatch(r"\d+", text):
            return int(text)
        self.refuse(record.line, column, code)
        return -1

    def prove(self, record: Record, first: int, sums: _Sums) -> None:
        """Entry count, hash, debits and credits, which stand one after the other from `first` on."""
        count = 6 if record.text[0] == "8" else 8
        places = [("entries", count, sums.entries, "RECORD_COUNT"), ("hash", 10, sums.hash, "ENTRY_HASH")]
        places += [(n, 12, getattr(sums, n), "CONTROL_TOTAL") for n in ("debits", "credits")]
        for column, width, expected, code in places:
            text = record.at(first, first + width - 1)
            if not re.fullmatch(r"\d+", text) or int(text) != expected % 10**width:
                self.refuse(record.line, column, code)
            first += width

    # --- one method for each record -----------------------------------------------------------------------------

    def file_header(self, record: Record) -> None:
        self.begun = True

    def batch_header(self, record: Record) -> None:
        self.batch = _Batch(
            line=record.line,
            company=record.at(41, 50).strip(),
            entry_class=record.at(51, 53),
            effective=_settled(bank.day(record.at(70, 75)), record.at(76, 78)),
            number=record.at(88, 94),
        )

    def entry(self, record: Record) -> None:
        assert self.batch
        code, cents = record.at(2, 3), self.number(record, 30, 39, "amount", "NOT_CENTS")
        self.batch.entries += 1
        self.batch.hash += max(self.number(record, 4, 11, "receiving_bank", "ENTRY_HASH"), 0)
        if code[1:] in "56789":
            self.batch.debits += max(cents, 0)
        else:
            self.batch.credits += max(cents, 0)
        self.batch.items.append(_Entry(record.line, code, cents, record.at(80, 94).strip()))

    def addenda(self, record: Record) -> None:
        assert self.batch
        self.batch.entries += 1
        if not self.batch.items or record.at(88, 94) != self.batch.items[-1].trace_number[-7:]:
            if self.batch.entry_class != NOT_READ:
                self.refuse(record.line, "entry_number", "RECORD_ORDER")
            return
        if record.at(2, 3) == PAYMENT:
            self.batch.items[-1].texts.append(record.at(4, 83))

    def batch_trailer(self, record: Record) -> None:
        assert self.batch
        self.prove(record, 5, self.batch)
        if record.at(88, 94) != self.batch.number:
            self.refuse(record.line, "batch_number", "BATCH_NUMBER")
        for name in ("entries", "hash", "debits", "credits"):
            setattr(self.file, name, getattr(self.file, name) + getattr(self.batch, name))
        self.batches += 1
        self.deposits(self.batch)
        self.batch = None

    def file_trailer(self, record: Record) -> None:
        for first, last, column, expected in (
            (2, 7, "batches", self.batches),
            (8, 13, "blocks", -(-self.records // BLOCK)),
        ):
            if self.number(record, first, last, column) not in (expected, -1):
                self.refuse(record.line, column, "RECORD_COUNT")
        self.prove(record, 14, self.file)
        self.closed = True

    def deposits(self, batch: _Batch) -> None:
        moved = [one for one in batch.items if one.code in CREDITS | DEBITS and one.cents > 0]
        if moved and batch.effective is None:
            self.problems.append(bank.problem(batch.line, "effective_date", "NOT_A_DATE"))
            return
        for one in moved:
            if batch.entry_class == NOT_READ:
                self.problems.append(bank.problem(one.line, "entry_class", "CLASS_NOT_READ"))
                continue
            found = bank.segment(one.texts)
            if one.code in DEBITS and found is None:
                continue
            assert batch.effective
            self.statements.append(
                Statement(
                    one.trace_number,
                    batch.effective,
                    found and found.trace,
                    (found and found.payer) or batch.company or None,
                    -one.cents if one.code in DEBITS else one.cents,
                )
            )


def _settled(effective: dt.date | None, day_of_year: str) -> dt.date | None:
    """The settlement date: that day of the year nearest to the effective entry date, or this where it is blank."""
    if effective is None or not re.fullmatch(r"[0-3]\d\d", day_of_year) or not 1 <= int(day_of_year) <= 366:
        return effective
    days = [
        dt.date(year, 1, 1) + dt.timedelta(days=int(day_of_year) - 1)
        for year in range(effective.year - 1, effective.year + 2)
    ]
    return min(days, key=lambda day: abs(day - effective))


# For each record: whether it stands within a batch, and what is done.
STEPS = {
    "1": (False, _Reader.file_header),
    "5": (False, _Reader.batch_header),
    "6": (True, _Reader.entry),
    "7": (True, _Reader.addenda),
    "8": (True, _Reader.batch_trailer),
    "9": (False, _Reader.file_trailer),
}
