"""Histories of take-backs for tests: checks of one payer in their order, and what is said of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from tasks.billing import takebacks
from tests.support.remittance_frames import clp, matched, remit

START = dt.date(2026, 1, 5)
Plb = tuple[str, str, int]


def check(number: int, *claims: dict[str, Any], plb: tuple[Plb, ...] = (), **more: Any) -> dict[str, Any]:
    """The payer's check of this number: trace ``EFT000000n``, paid n days after the first."""
    return remit(
        *claims,
        plb=plb,
        trace=f"EFT{number:07}",
        day=START + dt.timedelta(days=number),
        **more,
    )


def paid(control: str, cents: int, icn: str = "", **more: Any) -> dict[str, Any]:
    """A claim of 200.00 with this payment; the rest is contractual."""
    return clp(
        control, "1", 20000, cents, icn=icn or "ICN" + control, cas=(("CO", "45", 20000 - cents),), **more
    )


def reversal(control: str, cents: int, icn: str = "") -> dict[str, Any]:
    """The payment of that many cents taken back."""
    return clp(control, "22", -20000, -cents, icn=icn or "ICN" + control, cas=(("CO", "45", cents - 20000),))


FRAMES = ("remittances", "remitted_claims", "provider_adjustments")


def frames(*checks: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """The ledger's frames of a history."""
    facts = matched(*checks)
    return {name: getattr(facts, name) for name in FRAMES}


def explained(*checks: dict[str, Any]) -> pd.DataFrame:
    """The parts of every provider adjustment of a history; what must hold of any of them is held."""
    facts = frames(*checks)
    parts = takebacks.explain(**facts)
    hold(parts, facts)
    return parts


def said(parts: pd.DataFrame) -> list[tuple[str, int, str]]:
    """(code, cents, reason or how) of each part, in order."""
    return list(zip(parts["code"], parts["amount_cents"], parts["reason"].fillna(parts["how"]), strict=True))


def hold(parts: pd.DataFrame, facts: dict[str, pd.DataFrame]) -> None:
    """The arithmetic of any result."""
    provider = facts["provider_adjustments"].set_index("adjustment_id")["amount_cents"].sort_index()
    assert (parts["explained_cents"] + parts["unexplained_cents"] == parts["amount_cents"]).all()
    assert parts.groupby("adjustment_id")["amount_cents"].sum().astype("Int64").equals(provider)
    assert (parts["reason"].notna() == (parts["unexplained_cents"] != 0)).all()
    assert parts.loc[parts["reason"].isna(), "how"].notna().all()
    assert parts.loc[parts["reason"].notna(), "chain_id"].notna().all()
    pairs = parts[parts["partner_id"].notna()]
    there = pairs.groupby(["adjustment_id", "partner_id"])["amount_cents"].sum()
    back = pairs.groupby(["partner_id", "adjustment_id"])["amount_cents"].sum()
    assert (there + back.rename_axis(there.index.names) == 0).all()
    chain = parts.drop_duplicates("adjustment_id").set_index("adjustment_id")["chain_id"]
    assert (pairs["partner_id"].map(chain).to_numpy() == pairs["chain_id"].to_numpy()).all()
    chains = takebacks.members(parts, facts["remittances"], facts["remitted_claims"])
    last = chains.groupby("chain_id")["balance_cents"].last()
    open_ = parts[parts["chain_id"].notna()].groupby("chain_id")["unexplained_cents"].sum()
    assert last.sort_index().equals(open_.sort_index())
