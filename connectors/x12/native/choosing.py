"""Choosing: which loop a segment stands in, which rows a column wants, and where their elements end."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pyarrow as pa

from connectors.x12.native import Codes, Ints, Octets


def latest(c: ModuleType, opens: Octets) -> tuple[Octets, Ints]:
    """For each segment the loop it stands in, and the segment that opened that one."""
    loop, opener = np.empty(len(opens), np.uint8), np.empty(len(opens), np.int32)
    c.latest(opens, loop, opener)
    return loop, opener


def owners(c: ModuleType, openers: Ints, rows: Ints) -> tuple[Ints, bool]:
    """For each row the number of the last opener up to it, -1 for none; whether two neighbours have the same."""
    found = np.empty(len(rows), np.int32)
    again = c.owners(np.ascontiguousarray(openers, np.int64), np.ascontiguousarray(rows, np.int64), found)
    return found, again


def chosen(c: ModuleType, loops: Octets, wanted: Octets, codes: Codes | None, code: int) -> Ints:
    """The rows whose loop is wanted (a 1 in a table of 256) and, where there are codes, whose code is this one."""
    found = np.empty(len(loops), np.int64)
    return found[: c.chosen(loops, wanted, b"" if codes is None else codes, code, found)]


def select(
    c: ModuleType,
    chosen_by: tuple[Octets, Octets, Codes | None, int],
    rows: Ints,
    first: Ints,
    elements: Ints,
) -> tuple[Ints, Ints, Ints, tuple[int, int]]:
    """Of the rows that ``chosen`` would choose: rows, first and elements, and the least and the greatest of these."""
    loops, wanted, codes, code = chosen_by
    some = np.empty(len(rows), np.int64), *np.empty((2, len(rows)), np.int32)
    total, *limits = c.select(
        loops, wanted, b"" if codes is None else codes, code, rows, first, elements, *some
    )
    if 2 * total < len(rows):  # do not keep what is not used
        return *(each[:total].copy() for each in some), (limits[0], limits[1])
    return *(each[:total] for each in some), (limits[0], limits[1])


def placed(
    c: ModuleType,
    tags: Codes,
    loops: Octets,
    opens: Octets,
    factor: int,
    allowed: tuple[Codes, Octets, Octets],
) -> bool:
    """Whether every segment has a known tag, is held by its loop or opens one, and loops follow as they may.

    ``allowed`` has the known tags by their key (tag * factor, the upper eight bits), which loops hold them by key and
    loop, and which loops each may follow.
    """
    return bool(c.placed(tags, loops, opens, factor, *allowed))


def numbers(c: ModuleType, rows: Ints) -> pa.Array:
    """Row numbers as int32, null where negative."""
    found, bits = np.empty(len(rows), np.int32), np.empty((len(rows) + 7) // 8, np.uint8)
    nulls = c.numbers(np.ascontiguousarray(rows), found, bits)
    buffers = [pa.py_buffer(bits) if nulls else None, pa.py_buffer(found)]
    return pa.Array.from_buffers(pa.int32(), len(rows), buffers, nulls)


def pick(c: ModuleType, first: Ints, elements: Ints, kept: Ints) -> tuple[Ints, Ints, tuple[int, int]]:
    """Both at these places; the least and the greatest of the elements."""
    some = np.empty((2, len(kept)), np.int32)
    limits: tuple[int, int] = c.pick(
        np.ascontiguousarray(first),
        np.ascontiguousarray(elements),
        np.ascontiguousarray(kept, np.int64),
        *some,
    )
    return some[0], some[1], limits


def edges(c: ModuleType, marks: Ints, first: Ints, elements: Ints, element: int) -> Ints:
    """Where element ``element`` of each row ends; past the last element, where the segment does."""
    found = np.empty(len(first), np.int32)
    c.edges(marks, np.ascontiguousarray(first), np.ascontiguousarray(elements), element, found)
    return found


def repetitions(
    c: ModuleType, first: Ints, elements: Ints, lowest: int, width: int
) -> tuple[Ints, Ints, Ints, Ints]:
    """Repetitions of ``width`` elements: row, mark before the first element, elements from it on, number of it."""
    first, elements = np.ascontiguousarray(first), np.ascontiguousarray(elements)
    total = c.repetitions(first, elements, lowest, width, *(bytearray() for _ in range(4)))
    row, (mark, left, element) = np.empty(total, np.int64), np.empty((3, total), np.int32)
    c.repetitions(first, elements, lowest, width, row, mark, left, element)
    return row, mark, left, element


def numbered(c: ModuleType, group: Ints) -> Ints:
    """The 1-based place of each row within its group; equal groups stand together."""
    found = np.empty(len(group), np.int32)
    c.numbered(np.ascontiguousarray(group), found)
    return found
