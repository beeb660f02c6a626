"""Cutting: where bytes occur, and segments laid out by tag with the marks of their elements."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pyarrow as pa

from connectors.x12.native import PADDING, Codes, Ints, Octets, compiled


def ascii_only(data: bytes) -> bool:
    """Whether all bytes are below 128."""
    return bool(compiled.ascii(data)) if compiled else data.isascii()


def positions(c: ModuleType, octets: Octets, low: int, high: int, byte: int) -> Ints:
    """Where a byte occurs from ``low`` to before ``high``."""
    found = np.empty(c.count(octets, low, high, byte), np.int32)
    c.positions(octets, low, high, byte, found)
    return found


def even(c: ModuleType, octets: Octets, begin: Ints, end: Ints) -> bool:
    """Whether no segment is empty and none begins with a control character or a blank."""
    return bool(c.even(octets, np.ascontiguousarray(begin), np.ascontiguousarray(end)))


def laid_out(
    c: ModuleType,
    octets: Octets,
    begin: Ints,
    end: Ints,
    separators: Sequence[int],
    counts: Ints,
    factor: int,
) -> tuple[Codes, pa.Buffer, Ints, Ints, Ints, Ints]:
    """Segments copied, those of one group and tag side by side: tags; then bytes, marks, order, first and elements.

    ``counts`` segments at a time have one of the ``separators``; ``factor`` makes a key of a tag. The bytes begin and
    end with ``PADDING``, as those of the source do.
    """
    total = len(begin)
    begin, end = np.ascontiguousarray(begin), np.ascontiguousarray(end)
    tag, order = np.empty(total, np.uint32), np.empty(total, np.int64)
    first, elements = np.empty((2, total), np.int32)
    layout = np.empty(
        int(end.sum(dtype=np.int64) - begin.sum(dtype=np.int64)) + total + 2 * PADDING, np.uint8
    )
    layout[:PADDING] = 0
    marks = np.empty(sum(c.count(octets, 0, len(octets), each) for each in set(separators)) + total, np.int32)
    at, mark, row = PADDING, 0, 0
    for separator, count in zip(separators, counts, strict=True):
        here = slice(row, row + int(count))
        at, mark = c.lay_out(
            octets,
            begin[here],
            end[here],
            separator,
            row,
            factor,
            at,
            mark,
            tag[here],
            order[here],
            layout,
            marks,
            first[here],
            elements[here],
        )
        row = here.stop
    layout[at:] = 0
    return tag, pa.py_buffer(layout), marks[:mark], order, first, elements
