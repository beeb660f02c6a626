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
from connectors.x12.native import choosing, texts
from connectors.x12.reading.delimiters import Delimiters

Ints = npt.NDArray[Any]  # int32 or int64: rows, positions, counts
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

_KEEP = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], np.uint32)


def code(text: str) -> int:
    """A tag or qualifier of up to four characters as the number ``packed`` gives."""
    return int.from_bytes(text.encode("ascii"), "little")


class Pinned:
    """Rows whose marks are looked up once: many columns will ask for them. Keeping the rows keeps their id theirs.

    ``ascending`` rows lie in the layout as they do in the file. ``run`` rows lie there without others between.
    """

    __slots__ = (
        "ascending",
        "edges",
        "elements",
        "first",
        "longest",
        "marks",
        "rows",
        "shortest",
        "starts",
        "stride",
    )

    def __init__(
        self,
        marks: Ints,
        rows: Ints,
        first: Ints,
        elements: Ints,
        *,
        ascending: bool = False,
        run: bool = False,
        limits: tuple[int, int] | None = None,
    ) -> None:
        self.marks, self.rows, self.first, self.elements, self.ascending = (
            marks,
            rows,
            first,
            elements,
            ascending,
        )
        limits = limits or ((int(elements.min()), int(elements.max())) if len(elements) else (0, 0))
        self.shortest, self.longest = limits  # how many elements a row has at least and at most
        self.stride = self.longest + 1 if run and self.shortest == self.longest else 0
        self.edges: dict[int, Ints] = {}
        self.starts: dict[int, Ints] = {}

    def edge(self, element: int) -> Ints:
        """Where element ``element`` of each row ends; past the last element, where the segment does."""
        if element not in self.edges:
            if self.stride:
                low = int(self.first[0]) + min(element, self.longest)
                high = low + self.stride * (len(self.rows) - 1) + 1
                self.edges[element] = np.ascontiguousarray(self.marks[low : high : self.stride])
            elif compiled := native.loops(self.marks, self.first, self.elements):
                self.edges[element] = choosing.edges(compiled, self.marks, self.first, self.elements, element)
            else:
                last = element if element <= self.shortest else np.minimum(element, self.elements)
                self.edges[element] = self.marks[self.first + last]
        return self.edges[element]

    def start(self, element: int) -> Ints:
        """Where element ``element`` of each row begins."""
        if element not in self.starts:
            self.starts[element] = self.edge(element - 1) + 1
        return self.starts[element]

    def part(self, rows: Ints, kept: Ints) -> Pinned:
        """Some of the rows."""
        if compiled := native.loops(self.first, self.elements):
            first, elements, limits = choosing.pick(compiled, self.first, self.elements, kept)
            return Pinned(self.marks, rows, first, elements, ascending=self.ascending, limits=limits)
        return Pinned(self.marks, rows, self.first[kept], self.elements[kept], ascending=self.ascending)


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
    ) -> None:
        self.source = source  # the inputs, one after the other, those with the same delimiters together
        self.begin, self.end = begin, end  # where each segment and its terminator stand in the source
        self.tag = tag
        self.piece = piece  # which interchange
        self.delimiters = delimiters  # of each piece
        self.layout = layout
        self.buffer, self.octets, self.marks = layout.buffer, layout.octets, layout.marks
        self.empty = (
            empty  # for each empty segment the one that it stands behind or, at the beginning, before
        )
        self.broken = broken  # pieces with line breaks inside segments
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
        tags = self.tag[self.layout.order]
        cuts = np.flatnonzero(tags[1:] != tags[:-1]) + 1
        edges = [0, *cuts.tolist(), len(tags)]
        found: dict[int, list[tuple[int, int]]] = {}
        heads = tags[edges[:-1]].tolist() if len(tags) else []
        for number, low, high in zip(heads, edges, edges[1:], strict=False):
            found.setdefault(number, []).append((low, high))
        return found

    def rows(self, tag: str) -> Ints:
        """The segments with this tag, pinned."""
        if tag not in self._rows:
            runs = self._runs.get(code(tag), [])
            if len(runs) == 1:
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

    # Bounds.

    def bounds(self, rows: Ints, element: int) -> tuple[Ints, Ints]:
        """Where element ``element`` of each row begins and ends; no later than it begins where it is absent."""
        pinned = self.pinned(rows)
        return pinned.start(element), pinned.edge(element)

    def separators(self, rows: Ints) -> Octets:
        """The component separator of each row, or the one of them all."""
        of_piece = np.array([delimiters.component for delimiters in self.delimiters], np.uint8)
        used = np.unique(of_piece)
        return used if len(used) == 1 else of_piece[self.piece[rows]]

    # Values.

    def codes(self, rows: Ints, element: int) -> Codes:
        """Element of up to four characters as numbers; 0 where absent or longer."""
        return packed(self.octets, *self.bounds(rows, element))

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

    __slots__ = ("buffer", "elements", "first", "marks", "octets", "order")

    def __init__(
        self, buffer: Any, octets: Octets, marks: Ints, order: Ints, first: Ints, elements: Ints
    ) -> None:
        self.buffer = buffer  # an Arrow buffer
        self.octets = octets
        self.marks = marks
        self.order = order  # the segment at each place
        self.first = first  # index into marks of the mark that ends its tag
        self.elements = elements  # elements after the tag

    def numbered(self, order: Ints) -> Layout:
        """The same places with segments numbered otherwise."""
        return Layout(self.buffer, self.octets, self.marks, order, self.first, self.elements)


def packed(octets: Octets, start: Ints, end: Ints) -> Codes:
    """Texts of one to four bytes as little-endian numbers; 0 where there is none or it is longer."""
    if compiled := native.loops(start, end):
        return texts.codes(compiled, octets, start, end)
    words: Codes = np.ndarray((len(octets) - 3,), "<u4", octets, strides=(1,))
    length = end - start
    found: Codes = words[start]
    if not len(length):
        return found
    if length.min() < 0 or length.max() > 4:
        length[(length > 4) | (length < 0)] = 0
    found &= _KEEP[length]
    # A zero byte at the end would make "SE\0" the same number as "SE".
    found[(length > 0) & (found >> (8 * np.maximum(length - 1, 0)).astype(np.uint32) == 0)] = 0
    return found
