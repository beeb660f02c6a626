"""All that a letter of appeal may say: facts of the ledger as values, and nothing else.

A letter that asserts what nobody documented is worse than none. Whatever is not on file is None or empty here, and the
templates say of it nothing, or that it is not on file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tasks.billing.appeals.arguments import Argument, Enclosure
from tasks.billing.appeals.levels import Level


@dataclass(frozen=True)
class Reason:
    """One CAS of a line in our words, with the remark codes that came with it."""

    code: str
    words: str
    amount_cents: int
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Service:
    """A line of the claim as billed, beside what was answered."""

    day: date
    code: str
    modifiers: str
    words: str
    units: int | None
    minutes: int | None
    minutes_least: int | None
    charge_cents: int
    paid_cents: int | None
    paid_code: str | None
    reasons: tuple[Reason, ...]
    disputed: bool


@dataclass(frozen=True)
class Proof:
    """One step of the claim's way to the payer, and the file that says so."""

    what: str
    on: date | None
    by: str
    codes: str
    number: str
    file: str
    accepts: bool = False


@dataclass(frozen=True)
class Filing:
    """The clock of the first claim: until when it was to be filed, and when the payer said it had it."""

    limit_days: int | None
    limit_on: date | None
    sent_on: date | None
    accepted_on: date | None
    accepted_number: str | None

    @property
    def in_time(self) -> bool:
        """Whether the payer's own word is within the limit."""
        return (
            self.accepted_on is not None and self.limit_on is not None and self.accepted_on <= self.limit_on
        )


@dataclass(frozen=True)
class Authorization:
    """An authorization on file that covers a line in dispute."""

    number: str
    codes: str
    valid_from: date
    valid_to: date
    units: int


@dataclass(frozen=True)
class Rate:
    """A line allowed below its contract, and how far."""

    day: date
    code: str
    cause: str
    contract: str
    expected_cents: int
    allowed_cents: int

    @property
    def short_cents(self) -> int:
        """What is missing."""
        return self.expected_cents - self.allowed_cents


@dataclass(frozen=True)
class Earlier:
    """A level that was decided before."""

    level: int
    name: str
    filed_on: date | None
    decided_on: date | None
    outcome: str
    reference: str | None


@dataclass(frozen=True)
class Person:
    """The patient as the payer knows them."""

    name: str
    birth_date: date
    member_id: str
    group_number: str | None
    covered_from: date | None
    covered_to: date | None


@dataclass(frozen=True)
class Case:
    """Everything a letter is made from."""

    appeal_id: str
    level: Level
    argument: Argument
    amount_cents: int
    payer: str
    payer_lines: tuple[str, ...]
    practice: str
    practice_npi: str
    practice_tax_id: str
    contact: str
    phone: str
    patient: Person
    claim_id: str
    payer_control: str | None
    service_from: date
    service_to: date
    charge_cents: int
    clinician: str
    clinician_npi: str
    answered_on: date | None
    trace: str
    reference: str | None  # the payer's number of this appeal, where it gave one before
    services: tuple[Service, ...]
    filing: Filing
    proof: tuple[Proof, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    rates: tuple[Rate, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    statement: str | None = None
    part2_consent_on: date | None = None  # of a substance-use programme: the day the consent was signed

    @property
    def disputed(self) -> tuple[Service, ...]:
        """The lines that are appealed."""
        return tuple(service for service in self.services if service.disputed)

    @property
    def denied_for(self) -> tuple[Reason, ...]:
        """What the lines in dispute were cut for, each code once."""
        found = {reason.code: reason for service in self.disputed for reason in service.reasons}
        return tuple(found.values())
