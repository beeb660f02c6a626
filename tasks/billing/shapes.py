"""Shapes of frames: which columns a table of the ledger has, in which order and of which type.

The domain may not import the ledger, so the frames it hands over state their columns here; a test compares
every one of them with ``connectors/ledger/schema.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd
import pyarrow as pa

Shape = Mapping[str, str]

_KINDS = {"text": "str", "int": "Int64", "day": "datetime64[s]", "flag": "boolean"}


def shape(columns: str) -> Shape:
    """Column name to dtype from ``"name"``, ``"name:int"``, ``"name:day"``, ``"name:flag"``; ``*_cents`` are Int64."""
    named = (column.partition(":") for column in columns.split())
    return {
        name: _KINDS[kind or ("int" if name.endswith(("_cents", "_thousandths")) else "text")]
        for name, _, kind in named
    }


def conform(frame: pd.DataFrame, columns: Shape) -> pd.DataFrame:
    """The frame with exactly these columns, in this order and of these types; what is missing is null.

    Whole numbers that a reader made floats because some were absent come back as whole numbers; a fraction
    where a whole number belongs raises TypeError, because it can only be a fault of the program.
    """
    if not len(frame):
        return empty(columns)
    ordered = frame.reset_index(drop=True)
    if [*ordered] != [*columns]:
        absent = tuple((name, dtype) for name, dtype in columns.items() if name not in frame)
        nulls = _empty(absent).reindex(ordered.index)
        ordered = pd.concat([ordered, nulls], axis="columns")[[*columns]]
    other = {name: dtype for name, dtype in columns.items() if str(ordered[name].dtype) != dtype}
    for name, dtype in other.items():
        if dtype == _KINDS["day"]:
            ordered[name] = pd.to_datetime(ordered[name])
    return ordered.astype(other)


def of_arrow(arrays: Mapping[str, pa.Array], columns: Shape) -> pd.DataFrame:
    """A frame of these columns from Arrow arrays of the same length, texts without a copy; what is missing is null."""
    rows = len(next(iter(arrays.values())))
    types = {"str": pa.string(), "Int64": pa.int64(), "boolean": pa.bool_()}
    table = pa.table(
        {
            name: arrays[name].cast(types.get(dtype, pa.timestamp("s")))
            if name in arrays
            else pa.nulls(rows, types.get(dtype, pa.timestamp("s")))
            for name, dtype in columns.items()
        }
    )
    frame: pd.DataFrame = table.to_pandas(types_mapper=_FRAMED.get)
    return frame


_FRAMED = {
    pa.string(): pd.StringDtype(na_value=float("nan")),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def empty(columns: Shape) -> pd.DataFrame:
    """A frame without rows."""
    return _empty(tuple(columns.items())).copy(deep=False)


@cache
def _empty(columns: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns}, index=range(0))


REMITTANCES = shape(
    "remittance_id payer_identifier payer_id trace method bpr_cents payment_date:day production_date:day payee_npi"
    " content_sha256 claims:int claim_paid_cents plb_cents"
)
REMITTED_CLAIMS = shape(
    "remitted_claim_id remittance_id position:int segment:int claim_control claim_id matched_by status charge_cents"
    " paid_cents patient_cents filing_code payer_control frequency remarks"
)
REMITTED_LINES = shape(
    "remitted_line_id remitted_claim_id remittance_id position:int segment:int line_control line_id code modifiers"
    " submitted_code charge_cents paid_cents allowed_cents units_paid_thousandths units_submitted_thousandths"
    " service_date:day remarks"
)
REMITTED_ADJUSTMENTS = shape(
    "adjustment_id remittance_id remitted_claim_id remitted_line_id position:int segment:int group_code carc"
    " amount_cents quantity_thousandths"
)
PROVIDER_ADJUSTMENTS = shape(
    "adjustment_id remittance_id position:int segment:int code reference amount_cents"
)
REMITTANCE_SOURCES = shape("remittance_id sha256 transaction:int interchange_control transaction_control")
QUARANTINE = shape(
    "quarantine_id suite expectation subject_kind subject_id reason difference_cents file_sha256 segment:int"
)
JOURNAL = shape(
    "entry_id posting_id position:int source account amount_cents remittance_id remitted_claim_id claim_id charge_id"
    " payer_id patient_id group_code reason effective_on:day period"
)
ACKNOWLEDGMENTS = shape(
    "ack_id kind partner interchange_control group_control transaction_control claim_id code detail action"
    " payer_control sender charge_cents stated_on:day"
)
ACKNOWLEDGMENT_SOURCES = shape("ack_id sha256 transaction:int segment:int")
