"""The database's own history: Alembic revisions, run from inside the program (there is no alembic.ini).

    python -m connectors.ledger.migrations "add payers.fax"     writes the next revision from the schema

Comments are documentation, not structure: on PostgreSQL they are set from the schema after every upgrade, so that
rewording one needs no revision.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from connectors.ledger import schema
from connectors.ledger.errors import LedgerError

if TYPE_CHECKING:
    from alembic.config import Config

# The newest revision, repeated here so that opening an up-to-date ledger need not load Alembic.
HEAD = "0009"


def revision(connection: Connection) -> str | None:
    """The revision the database is at; None before the first."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def check(engine: Engine) -> None:
    """Raise LedgerError NOT_MIGRATED where the database is not at this version's revision."""
    with engine.connect() as connection:
        found = revision(connection)
    if found != HEAD:
        raise LedgerError("NOT_MIGRATED", f"{found or 'empty'} is not {HEAD}")


def upgrade(engine: Engine, to: str = HEAD) -> None:
    """Bring the database to a revision; a no-op where it is there. Several processes may do so at once."""
    with engine.connect() as connection:
        if revision(connection) == to:
            return
    _run(engine, "upgrade", to)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Take the database back to an earlier revision; what that revision does not hold is lost."""
    _run(engine, "downgrade", to)


def _run(engine: Engine, command: str, to: str) -> None:
    from alembic import command as commands
    from alembic.util import CommandError

    with engine.begin() as connection:  # all revisions or none: both engines roll back DDL
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        try:
            getattr(commands, command)(configuration(connection), to)
        except CommandError:
            # A revision this version has never heard of: the database belongs to a newer one.
            raise LedgerError("NEWER_SCHEMA", str(revision(connection))) from None
        if engine.dialect.name == "postgresql" and to == HEAD:
            _comment(connection)


_LOCK = 0x6C65646765720001  # "ledger" and a one; any constant that nobody else locks


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, handing the connection to ``env.py``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _comment(connection: Connection) -> None:
    for table in schema.metadata.sorted_tables:
        connection.execute(sa.schema.SetTableComment(table))
        for column in table.columns:
            if column.comment:
                connection.execute(sa.schema.SetColumnComment(column))
