"""Rows for any table of the schema, made from its types: nothing here has to follow a new column by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import sqlalchemy as sa

from connectors.ledger import schema

DAY = dt.date(2026, 1, 5)


def value(column: sa.Column[Any], number: int) -> Any:
    """A value of the column's type that differs from row to row."""
    by_type = {
        sa.Text: f"{column.name} {number}",
        sa.BigInteger: number,
        sa.Boolean: number % 2 == 0,
        sa.Date: DAY + dt.timedelta(days=number),
        sa.DateTime: dt.datetime(2026, 1, 5, 23, 30) + dt.timedelta(microseconds=number),
    }
    return by_type[type(column.type)]


def rows(name: str, numbers: range | list[int], *, nullable: bool = True, **fixed: Any) -> pd.DataFrame:
    """One row per number; `nullable` says whether columns that may be null are there."""
    table = schema.metadata.tables[name]
    columns = [c for c in table.columns if (nullable or not c.nullable) and c.name not in VERSIONING]
    records = [{c.name: fixed.get(c.name, value(c, number)) for c in columns} for number in numbers]
    return pd.DataFrame(records, columns=[c.name for c in columns])


VERSIONING = ("row_id", "version", "previous_id")
FACTS = sorted(name for name, table in schema.metadata.tables.items() if table.info["kind"] == "fact")
MASTERS = sorted(schema.MASTER_KINDS)
BOOKKEEPING = sorted(
    name for name, table in schema.metadata.tables.items() if table.info["kind"] == "bookkeeping"
)
