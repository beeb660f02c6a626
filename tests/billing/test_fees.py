"""Prices by code, modifier and day."""

from __future__ import annotations

import pandas as pd
from judge_practice import nothing, rows

from tasks.billing.fees import price


def lines(*parts: tuple[str, str | None, int, str]) -> pd.DataFrame:
    frame = pd.DataFrame(parts, columns=["code", "modifiers", "units", "service_date"])
    return frame.astype(
        {"code": "str", "modifiers": "str", "units": "Int64", "service_date": "datetime64[s]"}
    )


def cents(column: pd.Series[int]) -> list[int | None]:
    return [None if pd.isna(value) else int(value) for value in column]


FEES = rows(
    "fees",
    {"charge_cents": 20000},
    {"effective_from": "2025-01-01", "effective_to": "2025-12-31", "charge_cents": 19000},
    {"modifier": "95", "charge_cents": 21000},
    {"modifier": "25", "charge_cents": 22000},
    {"code": "H0004", "modifier": None, "charge_cents": 4000},
)


def test_a_price_is_for_one_unit() -> None:
    assert cents(price(lines(("H0004", None, 4, "2026-01-05")), FEES)) == [16000]


def test_the_day_of_service_decides() -> None:
    asked = lines(*(("90837", None, 1, day) for day in ("2025-12-31", "2026-01-01", "2024-12-31")))
    assert cents(price(asked, FEES)) == [19000, 20000, None]


def test_the_first_modifier_with_a_price_wins_over_the_plain_price() -> None:
    asked = lines(*(("90837", mods, 1, "2026-01-05") for mods in ("95", "25 95", "HO", "HO 95")))
    assert cents(price(asked, FEES)) == [21000, 22000, 20000, 21000]


def test_of_two_prices_in_force_the_newer_wins() -> None:
    both = rows("fees", {"effective_from": "2025-01-01", "charge_cents": 1}, {"charge_cents": 2})
    assert cents(price(lines(("90837", None, 1, "2026-01-05")), both)) == [2]


def test_no_price_is_missing_and_never_zero() -> None:
    assert cents(price(lines(("90999", None, 1, "2026-01-05")), FEES)) == [None]
    assert cents(price(lines(("90837", None, 1, "2026-01-05")), nothing("fees"))) == [None]
    assert cents(price(lines(), FEES)) == []
