"""A copy of a ledger to try something on: what is written to it, the ledger never sees.

SQLite: a second file. PostgreSQL: a schema of its own in the same database, because a copy of the database needs that
nobody else is connected; it takes the right to create a schema.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from connectors.ledger import schema
from connectors.ledger.engine import engine_for
from connectors.ledger.errors import LedgerError, guarded
from connectors.ledger.store import Ledger

SCHEMA = "cleanclaim_shadow"
REFUSED = "42501"  # insufficient_privilege


class NoShadow(LedgerError):
    """The database does not let this user make a copy."""


@contextmanager
def shadow(url: str, folder: Path) -> Iterator[tuple[str, Ledger]]:
    """The address and ledger of a copy, for the block; what an earlier one left behind is removed first."""
    engine = engine_for(url)
    try:
        copied = _file(engine.url, folder) if engine.dialect.name == "sqlite" else _schema(engine)
    except LedgerError as error:
        if error.code == REFUSED:
            raise NoShadow("NO_SHADOW", "the database user may not create a schema") from None
        raise
    finally:
        engine.dispose()
    try:
        with Ledger.open(copied) as ledger:
            if engine.dialect.name == "postgresql":
                _fill(url, copied)
            yield copied.render_as_string(hide_password=False), ledger
    finally:
        if engine.dialect.name == "postgresql":
            _drop(url)


def _file(source: URL, folder: Path) -> URL:
    target = folder / "ledger.sqlite"
    target.unlink(missing_ok=True)
    assert source.database
    with closing(sqlite3.connect(source.database)) as old, closing(sqlite3.connect(target)) as new:
        target.chmod(0o600)
        old.backup(new)
    return source.set(database=str(target))


@guarded
def _schema(engine: sa.Engine) -> URL:
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(SCHEMA, cascade=True, if_exists=True))
        connection.execute(sa.schema.CreateSchema(SCHEMA))
    options = " ".join(filter(None, [str(engine.url.query.get("options", "")), f"-csearch_path={SCHEMA}"]))
    return engine.url.update_query_dict({"options": options})


@guarded
def _fill(url: str, copied: URL) -> None:
    original, engine = engine_for(url), engine_for(copied)
    try:
        with original.connect() as connection:
            home = connection.execute(sa.select(sa.func.current_schema())).scalar_one()
        with engine.begin() as connection:
            for table in schema.metadata.sorted_tables:
                _copy(connection, table, home)
    finally:
        original.dispose()
        engine.dispose()


def _copy(connection: Connection, table: sa.Table, home: str) -> None:
    names = [column.name for column in table.columns]
    there = sa.table(table.name, *(sa.column(name) for name in names), schema=home)
    connection.execute(sa.insert(table).from_select(names, sa.select(*there.columns)))


@guarded
def _drop(url: str) -> None:
    engine = engine_for(url)
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.DropSchema(SCHEMA, cascade=True, if_exists=True))
    finally:
        engine.dispose()
