"""Frames brought into a table's shape, whatever they came as."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tasks.billing import shapes

SHAPE = shapes.shape("name size:int day:day sure:flag paid_cents note")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame(index=range(2)),
        pd.DataFrame({"name": ["x", None]}),
        pd.DataFrame({"size": [1.0, np.nan], "day": ["2026-01-05", None], "other": [1, 2]}, index=[5, 7]),
        pd.DataFrame({"note": [None], "sure": [True], "name": pd.array(["x"], dtype="str")}),
        pd.DataFrame({"day": [pd.Timestamp("2026-01-05")], "paid_cents": pd.array([3], dtype="Int64")}),
    ],
)
def test_columns_order_and_types_are_those_of_the_shape_and_what_is_missing_is_null(
    frame: pd.DataFrame,
) -> None:
    made = shapes.conform(frame, SHAPE)
    assert {name: str(dtype) for name, dtype in made.dtypes.items()} == dict(SHAPE)
    assert list(made) == list(SHAPE)
    assert made.index.equals(pd.RangeIndex(len(frame)))
    for name in SHAPE:
        told = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)
        there = [(row, value) for row, value in enumerate(told) if not pd.isna(value)]
        assert [row for row, value in enumerate(made[name]) if not pd.isna(value)] == [
            row for row, _ in there
        ]
        for row, value in there:
            assert made[name][row] == (pd.Timestamp(value) if name == "day" else value)


def test_a_fraction_where_a_whole_number_belongs_is_refused() -> None:
    with pytest.raises(TypeError):
        shapes.conform(pd.DataFrame({"size": [1.5]}), SHAPE)


def test_what_is_made_of_one_empty_frame_is_in_no_other() -> None:
    first = shapes.empty(SHAPE)
    first["name"] = first["size"]
    first["more"] = pd.Series(dtype="str")
    assert list(shapes.empty(SHAPE)) == list(SHAPE)
    assert str(shapes.empty(SHAPE)["name"].dtype) == "str"
