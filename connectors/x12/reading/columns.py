"""Whole columns out of the index: text, exact decimals, dates, and what lies between component separators.

Digits are read eight at a time as one 64-bit word, whole columns at once. What does not fit the common form (an amount
of up to eight characters, not negative) goes through a second pass over those rows alone, and what does not fit that
either, value by value through the plain function ``decimal``: the fast way never has to guess.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.reading.segments import Flags, Ints, Octets, Segments, Words

# Ten billion dollars. Sums stay exact: 10**12 cents times the nine million amounts that 100 MB can hold is below 2**63.
LARGEST = 10**12

_DECIMAL = re.compile(rb"(-?)(\d*)(?:\.(\d*))?")
_EPOCH = date(1970, 1, 1)


class Numbers(NamedTuple):
    """A column of whole numbers: ``present`` where the element is there, ``valid`` where it could be read."""

    values: Ints
    present: Flags
    valid: Flags

    def at(self, rows: Ints, count: int) -> Numbers:
        """These values at ``rows`` of a column of ``count``, absent elsewhere."""
        spread = [np.zeros(count, part.dtype) for part in self]
        for whole, part in zip(spread, self, strict=True):
            whole[rows] = part
        return Numbers(*spread)

    def arrow(self, type_: pa.DataType) -> pa.Array:
        values = self.values.astype(np.int32) if pa.types.is_date32(type_) else self.values
        return array(values, type_, self.valid)


def array(values: Ints, type_: pa.DataType, valid: Flags | None = None) -> pa.Array:
    """NumPy values of the type's own width as an Arrow array without a copy; null where not valid."""
    values = np.ascontiguousarray(values, np.int64 if type_.bit_width == 64 else np.int32)
    bits = None
    if valid is not None and not valid.all():
        bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(type_, len(values), [bits, pa.py_buffer(values)])


def rows_array(rows: Ints) -> pa.Array:
    """Row numbers as int32, null where negative."""
    return array(rows.astype(np.int32), pa.int32(), rows >= 0)


def spread(found: pa.Array, rows: Ints, count: int) -> pa.Array:
    """``found`` at these rows (each once, ascending) of a column of ``count``, null elsewhere."""
    if len(found) == count:
        return found
    at = np.full(count, -1, np.int32)
    at[rows] = np.arange(len(rows))
    return found.take(rows_array(at))


# --- Text ------------------------------------------------------------------------------------------------------


def element_text(segments: Segments, rows: Ints, element: int) -> pa.Array:
    """One element of these rows as strings; absent, empty or all blank is null."""
    pinned = segments.pinned(rows)
    if element > pinned.longest:
        return pa.nulls(len(rows), pa.string())
    return between(segments.buffer, *segments.bounds(rows, element), ascending=pinned.ascending)


def between(buffer: pa.Buffer, start: Ints, end: Ints, *, ascending: bool) -> pa.Array:
    """Byte ranges as strings; null where empty or all blank. Fast where they ascend, as they do in the layout.

    The array over [start0, end0, start1, end1 …] shares the buffer: its even values are the ranges, its odd values what
    lies between, and ``take`` copies only the even ones.
    """
    if not len(start):
        return pa.nulls(0, pa.string())
    if not ascending and (start[1:] < start[:-1]).any():
        return text(np.frombuffer(buffer, np.uint8), start, end)
    edges = np.empty(2 * len(start), end.dtype)
    np.minimum(start, end, out=edges[0::2])  # absent: it would begin behind its end
    edges[1::2] = end
    kind = pa.StringArray if edges.dtype == np.int32 else pa.LargeStringArray
    whole = kind.from_buffers(len(edges) - 1, pa.py_buffer(edges), buffer)
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


def text(octets: Octets, start: Ints, end: Ints) -> pa.Array:
    """Byte ranges as strings, in any order; empty or all blank is null."""
    length = np.maximum(end - start, 0).astype(np.int32)
    edges = np.zeros(len(start) + 1, np.int32)
    np.cumsum(length, out=edges[1:])
    at = np.repeat(start.astype(np.int64) - edges[:-1], length)
    at += np.arange(len(at))
    buffers = [None, pa.py_buffer(edges), pa.py_buffer(octets[at])]
    return _null_where_blank(pa.Array.from_buffers(pa.string(), len(start), buffers))


