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

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.x12.reading.delimiters import BLANKS, Delimiters, Piece

Ints = npt.NDArray[Any]  # int32 or int64: rows, positions, counts
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

# Words of eight bytes are read at and before any position, so eight bytes that are nobody's stand at both ends.
PADDING = bytes(8)
_KEEP = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], np.uint32)
_NOT_BLANK = re.compile(rb"[^ \t\r\n\x00\x1a]")
# Cuts are looked for in pieces that stay in the processor's cache.
_STRIDE = 1 << 19


def code(text: str) -> int:
    """A tag or qualifier of up to four characters as the number ``packed`` gives."""
    return int.from_bytes(text.encode("ascii"), "little")


class Layout(NamedTuple):
    """Segments in the order of their keys, and those whose key was not made of their tag."""

    order: Ints
    keys: Octets
    unsure: Ints


class Pinned:
    """Rows whose marks are looked up once: many columns will ask for them. Keeping the rows keeps their id theirs."""

    __slots__ = ("edges", "elements", "first", "longest", "rows", "shortest")

    def __init__(self, rows: Ints, first: Ints, elements: Ints) -> None:
        self.rows, self.first, self.elements = rows, first, elements
        self.shortest = int(elements.min()) if len(elements) else 0
        self.longest = int(elements.max()) if len(elements) else 0
        self.edges: dict[int, Ints] = {}


@dataclass(slots=True)
class Segments:
    """Every segment of every input, in order."""

    source: bytes  # the inputs, one after the other, those with the same delimiters together
    begin: Ints  # where each segment begins in the source
    end: Ints  # where its terminator stands
    tag: Codes
    piece: Ints  # which interchange
    buffer: Any  # the segments laid out by their tags
    octets: Octets  # of the buffer
    marks: Ints
    first: Ints  # index into marks of the mark that ends the tag
    elements: Ints  # elements after the tag
    delimiters: tuple[Delimiters, ...]  # of each piece
    empty: Ints  # for each empty segment the one that it stands behind or, at the beginning, before
    broken: tuple[int, ...]  # pieces with line breaks inside segments
    layout: Layout | None  # None where pieces have different delimiters
    by_tag: dict[str, Ints] = field(default_factory=dict)
    pinned: dict[int, Pinned] = field(default_factory=dict)

    @property
    def ascending(self) -> bool:
        """Whether the rows of one tag ascend in the layout as they do in the file."""
        return self.layout is not None and not len(self.layout.unsure)

    def __len__(self) -> int:
        return len(self.begin)

    def rows(self, tag: str) -> Ints:
        """The segments with this tag, pinned."""
        if tag not in self.by_tag:
            self.by_tag[tag] = self.pin(self._rows(np.uint32(code(tag))))
        return self.by_tag[tag]

    def _rows(self, wanted: np.uint32) -> Ints:
        if self.layout is None:
            return np.flatnonzero(self.tag == wanted)
        low, high = np.searchsorted(self.layout.keys, [_key(wanted), _key(wanted) + 1])
        found: Ints = self.layout.order[low:high]
        if len(self.layout.unsure):  # these stand where their first letters put them
            found = np.union1d(found, self.layout.unsure)
        own = self.tag[found] == wanted
        return found if own.all() else found[own]

    # Bounds.

    def pin(self, rows: Ints) -> Ints:
        """Remember where these rows' elements are: many columns will ask for them."""
        if id(rows) not in self.pinned:
            self.pinned[id(rows)] = Pinned(rows, self.first[rows], self.elements[rows])
        return rows

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

    def _edge(self, rows: Ints, element: int) -> Ints:
        """Where element ``element`` ends; past the last element, where the segment does."""
        pinned = self.pinned[id(rows)]
        if element not in pinned.edges:
            last = element if element <= pinned.shortest else np.minimum(element, pinned.elements)
            pinned.edges[element] = self.marks[pinned.first + last]
        return pinned.edges[element]

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
        return self.text(row).split(chr(self.delimiters[int(self.piece[row])].element))

    def text(self, row: int) -> str:
        """One raw segment without its terminator."""
        return self.source[int(self.begin[row]) : int(self.end[row])].decode("utf-8")


def packed(octets: Octets, start: Ints, end: Ints) -> Codes:
    """Texts of one to four bytes as little-endian numbers; 0 where there is none or it is longer."""
    words: Codes = np.ndarray((len(octets) - 3,), "<u4", octets, strides=(1,))
    length = end - start
    length[(length > 4) | (length < 0)] = 0
    found: Codes = words[start]
    found &= _KEEP[length]
    return found


# --- making the index ------------------------------------------------------------------------------------------


