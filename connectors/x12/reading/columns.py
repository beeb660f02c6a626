"""Whole columns out of the index: text, exact decimals, dates.

A column is asked for by byte ranges (``start``, ``end``), 0-0 where the element is absent. Digits are read eight at a
time as one 64-bit word; what does not fit the common form goes, value by value, through the plain functions
``decimal`` and ``day``, so that the fast way never has to guess.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.reading.segments import Flags, Ints, Segments

Words = npt.NDArray[np.uint64]

# Ten billion dollars. Sums stay exact: 10**12 cents times the nine million amounts that 100 MB can hold is below 2**63.
LARGEST = 10**12

_DECIMAL = re.compile(rb"(-?)(\d*)(?:\.(\d*))?")
_EPOCH = date(1970, 1, 1)


class Numbers(NamedTuple):
    """A column of whole numbers: ``present`` where the element is there, ``valid`` where it could be read."""

    values: Ints
    present: Flags
    valid: Flags

    def arrow(self, type_: pa.DataType) -> pa.Array:
        if pa.types.is_date32(type_):
            return pa.array(self.values.astype(np.int32), mask=~self.valid).view(type_)
        return pa.array(self.values, mask=~self.valid, type=type_)


def text(segments: Segments, start: Ints, end: Ints) -> pa.Array:
    """Byte ranges as strings; empty or all blank is null. The ranges may come in any order."""
    present = end > start
    chosen = np.flatnonzero(present)
    low, high = start[chosen], end[chosen]
    order = None
    if len(low) and (low[1:] < high[:-1]).any():
        low, chosen_first, order = np.unique(low, return_index=True, return_inverse=True)
        high = high[chosen_first]
    found = _slices(segments.buffer, low, high)
    if (segments.octets[high - 1] == 0x20).any():
        found = pc.utf8_rtrim(found, " ")
        found = pc.if_else(pc.equal(found, ""), None, found)
    if order is None and len(chosen) == len(start):
        return found
    take = np.zeros(len(start), np.int64)
    take[chosen] = np.arange(len(chosen)) if order is None else order
    return found.take(pa.array(take, mask=~present))


def _slices(buffer: bytes, low: Ints, high: Ints) -> pa.Array:
    """Ascending ranges of the buffer as a string array.

    The array over [low0, high0, low1, high1 …] shares the buffer: its even values are the ranges, its odd values what
    lies between, and ``take`` copies only the even ones.
    """
    if not len(low):
        return pa.array([], pa.string())
    wide = len(buffer) >= 2**31
    offsets = np.empty(2 * len(low), np.int64 if wide else np.int32)
    offsets[0::2], offsets[1::2] = low, high
    kind = pa.LargeStringArray if wide else pa.StringArray
    whole = kind.from_buffers(2 * len(low) - 1, pa.py_buffer(offsets), pa.py_buffer(buffer))
    return whole.take(pa.array(np.arange(0, 2 * len(low), 2))).cast(pa.string())


# --- Numbers ---------------------------------------------------------------------------------------------------

_BYTES = [np.uint64((1 << 64) - (1 << (8 * (8 - n)))) for n in range(9)]
_LAST = np.array(_BYTES, np.uint64)  # keeps the last n bytes of a word
_ZEROS = np.uint64(0x3030303030303030)
_ABOVE_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)
_PAIRS = np.uint64(0x000000FF000000FF)
_MILLIONS = np.uint64(0x000F424000000064)  # 100 + (1000000 << 32)
_UNITS = np.uint64(0x0000271000000001)  # 1 + (10000 << 32)


def _digits(buffer: bytes, end: Ints, count: Ints) -> tuple[Ints, Flags]:
    """The number written in the ``count`` (at most 8) digits before ``end``, and whether they are all digits."""
    words: Words = np.ndarray((len(buffer) - 7,), "<u8", buffer, strides=(1,))
    word = words[np.maximum(end - 8, 0)]
    word ^= _ZEROS
    word &= _LAST[count]
    good = ((word + _ABOVE_NINE) | word) & _HIGH_BITS == 0
    word = word * np.uint64(10) + (word >> np.uint64(8))
    high = (word & _PAIRS) * _MILLIONS
    word >>= np.uint64(16)
    word = ((word & _PAIRS) * _UNITS + high) >> np.uint64(32)
    return word.astype(np.int64), good


def decimals(segments: Segments, start: Ints, end: Ints, places: int) -> Numbers:
    """X12 type R as whole numbers of ``10**-places``; exact, or not valid."""
    octets, buffer = segments.octets, segments.buffer
    length = end - start
    present = length > 0
    negative = (octets[start] == 0x2D) & present
    whole = length - negative
    point = end.copy()
    fraction = np.zeros(len(start), np.int64)
    for behind in range(places + 1):
        here = np.flatnonzero((octets[end - 1 - behind] == 0x2E) & (length > behind))
        point[here] -= behind + 1
        whole[here] -= behind + 1
        fraction[here] = behind
    plain = present & (whole >= 0) & (whole <= 8) & (whole + fraction > 0)
    values, valid = _digits(buffer, point, np.where(plain, whole, 0))
    values *= 10**places
    rows = np.flatnonzero(fraction)
    if len(rows):
        part, good = _digits(buffer, end[rows], fraction[rows])
        values[rows] += part * np.array([10 ** (places - n) for n in range(places + 1)])[fraction[rows]]
        valid[rows] &= good
    values = np.where(negative, -values, values)
    valid &= plain
    for row in np.flatnonzero(present & ~valid).tolist():
        exact = decimal(buffer[int(start[row]) : int(end[row])], places)
        values[row], valid[row] = (0, False) if exact is None else (exact, True)
    return Numbers(np.where(valid, values, 0), present, valid)


def decimal(value: bytes, places: int) -> int | None:
    """One X12 decimal as a whole number of ``10**-places``, None where it is none, too exact or too large."""
    found = _DECIMAL.fullmatch(value)
    if not found or len(value) > 24 or not (found[2] or found[3]):
        return None
    fraction = (found[3] or b"").rstrip(b"0")
    if len(fraction) > places:
        return None
    size: int = int(found[2] or b"0") * 10**places + int(fraction.ljust(places, b"0") or b"0")
    if size >= LARGEST:
        return None
    return -size if found[1] else size


def dates(segments: Segments, start: Ints, end: Ints) -> Numbers:
    """CCYYMMDD as days since 1970-01-01."""
    length = end - start
    present = length > 0
    values, valid = _digits(segments.buffer, end, np.where(length == 8, 8, 0))
    valid &= length == 8
    year, rest = np.divmod(values, 10_000)
    month, day = np.divmod(rest, 100)
    valid &= (year > 0) & (month > 0) & (month < 13) & (day > 0)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month = np.where(valid, month, 1)
    valid &= day <= _DAYS_IN[month] + (leap & (month == 2))
    days = (
        365 * (year - 1)
        + (year - 1) // 4
        - (year - 1) // 100
        + (year - 1) // 400
        + _DAYS_BEFORE[month]
        + (leap & (month > 2))
        + day
        - _EPOCH.toordinal()
    )
    return Numbers(np.where(valid, days, 0), present, valid)


_DAYS_IN = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_BEFORE = np.cumsum(_DAYS_IN) - _DAYS_IN


# --- Sums ------------------------------------------------------------------------------------------------------


def sums(group: Ints, values: Ints, groups: int) -> Ints:
    """Sum of ``values`` for each group 0 … groups-1, in whole numbers; ``group`` ascends, -1 belongs to none."""
    edges = np.searchsorted(group, np.arange(groups + 1))
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    found: Ints = total[edges[1:]] - total[edges[:-1]]
    return found


def positions(group: Ints) -> Ints:
    """1-based position of each row within its group; equal groups stand together."""
    if not len(group):
        return group
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group)))) + 1


def joined(group: Ints, values: pa.Array, groups: int) -> pa.Array:
    """Texts of each group in one, with single blanks between; null where a group has none. ``group`` ascends."""
    kept = np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False) & (group >= 0))
    edges = np.searchsorted(group[kept], np.arange(groups + 1)).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(edges), values.take(pa.array(kept)))
    text_ = pc.binary_join(lists, " ")
    return pc.if_else(pa.array(np.diff(edges) > 0), text_, None)