class Parts:
    """One element of some rows laid side by side, cut at its component separators.

    ``bounds`` gives byte ranges in ``octets``, which begins with eight bytes that are nobody's.
    """

    def __init__(self, octets: Octets, start: Ints, end: Ints, separators: Octets) -> None:
        """``separators`` has the component separator of each range, or the one of them all."""
        length = np.maximum(end - start, 0).astype(np.int32)
        self.edges = np.full(len(start) + 1, 8, np.int32)
        self.edges[1:] += np.cumsum(length, dtype=np.int32)
        at = np.repeat(start.astype(np.int64) - self.edges[:-1], length)
        at += np.arange(8, 8 + len(at))
        beside = np.zeros(8, np.uint8)
        self.octets: Octets = np.concatenate([beside, octets[at], beside])
        wanted = separators if len(separators) == 1 else np.repeat(separators, length)
        cuts = np.flatnonzero(self.octets[8:-8] == wanted) + 8
        self.cuts = np.append(cuts, np.iinfo(np.int32).max).astype(np.int32)
        self.first = np.searchsorted(self.cuts, self.edges[:-1])

    def bounds(self, low: int, high: int) -> tuple[Ints, Ints]:
        """Where components ``low`` to ``high`` begin and end, separators between included; empty where absent."""
        start, end = self.edges[:-1], self.edges[1:]
        most = len(self.cuts) - 1
        begin = start if low == 1 else self.cuts[np.minimum(self.first + (low - 2), most)] + 1
        after = self.cuts[np.minimum(self.first + (high - 1), most)]
        there = (begin <= end) & (start < end) & (begin >= start)
        return np.where(there, begin, end), np.where(there, np.minimum(after, end), end)

    def text(self, low: int, high: int) -> pa.Array:
        """Components as strings; those of a range are a list with single blanks between."""
        if high > low:
            return self._listed(low, high)
        return between(pa.py_buffer(self.octets), *self.bounds(low, high), ascending=True)

    def _listed(self, low: int, high: int) -> pa.Array:
        start, end = self.bounds(low, high)
        blanked = self.octets.copy()
        blanked[self.cuts[:-1]] = 0x20
        found = between(pa.py_buffer(blanked), start, end, ascending=True)
        leading = blanked[start] == 0x20
        double = (blanked[:-1] == 0x20) & (blanked[1:] == 0x20)
        if leading.any() or double.any():
            found = pc.utf8_trim(pc.replace_substring_regex(found, " +", " "), " ")
            found = pc.if_else(pc.equal(found, ""), None, found)
        return found


# --- Numbers ---------------------------------------------------------------------------------------------------

# The last n bytes of a word.
_LAST = np.array([(1 << 64) - (1 << (8 * (8 - n))) for n in range(9)], np.uint64)
_ZEROS = np.uint64(0x3030303030303030)
_ABOVE_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)
_PAIRS = np.uint64(0x000000FF000000FF)
_MILLIONS = np.uint64(0x000F424000000064)  # 100 + (1000000 << 32)
_UNITS = np.uint64(0x0000271000000001)  # 1 + (10000 << 32)
_BYTE = np.uint64(0xFF)
_POINT = np.uint64(0x2E ^ 0x30)


def _words(octets: Octets) -> Words:
    """Eight bytes at every position of ``octets`` but the last seven."""
    return np.ndarray((len(octets) - 7,), "<u8", octets, strides=(1,))


def _before(octets: Octets, end: Ints, count: Ints) -> Words:
    """The ``count`` (at most 8) bytes before ``end``, digits as 0 to 9, zeros before them."""
    word: Words = _words(octets)[np.maximum(end - 8, 0)]
    word ^= _ZEROS
    word &= _LAST[count]
    return word


def _number(word: Words) -> tuple[Ints, Flags]:
    """The number written in a word's digits, and whether they are all digits. Uses the word up."""
    strange = word + _ABOVE_NINE
    strange |= word
    strange &= _HIGH_BITS
    good = strange == 0
    tens = word * np.uint64(10)
    word >>= np.uint64(8)
    word += tens
    high = word & _PAIRS
    high *= _MILLIONS
    word >>= np.uint64(16)
    word &= _PAIRS
    word *= _UNITS
    word += high
    word >>= np.uint64(32)
    return word.view(np.int64), good


