"""Small turns between Arrow, frames and plain rows that the stages share."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

DTYPES = {
    pa.int32(): pd.Int64Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.string(): pd.StringDtype(na_value=float("nan")),
}


def of_arrow(table: pa.Table) -> pd.DataFrame:
    """A codec table as a frame with the dtypes of the ledger."""
    made: pd.DataFrame = table.to_pandas(types_mapper=DTYPES.get, date_as_object=False)
    days = [field.name for field in table.schema if pa.types.is_date(field.type)]
    return made.astype(dict.fromkeys(days, "datetime64[s]"))


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain mappings."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict(orient="records")]


def word_counts(column: pd.Series[str]) -> pd.Series[int]:
    """How many blank-separated words each text has; absent is none."""
    return column.fillna("").map(lambda text: len(text.split())).astype("Int64")
