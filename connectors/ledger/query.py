"""Selects over the schema's tables: conditions from plain values, newest versions, rows streamed as Arrow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from connectors.ledger.frames import arrow_type, columns_of, table_of, to_arrow

# Rows that are Python's at a time: more do not stay in the processor's cache, and cost half as much again.
AT_ONCE = 1_000

Where = Mapping[str, Any] | None


def rows_of(name: str, where: Where, columns: Iterable[str] | None, dialect: str) -> sa.Select[Any]:
    """Rows of a table in the order of its primary key."""
    table = table_of(name)
    statement = sa.select(*columns_of(name, columns)).where(*matching(name, where, dialect))
    return statement.order_by(*in_order(table.primary_key, dialect))


def newest(name: str, dialect: str, where: Where = None) -> sa.Select[Any]:
    """The newest version of each row of a master table, in key order."""
    table = table_of(name)
    later = table.alias("later")
    key = table.info["key"]
    # The unique index on key and version answers the inner query without touching the table.
    last = sa.select(sa.func.max(later.c.version)).where(*(later.c[c] == table.c[c] for c in key))
    statement = sa.select(table).where(
        table.c.version == last.scalar_subquery(), *matching(name, where, dialect)
    )
    return statement.order_by(*in_order([table.c[c] for c in key], dialect))


def in_order(columns: Iterable[sa.ColumnElement[Any]], dialect: str) -> list[sa.ColumnElement[Any]]:
    """Columns to sort by, texts by their bytes whatever collation the database was made with."""
    bytewise = "C" if dialect == "postgresql" else "BINARY"
    return [c.collate(bytewise) if isinstance(c.type, sa.Text) else c for c in columns]


def matching(name: str, where: Where, dialect: str) -> list[sa.ColumnElement[bool]]:
    """Conditions: a value, None for null, or a list of values of any length (None among them counts)."""
    conditions: list[sa.ColumnElement[bool]] = []
    for column_name, wanted in (where or {}).items():
        column = columns_of(name, [column_name])[0]
        items = list(wanted) if pd.api.types.is_list_like(wanted) else [wanted]
        frame = pd.DataFrame({column_name: pd.Series(items, dtype=object)})
        values = to_arrow(name, frame, [column_name])[column_name]
        either: list[sa.ColumnElement[bool]] = [sa.false()]
        if len(known := values.drop_null()):
            either.append(_among(column, known.unique(), dialect))
        if values.null_count:
            either.append(column.is_(None))
        conditions.append(sa.or_(*either))
    return conditions


def _among(column: sa.Column[Any], values: pa.Array, dialect: str) -> sa.ColumnElement[bool]:
    """``column IN values`` as one bound parameter, so that no list meets an engine's limit on parameters."""
    if len(values) == 1:
        same: sa.ColumnElement[bool] = column == values[0].as_py()
        return same
    if dialect == "postgresql":
        return column == sa.any_(sa.literal(values.to_pylist(), ARRAY(column.type)))
    stored = values.cast(pa.string()) if pa.types.is_temporal(values.type) else values
    each = sa.func.json_each(json.dumps(stored.to_pylist())).table_valued("value")
    return sa.type_coerce(column, sa.types.NullType()).in_(sa.select(each.c.value))


def stream(connection: Connection, statement: sa.Select[Any], rows: int) -> Iterator[pa.Table]:
    """The rows of a select as Arrow tables of up to `rows` rows each; one empty table where there are none."""
    columns: list[Any] = list(statement.selected_columns)
    types = [arrow_type(column) for column in columns]
    raw = [_raw_type(type_, connection.dialect.name) for type_ in types]
    # The driver's own values are what Arrow takes fastest: SQLAlchemy's result processors are left out.
    plain = statement.with_only_columns(
        *(sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in columns),
        maintain_column_froms=True,
    )
    # SQLite streams by itself, and its own cursor is asked: a Row of SQLAlchemy's around each row costs more than
    # fetching it. With ``stream_results`` SQLAlchemy has rows in hand that the cursor would not give again.
    embedded = connection.dialect.name == "sqlite"
    options = {} if embedded else {"stream_results": True, "max_row_buffer": rows}
    result = connection.execute(plain, execution_options=options)
    fetch = result.cursor.fetchmany if embedded else result.fetchmany
    names = [column.name for column in columns]
    nothing = pa.table([pa.array([], type_) for type_ in types], names=names)

    def table(few: Sequence[Sequence[Any]]) -> pa.Table:
        arrays = [
            pa.array(items, type=stored).cast(type_)
            for items, stored, type_ in zip(zip(*few, strict=True), raw, types, strict=True)
        ]
        return pa.table(arrays, names=names)

    found = False
    while (tables := [table(few) for few in _fetched(fetch, rows)]) or not found:
        found = True
        yield pa.concat_tables(tables or [nothing]).combine_chunks()
    result.close()


def whole_postings(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Batches of the journal cut anew, so that a posting and its withdrawal stand in one.

    In the order of the key the entries of a withdrawal (``X>1<:1`` …) follow those of the posting it withdraws
    (``X>1:1`` …) at once: what the next batch may go on with waits for it.
    """
    waiting: pa.Table | None = None
    for batch in batches:
        rows = batch if waiting is None else pa.concat_tables([waiting, batch])
        if not rows.num_rows:
            continue
        posting = pc.fill_null(pc.utf8_rtrim(rows["posting_id"], "<"), "")
        last = pc.equal(posting, posting[-1])
        waiting = rows.filter(last)
        yield rows.filter(pc.invert(last))
    if waiting is not None:
        yield waiting


def _fetched(fetch: Callable[[int], Sequence[Sequence[Any]]], rows: int) -> Iterator[Sequence[Sequence[Any]]]:
    """Up to so many rows, a few at a time."""
    while rows and (few := fetch(min(rows, AT_ONCE))):
        yield few
        rows -= len(few)


def _raw_type(type_: pa.DataType, dialect: str) -> pa.DataType:
    """What the driver hands over: on SQLite dates are text and flags are 0 or 1."""
    if dialect != "sqlite":
        return type_
    if pa.types.is_temporal(type_):
        return pa.string()
    return pa.int64() if pa.types.is_boolean(type_) else type_
