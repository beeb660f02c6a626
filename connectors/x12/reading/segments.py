"""The index of segments and elements: every cut found once, over all inputs, with NumPy.

A *mark* is the byte position of an element separator or a segment terminator. Segment ``s`` begins at ``begin[s]``; its
tag ends at ``marks[first[s]]``, and its element ``e`` (1-based) lies between ``marks[first[s] + e - 1]`` and
``marks[first[s] + e]``. Nothing is copied out of the buffer until a column asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from connectors.x12.reading.delimiters import BLANKS, Delimiters, Piece

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]

# Words of up to eight bytes are read at any position, so the buffer is followed by eight that are nobody's.
PADDING = bytes(8)
_KEEP = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], np.uint32)
_NOT_BLANK = re.compile(rb"[^ \t\r\n\x00\x1a]")


def code(text: str) -> int:
    """A tag or qualifier of up to four characters as the number ``packed`` gives."""
    return int.from_bytes(text.encode("ascii"), "little")


class _Pinned:
    """Rows whose edges are kept, by element; the reference to the rows keeps their id theirs."""

    __slots__ = ("edges", "elements", "first", "rows", "shortest")

    def __init__(self, rows: Ints, first: Ints, elements: Ints) -> None:
        self.rows, self.first, self.elements = rows, first, elements
        self.shortest = int(elements.min()) if len(elements) else 0
        self.edges: dict[int, Ints] = {}


@dataclass(frozen=True, slots=True)
class Segments:
    """Every segment of every input, in order."""

    buffer: bytes
    octets: npt.NDArray[np.uint8]
    marks: Ints
    first: Ints  # index into marks of the mark that ends the tag
    elements: Ints  # elements after the tag
    begin: Ints
    tag: Codes
    piece: Ints  # which interchange
    components: Ints  # byte positions of component separators
    delimiters: tuple[Delimiters, ...]  # of each piece
    empty: Ints  # segments that an empty one stood before
    broken: tuple[int, ...]  # pieces with line breaks inside segments
    pinned: dict[int, _Pinned] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.begin)

    def rows(self, tag: str) -> Ints:
        """The segments with this tag."""
        return np.flatnonzero(self.tag == code(tag))

    def bounds(self, rows: Ints, element: int) -> tuple[Ints, Ints]:
        """Where element ``element`` of each row begins and ends; no later than it begins where it is absent.

        A row may be -1, for none.
        """
        if not len(rows):
            return rows, rows
        if id(rows) in self.pinned:
            return self._edge(rows, element - 1) + 1, self._edge(rows, element)
        there = self.elements[rows] >= element
        if rows.min() >= 0 and there.all():
            mark = self.first[rows] + (element - 1)
            return self.marks[mark] + 1, self.marks[mark + 1]
        there &= rows >= 0
        mark = np.where(there, self.first[rows] + (element - 1), 0)
        return np.where(there, self.marks[mark] + 1, 0), np.where(there, self.marks[mark + 1], 0)

    def pin(self, rows: Ints) -> Ints:
        """Remember the edges of these rows' elements: many columns will ask for them."""
        self.pinned[id(rows)] = _Pinned(rows, self.first[rows], self.elements[rows])
        return rows

    def _edge(self, rows: Ints, element: int) -> Ints:
        """Where element ``element`` ends; past the last element, where the segment does."""
        pinned = self.pinned[id(rows)]
        if element not in pinned.edges:
            mark = pinned.first + (
                element if element <= pinned.shortest else np.minimum(element, pinned.elements)
            )
            pinned.edges[element] = self.marks[mark]
        return pinned.edges[element]

    def component_bounds(self, rows: Ints, element: int, lowest: int, highest: int) -> tuple[Ints, Ints]:
        """Where components ``lowest`` to ``highest`` of an element begin and end, separators between included."""
        start, end = self.bounds(rows, element)
        start = np.minimum(start, end)
        cuts = np.append(self.components, np.iinfo(np.int64).max)
        at = np.searchsorted(cuts, start)
        if lowest > 1:
            before = cuts[np.minimum(at + (lowest - 2), len(cuts) - 1)]
            start_of = np.where(before < end, before + 1, 0)
        else:
            start_of = start
        after = cuts[np.minimum(at + (highest - 1), len(cuts) - 1)]
        there = (start_of > 0) & (start < end)
        return np.where(there, start_of, 0), np.where(there, np.minimum(after, end), 0)

    def codes(self, rows: Ints, element: int, component: int = 0) -> Codes:
        """Element (or component) of up to four characters as numbers; 0 where absent or longer."""
        if component:
            return packed(self.buffer, *self.component_bounds(rows, element, component, component))
        return packed(self.buffer, *self.bounds(rows, element))

    def values(self, row: int) -> list[str]:
        """The elements of one segment, tag first: for the few segments of the envelope."""
        first, count = int(self.first[row]), int(self.elements[row])
        at = self.marks[first : first + count + 1].tolist()
        starts = [int(self.begin[row]), *(mark + 1 for mark in at[:-1])]
        return [self.buffer[a:b].decode("utf-8") for a, b in zip(starts, at, strict=True)]

    def text(self, row: int) -> str:
        """One raw segment without its terminator."""
        end = int(self.marks[self.first[row] + self.elements[row]])
        return self.buffer[int(self.begin[row]) : end].decode("utf-8")


