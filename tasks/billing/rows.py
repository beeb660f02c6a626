"""Rows by their keys, whole columns at once: which row of a table has a key, and amounts shared out among rows.

Ids of facts are long and there are many: Arrow looks them up without making a Python object of any.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.billing import money

Rows = npt.NDArray[np.int64]
Cents = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_TEXT = pd.StringDtype(na_value=float("nan"))
# A product of two sizes below this stays an int64.
_SAFE = 3_000_000_000


def text(column: pd.Series[str]) -> pa.Array:
    """A column of text as Arrow; missing is null."""
    array = pa.array(column, pa.string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def series(array: pa.Array, index: Any = None) -> pd.Series[str]:
    """Arrow text as a column of a frame, without a copy."""
    column: pd.Series[str] = array.to_pandas(types_mapper={pa.string(): _TEXT}.get)
    return column if index is None else column.set_axis(index)


def rows_of(keys: pd.Series[str], among: pd.Series[str]) -> Rows:
    """For each key the row that has it in `among` (the first, where several do), -1 for none and for a missing key."""
    found = pc.index_in(text(keys), value_set=text(among), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)


def pairs(keys: pd.Series[str], among: pd.Series[str]) -> tuple[Rows, Rows]:
    """Every (row of `keys`, row of `among`) with the same text, in the order of `keys`, then of `among`."""
    values = text(among).dictionary_encode()
    group = pc.fill_null(pc.index_in(text(keys), value_set=values.dictionary, skip_nulls=True), -1)
    code = pc.fill_null(values.indices, -2).to_numpy(zero_copy_only=False)
    order, wanted = np.argsort(code, kind="stable"), group.to_numpy(zero_copy_only=False)
    low, high = np.searchsorted(code[order], wanted), np.searchsorted(code[order], wanted, side="right")
    one, place = within(high - low)
    return one, order[low[one] + place]


def within(many: Rows) -> tuple[Rows, Rows]:
    """For groups of these sizes the group of each member, and its 0-based place in it."""
    group: Rows = np.repeat(np.arange(len(many)), many)
    place: Rows = np.arange(len(group)) - np.repeat(np.cumsum(many) - many, many)
    return group, place


def taken(column: pa.Array, rows: Rows) -> pa.Array:
    """The column at these rows; null where a row is -1."""
    return column.take(pa.array(rows, mask=rows < 0))


def days(column: pd.Series[Any]) -> pa.Array:
    """A column of dates as Arrow; missing is null."""
    return pa.array(column, from_pandas=True).cast(pa.date32())


def cents(column: pd.Series[Any]) -> Cents:
    """A column of amounts; missing is zero."""
    return np.asarray(column.astype("Int64").fillna(0).to_numpy(np.int64), np.int64)


def sums(group: Rows, amounts: Cents, groups: int) -> Cents:
    """The sum of each group 0 … `groups` - 1, in whole numbers; rows of group -1 belong to none."""
    total = np.zeros(groups, np.int64)
    held = group >= 0
    np.add.at(total, group[held], amounts[held])
    return total


def shares(amounts: Cents, owner: Rows, weights: Cents, group: Rows) -> tuple[Rows, Rows, Cents]:
    """Each amount shared out among the rows of its owner, as ``money.allocate`` does it.

    `owner` names the group of each amount, `group` (ascending) that of each weight. Returns the amount's number, the
    weight's row and the share, for each pair of them; amounts whose owner has no rows yield no pairs. Where all
    weights of a group are zero its first row gets everything.
    """
    first, last = np.searchsorted(group, owner), np.searchsorted(group, owner, side="right")
    amount, place = within(last - first)
    row = first[amount] + place
    weight = np.abs(weights[row])
    total = sums(amount, weight, len(amounts))[amount]
    weight, whole = np.where(total == 0, place == 0, weight), np.where(total == 0, 1, total)
    size = np.abs(amounts)[amount]
    if len(size) and (size.max() >= _SAFE or whole.max() >= _SAFE):
        return amount, row, _one_by_one(amounts, amount, weight)
    floor, rest = np.divmod(size * weight, whole)
    left = np.abs(amounts) - sums(amount, floor, len(amounts))
    order = np.lexsort((place, -rest, amount))
    rank = np.empty(len(order), np.int64)
    rank[order] = place  # pairs of one amount stand together, so their places are 0, 1, 2 …
    floor += rank < left[amount]
    return amount, row, np.sign(amounts)[amount] * floor


def _one_by_one(amounts: Cents, amount: Rows, weight: Cents) -> Cents:
    """Sizes whose product is no int64."""
    parts = [
        money.allocate(int(amounts[number]), weight[amount == number].tolist())
        for number in np.unique(amount).tolist()
    ]
    return np.array([part for listed in parts for part in listed], np.int64)
