"""What can be said of a ledger from outside, without bringing it up to date and without reading a row of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from connectors.ledger import migrations
from connectors.ledger.engine import engine_for, reading
from connectors.ledger.errors import guarded


@dataclass(frozen=True)
class Health:
    """A ledger as it was found.

    `revision` is null where nothing was ever built; `damage` is the first thing the engine finds wrong with its own
    pages (SQLite alone says that); `clock` is the database server's UTC time (PostgreSQL), `size` bytes of the file.
    """

    engine: str
    revision: str | None
    expected: str
    size: int | None = None
    damage: str | None = None
    clock: dt.datetime | None = None


@guarded
def examine(url: str) -> Health | None:
    """The ledger at `url`; None where it is a file that is not there. Raises LedgerError where it does not answer."""
    parsed = make_url(url)
    embedded = parsed.get_backend_name() == "sqlite"
    path = Path(parsed.database or "")
    if embedded and not path.exists():
        return None
    engine = engine_for(url)
    try:
        with reading(engine) as connection:
            revision = migrations.revision(connection)
            if embedded:
                # Pages and indexes, not their content: seconds for a gigabyte.
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
                damage = None if found == "ok" else "quick_check found a damaged page"
                return Health("sqlite", revision, migrations.HEAD, path.stat().st_size, damage)
            clock = connection.execute(sa.text("SELECT clock_timestamp() AT TIME ZONE 'UTC'")).scalar_one()
            return Health("postgresql", revision, migrations.HEAD, clock=clock)
    finally:
        engine.dispose()