def packed(buffer: bytes, start: Ints, end: Ints) -> Codes:
    """Texts of one to four bytes as little-endian numbers; 0 where there is none or it is longer."""
    words: Codes = np.ndarray((len(buffer) - 3,), "<u4", buffer, strides=(1,))
    length = end - start
    length[length > 4] = 0
    found: Codes = words[start] & _KEEP[np.maximum(length, 0)]
    return found


def index(pieces: Sequence[Piece]) -> Segments:
    """Cut all pieces; runs of pieces with the same delimiters are cut in one pass."""
    contents = [piece.content for piece in pieces]
    buffer = b"".join([*contents, PADDING])
    octets: npt.NDArray[np.uint8] = np.frombuffer(buffer, np.uint8)
    edges = np.cumsum([0, *map(len, contents)])
    marks, components, last, breaks = [], [], [], 0
    found = 0
    for delimiters, run in groupby(range(len(pieces)), key=lambda number: pieces[number].delimiters):
        numbers = list(run)
        low, high = int(edges[numbers[0]]), int(edges[numbers[-1] + 1])
        view = octets[low:high]
        cuts = np.flatnonzero((view == delimiters.element) | (view == delimiters.segment))
        marks.append(cuts + low)
        last.append(np.flatnonzero(view[cuts] == delimiters.segment) + found)
        components.append(np.flatnonzero(view == delimiters.component) + low)
        breaks += sum(int(np.count_nonzero(view == x)) for x in b"\r\n" if x != delimiters.segment)
        found += len(cuts)
    return _assemble(pieces, buffer, octets, edges, _join(marks), _join(last), _join(components), breaks)


def _join(parts: list[Any]) -> Ints:
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int64), *parts])


def _assemble(
    pieces: Sequence[Piece],
    buffer: bytes,
    octets: npt.NDArray[np.uint8],
    edges: Ints,
    marks: Ints,
    last: Ints,
    components: Ints,
    breaks: int,
) -> Segments:
    first = np.empty_like(last)
    first[:1], first[1:] = 0, last[:-1] + 1
    end = marks[last]
    begin = np.empty_like(last)
    begin[:1], begin[1:] = 0, end[:-1] + 1
    begin, skipped = _skip_blanks(buffer, octets, begin, end)
    if len(end):
        skipped += sum(buffer.count(x, int(end[-1]) + 1, len(buffer)) for x in (b"\r", b"\n"))
    elements = last - first
    blank = (begin == end) & (elements == 0)
    empty = np.empty(0, np.int64)
    if blank.any():
        kept = ~blank
        empty = np.cumsum(kept)[blank]
        first, begin, end, elements = first[kept], begin[kept], end[kept], elements[kept]
    tag = packed(buffer, begin, marks[first])
    bounds = np.searchsorted(begin, edges)
    piece = np.repeat(np.arange(len(pieces)), np.diff(bounds))
    broken: tuple[int, ...] = ()
    if breaks > skipped:
        broken = _broken(octets, begin, end, piece, pieces)
    delimiters = tuple(piece.delimiters for piece in pieces)
    return Segments(
        buffer, octets, marks, first, elements, begin, tag, piece, components, delimiters, empty, broken
    )


def _skip_blanks(buffer: bytes, octets: npt.NDArray[np.uint8], begin: Ints, end: Ints) -> tuple[Ints, int]:
    """Segments without the line ends and blanks before them, and how many line ends those were."""
    blanks = np.zeros(256, np.bool_)
    blanks[list(BLANKS)] = True
    breaks = 0
    todo = np.flatnonzero(blanks[octets[begin]] & (begin < end))
    for _ in range(4):
        if not len(todo):
            return begin, breaks
        here = octets[begin[todo]]
        breaks += int(np.count_nonzero((here == 10) | (here == 13)))
        begin[todo] += 1
        todo = todo[blanks[octets[begin[todo]]] & (begin[todo] < end[todo])]
    for row in todo.tolist():  # a long run of blanks, one segment at a time
        low, high = int(begin[row]), int(end[row])
        seen = _NOT_BLANK.search(buffer, low, high)
        begin[row] = stop = seen.start() if seen else high
        breaks += buffer.count(b"\r", low, stop) + buffer.count(b"\n", low, stop)
    return begin, breaks


def _broken(
    octets: npt.NDArray[np.uint8], begin: Ints, end: Ints, piece: Ints, pieces: Sequence[Piece]
) -> tuple[int, ...]:
    """Pieces whose segments have a line break inside: files wrapped at 80 columns."""
    at = np.flatnonzero((octets == 10) | (octets == 13))
    row = np.searchsorted(begin, at, side="right") - 1
    inside = at[(row >= 0)] < end[row[row >= 0]]
    found = np.unique(piece[row[row >= 0][inside]]).tolist()
    return tuple(number for number in found if pieces[number].delimiters.segment not in b"\r\n")
