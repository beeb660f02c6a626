"""Cutting: where bytes occur, and segments laid out by tag with the marks of their elements."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np

from connectors.x12.native import PADDING, Codes, Ints, Octets


class Found(NamedTuple):
    """Where a byte occurs, and what was seen on the way."""

    at: Ints
    breaks: bool  # whether there is a line break
    foreign: bool  # whether there is a byte above ASCII


def positions(c: ModuleType, octets: Octets, low: int, high: int, byte: int) -> Found:
    """Where ``byte`` occurs from ``low`` to before ``high``, read once as a rule: a segment has eight bytes or more."""
    found = np.empty((high - low) // 8 + 1, np.int32)
    count, *seen = c.positions(octets, low, high, byte, found)
    if count > len(found):
        found = np.empty(count, np.int32)
        c.positions(octets, low, high, byte, found)
    return Found(found[:count], *seen)


class Places(NamedTuple):
    """Segments copied, those of one group and tag side by side; all but ``tag`` and ``octets`` by place."""

    tag: Codes  # by segment
    octets: Octets  # begin and end with PADDING, as the source does
    marks: Ints
    order: Ints
    first: Ints
    elements: Ints
    tags: Codes
    odd: Ints


def laid_out(
    c: ModuleType,
    octets: Octets,
    begin: Ints,
    end: Ints,
    separators: Sequence[int],
    counts: Ints,
    factor: int,
    *,
    even: bool,
) -> Places | None:
    """Lay out segments; None where they were to be ``even`` and one is empty or begins with a blank or a control.

    ``counts`` segments at a time have one of the ``separators``; ``factor`` makes a key of a tag. Marks have room for
    one a byte: of that only what is used takes memory.
    """
    total = len(begin)
    begin, end = np.ascontiguousarray(begin), np.ascontiguousarray(end)
    (tag, tags), order = np.empty((2, total), np.uint32), np.empty(total, np.int64)
    first, elements = np.empty((2, total), np.int32)
    layout, mark_of = np.empty(len(octets), np.uint8), np.empty(len(octets) + 1, np.int32)
    layout[:PADDING] = 0
    at, mark, row = PADDING, 0, 0
    odd: list[Ints] = [np.empty(0, np.int32)]
    for separator, count in zip(separators, counts, strict=True):
        here = slice(row, row + int(count))
        odds = np.empty(int(count), np.int32)
        done = c.lay_out(
            octets,
            begin[here],
            end[here],
            separator,
            row,
            factor,
            at,
            mark,
            even,
            tag[here],
            order[here],
            layout,
            mark_of,
            first[here],
            elements[here],
            tags[here],
            odds,
        )
        if done is None:
            return None
        at, mark, many = done
        odd.append(odds[:many] + np.int32(row))
        row = here.stop
    layout[at:] = 0
    return Places(tag, layout, mark_of[:mark], order, first, elements, tags, np.concatenate(odd))
