"""Texts: one value of many rows as strings or codes; there is none where it ends no later than it begins."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pyarrow as pa

from connectors.x12.native import Codes, Flags, Ints, Octets, Where


def components(c: ModuleType, where: Where, separators: Octets, low: int, high: int) -> tuple[Ints, Ints]:
    """Where components ``low`` to ``high`` of each value begin and end; one separator for each value, or for all."""
    found = np.empty((2, len(where[1])), np.int32)
    c.components(where, separators, low, high, *found)
    return found[0], found[1]


def strings(c: ModuleType, where: Where) -> pa.Array:
    """Values as strings without blanks at their ends; null where nothing is left."""
    count = len(where[1])
    offsets, bits = np.empty(count + 1, np.int32), np.empty((count + 7) // 8, np.uint8)
    data, nulls = c.strings(where, offsets, bits)
    buffers = [pa.py_buffer(bits) if nulls else None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), count, buffers, nulls)


def absent(c: ModuleType, where: Where) -> Flags | None:
    """Which values are empty or all blanks; None where none is."""
    found = np.empty(len(where[1]), np.bool_)
    return found if c.absent(where, found) else None


def filled(c: ModuleType, where: Where, elements: bytes) -> bool:
    """Whether every row has each of these elements, none of them with a blank at its end."""
    octets, first, many, marks, _ = where
    return bool(c.filled(octets, first, many, marks, elements))


def codes(c: ModuleType, where: Where) -> Codes:
    """Values of one to four bytes as little-endian numbers; 0 for all others."""
    found = np.empty(len(where[1]), np.uint32)
    c.codes(where, found)
    return found
