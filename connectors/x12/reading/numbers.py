"""Whole columns of exact decimals out of the index.

Digits are read eight at a time as one 64-bit word, whole columns at once. What does not fit the common form (an amount
of up to eight characters, not negative) goes through a second pass over those rows alone, and what does not fit that
either, value by value through the plain function ``decimal``: the fast way never has to guess.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from connectors.x12.native import figures
from connectors.x12.reading.columns import array
from connectors.x12.reading.segments import Flags, Ints, Octets, Words
from connectors.x12.reading.spans import Spans

# Ten billion dollars. Sums stay exact: 10**12 cents times the nine million amounts that 100 MB can hold is below 2**63.
LARGEST = 10**12

_DECIMAL = re.compile(rb"(-?)(\d*)(?:\.(\d*))?")


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


# The last n bytes of a word.
_LAST = np.array([(1 << 64) - (1 << (8 * (8 - n))) for n in range(9)], np.uint64)
ZEROS = np.uint64(0x3030303030303030)
ABOVE_NINE = np.uint64(0x7676767676767676)
HIGH_BITS = np.uint64(0x8080808080808080)
_PAIRS = np.uint64(0x000000FF000000FF)
_MILLIONS = np.uint64(0x000F424000000064)  # 100 + (1000000 << 32)
_UNITS = np.uint64(0x0000271000000001)  # 1 + (10000 << 32)
BYTE = np.uint64(0xFF)
_POINT = np.uint64(0x2E ^ 0x30)


def words(octets: Octets) -> Words:
    """Eight bytes at every position of ``octets`` but the last seven."""
    return np.ndarray((len(octets) - 7,), "<u8", octets, strides=(1,))


def before(octets: Octets, end: Ints, count: Ints) -> Words:
    """The ``count`` (at most 8) bytes before ``end``, digits as 0 to 9, zeros before them."""
    word: Words = words(octets)[np.maximum(end - 8, 0)]
    word ^= ZEROS
    word &= _LAST[count]
    return word


def _number(word: Words) -> tuple[Ints, Flags]:
    """The number written in a word's digits, and whether they are all digits. Uses the word up."""
    strange = word + ABOVE_NINE
    strange |= word
    strange &= HIGH_BITS
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


def decimals(at: Spans, places: int) -> Numbers:
    """X12 type R as whole numbers of ``10**-places``; exact, or not valid."""
    if compiled := at.loops():
        return Numbers(*figures.decimals(compiled, at.where(), places))
    octets, start, end = at.octets, at.start, at.end
    length = end - start
    present = length > 0
    if not present.any():
        return Numbers(np.zeros(len(length), np.int64), present, present)
    plain = present & (length <= 8)
    word = before(octets, end, length if plain.all() else length * plain)
    aligned = word >> np.uint64(8 * places)  # without a point: as many zeros follow
    pointed = np.zeros(len(word), np.bool_)
    for behind in range(places, 0, -1):
        here = ((word >> np.uint64(8 * (7 - behind))) & BYTE) == _POINT
        here &= ~pointed
        if behind < places:
            here &= length <= 9 + behind - places  # with the zeros that follow no more than eight digits
        if behind == places:
            aligned = np.where(here, _without_point(word, behind, places), aligned)
        else:
            rows = np.flatnonzero(here)
            aligned[rows] = _without_point(word[rows], behind, places)
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
    values, valid = _number(before(octets, point, np.where(plain, whole, 0)))
    values *= 10**places
    rows = np.flatnonzero(fraction)
    if len(rows):
        part, good = _number(before(octets, end[rows], fraction[rows]))
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
