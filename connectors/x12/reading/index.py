"""Making the index: where segments begin and end, their bytes laid out by tag, and where their elements end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from connectors.x12 import native
from connectors.x12.native import cutting
from connectors.x12.reading.delimiters import BLANKS, Delimiters, Piece
from connectors.x12.reading.segments import (
    FACTOR,
    LONG_SEGMENT,
    MANY_ELEMENTS,
    Codes,
    Flags,
    Ints,
    Layout,
    Octets,
    Segments,
    tag_key,
)
from connectors.x12.reading.spans import Spans, packed

PADDING = bytes(native.PADDING)
WIDE = 2**31  # from here on positions need 64 bits
# Cuts are looked for in parts that stay in the processor's cache.
_STRIDE = 1 << 19
_NOT_BLANK = re.compile(rb"[^ \t\r\n\x00\x1a]")
_IS_BLANK = np.zeros(256, np.bool_)
_IS_BLANK[list(BLANKS)] = True


def index(pieces: Sequence[Piece]) -> Segments:
    """Cut all pieces; those with the same delimiters are cut in one pass."""
    groups: dict[Delimiters, list[int]] = {}
    for number, piece in enumerate(pieces):
        groups.setdefault(piece.delimiters, []).append(number)
    order = [number for numbers in groups.values() for number in numbers]
    source = b"".join([PADDING, *(pieces[number].content for number in order), PADDING])
    octets: Octets = np.frombuffer(source, np.uint8)
    edges = np.cumsum([len(PADDING), *(len(pieces[number].content) for number in order)])
    edges = edges.astype(_width(octets))
    group_edges = edges[np.cumsum([0, *map(len, groups.values())])]
    cuts, empty = _segments(source, octets, list(groups), group_edges.tolist()), np.empty(0, np.int64)
    laid = _laid_out(source, octets, cuts, list(groups), group_edges, even=True)
    if laid is None:
        cuts, empty = _tidied(source, octets, cuts, edges)
        laid = _laid_out(source, octets, cuts, list(groups), group_edges, even=False)
    assert laid is not None  # only what is to be even may not be
    wrapped = cuts.breaks and _breaks_inside(octets, cuts.begin, cuts.end)
    (tag, layout), begin, end = laid, cuts.begin, cuts.end
    piece_of = np.repeat(np.array(order, np.int32), np.diff(np.searchsorted(begin, edges)))
    if len(groups) > 1:  # back into the order of the pieces
        rank = np.argsort(piece_of, kind="stable")
        place = np.argsort(rank)
        empty, layout = place[empty], layout.numbered(place[layout.order])
        begin, end, piece_of, tag = begin[rank], end[rank], piece_of[rank], tag[rank]
    broken = _broken(octets, begin, end, piece_of, pieces) if wrapped else ()
    delimiters = tuple(piece.delimiters for piece in pieces)
    return Segments(
        source, begin, end, tag, piece_of, delimiters, layout, empty, broken, foreign=cuts.foreign
    )


class _Cuts(NamedTuple):
    """Where segments begin and end, and what was seen on the way."""

    begin: Ints
    end: Ints
    breaks: bool  # whether there is a line break
    foreign: bool  # whether there is a byte above ASCII


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


def _segments(source: bytes, octets: Octets, groups: Sequence[Delimiters], edges: Sequence[int]) -> _Cuts:
    """Where segments begin and end; each group of pieces lies between two edges and ends with a terminator."""
    kind = _width(octets)
    begins, ends = [np.empty(0, kind)], [np.empty(0, kind)]
    breaks, foreign = False, False
    for delimiters, low, high in zip(groups, edges[:-1], edges[1:], strict=True):
        if kind is np.int32 and native.compiled:
            end, *seen = cutting.positions(native.compiled, octets, low, high, delimiters.segment)
            breaks, foreign = breaks or seen[0], foreign or seen[1]
        else:
            end = _found(octets, low, high, delimiters.segment, kind)
        begin = np.empty(len(end), kind)
        begin[:1] = low
        np.add(end[:-1], 1, out=begin[1:])
        begins.append(begin)
        ends.append(end)
    if kind is np.int32 and native.compiled:
        return _Cuts(_one(begins), _one(ends), breaks, foreign)
    breaks = b"\n" in source or b"\r" in source
    return _Cuts(_one(begins), _one(ends), breaks, not source.isascii())


def _one(arrays: Sequence[Ints]) -> Ints:
    """Several in one, the first of which is empty."""
    return arrays[1] if len(arrays) == 2 else np.concatenate(arrays)


def _width(octets: Octets) -> type[np.signedinteger[Any]]:
    """What holds a position."""
    return np.int32 if len(octets) < WIDE else np.int64


def _found(octets: Octets, low: int, high: int, byte: int, kind: type[np.signedinteger[Any]]) -> Ints:
    """Where a byte occurs."""
    parts = [
        (np.flatnonzero(octets[at : min(at + _STRIDE, high)] == byte) + at).astype(kind)
        for at in range(low, high, _STRIDE)
    ]
    return np.concatenate([np.empty(0, kind), *parts])


def _tidied(source: bytes, octets: Octets, cuts: _Cuts, edges: Ints) -> tuple[_Cuts, Ints]:
    """Segments without the blanks before them and without empty ones; beside which segments those stood."""
    begin, end = _skip_blanks(source, octets, cuts.begin, cuts.end), cuts.end
    if not (begin == end).any():
        return cuts._replace(begin=begin), np.empty(0, np.int64)
    kept = begin != end
    empty = _beside(np.searchsorted(edges, begin, side="right"), kept)
    return cuts._replace(begin=begin[kept], end=end[kept]), empty


def _skip_blanks(source: bytes, octets: Octets, begin: Ints, end: Ints) -> Ints:
    """Where segments begin, without the line ends and blanks before them."""
    if not (octets[begin] <= 0x20).any():
        return begin
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


# Files whose segments stand in lines are known by their first ones.
_FIRST = 50


def _laid_out(
    source: bytes,
    octets: Octets,
    cuts: _Cuts,
    groups: Sequence[Delimiters],
    edges: Ints,
    *,
    even: bool,
) -> tuple[Codes, Layout] | None:
    """The tags; and the segments copied, those of one group and tag side by side, with their marks.

    None where they were to be ``even`` and one is empty or begins with a blank, as far as that can be said at no cost.
    """
    begin, end = cuts.begin, cuts.end
    counts = np.diff(np.searchsorted(begin, edges))
    compiled = native.loops(begin, end)
    if even and (not compiled or (octets[begin[:_FIRST]] <= 0x20).any()):
        return None
    if not compiled:
        return _laid_out_by_numpy(source, octets, begin, end, groups, counts)
    separators = [delimiters.element for delimiters in groups]
    laid = cutting.laid_out(compiled, octets, begin, end, separators, counts, FACTOR, even=even)
    if laid is None:
        return None
    tag, *places = laid
    return tag, Layout(*places)


def _laid_out_by_numpy(
    source: bytes, octets: Octets, begin: Ints, end: Ints, groups: Sequence[Delimiters], counts: Ints
) -> tuple[Codes, Layout]:
    separators = np.array([delimiters.element for delimiters in groups], np.uint32)
    if len(groups) == 1:
        tag, sure = _tags(octets, begin, end, separators)
        order = np.argsort(tag_key(tag), kind="stable")
    else:
        group = np.repeat(np.arange(len(groups)), counts)
        tag, sure = _tags(octets, begin, end, separators[group])
        order = np.lexsort((tag_key(tag), group))
    buffer, starts = _copied(source, begin, end, order)
    found: Octets = np.frombuffer(buffer, np.uint8)
    marks, last = [np.empty(0, begin.dtype)], [np.empty(0, begin.dtype)]
    limits = starts[np.cumsum([0, *counts])].tolist()
    for delimiters, low, high in zip(groups, limits[:-1], limits[1:], strict=True):
        _cuts(found, delimiters, low, high, marks, last)
    ends, every = np.concatenate(last), np.concatenate(marks)
    first = np.append(np.zeros(1, ends.dtype), ends[:-1] + 1)[: len(ends)]
    if not sure.all():
        places = np.flatnonzero(~sure[order])
        tag[order[places]] = packed(Spans.between(found, starts[places], every[first[places]]))
    elements = ends - first
    odd = (tag == 0) | (end - begin > LONG_SEGMENT)
    places = np.flatnonzero(odd[order] | (elements >= MANY_ELEMENTS))
    return tag, Layout(found, every, order, first, elements, tag[order], places)


def _tags(octets: Octets, begin: Ints, end: Ints, separator: Codes) -> tuple[Codes, Flags]:
    """The tags of two and three letters, and which are sure: the others must wait for their marks."""
    head: Codes = np.ndarray((len(octets) - 3,), "<u4", octets, strides=(1,))[begin]
    two = (head & np.uint32(0xFF0000)) == separator << np.uint32(16)
    sure = (head & np.uint32(0xFF000000)) == separator << np.uint32(24)
    sure |= two
    sure &= (head & np.uint32(0xFF00)) != separator << np.uint32(8)
    sure &= end - begin > 2
    sure &= np.where(two, head & np.uint32(0xFF00), head & np.uint32(0xFF0000)) != 0  # "SE\0" is not SE
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
