"""What was billed, read by day of service: charge lines beside their session, decision and claims.

Whoever goes over years of a practice's past asks for all of it, some days at a time. Read table by table, most of the
time goes into ids that lead from one table to the next; here the database follows them, and they need not come out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from connectors.ledger import schema
from connectors.ledger.errors import DATABASE_ERRORS, guarded, translated
from connectors.ledger.frames import columns_of, to_frame
from connectors.ledger.query import in_order, matching, stream
from connectors.ledger.store import Snapshot

ROWS = 5_000  # fetched at a time: what fits into a processor's cache is turned into columns faster

_LINES = schema.metadata.tables["charge_lines"]
# How each other table is found from a charge line. Only claims are more than one to a line, or none.
BESIDE = {
    "encounters": ("row_id", "encounter_row_id"),
    "decisions": ("decision_id", "decision_id"),
    "claim_lines": ("charge_id", "charge_id"),
}


@guarded
def days(view: Snapshot, first: dt.date, last: dt.date) -> pd.DataFrame:
    """Frame[service_date, lines]: how many charge lines each day of service has, in order."""
    day = _LINES.c.service_date
    count = sa.func.count().cast(sa.BigInteger).label("lines")
    return _frame(view, sa.select(day, count).where(day.between(first, last)).group_by(day).order_by(day))


@guarded
def lines(
    view: Snapshot,
    columns: Mapping[str, str],
    first: dt.date,
    last: dt.date,
    codes: Collection[str] | None = None,
) -> pd.DataFrame:
    """Charge lines of service from `first` to `last`, ordered by day, encounter, position and charge.

    `columns` are the names in the frame and what they are, as ``encounters.minutes``; what is absent beside a line is
    null. A line that is on several claims comes once for each, where a column of ``claim_lines`` is asked for. `codes`
    limits the procedure codes.
    """
    return _frame(view, _lines(view, columns, first, last, codes))


def runs(
    view: Snapshot, columns: Mapping[str, str], spans: Sequence[tuple[dt.date, dt.date]]
) -> Iterator[pd.DataFrame]:
    """`lines` of each of the spans, which follow one another, in one pass over the ledger.

    `columns` must have a ``service_date``. No table is ordered by day: asked for each span alone, the database would
    look at all of them each time. It sorts what it gives, so the spans together should fit into memory.
    """
    try:
        yield from _cut(
            stream(view._connection, _lines(view, columns, spans[0][0], spans[-1][1]), ROWS),
            [last for _, last in spans],
        )
    except DATABASE_ERRORS as error:
        raise translated(error) from None


def _cut(tables: Iterator[pa.Table], ends: list[dt.date]) -> Iterator[pd.DataFrame]:
    """Tables ordered by day as one frame up to each of the days `ends`."""
    waiting = list(ends)
    held: list[pa.Table] = []
    for table in tables:
        days = table["service_date"].to_numpy()
        begin = 0
        while len(waiting) > 1 and len(days) and days[-1] > np.datetime64(waiting[0]):
            end = int(np.searchsorted(days, np.datetime64(waiting.pop(0)), side="right"))
            yield to_frame(pa.concat_tables([*held, table.slice(begin, end - begin)]))
            held, begin = [], end
        held.append(table.slice(begin))
    yield to_frame(pa.concat_tables(held))
    for _ in waiting[1:]:
        yield to_frame(held[0].slice(0, 0))


def _lines(
    view: Snapshot,
    columns: Mapping[str, str],
    first: dt.date,
    last: dt.date,
    codes: Collection[str] | None = None,
) -> sa.Select[Any]:
    asked = {name: told.split(".") for name, told in columns.items()}
    chosen = [columns_of(table, [column])[0].label(name) for name, (table, column) in asked.items()]
    tables: sa.FromClause = _LINES
    for name in dict.fromkeys(table for table, _ in asked.values() if table != _LINES.name):
        other = schema.metadata.tables[name]
        theirs, ours = BESIDE[name]
        tables = tables.outerjoin(other, other.c[theirs] == _LINES.c[ours])
    dialect = view._connection.dialect.name
    order = [_LINES.c[name] for name in ("service_date", "encounter_id", "position", "charge_id")]
    statement = (
        sa.select(*chosen)
        .select_from(tables)
        .where(_LINES.c.service_date.between(first, last))
        .order_by(*in_order(order, dialect))
    )
    if codes is None:
        return statement
    return statement.where(*matching(_LINES.name, {"code": sorted(codes)}, dialect))


@guarded
def later_claims(view: Snapshot) -> pd.DataFrame:
    """Frame[claim_id] of claims to payers after the first."""
    claims = schema.metadata.tables["claims"]
    return _frame(view, sa.select(claims.c.claim_id).where(claims.c.payer_order != "P"))


@guarded
def not_plainly_paid(
    view: Snapshot, answered: Collection[str], plain: Collection[tuple[str, str]]
) -> pd.DataFrame:
    """Frame[claim_id] of our claims of which any answer is not plainly a payment.

    Plainly paid: a status among `answered`, paid as a whole and in each line, no remark, and no adjustment but those of
    `plain` (group, reason). One pass over each table, whatever the span.
    """
    claims, services, reasons = (
        schema.metadata.tables[f"remitted_{name}"] for name in ("claims", "lines", "adjustments")
    )
    ours = sa.select(claims.c.claim_id).where(claims.c.claim_id.is_not(None))

    def unpaid(table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.or_(table.c.paid_cents <= 0, table.c.remarks.is_not(None))

    ordinary = [
        sa.and_(reasons.c.group_code == group, reasons.c.carc == carc) for group, carc in sorted(plain)
    ]
    of_lines = sa.select(services.c.remitted_claim_id).where(unpaid(services))
    of_reasons = sa.select(reasons.c.remitted_claim_id).where(~sa.or_(*ordinary))
    found = sa.union(
        ours.where(sa.or_(claims.c.status.not_in(sorted(answered)), unpaid(claims))),
        ours.where(claims.c.remitted_claim_id.in_(of_lines)),
        ours.where(claims.c.remitted_claim_id.in_(of_reasons)),
    ).subquery()
    return _frame(view, sa.select(found.c.claim_id))


def _frame(view: Snapshot, statement: sa.Select[Any]) -> pd.DataFrame:
    return to_frame(pa.concat_tables(stream(view._connection, statement, ROWS)))
