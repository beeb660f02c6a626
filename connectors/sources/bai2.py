"""BAI2, the bank's report of a day: credits to an account as deposits. Bytes in, rows and problems out.

    01,122099999,123456789,260121,0600,1,,,2/          file: sender, receiver, made on
    02,123456789,122099999,1,260120,,USD,2/            group: as of 2026-01-20, final of the day before
    03,0123456789,,010,500000,,/                       account and its balances
    16,142,14250,0,B0001,,ACH CREDIT EXAMPLE PLAN      a credit of 142.50 with the bank's reference, a text
    88,TRN*1*EFT0000123*1512345678~                    the record before goes on
    49,514250,4/                                       account: sum of the amounts in 03 and 16, its records
    98,514250,1,6/                                     group: sum, accounts, records
    99,514250,1,8/                                     file: sum, groups, records

Every total and count must hold, or nothing is taken. Type codes 100-399 and 920-959 are credits. Debits are the
practice's own payments and are left out, unless a trace shows that a payer took money back: then the amount is
negative. The payer is TRN03, else the originator's id where the text names it.

Where an account reports a lockbox deposit (115) and its items (116) and the sums agree, the items are the deposits,
for they have the check numbers; else the deposit is. The text is never stored, nor is the account's number.

Source: BAI Cash Management Balance Reporting Specifications, version 2 (2005) [K].
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from configs.identity import digest
from connectors.sources import bank
from connectors.sources.bank import Statement
from connectors.sources.checks import Loaded, Problem

SOURCE = "bai2"
# Codes that sum others up; a detail record cannot have one.
TOTALS = frozenset(
    {"100", "110", "130", "140", "150", "160", "170", "190", "200", "230", "250", "270", "390"}
)
TOTALS |= frozenset({"400", "410", "420", "450", "470", "490", "500", "530", "560", "690"})
LOCKBOX, LOCKBOX_ITEM = "115", "116"
TEST, DELETION = "4", "2"
AMOUNT = re.compile(r"[+-]?\d{1,15}")
COUNT = re.compile(r"\d{1,9}")
NO_REFERENCE = re.compile(r"0*")


def recognises(data: bytes) -> bool:
    """Whether these bytes begin as a BAI file does."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"01,")


def read(data: bytes) -> Loaded:
    """The deposits a BAI2 file states."""
    reader = _Reader()
    for record in _records(data):
        reader.take(record)
    return reader.end()


class Record(NamedTuple):
    """A record with what continues it: `lines` physical ones from `line` on."""

    code: str
    line: int
    pieces: list[str]

    @property
    def lines(self) -> int:
        """Physical records."""
        return len(self.pieces)


def _records(data: bytes) -> Iterator[Record]:
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    record: Record | None = None
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        content = line.strip(" \t\x1a")
        if not content:
            continue
        code = content[:2] if content[2:3] == "," or content[2:] in ("", "/") else ""
        if code == "88" and record:
            record.pieces.append(content[3:].removesuffix("/"))
            continue
        if record:
            yield record
        # A slash ends a record, but in the text of a 16 it is a letter like any other.
        body = content.removesuffix("/") if code == "16" else content.split("/")[0]
        record = Record(code, number, [body])
    if record:
        yield record


class _BrokenRecord(Exception):
    """The fields of a record cannot be told apart."""


def _extra(fields: list[str], at: int) -> int | None:
    """How many fields of availability follow the funds type at `at`; None until the count of them is known."""
    if len(fields) <= at:
        return None
    funds = fields[at].strip().upper()
    if funds == "D":
        if len(fields) <= at + 1:
            return None
        if not COUNT.fullmatch(fields[at + 1].strip()):
            raise _BrokenRecord
        return 1 + 2 * int(fields[at + 1])
    try:
        return {"": 0, "0": 0, "1": 0, "2": 0, "Z": 0, "S": 3, "V": 2}[funds]
    except KeyError:
        raise _BrokenRecord from None


def _plain(record: Record) -> list[str]:
    return [cell.strip() for cell in ",".join(record.pieces).split(",")]


