"""Underpayments in figures: by payer and cause, with what explains a difference shown beside them."""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes
from tasks.billing.context import words

SUMMARY = shapes.shape("payer_id cause work:flag count:int expected_cents allowed_cents variance_cents")
# What was withheld from an allowed amount: cause, and the column of it.
WITHHELD = {
    "sequestration": "sequestration_cents",
    "withhold": "withheld_cents",
    "multiple_procedure": "multiple_cents",
}
ROW = shapes.shape("payer_id cause work:flag expected_cents allowed_cents variance_cents")
CENTS = words("expected_cents allowed_cents variance_cents")


def summary(compared: pd.DataFrame) -> pd.DataFrame:
    """Rows by payer and cause, columns `SUMMARY`, the most dollars first; ``work`` where something can be had.

    Variance is allowed - expected. Of a fee below the contract it is charge - rate; of what was withheld, its amount
    below zero; of lines without a contract there is none, and what was allowed is shown.
    """
    told = compared[compared["cause"].notna()]
    fee = told["cause"] == "fee_below_contract"
    told = told.assign(
        work=told["state"] == "under",
        expected_cents=told["expected_cents"].mask(fee, told["contract_cents"]),
        variance_cents=told["variance_cents"].mask(fee, told["charge_cents"] - told["contract_cents"]),
    )
    unpriced = compared[compared["state"] == "no_contract"].assign(cause="no_contract", work=False)
    parts = [told, unpriced.drop(columns=["expected_cents", "variance_cents"])]
    adjudicated = compared[compared["state"].isin(["under", "over", "as_agreed"])]
    for cause, column in WITHHELD.items():
        kept = adjudicated[adjudicated[column].fillna(0) != 0]
        parts.append(kept.assign(cause=cause, work=False, variance_cents=-kept[column]))
    rows = pd.concat([shapes.conform(part, ROW) for part in parts])
    by_cause = rows.groupby(["payer_id", "cause", "work"], dropna=False)
    sums = by_cause[CENTS].sum(min_count=1).assign(count=by_cause.size()).reset_index()
    order = sums.sort_values(
        ["work", "variance_cents", "payer_id", "cause"], ascending=[False, True, True, True]
    )
    return shapes.conform(order, SUMMARY)
