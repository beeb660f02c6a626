"""The sandbox's own reader of 837P and 837I: small, tolerant, and independent of the codec it judges.

This module reads the envelope; `walk` reads what stands between ST and SE. Delimiters come from the ISA. What is
wrong with an envelope is data (TA105, IK502 and AK905 codes); only bytes without an ISA raise `Unreadable`.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.clearinghouse.sandbox.document import Group, Interchange, Segment, Set
from connectors.clearinghouse.sandbox.walk import Walk

ISA_LENGTH = 106


class Unreadable(ValueError):
    """The bytes do not start with a whole ISA, so there is nobody to answer."""


def read(data: bytes) -> list[Interchange]:
    """The interchanges of an upload, in order. Raises `Unreadable` when there is no ISA to answer."""
    text = data.decode("latin-1").lstrip("\xef\xbb\xbf \t\r\n")
    if len(text) < ISA_LENGTH or not text.startswith("ISA") or text[3].isalnum() or text[3] != text[103]:
        raise Unreadable("the upload does not start with an ISA segment")
    element, component, terminator = text[3], text[104], text[105]
    if terminator.isalnum():
        raise Unreadable("the ISA of the upload does not tell what ends a segment")
    pieces = (piece.strip("\r\n") for piece in text.split(terminator))
    return list(_interchanges((tuple(p.split(element)) for p in pieces if p.strip()), component))


def _interchanges(segments: Iterator[tuple[str, ...]], component: str) -> Iterator[Interchange]:
    """Walk the envelope; a trailer that is missing or disagrees is noted where the answer needs it."""
    current: Interchange | None = None
    group: Group | None = None
    set_: Set | None = None
    for elements in segments:
        name = elements[0]
        if name == "ISA":
            if current is not None:
                yield _cut_short(current, group, set_)
            current, group, set_ = Interchange(elements + ("",) * (17 - len(elements)), component), None, None
        elif current is None:
            continue  # blanks and marks that some systems write behind the last IEA
        elif name == "GS":
            _close_set(set_, (), group)
            e = elements + ("",) * (9 - len(elements))
            group, set_ = Group(e[1], e[2], e[3], e[6], e[8]), None
            current.groups.append(group)
        elif name == "ST" and group is not None:
            _close_set(set_, (), group)
            e = elements + ("",) * (4 - len(elements))
            set_ = Set(e[1], e[2], e[3] or group.version, [Segment(1, elements)])
            group.sets.append(set_)
        elif name == "SE" and set_ is not None:
            set_ = _close_set(set_, elements, group, component)
        elif name == "GE" and group is not None:
            set_ = _close_set(set_, (), group)
            _close_group(group, elements)
            group = None
        elif name == "IEA":
            _close_set(set_, (), group)
            yield _close_interchange(current, group, elements)
            current, group, set_ = None, None, None
        elif set_ is not None:
            set_.segments.append(Segment(len(set_.segments) + 1, elements))
        elif current.note == "000":
            current.note = "022"
    if current is not None:
        yield _cut_short(current, group, set_)


def _close_set(
    set_: Set | None, trailer: tuple[str, ...], group: Group | None, component: str = ":"
) -> Set | None:
    """End a set at its SE (or without one); always returns None, the set that is now open."""
    if set_ is None:
        return None
    if not trailer:
        set_.errors.append("2")
        return None
    set_.segments.append(Segment(len(set_.segments) + 1, trailer))
    se = set_.segments[-1]
    if se[1] != str(len(set_.segments)):
        set_.errors.append("4")
    if se[2] != set_.control:
        set_.errors.append("3")
    if group is not None and sum(other.control == set_.control for other in group.sets) > 1:
        set_.errors.append("23")
    if set_.kind == "837":
        Walk(set_, component).run()
    return None


def _close_group(group: Group, trailer: tuple[str, ...]) -> None:
    if trailer[1:2] != (str(len(group.sets)),):
        group.errors.append("5")
    if trailer[2:3] != (group.control,):
        group.errors.append("4")


def _close_interchange(current: Interchange, group: Group | None, trailer: tuple[str, ...]) -> Interchange:
    if group is not None:
        group.errors.append("3")
    if current.note != "000":
        return current
    if trailer[2:3] != (current.header[13],):
        current.note = "001"
    elif trailer[1:2] != (str(len(current.groups)),):
        current.note = "021"
    return current


def _cut_short(current: Interchange, group: Group | None, set_: Set | None) -> Interchange:
    _close_set(set_, (), group)
    current.note = "023"
    return current
