"""Columns of tables: NumPy values as Arrow arrays, spread over rows, summed, numbered and joined by group."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import native
from connectors.x12.native import choosing
from connectors.x12.reading.segments import Flags, Ints


def array(values: Ints, type_: pa.DataType, valid: Flags | None = None) -> pa.Array:
    """NumPy values of the type's own width as an Arrow array without a copy; null where not valid."""
    values = np.ascontiguousarray(values, np.int64 if type_.bit_width == 64 else np.int32)
    bits = None
    if valid is not None and not valid.all():
        bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(type_, len(values), [bits, pa.py_buffer(values)])


def rows_array(rows: Ints) -> pa.Array:
    """Row numbers as int32, null where negative."""
    if native.compiled and rows.dtype in (np.int32, np.int64):
        return choosing.numbers(native.compiled, rows)
    return array(rows.astype(np.int32), pa.int32(), rows >= 0)


def spread(found: pa.Array, rows: Ints, count: int) -> pa.Array:
    """``found`` at these rows (each once, ascending) of a column of ``count``, null elsewhere."""
    if len(found) == count:
        return found
    at = np.full(count, -1, np.int32)
    at[rows] = np.arange(len(rows))
    return found.take(rows_array(at))


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
    if compiled := native.loops(group):
        return choosing.numbered(compiled, group)
    if not len(group):
        return group
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group)))) + 1


def joined(group: Ints, values: pa.Array, groups: int) -> pa.Array:
    """Texts of each group in one, with single blanks between; null where a group has none. ``group`` ascends."""
    kept = np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False) & (group >= 0))
    edges = np.zeros(groups + 1, np.int32)
    np.cumsum(np.bincount(group[kept], minlength=groups), out=edges[1:])
    lists = pa.ListArray.from_arrays(pa.array(edges), values.take(pa.array(kept)))
    text_ = pc.binary_join(lists, " ")
    return pc.if_else(pa.array(np.diff(edges) > 0), text_, None)
