"""Sums of one column by others, worked out by the database: a history's entries need not come out to be added up."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from connectors.ledger.errors import guarded
from connectors.ledger.frames import columns_of, to_frame
from connectors.ledger.query import Where, in_order, matching, rows_of, stream, whole_postings
from connectors.ledger.store import ROWS, Snapshot


@guarded
def unbalanced(view: Snapshot) -> int:
    """How many postings do not sum to zero.

    One pass in the order of the journal's key tells; where the database sorted the journal, memory would grow with it.
    """
    connection = view._connection
    asked, _ = rows_of("journal", None, ["posting_id", "amount_cents"], connection.dialect.name)
    return sum(map(_off, whole_postings(stream(connection, asked, ROWS))))


def _off(rows: pa.Table) -> int:
    totals = rows.group_by("posting_id").aggregate([("amount_cents", "sum")])["amount_cents_sum"]
    return int(pc.sum(pc.not_equal(totals, 0)).as_py() or 0)


def sums(view: Snapshot, name: str, by: Iterable[str], column: str, where: Where = None) -> pd.DataFrame:
    """Frame of the columns `by` and the sum of `column`, in their order; groups that come to zero are left out."""
    return to_frame(sums_table(view, name, by, column, where))


@guarded
def sums_table(view: Snapshot, name: str, by: Iterable[str], column: str, where: Where = None) -> pa.Table:
    """What `sums` makes a frame of."""
    connection = view._connection
    dialect = connection.dialect.name
    keys, (amount,) = columns_of(name, by), columns_of(name, [column])
    # PostgreSQL adds whole numbers up to a numeric.
    total = sa.cast(sa.func.sum(amount), amount.type)
    statement = (
        sa.select(*keys, total.label(column))
        .where(*matching(name, where, dialect))
        .group_by(*keys)
        .having(total != 0)
        .order_by(*in_order(keys, dialect))
    )
    return pa.concat_tables(stream(connection, statement, ROWS))
