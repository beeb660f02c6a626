"""Making the index: where segments begin and end, their bytes laid out by tag, and where their elements end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.x12 import native
from connectors.x12.native import cutting
from connectors.x12.reading.delimiters import BLANKS, Delimiters, Piece
from connectors.x12.reading.segments import Codes, Flags, Ints, Layout, Octets, Segments, packed

PADDING = bytes(native.PADDING)
WIDE = 2**31  # from here on positions need 64 bits
# Cuts are looked for in parts that stay in the processor's cache.
_STRIDE = 1 << 19
# Gives every tag of the guides a key of its own; found by trying.
_FACTOR = 225_899_543
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
    begin, end = _segments(octets, list(groups), group_edges.tolist())
    compiled = native.loops(begin, end)
    even = compiled and cutting.even(compiled, octets, begin, end)
    if not even:
        begin = _skip_blanks(source, octets, begin, end)
    wrapped = (b"\n" in source or b"\r" in source) and _breaks_inside(octets, begin, end)
    empty = np.empty(0, np.int64)
    if not even and (begin == end).any():
        kept = begin != end
        empty = _beside(np.searchsorted(edges, begin, side="right"), kept)
        begin, end = begin[kept], end[kept]
    piece_of = np.repeat(np.array(order, np.int32), np.diff(np.searchsorted(begin, edges)))
    counts = np.diff(np.searchsorted(begin, group_edges))
    tag, layout = _laid_out(source, octets, begin, end, list(groups), counts)
    if len(groups) > 1:  # back into the order of the pieces
        rank = np.argsort(piece_of, kind="stable")
        place = np.argsort(rank)
        empty, layout = place[empty], layout.numbered(place[layout.order])
        begin, end, piece_of, tag = begin[rank], end[rank], piece_of[rank], tag[rank]
    broken = _broken(octets, begin, end, piece_of, pieces) if wrapped else ()
    delimiters = tuple(piece.delimiters for piece in pieces)
    return Segments(source, begin, end, tag, piece_of, delimiters, layout, empty, broken)


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
    kind = _width(octets)
    begins, ends = [np.empty(0, kind)], [np.empty(0, kind)]
    for delimiters, low, high in zip(groups, edges[:-1], edges[1:], strict=True):
        end = _found(octets, low, high, delimiters.segment, kind)
        begins.append(np.concatenate([np.array([low], kind), end[:-1] + 1])[: len(end)])
        ends.append(end)
    return np.concatenate(begins), np.concatenate(ends)


def _width(octets: Octets) -> type[np.signedinteger[Any]]:
    """What holds a position."""
    return np.int32 if len(octets) < WIDE else np.int64


def _found(octets: Octets, low: int, high: int, byte: int, kind: type[np.signedinteger[Any]]) -> Ints:
    """Where a byte occurs."""
    if kind is np.int32 and native.compiled:
        return cutting.positions(native.compiled, octets, low, high, byte)
    parts = [
        (np.flatnonzero(octets[at : min(at + _STRIDE, high)] == byte) + at).astype(kind)
        for at in range(low, high, _STRIDE)
    ]
    return np.concatenate([np.empty(0, kind), *parts])


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


def _laid_out(
    source: bytes, octets: Octets, begin: Ints, end: Ints, groups: Sequence[Delimiters], counts: Ints
) -> tuple[Codes, Layout]:
    """The tags; and the segments copied, those of one group and tag side by side, with their marks."""
    if compiled := native.loops(begin, end):
        separators = [delimiters.element for delimiters in groups]
        tag, buffer, *places = cutting.laid_out(compiled, octets, begin, end, separators, counts, _FACTOR)
        return tag, Layout(buffer, np.frombuffer(buffer, np.uint8), *places)
    return _laid_out_by_numpy(source, octets, begin, end, groups, counts)


def _laid_out_by_numpy(
    source: bytes, octets: Octets, begin: Ints, end: Ints, groups: Sequence[Delimiters], counts: Ints
) -> tuple[Codes, Layout]:
    separators = np.array([delimiters.element for delimiters in groups], np.uint32)
    if len(groups) == 1:
        tag, sure = _tags(octets, begin, end, separators)
        order = np.argsort(_key(tag), kind="stable")
    else:
        group = np.repeat(np.arange(len(groups)), counts)
        tag, sure = _tags(octets, begin, end, separators[group])
        order = np.lexsort((_key(tag), group))
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
        tag[order[places]] = packed(found, starts[places], every[first[places]])
    return tag, Layout(buffer, found, every, order, first, ends - first)


def _key(tag: Codes) -> Octets:
    """Segments with the same key are laid side by side: one key for a tag, as a rule one tag for a key.

    Two tags with one key would only be slower to read.
    """
    return ((tag * np.uint32(_FACTOR)) >> np.uint32(24)).astype(np.uint8)


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
