"""Whole columns of text out of the index, and what lies between component separators."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.native import texts
from connectors.x12.reading.segments import Flags, Ints, Octets, Segments
from connectors.x12.reading.spans import Spans


def element_text(segments: Segments, rows: Ints, element: int) -> pa.Array:
    """One element of these rows as strings; absent, empty or all blank is null."""
    pinned = segments.pinned(rows)
    if element > pinned.longest:
        return pa.nulls(len(rows), pa.string())
    return text(segments.spans(rows, element))


def text(at: Spans) -> pa.Array:
    """Values as strings; null where empty or all blank. Fast where they ascend, as they do in the layout.

    The array over [start0, end0, start1, end1 …] shares the buffer: its even values are the ranges, its odd values what
    lies between, and ``take`` copies only the even ones.
    """
    if not len(at):
        return pa.nulls(0, pa.string())
    if compiled := at.loops():
        return texts.strings(compiled, at.where())
    start, end = at.start, at.end
    if not at.ascending and (start[1:] < start[:-1]).any():
        return _scattered(at.octets, start, end)
    edges = np.empty(2 * len(start), end.dtype)
    np.minimum(start, end, out=edges[0::2])  # absent: it would begin behind its end
    edges[1::2] = end
    kind = pa.StringArray if edges.dtype == np.int32 else pa.LargeStringArray
    whole = kind.from_buffers(len(edges) - 1, pa.py_buffer(edges), pa.py_buffer(at.octets))
    return _null_where_blank(whole.take(_even(len(start))))


@lru_cache(maxsize=8)
def _even(count: int) -> pa.Array:
    """The first even numbers."""
    return pa.array(np.arange(0, 2 * count, 2, dtype=np.int32))


def _null_where_blank(found: pa.Array) -> pa.Array:
    """Strings with the blanks at their ends taken off; null where nothing is left. The array is a fresh one."""
    found = found.cast(pa.string())
    _, offsets, data = found.buffers()
    edges: Ints = np.frombuffer(offsets, np.int32)[: len(found) + 1]
    octets: Octets = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    there = edges[1:] > edges[:-1]
    if len(octets) and (octets[edges[1:] - 1] == 0x20).any():
        trimmed = pc.utf8_rtrim(found, " ")
        return pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    if there.all():
        return found
    bits = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), len(found), [bits, offsets, data])


def _scattered(octets: Octets, start: Ints, end: Ints) -> pa.Array:
    """Byte ranges as strings, in any order; empty or all blank is null."""
    length = np.maximum(end - start, 0).astype(np.int32)
    edges = np.zeros(len(start) + 1, np.int32)
    np.cumsum(length, out=edges[1:])
    at = np.repeat(start.astype(np.int64) - edges[:-1], length)
    at += np.arange(len(at))
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(octets[at])]
    return _null_where_blank(pa.Array.from_buffers(pa.string(), len(start), buffers))


def absent(at: Spans) -> Flags | None:
    """Which values are empty or all blank; None where none is."""
    if compiled := at.loops():
        return texts.absent(compiled, at.where())
    octets, start, end = at.octets, at.start, at.end
    found = start >= end
    blank = np.flatnonzero(octets[end - 1] == 0x20)
    if len(blank):
        found[blank] |= _scattered(octets, start[blank], end[blank]).is_null().to_numpy(zero_copy_only=False)
    return found if found.any() else None


class Parts:
    """One element of some rows, cut at its component separators."""

    def __init__(self, at: Spans, separators: Octets) -> None:
        """``separators`` has the component separator of each value, or the one of them all."""
        self.octets, self.separators = at.octets, separators
        self._at, self._compiled = at, at.loops()
        if not self._compiled:
            self._lay_side_by_side()

    def _lay_side_by_side(self) -> None:
        """NumPy looks for separators in the values alone, between two words that are nobody's."""
        start, end = self._at.start, self._at.end
        length = np.maximum(end - start, 0).astype(np.int32)
        edges = np.full(len(length) + 1, 8, np.int32)
        edges[1:] += np.cumsum(length, dtype=np.int32)
        at = np.repeat(start.astype(np.int64) - edges[:-1], length)
        at += np.arange(8, 8 + len(at))
        beside = np.zeros(8, np.uint8)
        self.octets = np.concatenate([beside, self.octets[at], beside])
        cuts = np.flatnonzero(self.octets[8:-8] == _of_each(self.separators, length)) + 8
        self._cuts = np.append(cuts, np.iinfo(np.int32).max).astype(np.int32)
        self._start, self._end = edges[:-1], edges[1:]
        self._first = np.searchsorted(self._cuts, self._start)

    def spans(self, low: int, high: int) -> Spans:
        """Where components ``low`` to ``high`` stand, separators between included; empty where absent."""
        return Spans.between(self.octets, *self._bounds(low, high))

    def _bounds(self, low: int, high: int) -> tuple[Ints, Ints]:
        if self._compiled:
            return texts.components(self._compiled, self._at.where(), self.separators, low, high)
        start, end = self._start, self._end
        most = len(self._cuts) - 1
        begin = start if low == 1 else self._cuts[np.minimum(self._first + (low - 2), most)] + 1
        after = self._cuts[np.minimum(self._first + (high - 1), most)]
        there = (begin <= end) & (start < end) & (begin >= start)
        return np.where(there, begin, end), np.where(there, np.minimum(after, end), end)

    def text(self, low: int, high: int) -> pa.Array:
        """Components as strings; those of a range are a list with single blanks between."""
        found = text(self.spans(low, high))
        return self._listed(found) if high > low and found.null_count < len(found) else found

    def _listed(self, found: pa.Array) -> pa.Array:
        """Texts with separators in them as lists; null where there is nothing else."""
        _, offsets, data = found.buffers()
        edges: Ints = np.frombuffer(offsets, np.int32)[: len(found) + 1]
        octets: Octets = np.frombuffer(data, np.uint8)[: edges[-1]].copy()
        octets[octets == _of_each(self.separators, np.diff(edges))] = 0x20
        listed = pa.Array.from_buffers(
            pa.string(), len(found), [found.buffers()[0], offsets, pa.py_buffer(octets)]
        )
        blank = octets == 0x20
        held = edges[1:] > edges[:-1]
        if (
            (blank[1:] & blank[:-1]).any()
            or blank[edges[:-1][held]].any()
            or blank[edges[1:][held] - 1].any()
        ):
            listed = pc.utf8_trim(pc.replace_substring_regex(listed, " +", " "), " ")
            listed = pc.if_else(pc.equal(listed, ""), None, listed)
        return listed


def _of_each(separators: Octets, length: Ints) -> Octets:
    """The separator of each byte of values of these lengths, or the one of them all."""
    return separators if len(separators) == 1 else np.repeat(separators, length)
