"""Figures that add up cents."""

from __future__ import annotations

import pandas as pd

from tasks.billing.metrics.definitions import FORMULAS, Measured, behind
from tasks.billing.metrics.facts import RECEIVABLES, Facts

REDUCTIONS = ("contractual", "sequestration")
# Postings of the practice's own money: patients' payments, and refunds of any kind.
TILL = ("patient_payment", "patient_payment_withdrawn", "refund", "refund_withdrawn")
AGED = 90  # days
YEAR, BASIS = 365, 10_000


def days_in_ar(facts: Facts) -> Measured:
    """Receivables over a day's charges."""
    charged = facts.owned[facts.owned["account"] == "revenue"]
    charged = charged[facts.within(charged["effective_on"])]
    amounts = charged.assign(amount=-charged["amount_cents"])
    return Measured(FORMULAS["days_in_ar"], behind(facts.receivables, amounts), factor=facts.days)


def ar_over_90(facts: Facts) -> Measured:
    """Receivables of old services."""
    rows = facts.receivables
    old = (facts.as_of - rows["serviced_on"]).dt.days > AGED
    return Measured(FORMULAS["ar_over_90"], behind(rows[old], rows))


def net_collection_rate(facts: Facts) -> Measured:
    """What was paid of what could be paid."""
    answered = facts.first_answers.loc[facts.within(facts.first_answers["since"]), "claim_id"]
    known = facts.owned
    owed = known[known["account"].isin(["revenue", *REDUCTIONS])]
    owed = owed.assign(amount=-owed["amount_cents"])
    till = known[known["account"].isin(RECEIVABLES) & known["source"].isin(TILL)]
    till = till.assign(amount=-till["amount_cents"])
    paid = facts.answers[facts.answers["claim_id"].notna() & (facts.answers["status"] != "25")]
    claim_id = paid["claim_id"].map(facts.family).astype("str")
    paid = pd.DataFrame({"claim_id": claim_id, "amount": paid["paid_cents"]})
    collected = pd.concat([paid, till[["claim_id", "amount"]]], ignore_index=True)
    numerator, denominator = (part[part["claim_id"].isin(answered)] for part in (collected, owed))
    return Measured(FORMULAS["net_collection_rate"], behind(numerator, denominator))


def cost_of_delay(facts: Facts, annual_rate_basis_points: int) -> Measured:
    """What it cost to wait: every cent that is owed costs the yearly rate for each day of the window it stood.

    An entry counts for the nights from its day, or the window's first, to the last day.
    """
    rows = facts.owned[facts.owned["account"].isin(RECEIVABLES)]
    since = rows["effective_on"].where(rows["effective_on"] >= facts.start, facts.start)
    rows = rows.assign(amount=rows["amount_cents"] * (facts.as_of - since).dt.days.astype("Int64"))
    nothing = rows.iloc[:0]
    return Measured(
        FORMULAS["cost_of_delay"],
        behind(rows, nothing),
        factor=annual_rate_basis_points,
        divisor=YEAR * BASIS,
    )
