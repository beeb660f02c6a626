"""Selects over the schema's tables: conditions from plain values, newest versions, rows streamed as Arrow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from connectors.ledger.frames import arrow_type, columns_of, fitted, table_of

# Rows that are Python's at a time: more do not stay in the processor's cache, and cost half as much again.
AT_ONCE = 1_000

Where = Mapping[str, Any] | None
# Of each column with a condition: whether one value, many or none are asked for, and whether null is.
Kinds: TypeAlias = tuple[tuple[str, str, bool], ...]
Values: TypeAlias = dict[str, Any]


class Question(NamedTuple):
    """A select as it goes to the driver, and what comes back; asked again with other values it is the same."""

    statement: sa.Select[Any]
    nothing: pa.Table  # no rows, in Arrow's types
    stored: tuple[pa.DataType, ...]  # what the driver hands over


def rows_of(name: str, where: Where, columns: Iterable[str] | None, dialect: str) -> tuple[Question, Values]:
    """Rows of a table in the order of its primary key; and the values of its conditions."""
    kinds, values = _told(name, where, dialect)
    return _rows(name, None if columns is None else tuple(columns), kinds, dialect), values


@lru_cache(maxsize=4_096)
def _rows(name: str, columns: tuple[str, ...] | None, kinds: Kinds, dialect: str) -> Question:
    statement = sa.select(*columns_of(name, columns)).where(*_conditions(name, kinds, dialect))
    return question(statement.order_by(*in_order(table_of(name).primary_key, dialect)), dialect)


def newest(name: str, where: Where, dialect: str) -> tuple[Question, Values]:
    """The newest version of each row of a master table, in key order; and the values of its conditions."""
    kinds, values = _told(name, where, dialect)
    return _newest(name, kinds, dialect), values


@lru_cache(maxsize=1_024)
def _newest(name: str, kinds: Kinds, dialect: str) -> Question:
    table = table_of(name)
    later = table.alias("later")
    key = table.info["key"]
    # The unique index on key and version answers the inner query without touching the table.
    last = sa.select(sa.func.max(later.c.version)).where(*(later.c[c] == table.c[c] for c in key))
    statement = sa.select(table).where(
        table.c.version == last.scalar_subquery(), *_conditions(name, kinds, dialect)
    )
    return question(statement.order_by(*in_order([table.c[c] for c in key], dialect)), dialect)


def in_order(columns: Iterable[sa.ColumnElement[Any]], dialect: str) -> list[sa.ColumnElement[Any]]:
    """Columns to sort by, texts by their bytes whatever collation the database was made with."""
    bytewise = "C" if dialect == "postgresql" else "BINARY"
    return [c.collate(bytewise) if isinstance(c.type, sa.Text) else c for c in columns]


def matching(name: str, where: Where, dialect: str) -> list[sa.ColumnElement[bool]]:
    """Conditions: a value, None for null, or a list of values of any length (None among them counts)."""
    kinds, values = _told(name, where, dialect)
    return [condition.params(values) for condition in _conditions(name, kinds, dialect)]


def _told(name: str, where: Where, dialect: str) -> tuple[Kinds, Values]:
    """What kind of condition there is for each column, and the values of their parameters."""
    kinds, values = [], {}
    for column, wanted in (where or {}).items():
        known, nulls = _known(name, column, wanted)
        kind = "many" if len(known) > 1 else "one" if len(known) else "none"
        kinds.append((column, kind, nulls))
        if kind == "one":
            values[f"where_{column}"] = known[0].as_py()
        elif kind == "many":
            values[f"where_{column}"] = known.to_pylist() if dialect == "postgresql" else _as_json(known)
    return tuple(kinds), values


def _known(name: str, column: str, wanted: Any) -> tuple[pa.Array, bool]:
    """The different values that are asked for, and whether null is, too."""
    items = list(wanted) if pd.api.types.is_list_like(wanted) else [wanted]
    values = fitted(name, column, items)
    return values.drop_null().unique(), bool(values.null_count)


def _as_json(values: pa.Array) -> str:
    """A list for SQLite, dates and instants as it keeps them."""
    return json.dumps((values.cast(pa.string()) if pa.types.is_temporal(values.type) else values).to_pylist())


def _conditions(name: str, kinds: Kinds, dialect: str) -> list[sa.ColumnElement[bool]]:
    """Conditions whose values are parameters."""
    conditions = []
    for column_name, kind, nulls in kinds:
        (column,) = columns_of(name, [column_name])
        either: list[sa.ColumnElement[bool]] = [sa.false()]
        if kind != "none":
            either.append(_among(column, f"where_{column_name}", kind == "many", dialect))
        if nulls:
            either.append(column.is_(None))
        conditions.append(sa.or_(*either))
    return conditions


def _among(column: sa.Column[Any], value: str, many: bool, dialect: str) -> sa.ColumnElement[bool]:
    """``column IN values`` as one bound parameter, so that no list meets an engine's limit on parameters."""
    if not many:
        same: sa.ColumnElement[bool] = column == sa.bindparam(value, type_=column.type)
        return same
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(value, type_=ARRAY(column.type)))
    each = sa.func.json_each(sa.bindparam(value, type_=sa.Text())).table_valued("value")
    return sa.type_coerce(column, sa.types.NullType()).in_(sa.select(each.c.value))


def question(statement: sa.Select[Any], dialect: str) -> Question:
    """A select to be streamed."""
    columns: list[Any] = list(statement.selected_columns)
    types = [arrow_type(column) for column in columns]
    nothing = pa.table([pa.array([], type_) for type_ in types], names=[column.name for column in columns])
    # The driver's own values are what Arrow takes fastest: SQLAlchemy's result processors are left out.
    plain = statement.with_only_columns(
        *(sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in columns),
        maintain_column_froms=True,
    )
    return Question(plain, nothing, tuple(_raw_type(type_, dialect) for type_ in types))


def stream(
    connection: Connection, asked: sa.Select[Any] | Question, rows: int, values: Values | None = None
) -> Iterator[pa.Table]:
    """The rows of a select as Arrow tables of up to `rows` rows each; one empty table where there are none."""
    if not isinstance(asked, Question):
        asked = question(asked, connection.dialect.name)
    fields = asked.nothing.schema
    # SQLite streams by itself, and its own cursor is asked: a Row of SQLAlchemy's around each row costs more than
    # fetching it. With ``stream_results`` SQLAlchemy has rows in hand that the cursor would not give again.
    embedded = connection.dialect.name == "sqlite"
    options = {} if embedded else {"stream_results": True, "max_row_buffer": rows}
    result = connection.execute(asked.statement, values, execution_options=options)
    fetch = result.cursor.fetchmany if embedded else result.fetchmany

    def table(few: Sequence[Sequence[Any]]) -> pa.Table:
        arrays = [
            pa.array(items, type=stored)
            if stored == field.type
            else pa.array(items, type=stored).cast(field.type)
            for items, stored, field in zip(zip(*few, strict=True), asked.stored, fields, strict=True)
        ]
        return pa.table(arrays, schema=fields)

    found = False
    while (tables := [table(few) for few in _fetched(fetch, rows)]) or not found:
        found = True
        yield pa.concat_tables(tables).combine_chunks() if tables else asked.nothing
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
