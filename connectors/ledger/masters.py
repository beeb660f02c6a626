"""Master data as chains of versions.

Each row names the version before it, and its id is a digest of key, content and that version: the chain can be
followed and checked, and a claim that names a row_id names exactly what it was built from. Content equal to the
current version is not stored again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from configs.identity import digest
from connectors.ledger.bulk import insert_new
from connectors.ledger.errors import LedgerError
from connectors.ledger.frames import Frame, arrow_type, require, table_of, to_arrow
from connectors.ledger.query import newest, stream

Row = tuple[Any, ...]

VERSIONING = ("row_id", "version", "previous_id")


@dataclass(frozen=True)
class LoadCounts:
    """Keys of one load: seen for the first time, changed, and equal to what was there."""

    new: int
    changed: int
    same: int


def load(connection: Connection, name: str, frame: Frame) -> LoadCounts:
    """Make the frame's rows the current versions; of rows with the same key the last one counts."""
    table = table_of(name)
    if table.info["kind"] != "master":
        raise LedgerError("NOT_MASTER_DATA", name)
    if connection.dialect.name == "postgresql":
        # Two loads at once would both append the same version number. SQLite has one writer anyway.
        connection.execute(sa.text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
    key: list[str] = table.info["key"]
    names = [*key, *(c.name for c in table.columns if c.name not in (*key, *VERSIONING))]
    incoming = {row[: len(key)]: row for row in _rows(_tidy(table, to_arrow(name, frame, names)))}
    current = {
        row[: len(key)]: (row[: len(names)], *row[len(names) :])
        for row in _current_rows(connection, table, [*names, "row_id", "version"], incoming)
    }
    fresh: list[Row] = []
    changed = 0
    for identity, row in incoming.items():
        content, previous, version = current.get(identity, (None, None, 0))
        if content != row:
            fresh.append((digest(name, *row, previous), version + 1, previous, *row))
            changed += version > 0
    insert_new(connection, table, _table(table, [*VERSIONING, *names], fresh))
    return LoadCounts(new=len(fresh) - changed, changed=changed, same=len(incoming) - len(fresh))


def _tidy(table: sa.Table, data: pa.Table) -> pa.Table:
    """Blank texts are '' in the key and null elsewhere, however the source wrote them; required ones are there."""
    for position, name in enumerate(data.column_names):
        column = data[name]
        if pa.types.is_string(column.type):
            blank = pc.fill_null(pc.equal(column, ""), True)
            instead = pa.scalar("" if name in table.info["key"] else None, pa.string())
            data = data.set_column(position, name, pc.if_else(blank, instead, column))
    require(table.name, data)
    return data


def _current_rows(
    connection: Connection, table: sa.Table, columns: list[str], keys: Iterable[Row]
) -> Iterator[Row]:
    """Current versions that may have the keys; composite keys are narrowed down by their first column only."""
    where = {table.info["key"][0]: {key[0] for key in keys}}
    asked, values = newest(table.name, where, connection.dialect.name)
    for batch in stream(connection, asked, 50_000, values):
        yield from _rows(batch.select(columns))


def _rows(data: pa.Table) -> Iterator[Row]:
    return zip(*(column.to_pylist() for column in data.columns), strict=True)


def _table(table: sa.Table, names: list[str], rows: list[Row]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    types = [arrow_type(table.columns[name]) for name in names]
    return pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)