def index(pieces: Sequence[Piece]) -> Segments:
    """Cut all pieces; those with the same delimiters are cut in one pass."""
    groups: dict[Delimiters, list[int]] = {}
    for number, piece in enumerate(pieces):
        groups.setdefault(piece.delimiters, []).append(number)
    order = [number for numbers in groups.values() for number in numbers]
    source = b"".join([PADDING, *(pieces[number].content for number in order), PADDING])
    octets: Octets = np.frombuffer(source, np.uint8)
    edges = np.cumsum([len(PADDING), *(len(pieces[number].content) for number in order)])
    group_edges = edges[np.cumsum([0, *map(len, groups.values())])]
    begin, end = _segments(octets, list(groups), group_edges.tolist())
    begin = _skip_blanks(source, octets, begin, end)
    wrapped = (b"\n" in source or b"\r" in source) and _breaks_inside(octets, begin, end)
    empty = np.empty(0, np.int64)
    blank = begin == end
    if blank.any():
        kept = ~blank
        empty = _beside(np.searchsorted(edges, begin, side="right"), kept)
        begin, end = begin[kept], end[kept]
    piece_of = np.repeat(np.array(order, np.int32), np.diff(np.searchsorted(begin, edges)))
    counts = np.diff(np.searchsorted(begin, group_edges))
    cut = _laid_out(source, octets, begin, end, list(groups), counts)
    tag, first, elements = cut.tag, cut.first, cut.elements
    if len(groups) > 1:  # back into the order of the pieces
        rank = np.argsort(piece_of, kind="stable")
        empty = np.argsort(rank)[empty]
        begin, end, piece_of = begin[rank], end[rank], piece_of[rank]
        tag, first, elements = tag[rank], first[rank], elements[rank]
    return Segments(
        source,
        begin,
        end,
        tag,
        piece_of,
        cut.buffer,
        cut.octets,
        cut.marks,
        first,
        elements,
        tuple(piece.delimiters for piece in pieces),
        empty,
        _broken(octets, begin, end, piece_of, pieces) if wrapped else (),
        cut.layout if len(groups) == 1 else None,
    )


def _beside(owner: Ints, kept: Flags) -> Ints:
    """The number, among those kept, of the segment that each other one stands behind, or else before; same owner."""
    number = np.cumsum(kept) - 1
    owners = owner[kept]
    found = []
    for segment in np.flatnonzero(~kept).tolist():
        behind = int(number[segment])
        for candidate in (behind, behind + 1):
            if 0 <= candidate < len(owners) and owners[candidate] == owner[segment]:
                found.append(candidate)
                break
    return np.array(found, np.int64)


def _segments(octets: Octets, groups: Sequence[Delimiters], edges: Sequence[int]) -> tuple[Ints, Ints]:
    """Where segments begin and end; each group of pieces lies between two edges and ends with a terminator."""
    kind = np.int32 if len(octets) < 2**31 else np.int64
    begins, ends = [np.empty(0, kind)], [np.empty(0, kind)]
    for delimiters, low, high in zip(groups, edges[:-1], edges[1:], strict=True):
        parts = [
            (np.flatnonzero(octets[at : min(at + _STRIDE, high)] == delimiters.segment) + at).astype(kind)
            for at in range(low, high, _STRIDE)
        ]
        end = np.concatenate([np.empty(0, kind), *parts])
        begins.append(np.concatenate([np.array([low], kind), end[:-1] + 1])[: len(end)])
        ends.append(end)
    return np.concatenate(begins), np.concatenate(ends)


_IS_BLANK = np.zeros(256, np.bool_)
_IS_BLANK[list(BLANKS)] = True


def _skip_blanks(source: bytes, octets: Octets, begin: Ints, end: Ints) -> Ints:
    """Where segments begin, without the line ends and blanks before them."""
    blank = _IS_BLANK[octets[begin]] & (begin < end)
    for _ in range(4):
        if not blank.any():
            return begin
        begin = begin + blank
        blank &= _IS_BLANK[octets[begin]]
        blank &= begin < end
    for row in np.flatnonzero(blank).tolist():  # a long run of blanks, one segment at a time
        seen = _NOT_BLANK.search(source, int(begin[row]), int(end[row]))
        begin[row] = seen.start() if seen else end[row]
    return begin


class _Cut(NamedTuple):
    """The new layout, and by segment (in the order of the source) where its marks are."""

    buffer: Any
    octets: Octets
    marks: Ints
    tag: Codes
    first: Ints
    elements: Ints
    layout: Layout


def _key(tag: Any) -> Any:
    """Segments with the same key are laid side by side: one key for a tag, as a rule one tag for a key."""
    return (tag * np.uint64(0x9E3779B1) & np.uint64(0xFFFFFFFF)) >> np.uint64(24)


