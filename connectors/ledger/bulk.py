"""Rows into the database in bulk: an executemany on SQLite, a COPY on PostgreSQL.

A row whose primary key is there already is left out, because a primary key is a digest of the row. A row that
breaks another unique rule (an interchange control number used twice) is refused with the whole transaction.
"""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

CHUNK = 2_000  # rows turned into Python tuples at a time
COPY_FROM = 500  # rows from which a COPY beats single inserts


def insert_new(connection: Connection, table: sa.Table, data: pa.Table) -> int:
    """Insert rows whose primary key is not there yet; returns how many were."""
    if not data.num_rows:
        return 0
    # In key order: neighbours in the index come together, and two loads of the same rows on PostgreSQL wait for
    # each other instead of dead-locking.
    data = data.sort_by([(c.name, "ascending") for c in table.primary_key])
    if connection.dialect.name == "sqlite":
        return _executemany(connection, table, data)
    if data.num_rows < COPY_FROM:
        return _execute_dicts(connection, table, data)
    return _copy(connection, table, data)


def _executemany(connection: Connection, table: sa.Table, data: pa.Table) -> int:
    statement = (
        sqlite.insert(table)
        .values({name: sa.bindparam(name) for name in data.column_names})
        .on_conflict_do_nothing(index_elements=list(table.primary_key))
    )
    sql = str(statement.compile(dialect=connection.dialect))
    inserted = 0
    for start in range(0, data.num_rows, CHUNK):
        columns = [_stored(column).to_pylist() for column in data.slice(start, CHUNK).columns]
        inserted += connection.exec_driver_sql(sql, list(zip(*columns, strict=True))).rowcount
    return inserted


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as SQLite keeps it, the way SQLAlchemy writes it: dates and instants as ISO text."""
    return column.cast(pa.string()) if pa.types.is_temporal(column.type) else column


def _execute_dicts(connection: Connection, table: sa.Table, data: pa.Table) -> int:
    statement = postgresql.insert(table).on_conflict_do_nothing(index_elements=list(table.primary_key))
    result = connection.execute(statement, data.to_pylist(), execution_options={"preserve_rowcount": True})
    return result.rowcount


def _copy(connection: Connection, table: sa.Table, data: pa.Table) -> int:
    """COPY as CSV, where an unquoted nothing is null and a quoted one is an empty text."""
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(data, buffer, pyarrow.csv.WriteOptions(include_header=False))
    rows = buffer.getvalue()
    if b"\n\\." in rows:  # PostgreSQL before 18 takes it for the end of the data
        return _execute_dicts(connection, table, data)
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in data.column_names)
    key = ", ".join(quote(c.name) for c in table.primary_key)
    target, staging = quote(table.name), quote(f"incoming_{table.name}")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {names} FROM {target} WITH NO DATA"  # noqa: S608
    )
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {staging} ({names}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(rows)
    inserted = connection.exec_driver_sql(
        f"INSERT INTO {target} ({names}) SELECT {names} FROM {staging}"  # noqa: S608
        f" ON CONFLICT ({key}) DO NOTHING"
    ).rowcount
    connection.exec_driver_sql(f"DROP TABLE {staging}")
    return inserted
