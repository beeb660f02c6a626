"""Decimals and dates: the fast way against the plain one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.x12.reading.columns import joined, positions, sums
from connectors.x12.reading.dates import dates
from connectors.x12.reading.delimiters import Delimiters, Piece
from connectors.x12.reading.index import index
from connectors.x12.reading.numbers import LARGEST, decimal, decimals
from connectors.x12.reading.spans import Spans

pytestmark = pytest.mark.usefixtures("both_engines")


def column(values: list[str]) -> Spans:
    content = "".join(f"CAS*CO*{value}~" for value in values).encode()
    segments = index([Piece(0, content, Delimiters(*b"*:~"))])
    return segments.spans(np.arange(len(segments)), 2)


NUMBER_LIKE = st.text("0123456789.-", max_size=14) | st.decimals(
    -(10**11), 10**11, allow_nan=False, places=2
).map(str)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(NUMBER_LIKE | st.text("0123456789.- +eE,x", max_size=24), min_size=1, max_size=20),
    st.sampled_from([2, 3]),
)
def test_fast_decimals_are_the_plain_ones(values: list[str], places: int) -> None:
    found = decimals(column(values), places)
    for value, cents, present, valid in zip(values, *(part.tolist() for part in found), strict=True):
        exact = decimal(value.encode(), places) if value else None
        assert present == bool(value)
        assert (cents if valid else None) == exact


def test_six_digits_and_one_behind_the_point_were_read_as_no_thousandths() -> None:
    found = decimals(column(["100000.0", "99999.25", "100000.5"]), 3)
    assert found.values.tolist() == [100_000_000, 99_999_250, 100_000_500]


@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=2))
def test_the_plain_decimal_is_exact(value: Decimal) -> None:
    assert decimal(str(value).encode(), 2) == int(value * 100)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0),
        ("-0", 0),
        ("1", 100),
        ("1.", 100),
        (".5", 50),
        ("-.05", -5),
        ("12.50", 1250),
        ("12.500", 1250),
        ("00012.5", 1250),
        ("123456789.12", 12345678912),
        ("9999999999.99", LARGEST - 1),
    ],
)
def test_amounts(text: str, cents: int) -> None:
    assert decimal(text.encode(), 2) == cents
    assert decimals(column([text]), 2).values.tolist() == [cents]


@pytest.mark.parametrize(
    "text", ["-", ".", "-.", "1.001", "1,000", "1e5", "+1", " 1", "1 ", "--1", "1.2.3", "10000000000"]
)
def test_what_is_no_amount(text: str) -> None:
    assert decimal(text.encode(), 2) is None
    assert decimals(column([text]), 2).valid.tolist() == [False]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.dates()
        | st.dates(date(2000, 1, 1), date(2099, 12, 31))
        | st.text("0123456789", max_size=9)
        | st.integers(0, 99999999).map("{:08d}".format)
        | st.integers(19999900, 21010100).map(str),
        max_size=20,
    )
)
def test_dates_are_those_of_the_calendar(values: list[object]) -> None:
    texts = [f"{v:%Y%m%d}".rjust(8, "0") if isinstance(v, date) else str(v) for v in values]
    found = dates(column(texts))
    for text, days, valid in zip(texts, found.values.tolist(), found.valid.tolist(), strict=True):
        try:
            expected = date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 else None
        except ValueError:
            expected = None
        assert (date(1970, 1, 1) + timedelta(days) if valid else None) == expected


@pytest.mark.parametrize("text", ["20251705", "20260133", "20260230", "20260001", "20260100", "20261301"])
def test_a_month_or_day_too_large_is_no_date_of_the_next(text: str) -> None:
    assert dates(column([text])).valid.tolist() == [False]


def test_sums_and_positions_and_lists_by_group() -> None:
    import pyarrow as pa

    group = np.array([0, 0, 2, 3, 3])
    assert sums(group, np.array([1, 2, 4, 8, 16]), 5).tolist() == [3, 0, 4, 24, 0]
    assert positions(group).tolist() == [1, 2, 1, 1, 2]
    texts = pa.array(["a", None, "b", "c", "d"])
    assert joined(group, texts, 5).to_pylist() == ["a", None, "b", "c d", None]
