"""Engines for SQLite and PostgreSQL, set up so that the rest of the ledger need not know which one it has.

SQLite: one writer at a time, so a writing transaction takes the write lock at its start (``BEGIN IMMEDIATE``)
rather than failing half-way when it first writes; readers begin deferred and read a snapshot beside it (WAL).
``synchronous=FULL``, because a committed "renaming" event is what keeps a claim from being sent twice: with
NORMAL a power cut may take back the newest commits of a WAL database.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from connectors.ledger.errors import LedgerError

BUSY_SECONDS = 60  # a backfill's transaction holds the write lock for seconds, not minutes
READ_ONLY = "cleanclaim_read_only"

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",  # people's data does not go to temporary files
    # KiB, taken as they are needed: 128 MiB hold the inner pages of the indexes of some million claims, and most leaves
    # that a backfill's next portion meets again.
    "cache_size=-131072",
)


def engine_for(url: str | URL) -> Engine:
    """An engine on SQLite or PostgreSQL; raises LedgerError BAD_URL, which does not repeat the URL."""
    parsed = _parse(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return sa.create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    raise LedgerError("BAD_URL", "neither sqlite nor postgresql")


def _parse(url: str | URL) -> URL:
    try:
        if isinstance(url, str) and url.startswith(
            "postgres://"
        ):  # the old spelling, still handed out by hosts
            url = "postgresql" + url.removeprefix("postgres")
        parsed = make_url(url)
        parsed.get_backend_name()
        return parsed
    except (ArgumentError, NoSuchModuleError, ValueError):
        pass
    raise LedgerError("BAD_URL", "not a database URL")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise LedgerError("BAD_URL", "a ledger on SQLite needs a file")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Created before SQLite does, so that it (and the WAL, which copies its mode) is nobody else's to read.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is deferred and late; `_begin` says it instead
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def reading(engine: Engine) -> Connection:
    """A connection whose transaction sees one snapshot and writes nothing."""
    connection = engine.connect()
    if engine.dialect.name == "sqlite":
        return connection.execution_options(**{READ_ONLY: True})
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
