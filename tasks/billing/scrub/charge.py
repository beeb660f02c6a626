"""A line needs a positive charge and a whole, positive number of units.

Payers refuse negative and zero amounts on an original claim, and a line without a charge cannot be proved against
its remittance later. A missing price is the usual cause: the fee schedule has no row for the code on that day.

Passes::

    encounter_id  code   units  charge_cents
    E1            90837  1      20000

Fails::

    encounter_id  code   units  charge_cents  finds
    E1            90837  1      0             CHARGE_AMOUNT
    E2            90837  0      20000         CHARGE_AMOUNT
    E3            90837  .      .             CHARGE_AMOUNT
"""

from __future__ import annotations

import pandas as pd

from tasks.billing.scrub.common import Context, found

ID = "CHARGE_AMOUNT"
SOURCE = "SV102 and SV104 of the 837P guide (005010X222A1)"
DEFAULT_SEVERITY = "hold"
FIX = "Give the code a price in the fee schedule for the date of service, and at least one unit."
PREDICTS = "CARC16 M53 M54"
CHANGE = "charge_cents=price of the code"


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose charge or units are absent, zero or negative."""
    good = (lines["charge_cents"].to_numpy() > 0) & (lines["units"].to_numpy() >= 1)
    return found(
        lines,
        ~good,
        ID,
        "charge_cents units",
        "The line has no positive charge or no positive units.",
    )
