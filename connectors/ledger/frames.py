"""Frames and Arrow tables in the schema's columns and types, both ways.

| column | Arrow | pandas |
|---|---|---|
| Text | string | ``str`` (missing is NaN) |
| BigInteger | int64 | ``Int64`` |
| Boolean | bool | ``boolean`` |
| Date | date32 | ``datetime64[s]`` |
| DateTime | timestamp[us], UTC without a zone | ``datetime64[us]`` |

Nothing is guessed on the way in: a number is not made into a text (a leading zero would be gone), a fraction not
into a whole number, a time of day not dropped from a date. What does not fit is a FrameError naming the column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from connectors.ledger import schema
from connectors.ledger.errors import FrameError, LedgerError

Frame: TypeAlias = pd.DataFrame | pa.Table

ARROW: dict[type[Any], pa.DataType] = {
    sa.Text: pa.string(),
    sa.BigInteger: pa.int64(),
    sa.Boolean: pa.bool_(),
    sa.Date: pa.date32(),
    sa.DateTime: pa.timestamp("us"),
}
# date32 and timestamps go to pandas by a cast instead, in `to_frame`.
PANDAS: dict[pa.DataType, Any] = {
    pa.string(): pd.StringDtype(na_value=np.nan),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def table_of(name: str) -> sa.Table:
    """The schema's table; raises LedgerError NO_TABLE."""
    try:
        return schema.metadata.tables[name]
    except KeyError:
        raise LedgerError("NO_TABLE", name) from None


def columns_of(name: str, columns: Iterable[str] | None = None) -> list[sa.Column[Any]]:
    """All columns of a table, or those named, in the order asked for; raises LedgerError NO_COLUMN."""
    table = table_of(name)
    if columns is None:
        return list(table.columns)
    wanted = list(columns)
    for column in wanted:
        if column not in table.columns:
            raise LedgerError("NO_COLUMN", f"{name}.{column}")
    return [table.columns[column] for column in wanted]


def arrow_type(column: sa.Column[Any]) -> pa.DataType:
    """The Arrow type of a column."""
    return ARROW[type(column.type)]


@cache
def arrow_schema(name: str) -> pa.Schema:
    """The Arrow schema of a table."""
    return pa.schema([pa.field(c.name, arrow_type(c), nullable=bool(c.nullable)) for c in columns_of(name)])


def empty(name: str) -> pd.DataFrame:
    """No rows, every column with its dtype."""
    return to_frame(arrow_schema(name).empty_table())


def conform(name: str, frame: Frame) -> pd.DataFrame:
    """The frame with exactly the table's columns, in order, with its dtypes.

    Missing columns become null, other columns are dropped. Raises FrameError where a value does not fit.
    """
    return to_frame(to_arrow(name, frame))


def frame_columns(frame: Frame) -> list[str]:
    """The names of a frame's columns."""
    return list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)


def to_arrow(name: str, frame: Frame, columns: Iterable[str] | None = None) -> pa.Table:
    """A frame as Arrow in the table's types; `columns` limits and orders them."""
    wanted = columns_of(name, columns)
    present = set(frame_columns(frame))
    size = frame.num_rows if isinstance(frame, pa.Table) else len(frame)
    arrays = [
        _fit(frame[c.name], arrow_type(c), f"{name}.{c.name}")
        if c.name in present
        else pa.nulls(size, arrow_type(c))
        for c in wanted
    ]
    return pa.table(arrays, names=[c.name for c in wanted])


def fitted(name: str, column: str, values: list[Any]) -> pa.Array:
    """Values of one column in its type."""
    (known,) = columns_of(name, [column])
    return _fit(values, arrow_type(known), f"{name}.{column}")


