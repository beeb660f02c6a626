"""What can go wrong with the ledger, said without a single value.

Drivers put the offending row into their messages (PostgreSQL's "Failing row contains (...)"), so no driver
message leaves this package: only codes and the names of tables, columns and constraints do.
"""

from __future__ import annotations

import functools
import re
import sqlite3
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

DATABASE_ERRORS = (SQLAlchemyError, psycopg.Error, sqlite3.Error)

# SQLSTATE classes and SQLite result codes after which the same transaction may well succeed.
RETRYABLE = {"40001", "40P01", "55P03", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"}

# A full disk, and a server that stops, starts or cannot be connected to (class 08).
FULL = {"SQLITE_FULL", "53100"}
AWAY = {"57P01", "57P02", "57P03"}

P = ParamSpec("P")
R = TypeVar("R")


class LedgerError(Exception):
    """The ledger refused; `code` is short and stable, `where` names a table, column or constraint.

    `retryable` says that the whole transaction may simply be run again (a deadlock, a busy database).
    """

    def __init__(self, code: str, where: str = "", *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {where}" if where else code)
        self.code = code
        self.where = where
        self.retryable = retryable


class LedgerFull(LedgerError):
    """The disk that the database is on has no room left; nothing of the transaction happened."""

    def __init__(self, code: str) -> None:
        super().__init__(code, "no room left on the disk of the ledger")


class LedgerUnreachable(LedgerError):
    """The database does not answer, or went away in the middle; what was not committed did not happen."""

    def __init__(self, code: str) -> None:
        super().__init__(code, "no connection to the database", retryable=True)


class FrameError(LedgerError):
    """A frame does not fit its table; `where` is table.column, `rows` how many rows are concerned."""

    def __init__(self, code: str, where: str, rows: int | None = None) -> None:
        super().__init__(code, where if rows is None else f"{where} ({rows} rows)")
        self.rows = rows


class LedgerBusy(LedgerError):
    """Somebody else holds the lock."""

    def __init__(self, name: str) -> None:
        super().__init__("BUSY", name)


def translated(error: BaseException) -> LedgerError:
    """The same failure as codes and names."""
    orig: Any = error.orig if isinstance(error, DBAPIError) else error
    if name := getattr(orig, "sqlite_errorname", None):
        code, where = name, _sqlite_place(str(orig))
    elif state := getattr(orig, "sqlstate", None):
        diag = orig.diag
        names = (diag.table_name, diag.column_name, diag.constraint_name)
        code, where = state, " ".join(name for name in names if name)
    elif isinstance(orig, psycopg.OperationalError):  # no server said anything: there was none
        code, where = "NO_CONNECTION", ""
    else:
        code, where = "DATABASE", type(orig).__name__
    if code in FULL:
        return LedgerFull(code)
    if code in AWAY or code == "NO_CONNECTION" or code.startswith("08"):
        return LedgerUnreachable(code)
    return LedgerError(code, where, retryable=code in RETRYABLE)


def _sqlite_place(message: str) -> str:
    """``table.column`` out of SQLite's constraint messages, which hold names only; nothing of any other."""
    found = re.fullmatch(r"(?:UNIQUE|NOT NULL) constraint failed: ([\w., ]+)", message)
    return found[1] if found else ""


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Let no database error out of `function` but as a LedgerError, without the original in its context."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DATABASE_ERRORS as error:
            failure = translated(error)
        # Outside the handler: a traceback with locals or a crash reporter must not find the driver's error.
        raise failure

    return call
