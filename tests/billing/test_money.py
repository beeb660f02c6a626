"""Money: the dossier's vectors (group money) and what holds for every split."""

from __future__ import annotations

import doctest
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.billing import money


def test_tenth_and_fifth() -> None:
    assert money.cents("0.1") + money.cents("0.2") == money.cents("0.30") == 30


def test_allocation() -> None:
    assert money.allocate(money.cents("100.00"), [1, 1, 1]) == [3334, 3333, 3333]


def test_sequester() -> None:
    before = money.cents("120.00")
    held = money.share(before, Decimal("0.02"))
    assert (held, before - held) == (money.cents("2.40"), money.cents("117.60"))


def test_social_worker_at_medicare() -> None:
    assert money.share(money.cents("154.29"), Decimal("0.75")) == money.cents("115.72")


def test_underpayment() -> None:
    assert money.shortfall(money.cents("150.00"), money.cents("155.55"), money.cents("0.01")) == money.cents(
        "5.55"
    )
    assert money.shortfall(money.cents("155.55"), money.cents("150.00")) == 0


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0.005", 1),
        ("-0.005", -1),
        ("0.004", 0),
        (" 12.50 ", 1250),
        (Decimal("1E+2"), 10000),
        (7, 700),
        ("1.115", 112),
    ],
)
def test_rounded_half_up_once(amount: Decimal | str | int, cents: int) -> None:
    assert money.cents(amount) == cents


@pytest.mark.parametrize("amount", [0.1, 1.0, True, None])
def test_floats_are_refused(amount: object) -> None:
    with pytest.raises(TypeError, match="never a float"):
        money.cents(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["", "SECRET", "NaN", "Infinity", "1,000", "$5"])
def test_text_that_is_no_amount_is_refused_without_echo(amount: str) -> None:
    with pytest.raises(ValueError, match=r"^not an amount of money$"):
        money.cents(amount)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 5]])
def test_weights_must_weigh(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        money.allocate(100, weights)


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_parts_sum_to_the_whole_and_are_near_their_share(amount: int, weights: list[int]) -> None:
    parts = money.allocate(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    assert all(
        abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True)
    )
    assert money.allocate(-amount, weights) == [-part for part in parts]


def test_doctests() -> None:
    assert doctest.testmod(money).failed == 0
