"""Where each interchange begins and which bytes it is cut with.

The ISA is the one segment of fixed width: its fourth byte separates elements, ISA16 separates components, and the
byte after ISA16 ends segments. Widths are not trusted: old files carry longer or shorter ISAs, so the sixteen elements
are counted by their separator, and a width other than 106 is a problem, not a reason to stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from connectors.x12.problems import Problems

ISA_BYTES = 106
BLANKS = b" \t\r\n\x00\x1a"
CONTROLS = bytes(octet for octet in range(1, 32) if octet not in BLANKS)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# The widest ISA seen in the wild has 122 bytes; 512 leaves room for any that a person would still call an ISA.
ISA_WINDOW = 512

# An ISA with the standard's own widths is one wherever it stands, even behind a segment cut off in the middle.
EXACT_ISA = re.compile(
    rb"ISA([^0-9A-Za-z])..\1.{10}\1..\1.{10}\1..\1.{15}\1..\1.{15}\1.{6}\1.{4}\1.\1.{5}\1.{9}\1.\1.\1..",
    re.DOTALL,
)


class Delimiters(NamedTuple):
    """Bytes as numbers. ``component`` equals ``element`` where the ISA names none: it is then never found."""

    element: int
    component: int
    segment: int


class Piece(NamedTuple):
    """One interchange: its bytes end with a terminator (added where the last was missing)."""

    file: int
    content: bytes
    delimiters: Delimiters
    whole: bool = True  # the ISA has its sixteen elements


class Opening(NamedTuple):
    """Where an interchange begins, what it is cut with, and whether its ISA has its sixteen elements."""

    at: int
    delimiters: Delimiters
    whole: bool = True


def _distinct(delimiters: Delimiters) -> bool:
    def plausible(octet: int) -> bool:
        return octet != 0x20 and not bytes([octet]).isalnum()

    return (
        all(plausible(octet) for octet in (delimiters.element, delimiters.segment))
        and delimiters.segment not in (delimiters.element, delimiters.component)
        and delimiters.element not in b"\r\n"
    )


def read_isa(data: bytes, at: int) -> tuple[Delimiters, str | None] | None:
    """The delimiters of the ISA at ``at`` and the problem code with it, or None when it tells none."""
    window = data[at : at + ISA_WINDOW]
    if len(window) < 5:
        return None
    element = window[3:4]
    parts = window.split(element, 16)
    sixteen, length = None, None
    if len(parts) == 17 and len(parts[16]) >= 2:
        found = Delimiters(element[0], parts[16][0], parts[16][1])
        if _distinct(found):
            sixteen = found
            length = None if len(window) - len(parts[16]) + 2 == ISA_BYTES else "ISA_LENGTH"
            standard = EXACT_ISA.match(window) is not None
            if _may_follow(parts[16][2:].lstrip(BLANKS), found, standard=standard):
                return found, length
    # What ends the ISA is the byte before the next segment of the envelope.
    for tags in (rb"GS|TA1|IEA", rb"ST"):
        for following in re.compile(rb"([^\s])\s*(?:" + tags + rb")" + re.escape(element)).finditer(
            window, 4
        ):
            found = Delimiters(element[0], element[0], following[1][0])
            if sixteen and found.segment == sixteen.segment:
                return sixteen, length
            if _distinct(found):
                return found, "ISA_ELEMENTS"
    return None


def _may_follow(after: bytes, delimiters: Delimiters, *, standard: bool) -> bool:
    """Whether these bytes may stand behind an ISA with these delimiters: nothing, or a segment, whichever it is.

    Behind an ISA of the ``standard`` widths they may be anything: what is damaged there is not the ISA. Where a line
    break would end segments, it may also be one that wraps the file.
    """
    if not after or after.startswith((b"GS", b"TA1", b"IEA", b"ISA")):
        return True
    ends = re.escape(bytes([delimiters.element, delimiters.segment]))
    if re.match(rb"[A-Z][A-Z0-9]{1,2}[" + ends + rb"]", after):
        return True
    return standard and delimiters.segment not in b"\r\n"


def _opens(data: bytes, at: int, current: Delimiters | None) -> bool:
    """Whether the letters ISA at ``at`` open an interchange (they also end the name of many a patient)."""
    if EXACT_ISA.match(data, at):
        return True
    if at + 3 >= len(data) or data[at + 3 : at + 4].isalnum() or data[at + 3] == 0x20:
        return False
    before = data[max(0, at - 80) : at]
    if current is None:
        return not before or not before[-1:].isalnum()
    if not before:
        return True
    return before[-1] == current.segment or before.rstrip(BLANKS)[-1:] == bytes([current.segment])


# Where the element separators of an ISA stand, and how much of a file is looked at to see that its head is plain.
_SEPARATORS = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103]
_HEAD = ISA_BYTES + 4


def pieces_of(inputs: Sequence[bytes], problems: Problems) -> tuple[list[Piece], list[bool]]:
    """The interchanges of all inputs, in order, and for each whether it was taken on trust.

    An input whose head is a plain ISA and whose last byte ends a segment is taken for one interchange, many inputs in
    one pass; that no other begins further on is for the index to see. All others are searched through (``cut``).
    """
    pieces: list[Piece] = []
    trusted: list[bool] = []
    plain = _plain(inputs)
    for file, data in enumerate(inputs):
        if plain[file]:
            pieces.append(Piece(file, data, Delimiters(data[3], data[104], data[105])))
        else:
            pieces += cut(data, file, problems)
        trusted += [plain[file]] * (len(pieces) - len(trusted))
    return pieces, trusted


def _plain(inputs: Sequence[bytes]) -> list[bool]:
    """Whether each input begins and ends as a plain interchange does."""
    heads = np.frombuffer(b"".join(data[:_HEAD].ljust(_HEAD) for data in inputs), np.uint8).reshape(-1, _HEAD)
    element, component, segment = heads[:, 3], heads[:, 104], heads[:, 105]
    plain = (heads[:, :3] == np.frombuffer(b"ISA", np.uint8)).all(axis=1)
    plain &= (heads[:, _SEPARATORS] == element[:, None]).all(axis=1)
    plain &= (heads[:, :ISA_BYTES] == element[:, None]).sum(axis=1) == len(_SEPARATORS)
    plain &= _follows(heads) & (component != element)
    for octet in (element, segment):
        plain &= _SEPARATOR[octet]
    plain &= (segment != element) & (segment != component) & (segment != ord("\n"))
    ends = zip(inputs, segment.tolist(), plain.tolist(), strict=True)
    return [fit and data[-3:].rstrip(b"\r\n")[-1:] == bytes([end]) for data, end, fit in ends]


def _follows(heads: np.ndarray) -> np.ndarray:
    """Whether GS comes after the ISA, at once or on the next line."""
    found = np.zeros(len(heads), np.bool_)
    for after, before in enumerate((b"", b"\n", b"\r\n")):
        expected = np.frombuffer(before + b"GS", np.uint8)
        found |= (heads[:, ISA_BYTES : ISA_BYTES + 2 + after] == expected).all(axis=1)
    return found


# Bytes that may separate: ASCII, neither letter nor digit nor blank.
_SEPARATOR = np.array(
    [octet < 0x80 and octet != 0x20 and not bytes([octet]).isalnum() for octet in range(256)]
)
_SEPARATOR[list(b"\r\n")] = False


def cut(data: bytes, file: int, problems: Problems) -> Iterator[Piece]:
    """The interchanges of one input, in order; bytes that belong to none are reported."""
    yield from cut_at(data, openings(data, file, problems), file, problems)


def cut_at(data: bytes, starts: Sequence[Opening], file: int, problems: Problems) -> Iterator[Piece]:
    """The interchanges that begin at these places."""
    if not starts:
        return
    if data[: starts[0].at].removeprefix(BYTE_ORDER_MARK).strip(BLANKS):
        problems.add("LEADING_BYTES", "there are bytes before the first ISA", file=file)
    ends = [start.at for start in starts[1:]] + [len(data)]
    for start, end in zip(starts, ends, strict=True):
        piece = _piece(data[start.at : end], start, file, problems) if end > start.at else None
        if piece:
            yield piece


def openings(data: bytes, file: int, problems: Problems, current: Opening | None = None) -> list[Opening]:
    """Where interchanges begin, 0 for the one that goes on."""
    starts = [current._replace(at=0)] if current else []
    unreadable = False
    at = data.find(b"ISA")
    while at >= 0:
        if _opens(data, at, starts[-1].delimiters if starts else None):
            found = _read_wrapped(data, at)
            if found is None:
                unreadable = True
                problems.add("ISA_UNREADABLE", "the ISA does not tell its delimiters", file=file)
            else:
                starts.append(Opening(at, found[0], found[1] != "ISA_ELEMENTS"))
                if found[1]:
                    problems.add(found[1], _ISA_MESSAGES[found[1]], file=file)
        at = data.find(b"ISA", at + 3)
    if not starts and not unreadable:
        problems.add("NO_ISA", "no interchange header (ISA) was found", file=file)
    return starts


def _read_wrapped(data: bytes, at: int) -> tuple[Delimiters, str | None] | None:
    """``read_isa``, where it is not plain as it would be without the line breaks in it."""
    found = read_isa(data, at)
    if found and not found[1]:
        return found
    window = data[at : at + ISA_WINDOW]
    bare = read_isa(window.translate(None, b"\r\n"), 0) if b"\n" in window or b"\r" in window else None
    return bare if bare and not bare[1] else found


_ISA_MESSAGES = {
    "ISA_LENGTH": "the ISA is not 106 bytes long; its delimiters were read by counting elements",
    "ISA_ELEMENTS": "the ISA does not have its sixteen elements",
}


def _piece(content: bytes, start: Opening, file: int, problems: Problems) -> Piece | None:
    delimiters = start.delimiters
    if not content.isascii():
        changed = _as_utf8(content, delimiters, file, problems)
        if changed is None:
            return None
        content, delimiters = changed
    if delimiters.segment == ord("\n") and b"\r\n" in content:
        content = content.replace(b"\r\n", b"\n")
    blanks = bytes(octet for octet in BLANKS if octet not in delimiters)
    tail = content[-256:].rstrip(blanks) or content.rstrip(blanks)
    if tail[-1:] != bytes([delimiters.segment]):
        problems.add("UNTERMINATED", "the last segment has no terminator", file=file)
        content = content.rstrip(blanks) + bytes([delimiters.segment])
    return Piece(file, content, delimiters, start.whole)


def _as_utf8(
    content: bytes, delimiters: Delimiters, file: int, problems: Problems
) -> tuple[bytes, Delimiters] | None:
    """The same characters in UTF-8 with ASCII delimiters, so that every later cut falls between characters.

    Control characters that the bytes do not use stand in for delimiters above ASCII; None where they use them all.
    """
    foreign = list(dict.fromkeys(octet for octet in delimiters if octet >= 0x80))
    if foreign:
        free = [octet for octet in CONTROLS if octet not in content]
        if len(free) < len(foreign):
            problems.add("ISA_UNREADABLE", "delimiters above ASCII among every control character", file=file)
            return None
        swap = dict(zip(foreign, free, strict=False))
        content = content.translate(bytes(swap.get(octet, octet) for octet in range(256)))
        delimiters = Delimiters(*(swap.get(octet, octet) for octet in delimiters))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        problems.add("CHARSET", "bytes that are not UTF-8 were read as Latin-1", file=file)
        content = content.decode("latin-1").encode("utf-8")
    return content, delimiters
