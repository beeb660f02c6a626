"""Large 835s: what ``decode_835`` says of them, read in windows, so that memory grows with the tables and no more.

Reading a file at once takes some sixteen times its size. That is worth it up to ``LARGE``; above, the same tables are
put together of those of windows. It is done for files of nothing but 835s: all else has to be read at once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.remittance_835 import GUIDE
from connectors.x12.problems import Problem, Problems
from connectors.x12.reading.remittances import Decoded835
from connectors.x12.reading.segments import Flags
from connectors.x12.reading.windows import WINDOW, Window, read_windows, shifted

LARGE = 64 << 20
_LOOK = 4096
_ST835 = re.compile(rb"[^0-9A-Za-z]ST([^0-9A-Za-z])835\1")


def is_835(data: bytes) -> bool:
    """Whether the first transaction set is an 835, as far as can be seen from the first bytes."""
    return _ST835.search(data[:_LOOK]) is not None


def wants_windows(inputs: Sequence[bytes]) -> bool:
    """Whether one of these inputs is large, and all look like 835s."""
    return any(len(data) > LARGE for data in inputs) and all(map(is_835, inputs))


def holds_other(each: Window) -> bool:
    """Whether a window holds sets of other kinds, or a TA1."""
    kinds = set(each.reading.set_kinds)
    return bool(kinds - set(GUIDE.kinds)) or len(each.reading.segments.rows("TA1")) > 0


class Large(NamedTuple):
    """What ``decode_835`` says of the inputs, and which of its problems are those of the envelope."""

    decoded: Decoded835
    envelope: pa.Table


def decode_large_835(inputs: Sequence[bytes], window: int = WINDOW) -> Large | None:
    """As ``decode_835`` of these inputs, in windows; None where one of them holds anything but 835s."""
    found: list[Large] = []
    for data in inputs:
        one = _decoded(data, window)
        if one is None:
            return None
        found.append(one)
    counts = dict.fromkeys(_ROWS, 0)
    moved = []
    for file, each in enumerate(found):
        shift = {"file": file, **counts}
        named = {name: shifted(table, shift) for name, table in _tables(each.decoded).items()}
        moved.append(Large(Decoded835(**named), shifted(each.envelope, shift)))
        for column, table in _ROWS.items():
            counts[column] += getattr(each.decoded, table).num_rows
    return Large(
        _together([each.decoded for each in moved]), pa.concat_tables([each.envelope for each in moved])
    )


# Columns that number the rows of a table.
_ROWS = {"interchange": "interchanges", "transaction": "sets", "claim": "claims", "line": "lines"}


def _decoded(data: bytes, window: int) -> Large | None:
    parts: list[Decoded835] = []
    envelope: list[Problem] = []
    for each in read_windows(io.BytesIO(data), window):
        if holds_other(each):
            return None
        parts.append(each.decoded)
        envelope += each.envelope
    whole = _together(parts)
    whole = replace(whole, problems=in_order([part.problems for part in parts]))
    return Large(_judged(whole), Problems(envelope).table())


def in_order(tables: Sequence[pa.Table]) -> pa.Table:
    """Problems of windows in the order in which the whole file has them."""
    return Problems(Problem(**row) for table in tables for row in table.to_pylist()).table()


def _tables(decoded: Decoded835) -> dict[str, pa.Table]:
    return {each.name: getattr(decoded, each.name) for each in fields(decoded)}


def _together(parts: Sequence[Decoded835]) -> Decoded835:
    names = [each.name for each in fields(Decoded835)]
    return Decoded835(*(pa.concat_tables([getattr(part, name) for part in parts]) for name in names))


def _judged(whole: Decoded835) -> Decoded835:
    """The verdicts that windows withhold: balanced is what is even, with its lines, in a set that is sound."""
    sound = whole.sets["intact"].to_numpy().astype(np.bool_)
    of_sets = whole.problems.filter(pc.is_valid(whole.problems["transaction"])).to_pylist()
    sound[sorted(Problems(Problem(**row) for row in of_sets).damaged())] = False
    lines, claims = (_even(table) for table in (whole.lines, whole.claims))
    owner = pc.fill_null(whole.lines["claim"], -1).to_numpy()
    claims[owner[(owner >= 0) & ~lines]] = False
    return replace(
        whole,
        lines=_with_verdict(whole.lines, lines, sound),
        claims=_with_verdict(whole.claims, claims, sound),
    )


def _even(table: pa.Table) -> Flags:
    found: Flags = pc.fill_null(pc.equal(table["difference_cents"], 0), False).to_numpy().copy()
    return found


def _with_verdict(table: pa.Table, even: Flags, sound: Flags) -> pa.Table:
    at = table.column_names.index("balanced")
    verdict = even & sound[table["transaction"].to_numpy()] if table.num_rows else even
    return table.set_column(at, table.schema.field(at), pa.array(verdict))
