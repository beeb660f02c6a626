"""The envelope: interchange ISA-IEA, functional group GS-GE, transaction set ST-SE, each with its count and control.

``read`` indexes the bytes and walks the envelope segments alone, a handful in each file; what stands between ST and SE
is left to the guides. A set is *intact* when it, its group and its interchange are closed and every count and
control number agrees.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from connectors.x12.problems import Problems
from connectors.x12.reading.delimiters import Piece, cut
from connectors.x12.reading.segments import Ints, Segments, code, index

ENVELOPE = ("ISA", "IEA", "GS", "GE", "ST", "SE", "TA1")

# The version tells apart the sets that share an ST01: guide number -> kind.
KIND_OF_GUIDE = {
    "X222": "837P",
    "X223": "837I",
    "X224": "837D",
    "X098": "837P",
    "X096": "837I",
    "X097": "837D",
    "X291": "837P",
    "X292": "837I",
    "X293": "837D",
    "X298": "837P",
    "X299": "837I",
    "X300": "837D",
    "X214": "277CA",
    "X212": "277",
}


@dataclass(slots=True)
class Set:
    """One transaction set: segments ``begin`` (ST) up to ``end``, exclusive."""

    file: int
    interchange: int
    begin: int
    kind: str
    functional_id: str | None
    group_control: str | None
    version: str | None
    control: str | None
    end: int = 0
    intact: bool = True


@dataclass(slots=True)
class _Open:
    """An envelope that waits for its trailer."""

    values: list[str]
    file: int
    sets: list[int] = field(default_factory=list)
    inside: int = 0  # groups in an interchange, sets in a group
    answers: int = 0  # TA1 in an interchange


@dataclass(frozen=True, slots=True)
class Reading:
    """Inputs indexed, with their envelopes."""

    segments: Segments
    interchanges: list[list[str]]
    interchange_files: list[int]
    sets: list[Set]
    acks: list[tuple[int, int, int]]  # TA1: file, interchange, segment
    problems: Problems
    set_begins: Ints

    def owner(self, segment: int) -> tuple[int, int]:
        """The set a segment belongs to and its 1-based ordinal there."""
        number = int(np.searchsorted(self.set_begins, segment, side="right")) - 1
        return number, segment - self.sets[number].begin + 1


def read(data: bytes | Sequence[bytes]) -> Reading:
    """Index the inputs and check every envelope. Never raises for what the bytes hold."""
    inputs = [data] if isinstance(data, bytes | bytearray | memoryview) else list(data)
    problems = Problems()
    pieces = [piece for number, blob in enumerate(inputs) for piece in cut(bytes(blob), number, problems)]
    segments = index(pieces)
    if segments.broken:
        pieces = _unwrapped(pieces, segments.broken, problems)
        segments = index(pieces)
    return _Walk(segments, pieces, problems).reading()


def _unwrapped(pieces: list[Piece], broken: tuple[int, ...], problems: Problems) -> list[Piece]:
    for number in broken:
        piece = pieces[number]
        problems.add("LINE_BREAKS", "line breaks inside segments were taken out", file=piece.file)
        pieces[number] = piece._replace(content=piece.content.translate(None, b"\r\n"))
    return pieces


class _Walk:
    """Steps through the envelope segments. ``STEPS`` says what each does; everything else is bookkeeping."""

    def __init__(self, segments: Segments, pieces: list[Piece], problems: Problems) -> None:
        self.segments, self.problems = segments, problems
        self.files = [piece.file for piece in pieces]
        self.interchanges: list[list[str]] = []
        self.interchange_files: list[int] = []
        self.sets: list[Set] = []
        self.acks: list[tuple[int, int, int]] = []
        self.interchange: _Open | None = None
        self.group: _Open | None = None
        self.set: Set | None = None
        piece_files = np.array(self.files, np.int64)[segments.piece]
        self.file_begins = np.searchsorted(piece_files, np.arange(max(self.files, default=-1) + 1))

    def reading(self) -> Reading:
        rows = np.flatnonzero(np.logical_or.reduce([self.segments.tag == code(tag) for tag in ENVELOPE]))
        owners = self.segments.piece[rows].tolist()
        previous = -1
        for row, piece in zip(rows.tolist(), owners, strict=True):
            values = self.segments.values(row)
            if row > previous + 1 and self.set is None:
                self._stray(previous + 1, row)
            STEPS[values[0]](self, row, self.files[piece], values)
            previous = row
        if self.set is None and len(self.segments) > previous + 1:
            self._stray(previous + 1, len(self.segments))
        self._close_interchange(len(self.segments))
        self._report_empty()
        begins = np.array([found.begin for found in self.sets], np.int64)
        return Reading(
            self.segments,
            self.interchanges,
            self.interchange_files,
            self.sets,
            self.acks,
            self.problems,
            begins,
        )

    # What each envelope segment does.

    def isa(self, row: int, file: int, values: list[str]) -> None:
        self._close_interchange(row)
        self.interchange = _Open(values, file)
        self.interchanges.append(values)
        self.interchange_files.append(file)

    def gs(self, row: int, file: int, values: list[str]) -> None:
        self._close_group(row)
        self.group = _Open(values, file)
        if self.interchange:
            self.interchange.inside += 1

    def st(self, row: int, file: int, values: list[str]) -> None:
        self._close_set(row)
        group = self.group.values if self.group else []
        version = element_of(values, 3) or element_of(group, 8)
        number = len(self.sets)
        self.set = Set(
            file,
            len(self.interchanges) - 1,
            row,
            kind_of(element_of(values, 1), version),
            element_of(group, 1),
            element_of(group, 6),
            version,
            element_of(values, 2),
        )
        self.sets.append(self.set)
        if self.interchange:
            self.interchange.sets.append(number)
        if self.group:
            self.group.sets.append(number)
            self.group.inside += 1
        else:
            self._damage("GS_MISSING", "ST stands outside a functional group", row, [number])

    def se(self, row: int, file: int, values: list[str]) -> None:
        if self.set is None:
            self._damage("SE_UNMATCHED", "SE without ST", row, self._around())
            return
        found, number = self.set, len(self.sets) - 1
        found.end, self.set = row + 1, None
        count = found.end - found.begin
        if not _same_number(element_of(values, 1), str(count)):
            message = f"SE01 does not count the {count} segments from ST to SE"
            self._damage("SE01_COUNT", message, row, [number], number)
        if element_of(values, 2) != found.control:
            self._damage("SE02_CONTROL", "SE02 differs from ST02", row, [number], number)

    def ge(self, row: int, file: int, values: list[str]) -> None:
        self._close_set(row)
        if self.group is None:
            self._damage("GE_UNMATCHED", "GE without GS", row, self._around())
            return
        group, self.group = self.group, None
        if not _same_number(element_of(values, 1), str(group.inside)):
            message = f"GE01 does not count the {group.inside} transaction sets of its group"
            self._damage("GE01_COUNT", message, row, group.sets)
        if not _same_number(element_of(values, 2), element_of(group.values, 6)):
            self._damage("GE02_CONTROL", "GE02 differs from GS06", row, group.sets)

    def iea(self, row: int, file: int, values: list[str]) -> None:
        self._close_group(row)
        if self.interchange is None:
            self._damage("IEA_UNMATCHED", "IEA without ISA", row, [])
            return
        interchange, self.interchange = self.interchange, None
        if not _same_number(element_of(values, 1), str(interchange.inside)):
            # Some partners count the TA1 itself; a TA1 alone can be trusted all the same.
            alone = interchange.answers and not interchange.inside
            message = f"IEA01 does not count the {interchange.inside} functional groups of its interchange"
            self._damage("TA1_IEA01_COUNT" if alone else "IEA01_COUNT", message, row, interchange.sets)
        if not _same_number(element_of(values, 2), element_of(interchange.values, 13)):
            self._damage("IEA02_CONTROL", "IEA02 differs from ISA13", row, interchange.sets)

    def ta1(self, row: int, file: int, values: list[str]) -> None:
        if self.set is not None or self.interchange is None:
            self._damage("STRAY_SEGMENT", "TA1 stands in the wrong place", row, self._around())
        if self.interchange is not None:
            self.interchange.answers += 1
        self.acks.append((file, len(self.interchanges) - 1, row))

    # What is missing.

    def _close_set(self, row: int) -> None:
        if self.set is not None:
            number = len(self.sets) - 1
            self.set.end, self.set = row, None
            self._damage("SE_MISSING", "the transaction set has no SE", row - 1, [number], number)

    def _close_group(self, row: int) -> None:
        self._close_set(row)
        if self.group is not None:
            self._damage("GE_MISSING", "the functional group has no GE", row - 1, self.group.sets)
            self.group = None

    def _close_interchange(self, row: int) -> None:
        self._close_group(row)
        if self.interchange is not None:
            self._damage("IEA_MISSING", "the interchange has no IEA", row - 1, self.interchange.sets)
            self.interchange = None

    def _stray(self, low: int, high: int) -> None:
        many = f"{high - low} segment(s) stand outside every transaction set"
        if self.interchange is None:
            self._damage("TRAILING_SEGMENT", many, low, [])
        else:
            self._damage("STRAY_SEGMENT", many, low, self.interchange.sets)

    def _report_empty(self) -> None:
        rows = np.unique(np.minimum(self.segments.empty, len(self.segments) - 1))
        for row in rows.tolist():
            self._damage("EMPTY_SEGMENT", "there is an empty segment before this one", row, [])

    def _around(self) -> list[int]:
        return self.interchange.sets if self.interchange else []

    def _damage(self, code_: str, message: str, row: int, sets: list[int], number: int | None = None) -> None:
        """Report at a row of the file, or of the set ``number``; the sets it concerns are no longer intact."""
        for damaged in sets:
            self.sets[damaged].intact = False
        file = self.files[self.segments.piece[row]]
        first = int(self.file_begins[file]) if number is None else self.sets[number].begin
        self.problems.add(code_, message, file=file, transaction=number, segment=row - first + 1)


STEPS = {
    "ISA": _Walk.isa,
    "GS": _Walk.gs,
    "ST": _Walk.st,
    "SE": _Walk.se,
    "GE": _Walk.ge,
    "IEA": _Walk.iea,
    "TA1": _Walk.ta1,
}


def kind_of(set_id: str | None, version: str | None) -> str:
    """The kind of a set from ST01 and its version, e.g. 837 and 005010X222A1 -> 837P."""
    guide = re.search(r"X\d{3}", version or "")
    named = KIND_OF_GUIDE.get(guide[0]) if guide else None
    return named if named and set_id and named.startswith(set_id) else (set_id or "")


def element_of(values: list[str], element: int) -> str | None:
    """One element of an envelope segment, None when absent or blank."""
    return (values[element].rstrip(" ") or None) if element < len(values) else None


def _same_number(left: str | None, right: str | None) -> bool:
    """Type N0 compares as a number: leading zeros mean nothing."""
    if left and right and left.isdecimal() and right.isdecimal():
        return left.lstrip("0") == right.lstrip("0")
    return left is not None and left == right