def decimals(octets: Octets, start: Ints, end: Ints, places: int) -> Numbers:
    """X12 type R as whole numbers of ``10**-places``; exact, or not valid."""
    length = end - start
    present = length > 0
    if not present.any():
        return Numbers(np.zeros(len(length), np.int64), present, present)
    plain = present & (length <= 8)
    word = _before(octets, end, length if plain.all() else length * plain)
    aligned = word >> np.uint64(8 * places)  # without a point: as many zeros follow
    pointed = np.zeros(len(word), np.bool_)
    for behind in range(places, 0, -1):
        here = ((word >> np.uint64(8 * (7 - behind))) & _BYTE) == _POINT
        here &= ~pointed
        if behind == places:
            aligned = np.where(here, _without_point(word, behind, places), aligned)
        else:
            at = np.flatnonzero(here)
            aligned[at] = _without_point(word[at], behind, places)
        pointed |= here
    plain &= pointed | (length <= 8 - places)  # what was pushed out is for the second pass
    values, valid = _number(aligned)
    valid &= plain
    rest = np.flatnonzero(present & ~valid)
    if len(rest):
        values[rest], valid[rest] = _longer(octets, start[rest], end[rest], places)
    if not valid.all():
        values[~valid] = 0
    return Numbers(values, present, valid)


def _without_point(word: Words, behind: int, places: int) -> Words:
    """Words with a point and ``behind`` digits after it as numbers with ``places`` digits after where it was."""
    fraction = word & _LAST[behind]
    whole = word & (_LAST[8] >> np.uint64(8 * (behind + 1)))
    if behind == places:
        whole <<= np.uint64(8)
    else:
        fraction >>= np.uint64(8 * (places - behind))
        whole >>= np.uint64(8 * (places - behind - 1))
    found: Words = whole | fraction
    return found


def _longer(octets: Octets, start: Ints, end: Ints, places: int) -> tuple[Ints, Flags]:
    """``decimals`` of what is negative, or has up to eight digits before the point; the rest one by one."""
    length = end - start
    negative = octets[start] == 0x2D
    whole = (length - negative).astype(np.int64)
    point = end.astype(np.int64)
    fraction = np.zeros(len(start), np.int64)
    for behind in range(places + 1):
        here = np.flatnonzero((octets[end - 1 - behind] == 0x2E) & (length > behind))
        point[here] -= behind + 1
        whole[here] -= behind + 1
        fraction[here] = behind
    plain = (whole >= 0) & (whole <= 8) & (whole + fraction > 0)
    values, valid = _number(_before(octets, point, np.where(plain, whole, 0)))
    values *= 10**places
    rows = np.flatnonzero(fraction)
    if len(rows):
        part, good = _number(_before(octets, end[rows], fraction[rows]))
        values[rows] += part * np.array([10 ** (places - n) for n in range(places + 1)])[fraction[rows]]
        valid[rows] &= good
    values = np.where(negative, -values, values)
    valid &= plain
    for row in np.flatnonzero(~valid).tolist():
        exact = decimal(octets[int(start[row]) : int(end[row])].tobytes(), places)
        values[row], valid[row] = (0, False) if exact is None else (exact, True)
    return values, valid


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


# --- Dates -----------------------------------------------------------------------------------------------------

_FIRST_YEAR, _YEARS = 1800, 400


@lru_cache(maxsize=1)
def _calendar() -> Ints:
    """Days since 1970-01-01 by ``(year - 1800) * 512 + month * 32 + day``; the smallest int32 for no date."""
    days = np.arange(np.datetime64(f"{_FIRST_YEAR}-01-01"), np.datetime64(f"{_FIRST_YEAR + _YEARS}-01-01"))
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    month = (months - years.astype("datetime64[M]")).astype(np.int64) + 1
    day = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    year = years.astype(np.int64) + 1970 - _FIRST_YEAR
    table = np.full(_YEARS * 512, _NO_DAY, np.int32)
    table[year * 512 + month * 32 + day] = days.astype(np.int64)
    return table


_NO_DAY = np.iinfo(np.int32).min


def dates(octets: Octets, start: Ints, end: Ints) -> Numbers:
    """CCYYMMDD as days since 1970-01-01."""
    length = end - start
    present = length > 0
    if len(length) and (length == 8).all():
        values, valid = _this_century(octets, end)
    else:
        values, valid = np.zeros(len(length), np.int32), np.zeros(len(length), np.bool_)
    rest = np.flatnonzero(present & ~valid)
    if len(rest):
        values[rest], valid[rest] = _any_century(octets, start[rest], end[rest])
    if not valid.all():
        values[~valid] = 0
    return Numbers(values, present, valid)


