"""Texts: one element of many rows as strings or codes; there is none where it ends no later than it begins."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pyarrow as pa

from connectors.x12.native import Codes, Flags, Ints, Octets


def components(
    c: ModuleType, octets: Octets, start: Ints, end: Ints, separators: Octets, low: int, high: int
) -> tuple[Ints, Ints]:
    """Where components ``low`` to ``high`` of each value begin and end; one separator for each value, or for all."""
    found = np.empty((2, len(start)), np.int32)
    c.components(
        octets, np.ascontiguousarray(start), np.ascontiguousarray(end), separators, low, high, *found
    )
    return found[0], found[1]


def strings(c: ModuleType, octets: Octets, start: Ints, end: Ints) -> pa.Array:
    """Byte ranges as strings without blanks at their ends; null where nothing is left."""
    count = len(start)
    offsets, bits = np.empty(count + 1, np.int32), np.empty((count + 7) // 8, np.uint8)
    start, end = np.ascontiguousarray(start), np.ascontiguousarray(end)
    data, nulls = c.strings(octets, start, end, offsets, bits)
    buffers = [pa.py_buffer(bits) if nulls else None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), count, buffers, nulls)


def absent(c: ModuleType, octets: Octets, start: Ints, end: Ints) -> Flags | None:
    """Which values are empty or all blanks; None where none is."""
    found = np.empty(len(start), np.bool_)
    return found if c.absent(octets, np.ascontiguousarray(start), np.ascontiguousarray(end), found) else None


def codes(c: ModuleType, octets: Octets, start: Ints, end: Ints) -> Codes:
    """Values of one to four bytes as little-endian numbers; 0 for all others."""
    found = np.empty(len(start), np.uint32)
    c.codes(octets, np.ascontiguousarray(start), np.ascontiguousarray(end), found)
    return found
