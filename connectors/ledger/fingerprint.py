"""One digest over everything the ledger knows, the same on every engine and in every order of arrival.

SHA-256 over the master and fact tables in name order: for each that has rows, one line with its name and columns,
then its rows in the order of their primary key (texts by their bytes) as CSV: texts quoted, null empty, dates
ISO 8601, flags true or false. Bookkeeping tables and bookkeeping columns are left out.

What a remittance posts may change with what is learned later. The journal keeps what was posted meanwhile and its
withdrawal; the fingerprint has the postings that stand, without the turn they came in.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connectors.ledger import schema
from connectors.ledger.query import rows_of, stream, whole_postings

ROWS = 50_000  # at a time; 50,000 rows of the widest table are some 30 MB


def fingerprint(connection: Connection) -> str:
    """The digest as 64 hexadecimal digits; memory does not grow with the ledger."""
    state = hashlib.sha256()
    for name, table in sorted(schema.metadata.tables.items()):
        if table.info.get("kind") in ("master", "fact"):
            _update(state, connection, table, name)
    return state.hexdigest()


def _update(state: hashlib._Hash, connection: Connection, table: sa.Table, name: str) -> None:
    columns = [c.name for c in table.columns if not c.info.get("bookkeeping")]
    asked, _ = rows_of(name, None, columns, connection.dialect.name)
    batches = stream(connection, asked, ROWS)
    begun = False
    for batch in _standing(batches) if name == "journal" else batches:
        if not batch.num_rows:
            continue
        if not begun:
            state.update(f"{name}: {' '.join(columns)}\n".encode())
            begun = True
        buffer = io.BytesIO()
        pyarrow.csv.write_csv(batch, buffer, pyarrow.csv.WriteOptions(include_header=False))
        state.update(buffer.getbuffer())


def _standing(batches: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Entries of postings that were not withdrawn, without their turns."""
    for rows in whole_postings(batches):
        yield _without_turns(_not_withdrawn(rows))


def _not_withdrawn(rows: pa.Table) -> pa.Table:
    withdrawals = pc.ends_with(rows["posting_id"], "<")
    if not pc.any(withdrawals).as_py():
        return rows
    gone = pc.utf8_rtrim(rows["posting_id"].filter(withdrawals), "<")
    return rows.filter(pc.invert(pc.is_in(pc.utf8_rtrim(rows["posting_id"], "<"), value_set=gone)))


def _without_turns(batch: pa.Table) -> pa.Table:
    for name in ("entry_id", "posting_id"):
        bare = pc.replace_substring_regex(batch[name], r">\d+", ">")
        batch = batch.set_column(batch.column_names.index(name), name, bare)
    return batch