def _laid_out(
    source: bytes, octets: Octets, begin: Ints, end: Ints, groups: Sequence[Delimiters], counts: Ints
) -> _Cut:
    """Copy the segments, those of one group and tag side by side, and find their marks."""
    separators = np.array([delimiters.element for delimiters in groups], np.uint32)
    group = np.repeat(np.arange(len(groups)), counts) if len(groups) > 1 else np.zeros(0, np.int64)
    tag, sure = _tags(octets, begin, end, separators if len(groups) == 1 else separators[group])
    key = _key(tag).astype(np.uint8)
    order = np.argsort(key, kind="stable") if len(groups) == 1 else np.lexsort((key, group))
    buffer, starts = _copied(source, begin, end, order)
    found: Octets = np.frombuffer(buffer, np.uint8)
    marks, last = [np.empty(0, begin.dtype)], [np.empty(0, begin.dtype)]
    limits = starts[np.cumsum([0, *counts])].tolist()
    for delimiters, low, high in zip(groups, limits[:-1], limits[1:], strict=True):
        _cuts(found, delimiters, low, high, marks, last)
    ends = np.concatenate(last)
    first, elements = np.empty_like(ends), np.empty_like(ends)
    sorted_first = np.append(np.zeros(1, ends.dtype), ends[:-1] + 1)[: len(ends)]
    first[order], elements[order] = sorted_first, ends - sorted_first
    every = np.concatenate(marks)
    if not sure.all():
        here = np.empty_like(order)
        here[order] = starts[:-1]
        rest = np.flatnonzero(~sure)
        tag[rest] = packed(found, here[rest], every[first[rest]])
    layout = Layout(order, key[order], np.flatnonzero(~sure))
    return _Cut(buffer, found, every, tag, first, elements, layout)


def _tags(octets: Octets, begin: Ints, end: Ints, separator: Codes) -> tuple[Codes, Flags]:
    """The tags of two and three letters, and which are sure: the others must wait for their marks."""
    head: Codes = np.ndarray((len(octets) - 3,), "<u4", octets, strides=(1,))[begin]
    two = (head & np.uint32(0xFF0000)) == separator << np.uint32(16)
    sure = (head & np.uint32(0xFF000000)) == separator << np.uint32(24)
    sure |= two
    sure &= (head & np.uint32(0xFF00)) != separator << np.uint32(8)
    sure &= end - begin > 2
    head &= np.uint32(0xFFFFFF)
    if two.any():
        head[two] &= np.uint32(0xFFFF)
    return head, sure


def _copied(source: bytes, begin: Ints, end: Ints, order: Ints) -> tuple[Any, Ints]:
    """The segments in this order between two paddings, and where each begins."""
    edges = np.empty(2 * len(begin) + 4, begin.dtype)
    edges[:2], edges[-2:] = (0, len(PADDING)), (len(source) - len(PADDING), len(source))
    edges[2:-2:2] = begin
    np.add(end, 1, out=edges[3:-2:2])
    kind = pa.BinaryArray if edges.dtype == np.int32 else pa.LargeBinaryArray
    type_ = pa.binary() if edges.dtype == np.int32 else pa.large_binary()
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(source)]
    whole = kind.from_buffers(type_, len(edges) - 1, buffers)
    wanted = np.empty(len(order) + 2, np.int64)
    wanted[0], wanted[-1] = 0, len(edges) - 2
    np.multiply(order, 2, out=wanted[1:-1])
    wanted[1:-1] += 2
    taken = whole.take(pa.array(wanted))
    _, offsets, data = taken.buffers()
    starts: Ints = np.frombuffer(offsets, edges.dtype)[: len(wanted) + 1]
    return data.slice(0, int(starts[-1])), starts[1:-1]


def _cuts(
    octets: Octets, delimiters: Delimiters, low: int, high: int, marks: list[Ints], last: list[Ints]
) -> None:
    """Add where elements and segments end between two positions, and which of these cuts end a segment."""
    found = sum(map(len, marks))
    for at in range(low, high, _STRIDE):
        part = octets[at : min(at + _STRIDE, high)]
        ends = part == delimiters.segment
        cuts = np.flatnonzero((part == delimiters.element) | ends)
        last.append((np.flatnonzero(ends[cuts]) + found).astype(last[0].dtype))
        marks.append((cuts + at).astype(marks[0].dtype))
        found += len(cuts)


def _breaks_inside(octets: Octets, begin: Ints, end: Ints) -> bool:
    """Whether there are more line breaks than stand between the segments; may say yes in vain."""
    if not len(begin):
        return True
    gap = begin.copy()
    gap[1:] -= end[:-1] + 1
    tail = octets[int(end[-1]) + 1 :]
    inside = sum(int(np.count_nonzero(octets == x)) - int(np.count_nonzero(tail == x)) for x in b"\r\n")
    for behind in (1, 2):
        before = octets[begin[gap >= behind] - behind]
        inside -= int(np.count_nonzero((before == 10) | (before == 13)))
    return inside > 0


def _broken(octets: Octets, begin: Ints, end: Ints, piece: Ints, pieces: Sequence[Piece]) -> tuple[int, ...]:
    """Pieces whose segments have a line break inside: files wrapped at 80 columns."""
    at = np.flatnonzero((octets == 10) | (octets == 13))
    order = np.argsort(begin)
    row = np.searchsorted(begin[order], at, side="right") - 1
    at, row = at[row >= 0], order[row[row >= 0]]
    found = np.unique(piece[row[at < end[row]]]).tolist()
    return tuple(number for number in found if pieces[number].delimiters.segment not in b"\r\n")
