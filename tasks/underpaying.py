"""What payers allowed beside what they agreed to: the report of `tasks.billing.expected` for a payer and days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from tasks import standing
from tasks.billing import expected
from tasks.moment import Facts

# Of an underpaid line, what a person needs to dispute it.
LINE = [
    "claim_id", "line_id", "payer_id", "service_date", "code", "cause", "expected_cents", "allowed_cents",
    "variance_cents", "tolerance_cents", "contract_ids", "shown_by", "remittance_id", "segment",
]  # fmt: skip


@dataclass(frozen=True)
class Report:
    """`counts` by state with the cents to be had, figures by payer and cause, and the underpaid lines."""

    counts: dict[str, int]
    by_cause: pd.DataFrame
    lines: pd.DataFrame


def report(
    ledger: Facts, payer_id: str | None = None, since: dt.date | None = None, until: dt.date | None = None
) -> Report:
    """The report as the facts stand; `since` and `until` are days of service and both count."""
    rows = standing.compared(ledger)
    replaced = standing.claim_states(ledger).query("state == 'replaced'")["claim_id"]
    kept = ~rows["claim_id"].isin(replaced)
    if payer_id is not None:
        kept &= rows["payer_id"] == payer_id
    if since is not None:
        kept &= rows["service_date"] >= pd.Timestamp(since)
    if until is not None:
        kept &= rows["service_date"] <= pd.Timestamp(until)
    rows = rows[kept]
    under = rows[rows["state"] == "under"].sort_values(["variance_cents", "unit_id"])
    states = rows["state"].value_counts()
    counts = {name: int(states.get(name, 0)) for name in expected.STATES}
    counts["short_cents"] = -int(under["variance_cents"].sum())
    return Report(counts, expected.summary(rows), under[LINE].reset_index(drop=True))
