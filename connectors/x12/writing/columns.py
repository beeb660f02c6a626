"""Columns of CLAIMS_837 and LINES_837 as the encoder and its checks use them: arrays, masks and conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides import claim_837 as guide
from connectors.x12.tables import CLAIMS_837, LINES_837

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def conform(tables: Mapping[str, pa.Table]) -> tuple[pa.Table, pa.Table]:
    """The tables `claims` and `lines` in the codec's columns and types, names and addresses trimmed and in capitals.

    Raises ValueError naming the table and column that is absent or of another type.
    """
    claims = _conform("claims", tables["claims"], CLAIMS_837, guide.CLAIM_ELEMENTS)
    return claims, _conform("lines", tables["lines"], LINES_837, guide.LINE_ELEMENTS)


def _conform(name: str, table: pa.Table, schema: pa.Schema, elements: tuple[guide.Element, ...]) -> pa.Table:
    text = {element.column for element in elements if element.text}
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            raise ValueError(f"{name}: column {field.name} is absent")
        try:
            column = table.column(field.name).cast(field.type).combine_chunks()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # their messages repeat values
            raise ValueError(f"{name}: column {field.name} is not {field.type}") from None
        columns.append(pc.ascii_trim_whitespace(pc.ascii_upper(column)) if field.name in text else column)
    return pa.table(columns, schema=schema)


def flags(values: Any) -> Mask:
    """An Arrow boolean column as a mask; null is false."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return mask


def given(values: pa.Array) -> Mask:
    """Where a value stands: neither null nor empty."""
    return flags(
        pc.greater(pc.binary_length(values), 0) if pa.types.is_string(values.type) else pc.is_valid(values)
    )


def column(table: pa.Table, name: str) -> pa.Array:
    """A column as one array."""
    return (
        table.column(name).chunk(0)
        if table.column(name).num_chunks
        else pa.array([], table.schema.field(name).type)
    )


def claim_conditions(claims: pa.Table) -> dict[str, Mask]:
    """For each condition of the claim loops, the claims it holds for."""

    def any_of(*names: str) -> Mask:
        mask: Mask = np.logical_or.reduce([given(column(claims, name)) for name in names])
        return mask

    relationship = column(claims, "relationship")
    patient = flags(pc.equal(relationship, "18"))
    same = flags(pc.equal(column(claims, "rendering_npi"), column(claims, "billing_npi")))
    return {
        "always": np.ones(len(claims), np.bool_),
        "self": patient,
        "dependant": given(relationship) & ~patient,
        "address": patient | any_of(*(f"subscriber_{part}" for part in ("street", "city", "state", "zip"))),
        "birth": patient | any_of("subscriber_birth_date", "subscriber_sex"),
        "authorized": any_of("authorization"),
        "correction": flags(pc.is_in(column(claims, "frequency"), pa.array(["7", "8"]))),
        "rendering": ~same,
        "supervised": any_of("supervising_last_name", "supervising_first_name", "supervising_npi"),
    }


def line_conditions(lines: pa.Table) -> dict[str, Mask]:
    """For each condition of loop 2400, the lines it holds for."""
    days = flags(pc.not_equal(column(lines, "service_from"), column(lines, "service_to")))
    return {"always": np.ones(len(lines), np.bool_), "one_day": ~days, "days": days}


def owners(claims: pa.Table, lines: pa.Table) -> Ints:
    """The row of `claims` that each line belongs to, -1 for none."""
    found = pc.index_in(column(lines, "claim_id"), value_set=column(claims, "claim_id"), skip_nulls=True)
    rows: Ints = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return rows


def of_unique(values: pa.Array, function: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
    """`function` of each value, worked out once for each different value; null counts as empty."""
    encoded = pc.fill_null(values, "").dictionary_encode()
    answers = np.array([function(text) for text in encoded.dictionary.to_pylist()], dtype=dtype)
    return answers[encoded.indices.to_numpy()] if len(values) else np.zeros(0, dtype)


def integers(values: pa.Array) -> Ints:
    numbers: Ints = pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def first_rows(values: pa.Array) -> Ints:
    """The row in which each different value stands first."""
    codes = values.dictionary_encode().indices
    codes = integers(pc.fill_null(codes, -1))
    rows: Ints = np.unique(codes, return_index=True)[1]
    return rows
