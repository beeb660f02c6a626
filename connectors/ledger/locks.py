"""One holder of a named lock per ledger, released by the system when the holder dies.

SQLite: ``flock`` on a file beside the database. PostgreSQL: a session's advisory lock, on a connection that does
nothing else (a pooler that shares sessions between clients cannot be used in front of it).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from connectors.ledger.errors import DATABASE_ERRORS, LedgerBusy, LedgerError, translated

HELD = sa.text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = :holder"
    " AND (classid::bigint << 32 | objid::bigint) = :key"
)


@contextmanager
def hold(engine: Engine, name: str) -> Iterator[sa.TextClause | None]:
    """Hold the lock for the block; raises LedgerBusy at once where somebody else does.

    Gives the question whether it is still held, where it can be lost: a server that restarts forgets it.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", name):
        raise LedgerError("BAD_LOCK_NAME")
    try:
        with (_file if engine.dialect.name == "sqlite" else _advisory)(engine, name) as question:
            yield question
    except DATABASE_ERRORS as error:
        raise translated(error) from None


@contextmanager
def _file(engine: Engine, name: str) -> Iterator[None]:
    # The file stays: removing it would let two holders lock two files of the same name.
    handle = os.open(f"{engine.url.database}.{name}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LedgerBusy(name) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def _advisory(engine: Engine, name: str) -> Iterator[sa.TextClause]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Advisory locks belong to the database; the schema tells apart ledgers that share one.
        scope = connection.execute(sa.select(sa.func.current_schema())).scalar_one()
        key = int.from_bytes(hashlib.sha256(f"{scope}/{name}".encode()).digest()[:8], "big", signed=True)
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one():
            raise LedgerBusy(name)
        try:
            yield HELD.bindparams(
                holder=connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one(), key=key
            )
        finally:
            # The connection goes back to the pool alive: the lock must not stay with it.
            try:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
            except DATABASE_ERRORS:
                connection.invalidate()  # the session is gone or broken, and the lock with it
