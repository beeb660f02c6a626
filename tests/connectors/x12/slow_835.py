"""An independent, slow judge of an 835: find the delimiters, split, walk, Decimal. It shares no code with the decoder.

It knows the envelope, the order of the segments that hold money, and arithmetic. It knows nothing of dates, names or
unknown segments, so it may call balanced what the decoder distrusts for other reasons; the decoder must never call
balanced what this does not, and every difference that both can tell is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

BLANK = " \t\r\n\x00\x1a"
# Where the sixteen separators of an ISA of the standard's widths stand.
SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
ISA = re.compile("I[\r\n]*S[\r\n]*A[\r\n]*")
AMOUNT = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
CAS_ELEMENTS, PLB_ELEMENTS = 19, 14

Segment = list[str]


@dataclass
class Line:
    """One SVC; amounts that cannot be read are None."""

    charge: Decimal | None
    paid: Decimal | None
    adjusted: Decimal | None = Decimal(0)

    @property
    def difference(self) -> Decimal | None:
        """SVC02 - adjustments - SVC03."""
        return _less(self.charge, self.adjusted, self.paid)


@dataclass
class Claim(Line):
    """One CLP with its lines; the adjustments of its lines are its own too."""

    lines: list[Line] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        return all(each.difference == 0 for each in (self, *self.lines))


@dataclass
class Judgment:
    """What is said of one transaction set."""

    control: str
    sound: bool  # closed and counted, with its group and interchange
    faults: list[str] = field(default_factory=list)  # of the segments that hold money
    told: bool = False  # BPR was there
    payment: Decimal | None = None  # BPR02 of the first, negative for a debit
    held: Decimal | None = Decimal(0)  # sum of PLB
    claims: list[Claim] = field(default_factory=list)

    @property
    def paid(self) -> Decimal | None:
        return _sum(claim.paid for claim in self.claims)

    @property
    def difference(self) -> Decimal | None:
        """BPR02 - (sum of CLP04 - sum of PLB)."""
        paid = self.paid
        return _less(self.payment, None if paid is None or self.held is None else paid - self.held)

    @property
    def balanced(self) -> bool:
        return (
            self.sound
            and not self.faults
            and self.difference == 0
            and all(claim.balanced for claim in self.claims)
        )


def verdicts(data: bytes) -> list[bool]:
    """Whether each 835 of a file balances, in order."""
    return [judgment.balanced for judgment in judge(data)]


def judge(data: bytes) -> list[Judgment]:
    """One judgment for each 835 of a file, in order."""
    return [each for interchange in interchanges(data) for each in _remittances(interchange)]


def readings(data: bytes) -> Iterator[list[Judgment]]:
    """The judgments by every way the bytes can be read: each ISA as the first, line breaks kept or taken out.

    Where a damaged file can be cut in two ways, a reader may choose; it may not choose a third.
    """
    text = data.decode("latin-1")
    for match in ISA.finditer(text):
        for delimiters in _possible("ISA" + text[match.end() : match.end() + 600]):
            for body in _windows(text[match.start() :]):
                segments = _segments(body, delimiters)
                yield list(_remittances(Interchange(delimiters.component, segments)))


def _possible(text: str) -> set[Delimiters]:
    """Any delimiters that an ISA may name: what ends it is one of the bytes soon after ISA16."""
    element, found = text[3:4], set()
    for seen in _windows(text) if element else ():
        last = seen.split(element, 16)[-1]
        ends = {end for end in last[1:8] if not _alphanumeric(end) and end not in (" ", element)}
        found |= {Delimiters(element, last[:1], end) for end in ends}
    return found


# --- Bytes to segments -----------------------------------------------------------------------------------------


class Delimiters(NamedTuple):
    element: str
    component: str
    end: str


class Interchange(NamedTuple):
    component: str
    segments: list[Segment]


def interchanges(data: bytes) -> Iterator[Interchange]:
    """Each ISA with the segments up to the next."""
    text = data.decode("latin-1")
    found = _openings(text)
    ends = [*(at for at, _ in found), len(text)][1:]
    for (at, delimiters), until in zip(found, ends, strict=False):
        yield Interchange(delimiters.component, _segments(text[at:until], delimiters))


def _openings(text: str) -> list[tuple[int, Delimiters]]:
    """Where an interchange begins: an ISA of the standard's widths anywhere, any other where a segment may begin."""
    found: list[tuple[int, Delimiters]] = []
    for match in ISA.finditer(text):
        at = match.start()
        delimiters = delimiters_of("ISA" + text[match.end() : match.end() + 600], 0)
        if delimiters is None:
            continue
        blank = BLANK.replace(found[-1][1].end, "") if found else BLANK
        ends = (text[:at].rstrip(blank)[-1:], text[at - 1]) if at else ("",)
        free = found[-1][1].end in ends if found else not _alphanumeric(ends[-1])
        if free or _standard(text, at):
            found.append((at, delimiters))
    return found