def _detail(record: Record) -> tuple[list[str], list[str], list[str]]:
    """Type, amount and funds type; the two references; the pieces of the text."""
    fields: list[str] = []
    text: list[str] = []
    for piece in record.pieces:
        rest: str | None = piece
        while rest is not None:
            extra = _extra(fields, 3)
            if extra is not None and len(fields) >= 6 + extra:
                text.append(rest)
                break
            head, comma, tail = rest.partition(",")
            fields.append(head.strip())
            rest = tail if comma else None
    if len(fields) < 3:
        raise _BrokenRecord
    fields += [""] * (4 - len(fields))
    extra = _extra(fields, 3) or 0
    return fields[1:4], [*fields[4 + extra :], "", ""][:2], text


def _amounts(fields: list[str]) -> list[str]:
    """The amounts of an account's balances, in the fours (and more) that follow its currency."""
    found, at = [], 3
    while any(fields[at:]):
        found += fields[at + 1 : at + 2]
        if len(fields) <= at + 3:
            break
        at += 4 + (_extra(fields, at + 3) or 0)
    return [amount for amount in found if amount]


@dataclass
class _Scope:
    """What a trailer must prove: sum, records, and parts (accounts of a group, groups of a file)."""

    line: int = 0
    cents: int = 0
    records: int = 0
    parts: int = 0


@dataclass
class _Account(_Scope):
    currency: str = ""
    rows: list[tuple[str, Statement]] = field(default_factory=list)


@dataclass
class _Group(_Scope):
    as_of: dt.date | None = None
    currency: str = ""
    usable: bool = True


