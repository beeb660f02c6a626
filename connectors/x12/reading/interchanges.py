"""The envelope: interchange ISA-IEA, functional group GS-GE, transaction set ST-SE, each with its count and control.

``read`` indexes the bytes and checks the envelope segments alone, a handful in each file; what stands between ST and SE
is left to the guides. A set is *intact* when it, its group and its interchange are closed and every count and
control number agrees.

Whole interchanges are checked by the column (``regular``); only those with something wrong are walked segment by
segment (``Walk``), which says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.problems import Problems
from connectors.x12.reading.delimiters import Piece, cut, pieces_of
from connectors.x12.reading.envelopes import Walk, element_texts, envelope_rows, regular
from connectors.x12.reading.index import index
from connectors.x12.reading.segments import LONG_SEGMENT, MANY_ELEMENTS, Flags, Ints, Segments

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


class Set(NamedTuple):
    """One transaction set: segments ``begin`` (ST) up to ``end``, exclusive."""

    file: int
    interchange: int
    begin: int
    end: int
    kind: str
    functional_id: str | None
    group_control: str | None
    version: str | None
    control: str | None
    intact: bool


@dataclass(frozen=True)
class Reading:
    """Inputs indexed, with their envelopes. Arrays of a name with ``set_`` have one item for each ST."""

    segments: Segments
    problems: Problems
    isa_rows: Ints
    interchange_files: Ints
    acks: list[tuple[int, int, int]]  # TA1: file, interchange, segment
    set_begins: Ints
    set_ends: Ints  # exclusive
    set_groups: Ints  # the GS of each, -1 for none
    set_files: Ints
    intact: Flags
    first_set: int = 0  # sets in earlier windows; one that goes on from there begins before the first row
    kinds: tuple[str, ...] | None = None  # where they are known already

    def owner(self, segment: int) -> tuple[int, int]:
        """The set a segment belongs to and its 1-based ordinal there."""
        number = int(np.searchsorted(self.set_begins, segment, side="right")) - 1
        return number, segment - int(self.set_begins[number]) + 1

    @cached_property
    def sets_before(self) -> Ints:
        """For each segment how many sets begin up to it."""
        opens = np.zeros(len(self.segments), np.int32)
        # One from an earlier window and one of this may share the first row.
        np.add.at(opens, np.maximum(self.set_begins, 0), 1)
        return np.cumsum(opens, dtype=np.int32)

    @cached_property
    def set_interchanges(self) -> Ints:
        """The interchange of each set, -1 for none."""
        return np.searchsorted(self.isa_rows, self.set_begins, side="right") - 1

    @cached_property
    def covered(self) -> bool:
        """Whether every segment stands in a set or is one of the envelope's."""
        outside = len(self.segments) - int((self.set_ends - np.maximum(self.set_begins, 0)).sum())
        rows = np.concatenate([self.segments.rows(tag) for tag in ("ISA", "IEA", "GS", "GE", "TA1")])
        return outside == int(np.count_nonzero(self.holders(rows) < 0))

    def holders(self, rows: Ints) -> Ints:
        """The set that each segment stands in, -1 for none."""
        found = np.searchsorted(self.set_begins, rows, side="right") - 1
        held = found >= 0
        held[held] = rows[held] < self.set_ends[found[held]]
        return np.where(held, found, -1)

    @cached_property
    def headers(self) -> dict[str, pa.Array]:
        """``functional_id``, ``group_control``, ``version`` and ``control`` of each set as texts."""
        group = {n: element_texts(self.segments, self.set_groups, n) for n in (1, 6, 8)}
        own = {n: element_texts(self.segments, self.set_begins, n) for n in (1, 2, 3)}
        return {
            "functional_id": group[1],
            "group_control": group[6],
            "version": pc.coalesce(own[3], group[8]),
            "control": own[2],
            "set_id": own[1],
        }

    @cached_property
    def set_kinds(self) -> list[str]:
        """The kind of each set, e.g. 835 or 837P."""
        if self.kinds is not None:
            return list(self.kinds)
        names = self.headers["set_id"].to_pylist()
        pairs = list(zip(names, self.headers["version"].to_pylist(), strict=True))
        known = {pair: kind_of(*pair) for pair in set(pairs)}
        return [known[pair] for pair in pairs]

    def numbers_of(self, kinds: Collection[str]) -> Ints:
        """The sets of these kinds."""
        return np.array([n for n, kind in enumerate(self.set_kinds) if kind in kinds], np.int64)

    @cached_property
    def sets(self) -> list[Set]:
        """The sets one by one, for those who want few of them."""
        named = [
            self.headers[name].to_pylist()
            for name in ("functional_id", "group_control", "version", "control")
        ]
        numbers = (self.set_files, self.set_interchanges, self.set_begins, self.set_ends)
        return [
            Set(*row)
            for row in zip(
                *(each.tolist() for each in numbers),
                self.set_kinds,
                *named,
                self.intact.tolist(),
                strict=True,
            )
        ]