def _alphanumeric(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _standard(text: str, at: int) -> bool:
    isa = text[at : at + 106]
    return len(isa) == 106 and tuple(place for place, c in enumerate(isa[:105]) if c == isa[3]) == SEPARATORS


def delimiters_of(text: str, at: int) -> Delimiters | None:
    """The byte after ISA, the first byte of ISA16 and the one after it; None where they cannot be.

    Behind an ISA stands a segment, any: others may be missing. Behind one of the standard's widths there may be
    anything, unless its end is the break of a line, which may wrap the file.
    """
    element = text[at + 3 : at + 4]
    if not element or _alphanumeric(element) or element in " \r\n":
        return None
    for seen in _windows(text[at : at + 600]):
        parts = seen.split(element, 16)
        if len(parts) < 17 or len(parts[16]) < 2:
            continue
        component, end, after = parts[16][0], parts[16][1], parts[16][2:]
        after = after.lstrip(BLANK + end)  # empty segments are passed over
        followed = not after or re.match(f"[A-Z][A-Z0-9]{{1,2}}[{re.escape(element + end)}]", after)
        followed = followed or (_standard(seen, 0) and end not in "\r\n")
        if followed and not _alphanumeric(end) and end != " " and end not in (element, component):
            return Delimiters(element, component, end)
    return None


def _windows(text: str) -> tuple[str, str]:
    """Line breaks may end segments, or wrap the file."""
    return text, re.sub("[\r\n]", "", text)


def _segments(text: str, delimiters: Delimiters) -> list[Segment]:
    if delimiters.end not in "\r\n":
        text = re.sub("[\r\n]", "", text)
    elif delimiters.end == "\n":
        text = text.replace("\r\n", "\n")
    pieces = [piece.lstrip(BLANK) for piece in text.split(delimiters.end)]
    pieces[-1] = pieces[-1].rstrip(BLANK)
    return [piece.split(delimiters.element) for piece in pieces if piece]


def _element(segment: Segment, number: int) -> str:
    return segment[number].rstrip(" ") if number < len(segment) else ""


# --- The envelope ----------------------------------------------------------------------------------------------


@dataclass
class Envelope:
    """ISA or GS, what it holds, and its trailer."""

    header: Segment
    counted: int = 0
    trailer: Segment = field(default_factory=list)
    strays: int = 0  # segments in an interchange that stand where they may not
    controls: list[str] = field(default_factory=list)  # of the groups, or sets, inside
    again: bool = False  # its own control number stood in the same interchange before

    def closed(self, control: int) -> bool:
        """The trailer is there, counts what is inside and repeats the control number, a new one; nothing strays."""
        return (
            bool(self.trailer)
            and not self.strays
            and not self.again
            and _number(_element(self.trailer, 1)) == str(self.counted)
            and _number(_element(self.trailer, 2)) == _number(_element(self.header, control))
        )


def _remittances(interchange: Interchange) -> Iterator[Judgment]:
    """The 835s of an interchange; soundness is known only when all of it has been walked."""
    for segments, group, whole, again in _sets(interchange.segments):
        if _element(segments[0], 1) == "835":
            sound = (
                _set_closed(segments)
                and not again
                and group is not None
                and group.closed(6)
                and whole is not None
                and whole.closed(13)
            )
            yield _judged(segments, sound, interchange.component)


def _sets(segments: list[Segment]) -> list[tuple[list[Segment], Envelope | None, Envelope | None, bool]]:
    """Each ST up to its SE, or to what cuts it off, with the GS and the ISA that were open around it, and whether its
    control number stood in the group before."""
    found: list[tuple[list[Segment], Envelope | None, Envelope | None, bool]] = []
    interchange: Envelope | None = None
    group: Envelope | None = None
    inside: list[Segment] | None = None
    for segment in segments:
        tag = segment[0]
        if interchange and _strays(tag, inside is not None, group is not None):
            interchange.strays += 1
        if tag == "ST":
            inside = [segment]
            again = bool(group) and _again(group.controls, _element(segment, 2))
            found.append((inside, group, interchange, again))
            if group:
                group.counted += 1
        elif tag in ("ISA", "GS", "GE", "IEA"):
            inside = None
            if tag == "GE" and group:
                group.trailer = segment
            if tag == "IEA" and interchange:
                interchange.trailer = segment
            if tag == "GS" and interchange:
                interchange.counted += 1
            group = Envelope(segment) if tag == "GS" else None
            if group and interchange:
                group.again = _again(interchange.controls, _number(_element(segment, 6)))
            interchange = {"ISA": Envelope(segment), "IEA": None}.get(tag, interchange)
        elif inside is not None:
            inside.append(segment)
            if tag == "SE":
                inside = None
    return found


def _again(controls: list[str], control: str) -> bool:
    controls.append(control)
    return control not in ("", "?") and controls.count(control) > 1


def _strays(tag: str, in_set: bool, in_group: bool) -> bool:
    """Whether a segment may not stand where it does: SE and all that no envelope knows only within a set, GE only
    within a group, TA1 in neither."""
    if tag == "TA1":
        return in_set or in_group
    if tag == "GE":
        return not in_group
    return tag not in ("ISA", "GS", "ST", "IEA") and not in_set


def _number(text: str) -> str:
    """Numbers that count or control: leading zeros mean nothing."""
    return (text.lstrip("0") or "0") if text.isdecimal() else text + "?"


def _set_closed(segments: list[Segment]) -> bool:
    last = segments[-1]
    return (
        last[0] == "SE"
        and _number(_element(last, 1)) == str(len(segments))
        and _element(last, 2) == _element(segments[0], 2)
    )


# --- The money -------------------------------------------------------------------------------------------------


def amount(text: str) -> Decimal | None:
    """Dollars and whole cents, None where it is no such amount."""
    if not AMOUNT.fullmatch(text):
        return None
    value = Decimal(text)
    return value if value == round(value, 2) else None


def _sum(values: Iterator[Decimal | None]) -> Decimal | None:
    listed = list(values)
    return None if None in listed else sum(listed, Decimal(0))  # type: ignore[arg-type]


def _less(first: Decimal | None, *others: Decimal | None) -> Decimal | None:
    if first is None or None in others:
        return None
    return first - sum(others)  # type: ignore[arg-type]


def _judged(segments: list[Segment], sound: bool, component: str) -> Judgment:
    """Walk one set. ``place`` is where the walk is: header, parties, between (after LX), claim, line, footer."""
    judgment = Judgment(_element(segments[0], 2), sound)
    place = "header"
    for segment in segments:
        place = _STEPS.get(segment[0], _stay)(judgment, segment, place, component)
    for tag in ("BPR", "TRN"):
        if sum(segment[0] == tag for segment in segments) != 1:
            judgment.faults.append(f"not one {tag}")
    return judgment


def _stay(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    return place


def _bpr(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    value, direction = amount(_element(segment, 2)), _element(segment, 3)
    if place != "header" or direction not in ("C", "D"):
        judgment.faults.append("BPR")
    if place == "header" and not judgment.told:
        judgment.payment = -abs(value) if value is not None and direction == "D" else value
        judgment.told = True
    return place


def _trn(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    if place != "header" or not _element(segment, 2):
        judgment.faults.append("TRN")
    return place


def _n1(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    return "parties" if _element(segment, 1) in ("PR", "PE") else place


def _lx(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    return "between"


def _clp(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    if place == "footer" or not (_element(segment, 1) and _element(segment, 2)):
        judgment.faults.append("CLP")
    judgment.claims.append(Claim(amount(_element(segment, 3)), amount(_element(segment, 4))))
    return "claim"


def _svc(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    if place not in ("claim", "line"):
        judgment.faults.append("SVC")
        return place
    judgment.claims[-1].lines.append(Line(amount(_element(segment, 2)), amount(_element(segment, 3))))
    return "line"


def _cas(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    if place not in ("claim", "line"):
        judgment.faults.append("CAS")
        return place
    adjusted: list[Decimal | None] = []
    for at in range(2, len(segment), 3):
        reason, value, quantity = (_element(segment, at + n) for n in range(3))
        if reason or value or quantity:
            adjusted.append(amount(value))
            if not reason:
                judgment.faults.append("CAS")
    if not _element(segment, 1) or not adjusted or any(segment[CAS_ELEMENTS + 1 :]):
        judgment.faults.append("CAS")
    claim = judgment.claims[-1]
    for owner in (claim, claim.lines[-1]) if place == "line" else (claim,):
        owner.adjusted = _sum(iter([owner.adjusted, *adjusted]))
    return place


def _plb(judgment: Judgment, segment: Segment, place: str, component: str) -> str:
    held: list[Decimal | None] = [judgment.held]
    for at in range(3, len(segment), 2):
        code, value = _element(segment, at), _element(segment, at + 1)
        if code or value:
            held.append(amount(value))
            if not code.split(component)[0]:
                judgment.faults.append("PLB")
    if len(held) == 1 or any(segment[PLB_ELEMENTS + 1 :]):
        judgment.faults.append("PLB")
    judgment.held = _sum(iter(held))
    return "footer"


_STEPS = {
    "BPR": _bpr,
    "TRN": _trn,
    "N1": _n1,
    "LX": _lx,
    "CLP": _clp,
    "SVC": _svc,
    "CAS": _cas,
    "PLB": _plb,
}
