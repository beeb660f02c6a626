"""Which days of a stay share a claim, and when the claim is due.

A long stay is billed month by month (or week by week), a short one as a whole at discharge. A claim that leaves before
its period is over would have to be replaced, so the charges wait: until the month or week is over, or until the
discharge, whichever comes first. A day of the period that is documented and still held keeps the claim back too, but
for two weeks at most (K): no session may take a month's filing limit with it.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.context import Column, Masters, beside
from tasks.billing.institutional import programmes, stays

STAY, MONTH, WEEK = "stay", programmes.MONTH, "week"
PATIENCE = pd.Timedelta(days=14)
# What charges wait for, in the order it is asked.
NOTHING, DISCHARGE, MONTH_END, WEEK_END, HELD_DAYS = "", "discharge", "month_end", "week_end", "held_days"


def with_periods(charges: pd.DataFrame, masters: Masters) -> pd.DataFrame:
    """Charges of stays with ``cycle``, ``period_from``, ``period_to`` (missing where it is the stay) and their stay."""
    classes = masters.payers.drop_duplicates("payer_id", keep="last").set_index("payer_id")["payer_class"]
    asked = charges.assign(payer_class=beside(charges["payer_id"], classes))
    cycle = programmes.found(asked, masters.programmes)["cycle"].fillna(MONTH)
    day = charges["service_date"]
    month = day.to_numpy(dtype="datetime64[M]")
    monday = day - pd.to_timedelta(day.dt.dayofweek, unit="D")
    first = pd.Series(month.astype("datetime64[s]"), index=day.index).where(cycle == MONTH, monday)
    last = pd.Series((month + 1).astype("datetime64[D]") - 1, index=day.index).astype("datetime64[s]")
    last = last.where(cycle == MONTH, monday + pd.Timedelta(days=6))
    return charges.assign(
        cycle=cycle,
        period_from=first.mask(cycle == STAY).astype("datetime64[s]"),
        period_to=last.mask(cycle == STAY).astype("datetime64[s]"),
        **stays.beside_visits(charges, masters.stays),
    )


def awaited(charges: pd.DataFrame, built_on: date | None = None) -> Column:
    """What each charge (`with_periods`) waits for as of a day, '' for nothing; without a day, while its stay runs."""
    over = pd.Series(False, index=charges.index)
    closed = charges["stay_discharged_on"].notna()
    if built_on is not None:
        today = pd.Timestamp(built_on)
        over, closed = charges["period_to"] < today, charges["stay_discharged_on"] <= today
    named = charges["cycle"].map({STAY: DISCHARGE, MONTH: MONTH_END, WEEK: WEEK_END})
    return named.mask(over | closed, NOTHING).astype("str")


def held_back(charges: pd.DataFrame, open_days: pd.DataFrame, built_on: date) -> Column:
    """Whether a day of the charge's stay and period is documented and not charged, and not for too long.

    `open_days`: stay_id, service_date of encounters that are not charged.
    """
    row = np.arange(len(charges))
    pairs = charges[["stay_id", "period_from", "period_to", "stay_discharged_on"]].assign(row=row)
    pairs = pairs.merge(open_days[["stay_id", "service_date"]], on="stay_id")
    day = pairs["service_date"]
    within = (pairs["period_from"].isna() | (pairs["period_from"] <= day)) & (
        pairs["period_to"].isna() | (day <= pairs["period_to"])
    )
    due = pairs[["period_to", "stay_discharged_on"]].min(axis=1)
    waits = within & (pd.Timestamp(built_on) <= due + PATIENCE)
    return pd.Series(np.isin(row, pairs.loc[waits, "row"]), index=charges.index)
