"""Columns of the 837's tables as the encoder and its checks use them.

What is true of a whole column is found once and asked often: a column without any value costs nothing, one with the
same value throughout is as good as a literal, and one whose bytes are all digits needs no pattern. *Where* something
holds is a mask over the rows, or True or False where it holds for all of them or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.elements_837 import DIGITS, LETTERS

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Where = Mask | bool

# Classes of bytes: the basic character set (X12.6) without the delimiters and small letters. A column's is the union.
BLANK, OTHER, SMALL, STRANGE = 4, 8, 16, 32
_CLASS = np.full(256, STRANGE, np.uint8)
_CLASS[list(b"0123456789")] = DIGITS
_CLASS[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")] = LETTERS
_CLASS[list(b"!\"&'()+,-./;?=")] = OTHER
_CLASS[0x20] = BLANK
_CLASS[list(b"abcdefghijklmnopqrstuvwxyz")] = SMALL


class Text:
    """A column of text without nulls: empty is absent."""

    def __init__(self, array: pa.StringArray) -> None:
        self.array = array
        self.offsets: npt.NDArray[np.int32] = np.frombuffer(array.buffers()[1], np.int32)[: len(array) + 1]
        data = array.buffers()[2]
        octets = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
        self.data = octets[self.offsets[0] : self.offsets[-1]]
        self.lengths: npt.NDArray[np.int32] = self.offsets[1:] - self.offsets[:-1]
        self.shortest, self.longest = int(self.lengths.min()), int(self.lengths.max())
        self.constant = self._constant()

    def _constant(self) -> str | None:
        """The one value of every row."""
        if self.shortest < self.longest:
            return None
        first = self.data[: self.longest]
        if len(self.lengths) > 1 and not np.array_equal(
            self.data[self.longest :], self.data[: -self.longest]
        ):
            return None
        return first.tobytes().decode("utf-8", "replace")

    @cached_property
    def classes(self) -> int:
        """The classes of all its bytes."""
        seen = self.data if self.constant is None else self.data[: self.longest]
        if not len(seen):
            return 0
        if seen.max() <= 0x39 and seen.min() >= 0x30:  # much the commonest
            return DIGITS
        return int(np.bitwise_or.reduce(_CLASS.take(seen)))

    @cached_property
    def given(self) -> Where:
        """Where a value stands."""
        return self.shortest > 0 or narrow(self.lengths > 0)

    @cached_property
    def _encoded(self) -> pa.DictionaryArray:
        return self.array.dictionary_encode()

    @property
    def different(self) -> int:
        """How many different values there are."""
        return 1 if self.constant is not None else len(self._encoded.dictionary)

    @property
    def numbers(self) -> npt.NDArray[np.int32]:
        """For each row which of the different values it has, in the order they first come."""
        if self.constant is not None:
            return np.zeros(len(self.lengths), np.int32)
        numbers: npt.NDArray[np.int32] = self._encoded.indices.to_numpy()
        return numbers

    def each(self, function: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
        """`function` of each value, worked out once for each different one."""
        if self.constant is not None:
            return np.full(len(self.lengths), function(self.constant), dtype)
        return np.array([function(value) for value in self._encoded.dictionary.to_pylist()], dtype)[
            self.numbers
        ]


class Columns:
    """One table of the encoder: the columns that hold anything, by name."""

    def __init__(self, name: str, rows: int) -> None:
        self.name, self.rows = name, rows
        self.texts: dict[str, Text] = {}
        self.others: dict[str, pa.Array] = {}
        self._whole: dict[str, Ints] = {}

    def __contains__(self, column: str) -> bool:
        return column in self.texts or column in self.others

    @property
    def names(self) -> list[str]:
        return [*self.texts, *self.others]

    def given(self, column: str) -> Where:
        """Where a value stands."""
        if column in self.texts:
            return self.texts[column].given
        if column not in self.others:
            return False
        array = self.others[column]
        return True if not array.null_count else flags(pc.is_valid(array))

    def array(self, column: str) -> pa.Array:
        """The column as text without nulls, or as it is; of a column that holds something."""
        return self.texts[column].array if column in self.texts else self.others[column]

    def integers(self, column: str) -> Ints:
        """A column of whole numbers or days, 0 where absent."""
        if column not in self._whole:
            if column not in self.others:
                return np.zeros(self.rows, np.int64)
            array = self.others[column]
            if pa.types.is_date32(array.type):
                array = array.view(pa.int32())
            filled = pc.fill_null(array, 0) if array.null_count else array
            self._whole[column] = filled.to_numpy().astype(np.int64)
        return self._whole[column]

    def equals(self, column: str, *values: str) -> Where:
        """Where the column has one of these values."""
        if column not in self.texts:
            return False
        text = self.texts[column]
        if text.constant is not None:
            return text.constant in values
        return narrow(text.each(lambda value: value in values, np.bool_))

    def taken(self, names: Iterable[str], rows: Ints) -> Columns:
        """These columns, as far as they are there, in these rows."""
        other, at = Columns(self.name, len(rows)), pa.array(rows)
        for name in names:
            if name in self.texts:
                text = Text(self.texts[name].array.take(at))
                if text.longest:
                    other.texts[name] = text
            elif name in self.others:
                other.others[name] = self.others[name].take(at)
        return other

    def replaced(self, column: str, array: pa.Array) -> Columns:
        """A table with this column in the place of its own."""
        other = Columns(self.name, self.rows)
        other.texts, other.others, other._whole = dict(self.texts), self.others, self._whole
        other.texts.pop(column, None)
        text = Text(array)
        if text.longest:
            other.texts[column] = text
        return other


def conform(name: str, table: pa.Table, schema: pa.Schema, capital: frozenset[str]) -> Columns:
    """A table in the codec's types, columns of `capital` trimmed and in capitals.

    Raises ValueError naming the table and the column that is unknown or of another type.
    """
    unknown = [column for column in table.column_names if column not in schema.names]
    if unknown:
        raise ValueError(f"{name}: unknown column {', '.join(unknown)}")
    columns = Columns(name, table.num_rows)
    for column in table.column_names:
        type_ = schema.field(column).type
        values = table.column(column)
        if values.null_count == len(values):
            continue
        try:
            values = values if values.type == type_ else values.cast(type_)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # their messages repeat values
            raise ValueError(f"{name}: column {column} is not {type_}") from None
        array = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
        if not pa.types.is_string(type_):
            columns.others[column] = array
            continue
        text = Text(_plain(array))
        if column in capital:
            text = _capitals(text)
        if text.longest:
            columns.texts[column] = text
    return columns


def _plain(array: pa.StringArray) -> pa.StringArray:
    """Without nulls, from the start of its buffers. A null is nearly always written as nothing: then all is there."""
    if array.offset:
        array = pa.concat_arrays([array])
    if not array.null_count:
        return array
    offsets = np.frombuffer(array.buffers()[1], np.int32)[: len(array) + 1]
    absent = ~array.is_valid().to_numpy(zero_copy_only=False)
    if (offsets[1:] - offsets[:-1])[absent].any():
        return pc.fill_null(array, "")
    return pa.StringArray.from_buffers(len(array), *array.buffers()[1:])


def _capitals(text: Text) -> Text:
    classes = text.classes
    if classes & SMALL:
        text = Text(pc.ascii_upper(text.array))
    return Text(pc.ascii_trim_whitespace(text.array)) if classes & (BLANK | STRANGE) else text


# --- where ---------------------------------------------------------------------------------------------------------


def flags(values: Any) -> Mask:
    """An Arrow boolean column as a mask; null is false."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return mask


def narrow(mask: Mask) -> Where:
    """True or False where that is all a mask says."""
    if mask.all():
        return True
    return mask if mask.any() else False


def both(one: Where, other: Where) -> Where:
    if one is False or other is False:
        return False
    if one is True:
        return other
    return one if other is True else one & other


def either(masks: Iterable[Where]) -> Where:
    found: Where = False
    for mask in masks:
        if mask is True or found is True:
            return True
        if mask is not False:
            found = mask if found is False else found | mask
    return found


def negate(mask: Where) -> Where:
    return not mask if isinstance(mask, bool) else ~mask


def spread(mask: Where, rows: int) -> Mask:
    """As a mask, whatever it was."""
    return np.full(rows, mask) if isinstance(mask, bool) else mask


def some(mask: Where) -> bool:
    """Whether it holds anywhere."""
    return mask if isinstance(mask, bool) else bool(mask.any())
