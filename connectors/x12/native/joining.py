"""Joining: literals and columns of texts side by side, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa


def joined(c: ModuleType, parts: Sequence[str | Any], rows: int) -> pa.Array:
    """The texts of each row; a part is a literal or an Arrow column of strings without nulls."""
    given = [part.encode() if isinstance(part, str) else _buffers(part) for part in parts]
    offsets = np.empty(rows + 1, np.int32)
    size = c.join(given, rows, offsets, bytearray())
    data = np.empty(size, np.uint8)
    c.join(given, rows, offsets, data)
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _buffers(column: pa.Array) -> tuple[Any, Any]:
    _, offsets, data = column.buffers()
    edges = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return edges, data if data is not None else b""
