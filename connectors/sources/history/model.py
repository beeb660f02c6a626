"""What a history is made of: claims, answers, provider adjustments, checks, and the truth about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

Cas = tuple[str, str, int]


@dataclass(frozen=True)
class Line:
    """A line of a claim of ours."""

    control: str
    code: str
    charge: int


@dataclass
class Claim:
    """A claim of ours, who pays it, and the payers after the first."""

    control: str
    payer: str
    patient: int
    day: dt.date
    lines: list[Line]
    later: tuple[str, ...] = ()

    @property
    def charge(self) -> int:
        """CLM02."""
        return sum(line.charge for line in self.lines)


@dataclass(frozen=True)
class Service:
    """SVC with its CAS."""

    line: Line
    charge: int
    paid: int
    cas: tuple[Cas, ...]
    told: bool = True  # REF*6R is repeated


@dataclass(frozen=True)
class Answer:
    """CLP: one claim in one check; `cas` stand at the claim."""

    control: str
    status: str
    charge: int
    paid: int
    icn: str
    services: tuple[Service, ...] = ()
    cas: tuple[Cas, ...] = ()
    remark: str = ""

    @property
    def patient(self) -> int:
        """CLP05: Σ PR."""
        every = [*self.cas, *(cas for service in self.services for cas in service.cas)]
        return sum(cents for group, _, cents in every if group == "PR")

    def back(self) -> Answer:
        """Its reversal: all amounts negated, group codes as they were."""
        return Answer(
            self.control,
            "22",
            -self.charge,
            -self.paid,
            self.icn,
            tuple(Service(s.line, -s.charge, -s.paid, _negated(s.cas), told=s.told) for s in self.services),
            _negated(self.cas),
        )


def _negated(cas: tuple[Cas, ...]) -> tuple[Cas, ...]:
    return tuple((group, carc, -cents) for group, carc, cents in cas)


@dataclass(eq=False)
class Plb:
    """A provider adjustment with what is true of it.

    `claims` are those it took from or gave to; `pairs` its counterparts with the cents of this one that they pay off;
    `undoes` whether it takes back a payment or a check as a whole, or is of an account of its own. `told` whether the
    file says enough to know: what it does not tell may be left as work, and may never be told otherwise.
    """

    code: str
    reference: str
    cents: int
    claims: set[str] = field(default_factory=set)
    pairs: list[tuple[Plb, int]] = field(default_factory=list)
    undoes: bool = False
    told: bool = True

    def pay_off(self, other: Plb, cents: int) -> None:
        """These two come to zero with each other for so many cents (of the positive one)."""
        for one, partner in ((self, other), (other, self)):
            one.pairs.append((partner, cents if one.cents > 0 else -cents))

    @property
    def open_cents(self) -> int:
        """What nothing has paid off."""
        return 0 if self.undoes else self.cents - sum(cents for _, cents in self.pairs)


@dataclass(eq=False)
class Check:
    """One 835: a payer's check of a day."""

    payer: str
    trace: str
    day: dt.date
    paper: bool = False
    answers: list[Answer] = field(default_factory=list)
    plbs: list[Plb] = field(default_factory=list)

    @property
    def bpr(self) -> int:
        """BPR02: what balances."""
        return sum(a.paid for a in self.answers) - sum(p.cents for p in self.plbs)


@dataclass(frozen=True)
class Truth:
    """What is true of the PLB at this place: see `Plb`. `pairs` are (trace, position, cents)."""

    trace: str
    position: int
    code: str
    cents: int
    claims: frozenset[str]
    pairs: tuple[tuple[str, int, int], ...]
    open_cents: int
    told: bool


@dataclass(frozen=True)
class File:
    """An 835 as it came in a month."""

    month: str
    name: str
    data: bytes


@dataclass(frozen=True)
class History:
    """Rows of the ledger's tables by name, files in the order in which they came, truths in the order of the PLBs.

    `shares` is what the patient owes of each claim in the end: what the last payer in line said last.
    """

    rows: dict[str, list[dict[str, Any]]]
    files: list[File]
    truths: list[Truth]
    shares: dict[str, int]