class _Reader:
    """Takes the records in their order; `end` gives what came of them."""

    def __init__(self) -> None:
        self.file: _Scope | None = None
        self.group: _Group | None = None
        self.account: _Account | None = None
        self.problems: list[Problem] = []
        self.fatal = False
        self.statements: list[Statement] = []
        self.last_line = 1

    def take(self, record: Record) -> None:
        self.last_line = record.line + record.lines - 1
        step = STEPS.get(record.code)
        if step is None:
            self.refuse(record.line, "", "RECORD_ORDER" if record.code == "88" else "UNKNOWN_RECORD")
            return
        must, must_not, run = step
        standing = {"file": self.file, "group": self.group, "account": self.account}
        if (must and standing[must] is None) or (must_not and standing[must_not] is not None):
            self.refuse(record.line, "", "RECORD_ORDER")
            return
        for scope in standing.values():
            if scope:
                scope.records += record.lines
        try:
            run(self, record)
        except _BrokenRecord:
            self.refuse(record.line, "", "BROKEN_RECORD")

    def refuse(self, line: int, column: str, code: str) -> None:
        self.problems.append(bank.problem(line, column, code))
        self.fatal = True

    def end(self) -> Loaded:
        if self.file is not None:
            self.refuse(self.last_line, "", "TRUNCATED")
        return bank.loaded(SOURCE, [] if self.fatal else self.statements, self.problems)

    def cents(self, line: int, text: str) -> int:
        if not AMOUNT.fullmatch(text):
            self.refuse(line, "amount", "NOT_CENTS")
            return 0
        return int(text)

    def prove(self, record: Record, scope: _Scope, *counts: tuple[str, int]) -> None:
        """The total of a trailer, then its counts in their order."""
        given = [*_plain(record)[1:], "", "", ""]
        if not AMOUNT.fullmatch(given[0]) or int(given[0]) != scope.cents:
            self.refuse(record.line, "total", "CONTROL_TOTAL")
        for text, (name, count) in zip(given[1:], counts, strict=False):
            if not COUNT.fullmatch(text) or int(text) != count:
                self.refuse(record.line, name, "RECORD_COUNT")

    # --- one method for each record -----------------------------------------------------------------------------

    def begin_file(self, record: Record) -> None:
        self.file = _Scope(line=record.line, records=record.lines)
        if [*_plain(record), *[""] * 9][8] not in ("2", ""):
            self.refuse(record.line, "version", "VERSION")

    def begin_group(self, record: Record) -> None:
        fields = [*_plain(record), *[""] * 8]
        self.group = _Group(line=record.line, records=record.lines, currency=fields[6])
        self.group.as_of = bank.day(fields[4])
        for wrong, column, code in (
            (self.group.as_of is None, "as_of_date", "NOT_A_DATE"),
            (fields[3] == TEST, "group_status", "TEST_ONLY"),
            (fields[3] == DELETION, "group_status", "DELETION"),
        ):
            if wrong:
                self.problems.append(bank.problem(record.line, column, code))
                self.group.usable = False

    def begin_account(self, record: Record) -> None:
        assert self.group
        fields = [*_plain(record), "", ""]
        self.account = _Account(line=record.line, records=record.lines)
        self.account.currency = fields[2] or self.group.currency or "USD"
        self.account.cents = sum(self.cents(record.line, amount) for amount in _amounts(_plain(record)))

    def detail(self, record: Record) -> None:
        assert self.account
        assert self.group
        (type_, amount, _), references, text = _detail(record)
        cents = self.cents(record.line, amount)
        self.account.cents += cents
        sign = _sign(type_)
        found = bank.segment(text)
        if not self.group.usable or sign == 0 or cents == 0 or (sign < 0 and found is None):
            return
        if type_ in TOTALS or self.account.currency.upper() != "USD":
            code = "NOT_A_DETAIL" if type_ in TOTALS else "CURRENCY"
            self.problems.append(bank.problem(record.line, "", code))
            return
        assert self.group.as_of
        ours, theirs = ("" if NO_REFERENCE.fullmatch(one) else one for one in references)
        payer = (found and found.payer) or bank.originator(" ".join(text))
        trace = found and found.trace
        name = ours or theirs or digest("bai2", self.group.as_of, type_, trace, payer, cents)[:16]
        one = Statement(name, self.group.as_of, trace, payer, sign * cents, theirs or None)
        self.account.rows.append((type_, one))

    def end_account(self, record: Record) -> None:
        assert self.account
        assert self.group
        self.prove(record, self.account, ("records", self.account.records))
        self.group.cents += self.account.cents
        self.group.parts += 1
        self.statements += _once(self.account.rows)
        self.account = None

    def end_group(self, record: Record) -> None:
        assert self.group
        assert self.file
        self.prove(record, self.group, ("accounts", self.group.parts), ("records", self.group.records))
        self.file.cents += self.group.cents
        self.file.parts += 1
        self.group = None

    def end_file(self, record: Record) -> None:
        assert self.file
        self.prove(record, self.file, ("groups", self.file.parts), ("records", self.file.records))
        self.file = None


def _sign(type_: str) -> int:
    """1 for a credit, -1 for a debit, 0 for what moves no money."""
    number = int(type_) if re.fullmatch(r"\d{3}", type_) else 0
    if 100 <= number < 400 or 920 <= number < 960:
        return 1
    return -1 if 400 <= number < 700 or 960 <= number < 1000 else 0


def _once(rows: list[tuple[str, Statement]]) -> list[Statement]:
    """An account's deposits, a lockbox either by its items or as a whole."""
    sums = {code: sum(s.cents for type_, s in rows if type_ == code) for code in (LOCKBOX, LOCKBOX_ITEM)}
    if sums[LOCKBOX] and sums[LOCKBOX_ITEM]:
        dropped = LOCKBOX if sums[LOCKBOX] == sums[LOCKBOX_ITEM] else LOCKBOX_ITEM
        rows = [row for row in rows if row[0] != dropped]
    return [statement for _, statement in rows]


# For each record: what must be open, what must not be, and what is done.
STEPS = {
    "01": (None, "file", _Reader.begin_file),
    "02": ("file", "group", _Reader.begin_group),
    "03": ("group", "account", _Reader.begin_account),
    "16": ("account", None, _Reader.detail),
    "49": ("account", None, _Reader.end_account),
    "98": ("group", "account", _Reader.end_group),
    "99": ("file", "group", _Reader.end_file),
}
