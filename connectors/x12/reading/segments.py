"""The index of segments and elements: every cut found once, over all inputs, with NumPy.

Segments keep the numbers of their order in the files; their bytes are laid out anew, all segments of one tag side by
side. A column asks for one element of one kind of segment, so what it reads then lies close together: on a large file
that makes it three times as fast, and costs one copy.

A *mark* is the position, in the new layout, of an element separator or a segment terminator. The tag of segment ``s``
ends at ``marks[first[s]]``, and its element ``e`` (1-based) lies between ``marks[first[s] + e - 1]`` and
``marks[first[s] + e]``. Nothing is copied out of the buffer until a column asks for it.

Positions are int32 while the inputs are smaller than 2 GB: half the memory to move is half the time.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from connectors.x12 import native
from connectors.x12.native import choosing
from connectors.x12.reading.delimiters import Delimiters
from connectors.x12.reading.spans import Pinned, Spans, packed

Ints = npt.NDArray[Any]  # int32 or int64: rows, positions, counts
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

# From how many elements and above how many bytes on a segment is odd: an ISA has 16 and 106, a BPR up to 21.
MANY_ELEMENTS, LONG_SEGMENT = 16, 150


# Gives every tag of the guides a key of its own; found by trying.
FACTOR = 225_899_543


def tag_key(tag: Codes) -> Octets:
    """Segments with the same key are laid side by side: one key for a tag, as a rule one tag for a key.

    Two tags with one key would only be slower to read.
    """
    return ((tag * np.uint32(FACTOR)) >> np.uint32(24)).astype(np.uint8)


def code(text: str) -> int:
    """A tag or qualifier of up to four characters as the number ``packed`` gives."""
    return int.from_bytes(text.encode("ascii"), "little")


class Segments:
    """Every segment of every input, in order."""

    def __init__(
        self,
        source: bytes,
        begin: Ints,
        end: Ints,
        tag: Codes,
        piece: Ints,
        delimiters: tuple[Delimiters, ...],
        layout: Layout,
        empty: Ints,
        broken: tuple[int, ...],
        *,
        foreign: bool,
    ) -> None:
        self.source = source  # the inputs, one after the other, those with the same delimiters together
        self.begin, self.end = begin, end  # where each segment and its terminator stand in the source
        self.tag = tag
        self.piece = piece  # which interchange
        self.delimiters = delimiters  # of each piece
        self.layout = layout
        self.octets, self.marks = layout.octets, layout.marks
        self.empty = (
            empty  # for each empty segment the one that it stands behind or, at the beginning, before
        )
        self.broken = broken  # pieces with line breaks inside segments
        self.foreign = foreign  # whether there is a byte above ASCII
        self._rows: dict[str, Ints] = {}
        self._pinned: dict[int, Pinned] = {}
        self._values: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self.begin)

    # Rows.

    @cached_property
    def first(self) -> Ints:
        """Index into marks of the mark that ends each segment's tag."""
        found = np.empty_like(self.layout.first)
        found[self.layout.order] = self.layout.first
        return found

    @cached_property
    def elements(self) -> Ints:
        """How many elements follow each segment's tag."""
        found = np.empty_like(self.layout.elements)
        found[self.layout.order] = self.layout.elements
        return found

    @cached_property
    def heads(self) -> Ints:
        """The first segment of each piece, and behind the last."""
        return np.searchsorted(self.piece, np.arange(len(self.delimiters) + 1, dtype=self.piece.dtype))

    @cached_property
    def _runs(self) -> dict[int, list[tuple[int, int]]]:
        """Where in the layout the segments of each tag lie."""
        tags = self.layout.tags
        cuts = np.flatnonzero(tags[1:] != tags[:-1]) + 1
        edges = [0, *cuts.tolist(), len(tags)]
        found: dict[int, list[tuple[int, int]]] = {}
        heads = tags[edges[:-1]].tolist() if len(tags) else []
        for number, low, high in zip(heads, edges, edges[1:], strict=False):
            found.setdefault(number, []).append((low, high))
        return found

    def _ascends(self, low: int, high: int) -> bool:
        """Whether segments lie there as in the files; those of two groups of delimiters may stand side by side."""
        order = self.layout.order[low:high]
        return self.alike or not (order[1:] < order[:-1]).any()

    @cached_property
    def alike(self) -> bool:
        """Whether all pieces have the same delimiters."""
        return len(set(self.delimiters)) <= 1

    def rows(self, tag: str) -> Ints:
        """The segments with this tag, pinned."""
        if tag not in self._rows:
            runs = self._runs.get(code(tag), [])
            if len(runs) == 1 and self._ascends(*runs[0]):
                low, high = runs[0]
                rows = self.layout.order[low:high]
                first, elements = self.layout.first[low:high], self.layout.elements[low:high]
                self._pinned[id(rows)] = Pinned(self.marks, rows, first, elements, ascending=True, run=True)
            else:
                places = np.concatenate([np.empty(0, np.int64), *(np.arange(*run) for run in runs)])
                rows = self.layout.order[places]
                ranks = np.argsort(rows)
                rows, places = rows[ranks], places[ranks]
                self._pinned[id(rows)] = Pinned(
                    self.marks, rows, self.layout.first[places], self.layout.elements[places]
                )
            self._rows[tag] = rows
        return self._rows[tag]

    def pin(self, rows: Ints) -> Ints:
        """Remember where these rows' elements are: many columns will ask for them."""
        if id(rows) not in self._pinned:
            self._pinned[id(rows)] = Pinned(self.marks, rows, self.first[rows], self.elements[rows])
        return rows

    def pinned(self, rows: Ints) -> Pinned:
        """Where these rows' elements are."""
        return self._pinned[id(self.pin(rows))]

    def part(self, rows: Ints, kept: Ints | Flags) -> Ints:
        """Some of these rows, pinned."""
        if kept.dtype == np.bool_:
            kept = np.flatnonzero(kept)
        some = rows[kept]
        self._pinned[id(some)] = self.pinned(rows).part(some, kept)
        return some

    def select(self, rows: Ints, chosen: tuple[Octets, Octets, Codes | None, int]) -> Ints:
        """Those of these rows that the compiled ``choosing.select`` chooses, pinned."""
        pinned, compiled = self.pinned(rows), native.compiled
        assert compiled
        some, first, elements, limits = choosing.select(compiled, chosen, rows, pinned.first, pinned.elements)
        if len(some) == len(rows):
            return rows
        self._pinned[id(some)] = Pinned(
            self.marks, some, first, elements, ascending=pinned.ascending, limits=limits
        )
        return some

    # Bounds.

    def bounds(self, rows: Ints, element: int) -> tuple[Ints, Ints]:
        """Where element ``element`` of each row begins and ends; no later than it begins where it is absent."""
        pinned = self.pinned(rows)
        return pinned.start(element), pinned.edge(element)

    def spans(self, rows: Ints, element: int) -> Spans:
        """Where element ``element`` of each row stands."""
        return Spans(self.octets, self.pinned(rows), element)

    def separators(self, rows: Ints) -> Octets:
        """The component separator of each row, or the one of them all."""
        of_piece = np.array([delimiters.component for delimiters in self.delimiters], np.uint8)
        used = np.unique(of_piece)
        return used if len(used) == 1 else of_piece[self.piece[rows]]

    # Values.

    def codes(self, rows: Ints, element: int) -> Codes:
        """Element of up to four characters as numbers; 0 where absent or longer."""
        return packed(self.spans(rows, element))

    def values(self, row: int) -> list[str]:
        """The elements of one segment, tag first: for the few segments of the envelope."""
        if row not in self._values:
            if len(self._values) > 10_000:
                self._values.clear()
            self._values[row] = self.text(row).split(chr(self.delimiters[int(self.piece[row])].element))
        return self._values[row]

    def text(self, row: int) -> str:
        """One raw segment without its terminator."""
        return self.source[int(self.begin[row]) : int(self.end[row])].decode("utf-8")


class Layout:
    """The bytes of all segments laid out anew, and by place where the marks of each are."""

    __slots__ = ("elements", "first", "marks", "octets", "odd", "order", "tags")

    def __init__(
        self,
        octets: Octets,
        marks: Ints,
        order: Ints,
        first: Ints,
        elements: Ints,
        tags: Codes,
        odd: Ints,
    ) -> None:
        self.octets = octets
        self.marks = marks
        self.order = order  # the segment at each place
        self.first = first  # index into marks of the mark that ends its tag
        self.elements = elements  # elements after the tag
        self.tags = tags
        # Places of segments without a tag, of many elements or of many bytes: few, and worth a second look.
        self.odd = odd

    def numbered(self, order: Ints) -> Layout:
        """The same places with segments numbered otherwise."""
        fixed = self.first, self.elements, self.tags, self.odd
        return Layout(self.octets, self.marks, order, *fixed)
