"""What the sandbox's reader makes of an upload: plain dataclasses, the payer's view of an 837.

Amounts are integer cents, dates are text as sent (CCYYMMDD), positions are 1-based ordinals within the set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Segment:
    """One segment: its ordinal within the transaction set (ST is 1), elements (0 is the id) and loop."""

    position: int
    elements: tuple[str, ...]
    loop: str = ""

    @property
    def id(self) -> str:
        return self.elements[0]

    def __getitem__(self, number: int) -> str:
        """Element by its number in the guide; '' where it was not sent."""
        return self.elements[number] if number < len(self.elements) else ""


@dataclass
class Party:
    """A name loop: NM103, NM104, NM108, NM109, a billing provider's REF*EI and a rendering one's PRV*PE."""

    last: str = ""
    first: str = ""
    qualifier: str = ""
    id: str = ""
    tax_id: str = ""
    taxonomy: str = ""


@dataclass
class Line:
    """Loop 2400; cents, dates as sent (CCYYMMDD). `prior_*` is what 2430 says of earlier payers."""

    position: int
    segment: int
    procedure: tuple[str, ...] = ()
    revenue: str = ""
    charge_cents: int = 0
    units: str = "1"
    service_from: str = ""
    service_to: str = ""
    control: str = ""
    prior_decided: bool = False
    prior_adjustments: list[tuple[str, str, int]] = field(default_factory=list)  # group, CARC, cents

    @property
    def prior_patient_cents(self) -> int:
        """What earlier payers left to the patient."""
        return sum(amount for group, _, amount in self.prior_adjustments if group == "PR")

    @property
    def code(self) -> str:
        """Procedure code, or the revenue code where the line has no procedure."""
        return self.procedure[1] if len(self.procedure) > 1 else self.revenue


@dataclass
class Claim:
    """Loop 2300 with the billing provider, subscriber, patient and destination payer it stands under."""

    control: str
    segment: int
    charge_cents: int
    facility: str
    frequency: str
    billing: Party
    payer: Party
    subscriber: Party
    patient: Party
    order: str = "P"
    filing: str = ""
    group_number: str = ""
    authorization: str = ""
    original_reference: str = ""
    diagnoses: list[str] = field(default_factory=list)
    rendering: Party | None = None
    attending: Party | None = None
    patient_status: str = ""
    statement_from: str = ""
    statement_to: str = ""
    prior_paid_cents: int = 0
    lines: list[Line] = field(default_factory=list)

    @property
    def institutional(self) -> bool:
        """Whether it came on an 837I: its lines have revenue codes, it has a statement."""
        return bool(self.statement_from) or any(line.revenue for line in self.lines)

    @property
    def service_from(self) -> str:
        return min(
            (line.service_from for line in self.lines if line.service_from), default=self.statement_from
        )

    @property
    def service_to(self) -> str:
        return max((line.service_to for line in self.lines if line.service_to), default=self.statement_to)


@dataclass
class Set:
    """ST to SE. `errors` are IK502 codes of the envelope: 2 no SE, 3 other control number, 4 other count."""

    kind: str
    control: str
    version: str
    segments: list[Segment] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reference: str = ""
    date: str = ""
    submitter: Party = field(default_factory=Party)
    claims: list[Claim] = field(default_factory=list)


@dataclass
class Group:
    """GS to GE. `errors` are AK905 codes: 3 no GE, 4 other control number, 5 other count."""

    functional_id: str
    sender: str
    receiver: str
    control: str
    version: str
    sets: list[Set] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Interchange:
    """ISA to IEA. `note` is the TA105 code of the first fault of the envelope, '000' when it is sound."""

    header: tuple[str, ...]
    component: str
    groups: list[Group] = field(default_factory=list)
    note: str = "000"

    def __getitem__(self, number: int) -> str:
        """ISA element by number, blanks at its end removed."""
        return self.header[number].rstrip()


def cents(text: str) -> int | None:
    """An X12 decimal as cents; None when it is not an amount."""
    match = re.fullmatch(r"(-?)(\d*)(?:\.(\d{1,2}))?", text)
    if not match or not (match[2] or match[3]):
        return None
    value = int(match[2] or 0) * 100 + int((match[3] or "0").ljust(2, "0"))
    return -value if match[1] else value
