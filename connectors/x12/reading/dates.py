"""Whole columns of dates out of the index, eight digits at a time as one 64-bit word."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from connectors.x12.native import figures
from connectors.x12.reading.numbers import ABOVE_NINE, BYTE, HIGH_BITS, ZEROS, Numbers, before, words
from connectors.x12.reading.segments import Flags, Ints, Octets
from connectors.x12.reading.spans import Spans

_EPOCH = date(1970, 1, 1)

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


def dates(at: Spans) -> Numbers:
    """CCYYMMDD as days since 1970-01-01."""
    if compiled := at.loops():
        return Numbers(*figures.dates(compiled, at.where()))
    octets, start, end = at.octets, at.start, at.end
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


def date_ranges(at: Spans, ranged: Flags) -> tuple[Numbers, Numbers]:
    """First and last day of CCYYMMDD or, where ``ranged``, CCYYMMDD-CCYYMMDD; one day is both."""
    octets, start, end = at.octets, at.start, at.end
    dash = ranged & (end - start == 17)
    dash[dash] = octets[start[dash] + 8] == 0x2D
    return (
        dates(Spans.between(octets, start, np.where(dash, start + 8, end))),
        dates(Spans.between(octets, np.where(dash, start + 9, start), end)),
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
    word = words(octets)[end - 8]
    word ^= ZEROS
    strange = word + ABOVE_NINE
    strange |= word
    strange &= HIGH_BITS
    pairs = word * np.uint64(10)
    word >>= np.uint64(8)
    pairs += word
    pairs &= _PAIR_BYTES
    strange |= (pairs + _ABOVE_DATE) & HIGH_BITS
    recent = (pairs & BYTE) == 20
    pairs &= ~BYTE
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
    word = before(octets, end, np.where(eight, 8, 0))
    strange = word + ABOVE_NINE
    strange |= word
    strange &= HIGH_BITS
    valid = eight & (strange == 0)
    pairs = word * np.uint64(10)
    word >>= np.uint64(8)
    pairs += word  # century, year, month and day in the bytes 0, 2, 4 and 6
    century, year, month, day = ((pairs >> np.uint64(16 * n)) & BYTE for n in range(4))
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
