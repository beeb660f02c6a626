"""How often appeals are won, by category and payer: what says which denials are worth the work.

Every decided level counts once. A dismissal is a decision that was not won. Money: of what was asked, what was granted.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes
from tasks.billing.appeals.standing import OUTCOMES, states
from tasks.billing.context import beside

BASIS = 10_000
RATES = shapes.shape(
    "payer_id category appeals:int undecided:int withdrawn:int decided:int overturned:int partly:int upheld:int"
    " dismissed:int overturned_basis_points:int won_basis_points:int asked_cents awarded_cents"
)


def rates(appeals: pd.DataFrame, events: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Rows by payer and category, columns `RATES`, most dollars asked first.

    ``overturned_basis_points`` is the part of decided appeals that granted all, in hundredths of a percent;
    ``won_basis_points`` counts those that granted a part as well. Both are null where nothing is decided.
    """
    rows = states(appeals, events)
    rows["payer_id"] = beside(rows["claim_id"], claims.set_index("claim_id")["payer_id"])
    decided = rows["outcome"].notna()
    flags = {outcome: rows["outcome"] == outcome for outcome in OUTCOMES}
    counted = rows[["payer_id", "category"]].assign(
        appeals=1,
        decided=decided,
        withdrawn=(rows["state"] == "withdrawn") & ~decided,
        **flags,
        asked_cents=rows["amount_cents"].where(decided, 0),
        awarded_cents=rows["awarded_cents"].fillna(0),
    )
    sums = counted.groupby(["payer_id", "category"], dropna=False).sum().reset_index()
    sums["undecided"] = sums["appeals"] - sums["decided"] - sums["withdrawn"]
    known = sums["decided"].where(sums["decided"] > 0).astype("Int64")
    sums["overturned_basis_points"] = sums["overturned"].astype("Int64") * BASIS // known
    sums["won_basis_points"] = (sums["overturned"] + sums["partly"]).astype("Int64") * BASIS // known
    order = ["asked_cents", "payer_id", "category"]
    return shapes.conform(sums.sort_values(order, ascending=[False, True, True]), RATES)
