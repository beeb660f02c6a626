"""Prices in the sandbox's folder: every reading of an upload allows the same, by payer, code and taxonomy."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.clearinghouse.sandbox import prices
from connectors.clearinghouse.sandbox.prices import Price

ROW = {"payer": "99999", "code": "90837", "taxonomy": "", "unit_cents": 15429, "basis_points": 10000}


@pytest.mark.parametrize(
    ("price", "charge", "units", "allowed"),
    [
        (Price(15429), 20000, 1, 15429),
        (Price(15429), 40000, 2, 30858),
        (Price(15429), 15000, 1, 15000),  # never more than the charge
        (Price(15429, 7500), 20000, 1, 11572),  # 115.7175
        (Price(None, 7000), 20000, 1, 14000),
        (Price(None, 3333), 5000, 3, 1667),  # 16.665
    ],
)
def test_a_price_allows(price: Price, charge: int, units: int, allowed: int) -> None:
    assert price.of(charge, units) == allowed


def test_a_taxonomys_price_comes_before_the_general_one(tmp_path: Path) -> None:
    prices.write(tmp_path, [ROW, {**ROW, "taxonomy": "1041C0700X", "basis_points": 7500}])
    rates = prices.read(tmp_path)
    assert prices.price(rates, "99999", "90837", "1041C0700X") == Price(15429, 7500)
    assert prices.price(rates, "99999", "90837", "2084P0800X") == Price(15429)
    assert prices.price(rates, "99999", "90834", "") is None


def test_without_a_file_there_are_no_prices(tmp_path: Path) -> None:
    assert prices.read(tmp_path) == {}
