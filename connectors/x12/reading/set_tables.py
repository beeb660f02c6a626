"""The two tables every decoder gives, interchanges and sets, and the digest that knows a set again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import pyarrow as pa

from connectors.x12.reading.interchanges import Reading, Set, element_of
from connectors.x12.reading.segments import Segments, code
from connectors.x12.tables import INTERCHANGES, SETS


def interchange_table(reading: Reading) -> pa.Table:
    """One row for each ISA."""
    rows = [
        (file, number, *(element_of(values, element) for element in (5, 6, 7, 8, 9, 10, 13, 15)))
        for number, (file, values) in enumerate(
            zip(reading.interchange_files, reading.interchanges, strict=True)
        )
    ]
    return rows_table(rows, INTERCHANGES)


def set_table(reading: Reading) -> pa.Table:
    """One row for each ST."""
    rows = [
        (
            found.file,
            found.interchange,
            number,
            found.kind,
            found.functional_id,
            found.group_control,
            found.version,
            found.control,
            found.end - found.begin,
            found.intact,
            _digest(reading.segments, found),
        )
        for number, found in enumerate(reading.sets)
    ]
    return rows_table(rows, SETS)


def rows_table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, type=f.type) for column, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


_CANON = b"\x1d\x1f\x1c"  # element, component, segment


def _digest(segments: Segments, found: Set) -> str:
    """SHA-256 of the segments between ST and SE: the same whatever the delimiters and the line ends."""
    begin, end = found.begin + 1, found.end - (1 if _closed(segments, found) else 0)
    if begin >= end:
        return hashlib.sha256().hexdigest()
    low = int(segments.begin[begin])
    high = int(segments.marks[segments.first[end - 1] + segments.elements[end - 1]]) + 1
    delimiters = segments.delimiters[int(segments.piece[begin])]
    table = bytearray(range(256))
    for octet, canonical in zip(delimiters, _CANON, strict=True):
        if octet != delimiters.element or canonical == _CANON[0]:
            table[octet] = canonical
    ends = segments.marks[segments.first[begin : end - 1] + segments.elements[begin : end - 1]]
    gaps = int((segments.begin[begin + 1 : end] - ends - 1).sum())
    if not gaps:
        return hashlib.sha256(segments.buffer[low:high].translate(bytes(table))).hexdigest()
    # Line ends stand between segments only, or they would have been taken out: they can go in one pass.
    breaks = bytes(octet for octet in b"\r\n" if octet != delimiters.segment)
    body = segments.buffer[low:high].translate(bytes(table), breaks)
    if high - low - len(body) != gaps:
        body = re.sub(rb"\x1c[ \t\r\n\x00\x1a\x1c]*", b"\x1c", body)
    return hashlib.sha256(body).hexdigest()


def _closed(segments: Segments, found: Set) -> bool:
    return bool(segments.tag[found.end - 1] == code("SE"))
