"""Why less was allowed than expected, by exact arithmetic.

A cause that names another rate is told only where that rate, for this line, comes to exactly what was allowed, and
the rate differs from the right one in that one respect. The row that shows it is named. Whatever no arithmetic
explains is `below_contract`.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing.context import Column, beside
from tasks.billing.expected.rates import NAMED, TERMS, amount, capped
from tasks.billing.visits import said

CAUSES = {
    "allowed_not_paid": "the payer states the right allowed amount (AMT*B6) and takes more off than that leaves",
    "code_changed": "the payer changed the code (SVC06 names ours) and allowed less",
    "units_not_paid": "fewer units were paid than billed",
    "wrong_class": "allowed at the rate of another class of clinician",
    "modifier_not_recognised": "allowed at the rate without, or with another, modifier",
    "wrong_place": "allowed at the rate of another place of service",
    "wrong_plan": "allowed at the rate of another plan",
    "old_rate": "allowed at a rate whose days do not cover the service, or that a newer one replaced",
    "lesser_of_applied": "cut to our charge, where the contract says that the rate is due all the same",
    "below_contract": "below the contract rate; no other rate on file explains it",
}
NEXT_ACTION = {
    "allowed_not_paid": "ask the payer to reprocess: its own allowed amount was not paid",
    "code_changed": "compare the record with the code paid, then appeal with it or accept",
    "units_not_paid": "compare units billed and paid, then ask the payer to reprocess",
    "wrong_class": "send the contract row and the clinician's class, ask the payer to reprocess",
    "modifier_not_recognised": "check that the modifier was sent, then ask the payer to reprocess",
    "wrong_place": "check the place of service sent, then ask the payer to reprocess",
    "wrong_plan": "check the member's group, then ask the payer to reprocess",
    "old_rate": "send the amendment with its first day, ask the payer to load the rate and reprocess",
    "lesser_of_applied": "send the clause, ask the payer to reprocess",
    "below_contract": "dispute with the contract row, or correct the contract on file",
}
# What a difference is explained by: shown, never work of this queue.
EXPLAINED = {
    "overpaid": "more was allowed than the contract says: it may be taken back",
    "fee_below_contract": "our charge is below the contract rate: raise the fee",
    "sequestration": "federal sequestration (CARC 253)",
    "withhold": "withheld by agreement, perhaps returned later (CARC 104, 245)",
    "multiple_procedure": "reduced for several procedures on a day (CARC 59)",
    "no_contract": "no contract row is for the line: nothing to compare with",
}
RESPECTS = dict(
    zip(NAMED, ("modifier_not_recognised", "wrong_class", "wrong_plan", "wrong_place"), strict=True)
)
ORDER = list(CAUSES)


def causes(short: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """``cause`` and ``shown_by`` (contract id, absent where none) of each underpaid line, in their order.

    `short` are priced lines with ``allowed_cents``, ``stated_cents``, ``changed`` and ``units_paid``; `known` are the
    `offers`.
    """
    found = pd.DataFrame({"cause": "below_contract", "shown_by": short["contract_id"]}, index=short.index)
    other = _of_other_rates(short, known)
    found["shown_by"] = beside(_row(short), other["contract_id"]).fillna(found["shown_by"]).to_numpy()
    found["cause"] = beside(_row(short), other["cause"]).fillna(found["cause"]).to_numpy()
    allowed, charge = short["allowed_cents"], short["charge_cents"]
    uncapped = ~short["lesser_of"] & (allowed == charge) & (charge < short["contract_cents"])
    counted = _by_units(short, short["units_paid"])
    contradicted = short["stated_cents"] + short["tolerance_cents"] >= short["expected_cents"]
    inferred = _by_units(short, _units_that_fit(short)) & (found["cause"] == "below_contract")
    for cause, is_so in (
        ("units_not_paid", inferred),
        ("lesser_of_applied", uncapped & (found["cause"] == "below_contract")),
        ("units_not_paid", counted),
        ("code_changed", short["changed"].astype("boolean")),
        ("allowed_not_paid", contradicted),
    ):
        found = found.mask(
            is_so.fillna(False).astype(bool),
            pd.DataFrame({"cause": cause, "shown_by": short["contract_id"]}, index=short.index),
        )
    return found


def _row(short: pd.DataFrame) -> Column:
    return pd.Series(range(len(short)), index=short.index)


def _of_other_rates(short: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The first other rate that comes to what was allowed and differs in one respect; by row number."""
    lines = short[["key", "contract_id", "code", "units", "charge_cents", "allowed_cents"]]
    lines = lines.assign(row=_row(short)).rename(columns={"contract_id": "right_id"})
    pairs = lines.merge(known[["key", "contract_id", "covers", *NAMED, *TERMS]], on="key")
    right = pairs.loc[pairs["contract_id"] == pairs["right_id"], ["row", *NAMED]]
    pairs = pairs.merge(right, on="row", suffixes=("", "_right"))
    differs = pd.DataFrame({name: pairs[name] != pairs[f"{name}_right"] for name in NAMED})
    count = differs.sum(axis=1)
    contract = amount(pairs)
    comes_to = capped(contract, pairs["charge_cents"], said(pairs["lesser_of"], True))
    exact = (comes_to == pairs["allowed_cents"]).fillna(False).astype(bool)
    exact &= (pairs["contract_id"] != pairs["right_id"]) & ((count == 0) | ((count == 1) & pairs["covers"]))
    named = pd.Series("old_rate", index=pairs.index)
    for name, cause in RESPECTS.items():
        named = named.mask(differs[name], cause)
    hits = pairs.assign(cause=named, rank=named.map({cause: at for at, cause in enumerate(ORDER)}))[exact]
    hits = hits.sort_values(["row", "rank"], kind="stable").drop_duplicates("row")
    return hits.set_index("row")[["contract_id", "cause"]]


def _by_units(short: pd.DataFrame, units: Column) -> Column:
    """Whether what was allowed is exactly the rate for so many units, fewer than billed."""
    fewer = ((units > 0) & (units < short["units"])).fillna(False).astype(bool)
    charge = short["charge_cents"] * units // short["units"].where(short["units"] > 0)
    contract = amount(short.assign(units=units, charge_cents=charge))
    comes_to = capped(contract, short["charge_cents"], short["lesser_of"])
    return fewer & (comes_to == short["allowed_cents"]).fillna(False).astype(bool)


def _units_that_fit(short: pd.DataFrame) -> Column:
    """How many of the units were allowed, where the payer does not say; absent where it is no whole number."""
    contract = short["contract_cents"].where(short["contract_cents"] > 0)
    units = short["allowed_cents"] * short["units"]
    return (units // contract).where((units % contract == 0) & short["units_paid"].isna())
