"""The two tables every decoder gives, interchanges and sets, and the digest that knows a set again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from connectors.x12.reading.columns import array, rows_array
from connectors.x12.reading.delimiters import Delimiters
from connectors.x12.reading.envelopes import element_of, element_texts
from connectors.x12.reading.interchanges import Reading
from connectors.x12.reading.segments import Flags, Ints, Segments, code
from connectors.x12.tables import INTERCHANGES, SETS

_ISA_COLUMNS = (5, 6, 7, 8, 9, 10, 13, 15)


def interchange_table(reading: Reading) -> pa.Table:
    """One row for each ISA."""
    columns = [
        rows_array(reading.interchange_files),
        rows_array(np.arange(len(reading.isa_rows))),
        *(element_texts(reading.segments, reading.isa_rows, element) for element in _ISA_COLUMNS),
    ]
    return pa.Table.from_arrays(columns, schema=INTERCHANGES)


def interchange_row(file: int, number: int, values: Sequence[str]) -> tuple[object, ...]:
    """The same row of one ISA that was read by itself."""
    return (file, number, *(element_of(list(values), element) for element in _ISA_COLUMNS))


def set_table(reading: Reading) -> pa.Table:
    """One row for each ST."""
    headers = reading.headers
    columns = [
        rows_array(reading.set_files),
        array(reading.set_interchanges.astype(np.int32), pa.int32()),
        rows_array(np.arange(len(reading.set_begins))),
        pa.array(reading.set_kinds, pa.string()),
        headers["functional_id"],
        headers["group_control"],
        headers["version"],
        headers["control"],
        rows_array(reading.set_ends - reading.set_begins),
        pa.array(reading.intact),
        pa.array(_digests(reading), pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=SETS)


def rows_table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, type=f.type) for column, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


# --- the digest --------------------------------------------------------------------------------------------------

_CANON = Delimiters(ord("*"), ord(":"), ord("~"))
_STAND_INS = (0x1D, 0x1F, 0x1C)


def _digests(reading: Reading) -> list[str]:
    return [hashlib.sha256(body).hexdigest() for body in bodies(reading)]


def bodies(reading: Reading) -> Iterator[bytes | memoryview]:
    """The bytes of each set between ST and SE that are in the reading, the same whatever delimiters and line ends."""
    segments = reading.segments
    if not len(reading.set_begins):
        return
    begins = np.maximum(reading.set_begins + 1, 0)
    closed = segments.tag[np.maximum(reading.set_ends - 1, 0)] == code("SE")
    ends = reading.set_ends - closed  # exclusive; SE counts and numbers, it says nothing
    low, high = segments.begin[np.minimum(begins, len(segments) - 1)], segments.end[ends - 1] + 1
    exact = _unbroken(segments, begins, ends)
    view = memoryview(segments.source)
    for begin, end, first, last, whole in zip(
        *(each.tolist() for each in (begins, ends, low, high, exact)), strict=True
    ):
        delimiters = segments.delimiters[int(segments.piece[end - 1])]
        if begin >= end:
            body: bytes | memoryview = b""
        elif whole:
            body = view[first:last]
        else:
            places = zip(segments.begin[begin:end].tolist(), segments.end[begin:end].tolist(), strict=True)
            body = b"".join(view[a : b + 1] for a, b in places)
        yield body if delimiters == _CANON else bytes(body).translate(_canonical(delimiters))


def _unbroken(segments: Segments, begins: Ints, ends: Ints) -> Flags:
    """For each range of segments whether nothing stands between them."""
    gap = np.zeros(len(segments) + 1, np.bool_)
    np.not_equal(segments.begin[1:], segments.end[:-1] + 1, out=gap[1:-1])
    if not gap.any():
        return np.ones(len(begins), np.bool_)
    gaps = np.append(0, np.cumsum(gap))
    inside = gaps[ends] - gaps[np.minimum(begins + 1, ends)]
    found: Flags = inside == 0
    return found


def _canonical(delimiters: Delimiters) -> bytes:
    """A table that turns these delimiters into the usual ones, and these in the text into characters nobody sends."""
    table = bytearray(range(256))
    for octet, stand_in in zip(_CANON, _STAND_INS, strict=True):
        table[octet] = stand_in
    for octet, canonical in zip(delimiters, _CANON, strict=True):
        if octet != delimiters.element or canonical == _CANON.element:
            table[octet] = canonical
    return bytes(table)