def read(data: bytes | Sequence[bytes]) -> Reading:
    """Index the inputs and check every envelope. Never raises for what the bytes hold."""
    inputs = [data] if isinstance(data, bytes | bytearray | memoryview) else list(data)
    problems = Problems()
    pieces, trusted = pieces_of([bytes(blob) for blob in inputs], problems)
    segments = index(pieces)
    doubted = set(segments.piece[_doubtful(segments)].tolist())
    if segments.foreign:
        doubted |= {number for number, piece in enumerate(pieces) if not piece.content.isascii()}
    if any(trusted[piece] for piece in doubted):
        pieces = _cut_again(pieces, {n for n in doubted if trusted[n]}, problems)
        segments = index(pieces)
    if segments.broken:
        pieces = unwrapped(pieces, segments.broken, problems)
        segments = index(pieces)
    return _enveloped(segments, pieces, problems)


# More elements than any segment of the guides has; a BPR has 21.
_MOST_ELEMENTS = 21


def _doubtful(segments: Segments) -> Ints:
    """Segments that may hide the beginning of another interchange: see ``delimiters.cut``.

    An ISA with the same delimiters as its piece is a segment of that name, or the end of a segment with sixteen
    elements more. One with other separators, and all behind it, is a segment without a tag; one with another
    terminator is a segment with too many elements.
    """
    layout = segments.layout
    odd, elements = layout.order[layout.odd], layout.elements[layout.odd]
    doubt = (layout.tags[layout.odd] == 0) | (elements > _MOST_ELEMENTS)
    wide = np.flatnonzero(elements >= MANY_ELEMENTS)
    last = layout.first[layout.odd[wide]] + elements[wide]
    one = [segments.marks[last - n] - segments.marks[last - n - 1] == 2 for n in range(3)]
    # ISA14, 15 and 16 have one character each.
    doubt[wide[np.logical_and.reduce(one)]] = True
    for place in np.flatnonzero(segments.end[odd] - segments.begin[odd] > LONG_SEGMENT).tolist():
        row = int(odd[place])
        doubt[place] |= b"ISA" in segments.source[int(segments.begin[row]) : int(segments.end[row])]
    # An ISA or GS that is within an element makes it longer than LONG_SEGMENT; one at the head of a piece is its own.
    return np.setdiff1d(np.append(odd[doubt], segments.rows("ISA")), segments.heads[:-1])


def _cut_again(pieces: list[Piece], doubted: set[int], problems: Problems) -> list[Piece]:
    found: list[Piece] = []
    for number, piece in enumerate(pieces):
        found += cut(piece.content, piece.file, problems) if number in doubted else [piece]
    return found


def unwrapped(pieces: list[Piece], broken: tuple[int, ...], problems: Problems) -> list[Piece]:
    """The pieces with line breaks taken out of those whose segments have some inside."""
    for number in broken:
        piece = pieces[number]
        problems.add("LINE_BREAKS", "line breaks inside segments were taken out", file=piece.file)
        pieces[number] = piece._replace(content=piece.content.translate(None, b"\r\n"))
    return pieces


def _enveloped(segments: Segments, pieces: Sequence[Piece], problems: Problems) -> Reading:
    """The envelopes of indexed pieces."""
    rows, begins = envelope_rows(segments), segments.rows("ST")
    sound = regular(segments, pieces, rows)
    walk = Walk(problems)
    walk.enter(segments, pieces, begins)
    walk.through(rows, np.flatnonzero(~sound))
    walk.report_empty()
    sets = np.flatnonzero(sound[segments.piece[begins]])
    if len(sets):
        closes, groups = (segments.rows(name) for name in ("SE", "GS"))
        walk.set_ends[sets] = closes[np.searchsorted(closes, begins[sets])] + 1
        walk.set_groups[sets] = groups[np.searchsorted(groups, begins[sets]) - 1]
    isa, acks = (segments.rows(name) for name in ("ISA", "TA1"))
    of_ack = np.searchsorted(isa, acks) - 1

    def file_of(segment: Ints) -> Ints:
        return walk.files[segments.piece[segment]]

    return Reading(
        segments,
        problems,
        isa,
        file_of(isa),
        list(zip(file_of(acks).tolist(), of_ack.tolist(), acks.tolist(), strict=True)),
        begins,
        walk.set_ends,
        walk.set_groups,
        file_of(begins),
        walk.intact,
    )


def kind_of(set_id: str | None, version: str | None) -> str:
    """The kind of a set from ST01 and its version, e.g. 837 and 005010X222A1 -> 837P."""
    guide = re.search(r"X\d{3}", version or "")
    named = KIND_OF_GUIDE.get(guide[0]) if guide else None
    return named if named and set_id and named.startswith(set_id) else (set_id or "")
