"""The ledger's door: open it, read it, and write to it in transactions that are all or nothing.

    ledger = Ledger.open("sqlite:///home/ledger.sqlite")
    with ledger.transaction() as tx:
        tx.add("remittances", remittances)
        tx.add("journal", entries)
        number = tx.next_number("sandbox/interchange")
    claims = ledger.read("claims", {"payer_id": "ACME"}, ["claim_id", "charge_cents"])

Every error that comes out is a LedgerError made of codes and names; values stay inside.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine

from connectors.ledger import fingerprint, locks, masters, migrations, schema
from connectors.ledger.bulk import insert_new
from connectors.ledger.engine import engine_for, reading
from connectors.ledger.errors import DATABASE_ERRORS, LedgerError, LedgerUnreachable, guarded, translated
from connectors.ledger.frames import Frame, frame_columns, require, table_of, to_arrow, to_frame
from connectors.ledger.masters import LoadCounts
from connectors.ledger.query import Where, matching, newest, rows_of, stream

ROWS = 50_000  # fetched at a time

Rows = pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Snapshot:
    """Reads of one moment: what several reads say belongs together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def read(self, name: str, where: Where = None, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Rows in the order of the primary key, with the dtypes of ``frames``.

        `where` maps columns to a value, to None for null, or to a list of values of any length.
        """
        return to_frame(self.table(name, where, columns))

    @guarded
    def table(self, name: str, where: Where = None, columns: Iterable[str] | None = None) -> pa.Table:
        """What `read` makes a frame of."""
        asked, values = rows_of(name, where, columns, self._dialect)
        return pa.concat_tables(stream(self._connection, asked, ROWS, values))

    def batches(
        self, name: str, where: Where = None, columns: Iterable[str] | None = None, rows: int = ROWS
    ) -> Iterator[pd.DataFrame]:
        """`read` in frames of up to `rows` rows, for tables that should not be in memory as a whole."""
        try:
            asked, values = rows_of(name, where, columns, self._dialect)
            for batch in stream(self._connection, asked, rows, values):
                if batch.num_rows:
                    yield to_frame(batch)
        except DATABASE_ERRORS as error:
            raise translated(error) from None

    def current(self, name: str, where: Where = None) -> pd.DataFrame:
        """The newest version of each row of a master table, in key order, row_id included."""
        return to_frame(self.current_table(name, where))

    @guarded
    def current_table(self, name: str, where: Where = None) -> pa.Table:
        """What `current` makes a frame of."""
        if table_of(name).info["kind"] != "master":
            raise LedgerError("NOT_MASTER_DATA", name)
        asked, values = newest(name, where, self._dialect)
        return pa.concat_tables(stream(self._connection, asked, ROWS, values))

    @guarded
    def count(self, name: str, where: Where = None) -> int:
        """How many rows match."""
        table = table_of(name)
        statement = sa.select(sa.func.count()).select_from(table).where(*matching(name, where, self._dialect))
        return int(self._connection.execute(statement).scalar_one())

    @guarded
    def fingerprint(self) -> str:
        """SHA-256 over all facts and master data; see ``fingerprint``."""
        return fingerprint.fingerprint(self._connection)


class Transaction(Snapshot):
    """Reads and writes that happen together or not at all."""

    @guarded
    def add(self, name: str, frame: Frame) -> int:
        """Insert facts that are not there yet; returns how many were new.

        Missing nullable columns become null, columns the table does not have are left out. Bookkeeping tables
        are welcome too: the first row of a key stays. Raises FrameError where a required value is missing.
        """
        table = table_of(name)
        if table.info["kind"] == "master":
            raise LedgerError("MASTER_DATA_IS_LOADED", name)
        if not len(frame):
            return 0
        data = to_arrow(name, frame)
        require(name, data)
        return insert_new(self._connection, table, data)

    @guarded
    def settle(self, name: str, frame: Frame) -> int:
        """Write what follows from other facts: the ``derived`` columns that the frame brings, by primary key.

        Raises LedgerError NOT_DERIVED for any other column: facts are never changed.
        """
        table = table_of(name)
        keys = [c.name for c in table.primary_key]
        names = [c for c in frame_columns(frame) if c not in keys]
        for column in names:
            if column not in table.columns or not table.columns[column].info.get("derived"):
                raise LedgerError("NOT_DERIVED", f"{name}.{column}")
        rows = to_arrow(name, frame, [*keys, *names]).to_pylist()
        if not rows or not names:
            return 0
        statement = (
            sa.update(table)
            .where(*(table.c[key] == sa.bindparam(f"key_{key}") for key in keys))
            .values({column: sa.bindparam(column) for column in names})
        )
        named = [{f"key_{n}" if n in keys else n: value for n, value in row.items()} for row in rows]
        self._connection.execute(statement, named)
        return len(rows)

    @guarded
    def load(self, name: str, frame: Frame) -> LoadCounts:
        """Make rows of master data the current ones; equal content is a no-op, a change is a new version."""
        return masters.load(self._connection, name, frame)

    @guarded
    def next_number(self, counter: str) -> int:
        """The next number of a counter, from 1; taken back where the transaction is."""
        table = schema.counters
        insert = self._insert(table).values(name=counter, value=1)
        statement = insert.on_conflict_do_update(
            index_elements=[table.c.name], set_={"value": table.c.value + 1}
        ).returning(table.c.value)
        return int(self._connection.execute(statement).scalar_one())

    @guarded
    def put(self, name: str, rows: Rows) -> int:
        """Insert or change bookkeeping rows; a column that a row does not bring stays as it is stored."""
        table = table_of(name)
        if table.info["kind"] != "bookkeeping":
            raise LedgerError("NOT_BOOKKEEPING", name)
        frames = _by_columns(rows)
        for frame in frames:
            names = [c.name for c in table.columns if c.name in set(frame.columns)]
            insert = self._insert(table)
            changes = {n: insert.excluded[n] for n in names if not table.columns[n].primary_key}
            keys = list(table.primary_key)
            if changes:
                statement = insert.on_conflict_do_update(index_elements=keys, set_=changes)
            else:
                statement = insert.on_conflict_do_nothing(index_elements=keys)
            self._connection.execute(statement, to_arrow(name, frame, names).to_pylist())
        return sum(len(frame) for frame in frames)

    def _insert(self, table: sa.Table) -> Any:
        return (sqlite if self._dialect == "sqlite" else postgresql).insert(table)


def _by_columns(rows: Rows) -> list[pd.DataFrame]:
    """Rows as frames of the same columns each: what one row leaves out must not become null in another's name."""
    if isinstance(rows, pd.DataFrame):
        return [rows] if len(rows) else []
    same: dict[frozenset[str], list[Mapping[str, Any]]] = {}
    for row in [rows] if isinstance(rows, Mapping) else rows:
        same.setdefault(frozenset(row), []).append(row)
    return [pd.DataFrame(group, dtype=object) for group in same.values()]


class Ledger:
    """One ledger, safe to share between threads; every process opens its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = threading.local()
        self._held: list[sa.TextClause] = []

    @classmethod
    @guarded
    def open(cls, url: str | URL, *, migrate: bool = True) -> Ledger:
        """Open the ledger at a ``sqlite:///file`` or ``postgresql://`` URL and bring its schema up to date.

        With ``migrate=False`` a schema that is not this version's is refused with LedgerError NOT_MIGRATED.
        """
        engine = engine_for(url)
        try:
            if migrate:
                migrations.upgrade(engine)
            else:
                migrations.check(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Ledger on {self._engine.dialect.name}>"  # never the URL: it may hold a password

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One database transaction: committed when the block ends, gone when it raises."""
        if getattr(self._thread, "writing", False):
            # On SQLite the inner one would wait for the outer one until the busy timeout.
            raise LedgerError("NESTED_TRANSACTION")
        self._thread.writing = True
        try:
            with self._engine.begin() as connection:
                self._still_alone(connection)
                yield Transaction(connection)
        except DATABASE_ERRORS as error:
            raise translated(error) from None
        finally:
            self._thread.writing = False

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Several reads of the same moment, beside any writer."""
        try:
            with reading(self._engine) as connection, connection.begin():
                yield Snapshot(connection)
        except DATABASE_ERRORS as error:
            raise translated(error) from None

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a named lock for a block; raises LedgerBusy at once where somebody else holds it.

        Within the block a transaction of this ledger is refused (LedgerUnreachable) once the lock was lost.
        """
        with locks.hold(self._engine, name) as question:
            held = [] if question is None else [question]
            self._held += held
            try:
                yield
            finally:
                for one in held:
                    self._held.remove(one)

    def _still_alone(self, connection: Connection) -> None:
        """A server that restarted forgot who was alone with the ledger: another run may have begun since."""
        if any(not connection.execute(question).scalar_one() for question in self._held):
            raise LedgerUnreachable("LOCK_LOST")

    # Each of the following is its Snapshot's or Transaction's namesake, in a transaction of its own.

    def read(self, name: str, where: Where = None, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """See `Snapshot.read`."""
        with self.snapshot() as view:
            return view.read(name, where, columns)

    def batches(
        self, name: str, where: Where = None, columns: Iterable[str] | None = None, rows: int = ROWS
    ) -> Iterator[pd.DataFrame]:
        """See `Snapshot.batches`."""
        with self.snapshot() as view:
            yield from view.batches(name, where, columns, rows)

    def current(self, name: str, where: Where = None) -> pd.DataFrame:
        """See `Snapshot.current`."""
        with self.snapshot() as view:
            return view.current(name, where)

    def count(self, name: str, where: Where = None) -> int:
        """See `Snapshot.count`."""
        with self.snapshot() as view:
            return view.count(name, where)

    def fingerprint(self) -> str:
        """See `Snapshot.fingerprint`."""
        with self.snapshot() as view:
            return view.fingerprint()

    def add(self, name: str, frame: Frame) -> int:
        """See `Transaction.add`."""
        with self.transaction() as tx:
            return tx.add(name, frame)

    def load(self, name: str, frame: Frame) -> LoadCounts:
        """See `Transaction.load`."""
        with self.transaction() as tx:
            return tx.load(name, frame)

    def put(self, name: str, rows: Rows) -> int:
        """See `Transaction.put`."""
        with self.transaction() as tx:
            return tx.put(name, rows)

    def next_number(self, counter: str) -> int:
        """See `Transaction.next_number`."""
        with self.transaction() as tx:
            return tx.next_number(counter)
