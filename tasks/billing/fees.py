"""The practice's own prices: what is charged, not what is paid.

A price is found by code, day of service and modifier: a price for one of the line's modifiers wins over the
plain one, in the order of the modifiers on the line, and among those valid on the day the newest wins. A line
without a price cannot be billed; it is never charged at zero.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing.context import Column, beside
from tasks.billing.visits import covers


def price(lines: pd.DataFrame, fees: pd.DataFrame) -> Column:
    """Charge of each line in cents for all its units (Int64), missing where no price is on file.

    `lines` needs code, modifiers, units, service_date; `fees` is the master table.
    """
    wanted = lines[["code", "service_date"]].assign(
        row=range(len(lines)), modifier=(lines["modifiers"].fillna("") + " |").str.strip().str.split()
    )
    wanted = wanted.explode("modifier")  # each modifier in turn, and last "|" for the plain price
    wanted["turn"] = wanted.groupby("row").cumcount()
    listed = fees[["code", "modifier", "effective_from", "effective_to", "charge_cents"]].assign(
        modifier=fees["modifier"].fillna("").str.strip().replace("", "|")
    )
    offers = wanted.astype({"modifier": "str"}).merge(
        listed.astype({"modifier": "str"}), on=["code", "modifier"]
    )
    offers = offers[covers(offers["service_date"], offers["effective_from"], offers["effective_to"])]
    best = offers.sort_values(["row", "turn", "effective_from"], ascending=[True, True, False])
    unit = best.drop_duplicates("row").set_index("row")["charge_cents"]
    each = beside(pd.Series(range(len(lines)), index=lines.index), unit).astype("Int64")
    return each * lines["units"].astype("Int64")
