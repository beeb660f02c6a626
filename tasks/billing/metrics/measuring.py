"""All figures of a day."""

from __future__ import annotations

from tasks.billing.metrics import money, rates
from tasks.billing.metrics.definitions import Measured
from tasks.billing.metrics.facts import Facts


def measure(facts: Facts, annual_rate_basis_points: int) -> dict[str, Measured]:
    """Every figure by its formula's id, in the order of ``FORMULAS``."""
    found = [
        rates.clean_claim_rate(facts),
        rates.first_pass_resolution(facts),
        rates.initial_denial_rate(facts),
        money.days_in_ar(facts),
        money.ar_over_90(facts),
        money.net_collection_rate(facts),
        rates.denial_overturn(facts),
        money.cost_of_delay(facts, annual_rate_basis_points),
    ]
    return {each.formula.formula_id: each for each in found}
