"""What every answer is made of, and the two short ones: TA1 and 999 (005010X231A1).

`statuses` writes the 277CA and `remittance` the 835. A set is a list of segments between ST and SE;
`Envelope.interchange` puts ST/SE, GS/GE and ISA/IEA around sets and does the counting. Amounts come in as cents and
leave without trailing zeros. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from connectors.clearinghouse.sandbox.document import Claim, Group, Set
from connectors.clearinghouse.sandbox.edits import Fault

VERSIONS = {"FA": ("999", "005010X231A1"), "HN": ("277", "005010X214"), "HP": ("835", "005010X221A1")}
CLEAN = str.maketrans("*:~^\r\n", "      ")  # our delimiters, should an uploaded value hold one

Segments = list[str]


def segment(*elements: object) -> str:
    """A segment without its terminator; empty elements at the end are left off."""
    return "*".join(str(element) for element in elements).rstrip("*")


def clean(value: str) -> str:
    """A value that is echoed, free of our delimiters."""
    return value.translate(CLEAN)


def money(cents: int) -> str:
    """Cents as an X12 decimal: 14250 is 142.5, -5 is -.05."""
    whole, part = divmod(abs(cents), 100)
    text = f"{whole}.{part:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if cents < 0 else text


def ymd(day: date) -> str:
    return day.strftime("%Y%m%d")


@dataclass(frozen=True)
class Envelope:
    """Who answers whom and when. `newline` only changes the look of the file, as it differs between payers."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    group_sender: str
    group_receiver: str
    day: date
    time: str
    usage: str
    newline: str = "\n"

    def interchange(self, functional_id: str, control: int, sets: Sequence[Segments]) -> bytes:
        """One group of sets of one kind, in one interchange with ISA13 `control`."""
        kind, version = VERSIONS[functional_id]
        own = "" if kind == "835" else version  # the 835 has no ST03
        group = control % 100_000_000
        body = [
            segment("GS", functional_id, self.group_sender, self.group_receiver, ymd(self.day), self.time, group,
                    "X", version)
        ]  # fmt: skip
        for index, inner in enumerate(sets, 1):
            body += [segment("ST", kind, f"{index:04d}", own), *inner]
            body.append(segment("SE", len(inner) + 2, f"{index:04d}"))
        body.append(segment("GE", len(sets), group))
        return self.wrap(control, body, 1)

    def wrap(self, control: int, body: Segments, groups: int) -> bytes:
        """ISA and IEA around `body`."""
        isa = "*".join(
            ("ISA", "00", " " * 10, "00", " " * 10, self.sender_qualifier, f"{self.sender:15.15}",
             self.receiver_qualifier, f"{self.receiver:15.15}", self.day.strftime("%y%m%d"), self.time, "^", "00501",
             f"{control:09d}", "0", self.usage, ":")
        )  # fmt: skip
        segments = [isa, *body, segment("IEA", groups, f"{control:09d}")]
        return "".join(f"{text}~{self.newline}" for text in segments).encode("latin-1")


def patient(claim: Claim) -> str:
    """NM1*QC with the subscriber's member id, as payers send it."""
    who, member = claim.patient, clean(claim.subscriber.id)
    qualifier = "MI" if member else ""
    return segment("NM1", "QC", 1, clean(who.last), clean(who.first), "", "", "", qualifier, member)


# --- acknowledgments ---------------------------------------------------------------------------------------------


def ta1(control: str, day: str, time: str, note: str) -> Segments:
    """TA1 for the interchange `control`; note '000' accepts it, any other rejects it."""
    return [segment("TA1", control, day, time, "A" if note == "000" else "R", note)]


def functional(
    group: Group, errors: Sequence[str], verdicts: Sequence[tuple[Set, list[str], list[Fault]]]
) -> Segments:
    """999 for a group: AK905 `errors` reject it whole, else each set has its IK502 codes and segment faults."""
    body = [segment("AK1", clean(group.functional_id), clean(group.control), clean(group.version))]
    accepted = 0
    for set_, codes, faults in [] if errors else verdicts:
        body.append(segment("AK2", clean(set_.kind), clean(set_.control), clean(set_.version)))
        for fault in faults:
            body.append(segment("IK3", fault.segment, fault.position, fault.loop, fault.code))
            if fault.element:
                body.append(
                    segment("IK4", fault.element, fault.reference, fault.element_code, clean(fault.value))
                )
        codes = [*codes, "5"] if faults else codes
        body.append(segment("IK5", "R" if codes else "A", *codes[:5]))
        accepted += not codes
    sent = len(group.sets)
    verdict = "R" if errors or not accepted else "A" if accepted == sent else "P"
    return [*body, segment("AK9", verdict, sent, sent, 0 if errors else accepted, *errors[:5])]
