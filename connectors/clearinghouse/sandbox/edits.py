"""The front door's edits: what is wrong with an envelope (TA1), a set (999), a claim (277CA).

Each table row is one edit. The syntax edits are the few that integration work trips over; they are not the whole
of the guide, and a set that passes here is not thereby a valid 837.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from connectors.clearinghouse.sandbox.document import Claim, Group, Interchange, Party, Segment, Set, cents

GUIDES = {"005010X222A1": "837P", "005010X223A2": "837I"}


@dataclass(frozen=True)
class Fault:
    """IK3 (segment, position, loop, code) and, where an element is at fault, IK4 (element, its number, code)."""

    segment: str
    position: int
    loop: str
    code: str
    element: int = 0
    reference: str = ""
    element_code: str = ""
    value: str = ""


@dataclass(frozen=True)
class Rejection:
    """One status of a rejected claim: STC01 (category, status, entity) and, where needed, STC10's status."""

    category: str
    status: str
    entity: str = ""
    further: str = ""


def day(text: str) -> date | None:
    """CCYYMMDD, or the first day of CCYYMMDD-CCYYMMDD; None when it is neither."""
    match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(-\d{8})?", text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def npi_valid(text: str) -> bool:
    """Ten digits whose Luhn sum, with the prefix 80840, ends in zero (45 CFR 162.406)."""
    if not re.fullmatch(r"[0-9]{10}", text):
        return False
    digits = [int(d) for d in "80840" + text]
    doubled = [sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


# --- TA1 ---------------------------------------------------------------------------------------------------------

ENVELOPE = (  # TA105, ISA element, what it must look like
    ("017", 12, r"00501"),
    ("006", 6, r".*\S.*"),
    ("008", 8, r".*\S.*"),
    ("014", 9, r"\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    ("015", 10, r"([01]\d|2[0-3])[0-5]\d"),
    ("018", 13, r"\d{9}"),
    ("020", 15, r"[TP]"),
)


def interchange_note(interchange: Interchange) -> str:
    """TA105 of the interchange: '000' when it is accepted."""
    if interchange.note != "000":
        return interchange.note
    notes = (note for note, number, form in ENVELOPE if not re.fullmatch(form, interchange[number]))
    return next(notes, "000")


# --- 999 ---------------------------------------------------------------------------------------------------------

FORMS: dict[str, tuple[Callable[[str], bool], str]] = {  # form of an element -> (test, IK403 when it fails)
    "text": (lambda value: True, ""),
    "amount": (lambda value: cents(value) is not None, "6"),
    "number": (lambda value: value.isdecimal(), "6"),
    "date": (lambda value: day(value) is not None, "8"),
    "quantity": (lambda value: bool(re.fullmatch(r"\d+(\.\d+)?", value)), "6"),
}

ELEMENTS: dict[
    str, tuple[tuple[str, int, str, str], ...]
] = {  # segment -> (loop prefix, element, its number, form)
    "BHT": (("", 3, "127", "text"), ("", 4, "373", "date")),
    "NM1": (("2010", 3, "1035", "text"), ("2010AA", 9, "67", "text"), ("2010BB", 9, "67", "text")),
    "SBR": (("2000B", 1, "1138", "text"),),
    "CLM": (("2300", 1, "1028", "text"), ("2300", 2, "782", "amount"), ("2300", 5, "C023", "text")),
    "HI": (("2300", 1, "C022", "text"),),
    "REF": (("", 2, "127", "text"),),
    "LX": (("2400", 1, "554", "number"),),
    "SV1": (("2400", 1, "C003", "text"), ("2400", 2, "782", "amount"), ("2400", 4, "380", "quantity")),
    "SV2": (("2400", 1, "234", "text"), ("2400", 3, "782", "amount"), ("2400", 5, "380", "quantity")),
    "DTP": (("2400", 3, "1251", "date"), ("2300", 2, "1250", "text")),
    "AMT": (("23", 2, "782", "amount"),),
}

WITHIN_CLAIM = (("HI", "2300"), ("LX", "2400"))  # required once or more in every claim


def set_faults(set_: Set) -> list[Fault]:
    """Every fault of the set's segments, in their order."""
    return sorted([*_element_faults(set_.segments), *_missing(set_)], key=lambda fault: fault.position)


def _element_faults(segments: list[Segment]) -> Iterator[Fault]:
    for segment in segments:
        for prefix, element, reference, form in ELEMENTS.get(segment.id, ()):
            if not segment.loop.startswith(prefix):
                continue
            test, code = FORMS[form]
            if not segment[element]:
                code = "1"
            elif test(segment[element]):
                continue
            yield Fault(segment.id, segment.position, segment.loop, "8", element, reference, code)


def _missing(set_: Set) -> Iterator[Fault]:
    """A claim without a segment that every claim has; the position is that of its CLM."""
    if not set_.claims:
        yield Fault("CLM", len(set_.segments), "2300", "3")
        return
    bounds = [claim.segment for claim in set_.claims] + [len(set_.segments) + 1]
    for start, end in pairwise(bounds):
        present = {segment.id for segment in set_.segments[start - 1 : end - 1]}
        for name, loop in WITHIN_CLAIM:
            if name not in present:
                yield Fault(name, start, loop, "3")


def group_errors(group: Group) -> list[str]:
    """AK905 codes that reject the whole group."""
    errors = list(group.errors)
    if group.functional_id != "HC":
        errors.append("1")
    elif group.version not in GUIDES:
        errors.append("2")
    return errors


def set_errors(set_: Set) -> list[str]:
    """IK502 codes of the set apart from 5 (segments in error): envelope, kind, version."""
    errors = list(set_.errors)
    if set_.kind != "837":
        errors.append("1")
    elif set_.version not in GUIDES:
        errors.append("I6")
    return errors


# --- 277CA -------------------------------------------------------------------------------------------------------


def claim_rejection(claim: Claim, received: date, seen: set[str]) -> Rejection | None:
    """Why the clearinghouse returns a claim that is sound X12: the first edit that fails, or None."""
    rendering = claim.rendering or Party(id=claim.billing.id)
    edits = (
        (claim.control in seen, Rejection("A7", "54")),
        (sum(line.charge_cents for line in claim.lines) != claim.charge_cents, Rejection("A7", "400")),
        (not npi_valid(claim.billing.id), Rejection("A7", "562", "85")),
        (bool(rendering.id) and not npi_valid(rendering.id), Rejection("A7", "562", "82")),
        (claim.frequency in ("7", "8") and not claim.original_reference, Rejection("A6", "464", "PR")),
        (not claim.diagnoses, Rejection("A6", "255")),
        (not claim.payer.id, Rejection("A7", "153", "PR")),
        (not claim.patient.last, Rejection("A6", "125", "QC")),
        (day(claim.service_from) is None, Rejection("A6", "187")),
        ((day(claim.service_to) or received) > received, Rejection("A7", "187")),
        *(_institutional(claim) if claim.institutional else ()),
    )
    return next((rejection for failed, rejection in edits if failed), None)


INTERIM = ("2", "3")  # a type of bill whose patient is still there, status 30


def _institutional(claim: Claim) -> tuple[tuple[bool, Rejection], ...]:
    """The edits of an 837I alone."""
    attending = claim.attending or Party()
    interim, still_there = claim.frequency in INTERIM, claim.patient_status == "30"
    return (
        (day(claim.statement_from) is None, Rejection("A6", "188")),
        (not re.fullmatch(r"[1-9]\d", claim.facility), Rejection("A7", "228")),
        (not all(line.revenue for line in claim.lines), Rejection("A6", "455")),
        (not npi_valid(attending.id), Rejection("A7", "562", "71")),
        (claim.frequency not in ("7", "8") and interim != still_there, Rejection("A7", "234")),
    )


SEEDED_REJECTIONS = (  # what a payer's own front end finds now and then
    Rejection("A7", "562", "82"),
    Rejection("A7", "21", "", "255"),
    Rejection("A7", "164", "IL"),
    Rejection("A7", "145", "85"),
)
