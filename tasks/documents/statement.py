"""A statement: what a patient owes and why, how to pay, and the patient's rights; a coupon to send back.

Every field that a statement must carry is in dossier 07 section 9: provider with address and telephone, patient and
date, each service with charge, insurer, adjustment, payment and balance, due date, ways to pay, help line, the right to
an itemised bill, financial assistance, ages. No diagnosis.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from configs.settings import Practice
from connectors.documents import (
    Address,
    Block,
    Box,
    Bullets,
    Column,
    Coupon,
    Document,
    Grid,
    Heading,
    Text,
)
from tasks.billing.appeals.letter import long_day, usd
from tasks.documents.words import letterhead, short_day, telephone, zip_code


@dataclass(frozen=True)
class Line:
    """A service on a statement; cents."""

    day: dt.date
    words: str
    charge: int
    insurer: int
    adjusted: int
    waiting: int
    paid: int
    owed: int


@dataclass(frozen=True)
class Account:
    """What a statement is made from."""

    patient_id: str
    name: str
    lines_of_address: tuple[str, ...]
    minor: bool
    lines: tuple[Line, ...]
    ages: tuple[tuple[str, int], ...]
    credit: int
    payments: tuple[tuple[dt.date, str, int], ...] = ()  # of the last ninety days: day, how, cents

    @property
    def due(self) -> int:
        """What is asked for."""
        return sum(line.owed for line in self.lines) - self.credit


def statement(account: Account, practice: Practice, on: dt.date, revision: int) -> Document:
    """The statement of an account on a day."""
    due_on = on + dt.timedelta(days=practice.statement_due_days)
    facts = (
        ("Statement date", long_day(on)),
        ("Account", account.patient_id),
        ("Amount due", usd(account.due)),
        ("Due date", long_day(due_on)),
    )
    addressee = f"To the parent or guardian of {account.name}" if account.minor else account.name
    blocks: list[Block] = [
        Address((addressee, *account.lines_of_address), facts),
        Heading("Statement of your account", level=1),
        Text(f"Patient: {account.name}. Amounts that your insurance has answered and that are yours to pay:"),
        _services(account),
        *_payments(account),
        Heading("How long amounts have been open"),
        _ages(account),
        Heading("How to pay"),
        Bullets(_ways(practice)),
        Box("Questions about this statement?", _help(practice)),
        Text(_rights(practice), small=True),
        Coupon(
            practice.name,
            (
                ("Account", account.patient_id),
                ("Due date", long_day(due_on)),
                ("Amount due", usd(account.due)),
                ("Amount enclosed", "$ ____________"),
            ),
            (practice.street, f"{practice.city}, {practice.state} {zip_code(practice.zip)}"),
        ),
    ]
    footer = f"Statement {account.patient_id} of {on.isoformat()} · revision {revision} · confidential"
    return Document(f"Statement {account.patient_id}", letterhead(practice), footer, tuple(blocks))


def _services(account: Account) -> Grid:
    """One row a service. What is still with the insurer has a column only where there is any."""
    waiting = any(line.waiting for line in account.lines)
    columns = [
        Column("Date", 0.95), Column("Service", 2.4), Column("Charge", 1, right=True),
        Column("Insurance paid", 1.05, right=True), Column("Adjustments", 1.1, right=True),
    ]  # fmt: skip
    columns += [Column("With insurance", 1.05, right=True)] if waiting else []
    columns += [Column("You paid", 1, right=True), Column("You owe", 1, right=True)]
    rows = []
    for line in account.lines:
        figures = [line.charge, line.insurer, line.adjusted, *([line.waiting] if waiting else [])]
        figures += [line.paid, line.owed]
        rows.append((short_day(line.day), line.words, *map(usd, figures)))
    if account.credit:
        blanks = ("",) * (len(columns) - 3)
        rows.append(("", "Payments not yet applied", *blanks, usd(-account.credit)))
    total = ("", "Amount due", *("",) * (len(columns) - 3), usd(account.due))
    return Grid(tuple(columns), tuple(rows), total)


def _payments(account: Account) -> list[Block]:
    """What came in lately, also for services that are paid by now and stand here no more."""
    if not account.payments:
        return []
    columns = (Column("Date", 1), Column("How", 3), Column("Amount", 1, right=True))
    rows = tuple((short_day(day), how, usd(cents)) for day, how, cents in account.payments)
    return [Heading("Your payments of the last 90 days"), Grid(columns, rows)]


def _ages(account: Account) -> Grid:
    names = tuple(Column(f"{name} days", 1, right=True) for name, _ in account.ages)
    return Grid(names, (tuple(usd(cents) for _, cents in account.ages),))


def _ways(practice: Practice) -> tuple[str, ...]:
    general = (
        f"by check to {practice.name}, with the part below",
        f"by telephone: {telephone(practice.phone)}",
    )
    return tuple(practice.ways_to_pay) or general


def _help(practice: Practice) -> str:
    line = practice.help_line or telephone(practice.phone)
    return f"Call {line}. If you cannot pay the amount at once, call us before the due date: we arrange payments."


def _rights(practice: Practice) -> str:
    """The right to an itemised bill, help with payment, and what to do about a mistake. Own words."""
    general = "If paying is hard, you may qualify for financial assistance; the application costs nothing."
    return (
        "You have a right to an itemised bill of every service at no cost: ask for it at the number above. "
        f"{practice.financial_assistance or general} If something here looks wrong, tell us in writing or by "
        "telephone; we look into it before anything else is asked of you. Amounts that your insurance is still "
        "considering are not due."
    )