def date_ranges(octets: Octets, start: Ints, end: Ints, ranged: Flags) -> tuple[Numbers, Numbers]:
    """First and last day of CCYYMMDD or, where ``ranged``, CCYYMMDD-CCYYMMDD; one day is both."""
    dash = ranged & (end - start == 17)
    dash[dash] = octets[start[dash] + 8] == 0x2D
    return (
        dates(octets, start, np.where(dash, start + 8, end)),
        dates(octets, np.where(dash, start + 9, start), end),
    )


# Century, year, month and day are pairs of digits in the bytes 0, 2, 4 and 6 of a word. Times this number its upper
# sixteen bits are year * 512 + month * 32 + day: what lies below never carries (99 * 32 + 99 is less than 65536).
_DATE_KEY = np.uint64((512 << 32) + (32 << 16) + 1)
_PAIR_BYTES = np.uint64(0x00FF00FF00FF00FF)
_ABOVE_DATE = np.uint64(
    ((127 - 12) << 32) + ((127 - 31) << 48)
)  # sets the high bit of a month or day too large
_LAST_YEAR = 99


@lru_cache(maxsize=1)
def _days_of_this_century() -> Ints:
    """Days since 1970-01-01 by the key of 2000-01-01 to 2099-12-31; the smallest int32 for no date."""
    table = np.full(1 << 16, _NO_DAY, np.int32)
    first = (2000 - _FIRST_YEAR) * 512
    table[: (_LAST_YEAR + 1) * 512] = _calendar()[first : first + (_LAST_YEAR + 1) * 512]
    return table


def _this_century(octets: Octets, end: Ints) -> tuple[Ints, Flags]:
    """Dates of 2000 to 2099 in eight digits each; whatever else there is, is not valid here."""
    word = _words(octets)[end - 8]
    word ^= _ZEROS
    strange = word + _ABOVE_NINE
    strange |= word
    strange &= _HIGH_BITS
    pairs = word * np.uint64(10)
    word >>= np.uint64(8)
    pairs += word
    pairs &= _PAIR_BYTES
    strange |= (pairs + _ABOVE_DATE) & _HIGH_BITS
    recent = (pairs & _BYTE) == 20
    pairs &= ~_BYTE
    pairs *= _DATE_KEY
    pairs >>= np.uint64(48)
    values = _days_of_this_century()[pairs.view(np.int64)]
    valid = strange == 0
    valid &= recent
    valid &= values != _NO_DAY
    return values, valid


def _any_century(octets: Octets, start: Ints, end: Ints) -> tuple[Ints, Flags]:
    """Dates of any year."""
    eight = end - start == 8
    word = _before(octets, end, np.where(eight, 8, 0))
    strange = word + _ABOVE_NINE
    strange |= word
    strange &= _HIGH_BITS
    valid = eight & (strange == 0)
    pairs = word * np.uint64(10)
    word >>= np.uint64(8)
    pairs += word  # century, year, month and day in the bytes 0, 2, 4 and 6
    century, year, month, day = ((pairs >> np.uint64(16 * n)) & _BYTE for n in range(4))
    year += century * np.uint64(100)
    inside = (year >= _FIRST_YEAR) & (year < _FIRST_YEAR + _YEARS) & (month < 16) & (day < 32)
    at = ((year - np.uint64(_FIRST_YEAR)) << np.uint64(9)) + (month << np.uint64(5)) + day
    values = _calendar()[np.where(inside, at, 0)]
    for row in np.flatnonzero(valid & ~inside).tolist():
        values[row] = _day(octets[int(start[row]) : int(end[row])].tobytes())
    valid &= values != _NO_DAY
    return values, valid


def _day(value: bytes) -> int:
    """A date of an unusual century."""
    try:
        return (date(int(value[:4]), int(value[4:6]), int(value[6:])) - _EPOCH).days
    except ValueError:
        return _NO_DAY


# --- Sums ------------------------------------------------------------------------------------------------------


def sums(group: Ints, values: Ints, groups: int) -> Ints:
    """Sum of ``values`` for each group 0 … groups-1, in whole numbers; ``group`` ascends and is never negative."""
    edges = np.zeros(groups + 1, np.int64)
    np.cumsum(np.bincount(group, minlength=groups), out=edges[1:])
    total = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=total[1:])
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