def require(name: str, table: pa.Table) -> None:
    """Raise FrameError MISSING for the first column that is null and may not be."""
    for column in columns_of(name, table.column_names):
        if not column.nullable and (rows := table[column.name].null_count):
            raise FrameError("MISSING", f"{name}.{column.name}", rows)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """An Arrow table in the schema's types as a DataFrame."""
    return _framed(table) if table.num_rows else _nothing(table.schema).copy(deep=False)


@cache
def _nothing(columns: pa.Schema) -> pd.DataFrame:
    """No rows: most of what is asked for is not there, and a frame costs a millisecond or two."""
    return _framed(columns.empty_table())


def _framed(table: pa.Table) -> pd.DataFrame:
    for position, field in enumerate(table.schema):
        if pa.types.is_date32(field.type):
            table = table.set_column(position, field.name, table[field.name].cast(pa.timestamp("s")))
    frame: pd.DataFrame = table.to_pandas(types_mapper=PANDAS.get)
    return frame


def _fit(values: Any, target: pa.DataType, where: str) -> pa.Array:
    """Values of a frame's column as `target`; errors name the column and never repeat a value."""
    try:
        array = _array(values)
        if array.null_count == len(array):
            return pa.nulls(len(array), target)
        if array.type == target and not pa.types.is_string(target):
            return array
        for accepts, convert in CONVERSIONS[target]:
            if accepts(array.type):
                return convert(array)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass  # Arrow's messages repeat the value: they end here
    raise FrameError(MISFITS[target], where)


def _array(values: Any) -> pa.Array:
    """A Series, a list or an Arrow column as one array; NaN, NaT and NA are null."""
    if isinstance(values, pa.ChunkedArray):
        array = values.combine_chunks()
    else:
        array = pa.array(values, from_pandas=True)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
    return array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array


def _text(array: pa.Array) -> pa.Array:
    # PostgreSQL cannot store NUL; refusing it on both engines keeps them alike. One look at the bytes of all texts (a
    # slice shares them with the rest of its array) spares most columns the search in each text.
    array = array.cast(pa.string())
    letters = array.buffers()[2]
    if letters is None or np.frombuffer(letters, np.uint8).all():
        return array
    if pc.any(pc.match_substring(array, "\x00")).as_py():
        raise ValueError
    return array


def _whole(array: pa.Array) -> pa.Array:
    return array.cast(pa.int64(), safe=True)


def _day(array: pa.Array) -> pa.Array:
    day = array.cast(pa.date32())
    if not pa.types.is_temporal(array.type):
        return day
    plain = array if pa.types.is_date(array.type) or array.type.tz is None else None
    if (
        plain is None
        or not pc.all(pc.equal(day.cast(pa.timestamp("s")), plain.cast(pa.timestamp("us")))).as_py()
    ):
        raise ValueError
    return day


def _utc(array: pa.Array) -> pa.Array:
    if (
        array.type.tz is not None
    ):  # Arrow holds zoned instants in UTC: the zone is a label that can be dropped
        array = array.cast(pa.timestamp(array.type.unit, "UTC")).cast(pa.timestamp(array.type.unit))
    return array.cast(pa.timestamp("us"), safe=False)


def _is_text(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    )


def _is_number(type_: pa.DataType) -> bool:
    # Whole floats are what a merge makes of whole numbers; a fraction is refused by the cast.
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_))


Conversion = tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]]

CONVERSIONS: dict[pa.DataType, list[Conversion]] = {
    pa.string(): [(_is_text, _text)],
    pa.int64(): [(_is_number, _whole)],
    pa.bool_(): [],
    pa.date32(): [(pa.types.is_date, _day), (pa.types.is_timestamp, _day), (_is_text, _day)],
    pa.timestamp("us"): [(pa.types.is_timestamp, _utc)],
}
MISFITS = {
    pa.string(): "NOT_TEXT",
    pa.int64(): "NOT_WHOLE",
    pa.bool_(): "NOT_A_FLAG",
    pa.date32(): "NOT_A_DAY",
    pa.timestamp("us"): "NOT_AN_INSTANT",
}
