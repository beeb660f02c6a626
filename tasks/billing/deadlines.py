"""Until when something can still be done: filing limits, corrections, appeals.

Clocks start at the service (filing), at the remittance (correction) or at receipt of the notice (appeal; Medicare
presumes receipt five days after the date). A payer's own days win; unknown means the shortest the dossier knows
(``timely_filing.tsv``, row default_unknown): 90 days to file and to correct, 60 to appeal.
"""

from __future__ import annotations

import pandas as pd

from configs import reference

MEDICARE_RECEIPT_DAYS = 5


def _fallback(column: str) -> int:
    return int(reference.by_key("timely_filing", "payer")["default_unknown"][column])


def filing(service_from: pd.Series, payer_days: pd.Series) -> pd.Series:
    """Last day to file, from the first date of service."""
    return service_from + pd.to_timedelta(
        payer_days.fillna(_fallback("initial_days")).astype("int64"), unit="D"
    )


def response(
    action: pd.Series, noticed: pd.Series, appeal_days: pd.Series, payer_class: pd.Series
) -> pd.Series:
    """Last day to answer a denial noticed on `noticed`: an appeal has the payer's days, a correction 90."""
    appeals = action.fillna("").str.contains("appeal")
    days = appeal_days.fillna(_fallback("appeal_days")).astype("int64")
    days = days + (payer_class == "medicare_ffs").astype("int64") * MEDICARE_RECEIPT_DAYS
    corrections = pd.Series(_fallback("corrected_days"), index=action.index)
    return noticed + pd.to_timedelta(days.where(appeals, corrections), unit="D")


def urgency(deadline: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """How pressing a deadline is: 4 within a week, 2 within thirty days, 1 later or without one, 0 when missed."""
    left = (deadline - as_of).dt.days
    pressing = pd.Series(1, index=deadline.index)
    pressing = pressing.mask(left <= 30, 2).mask(left <= 7, 4).mask(left < 0, 0)
    return pressing.astype("Int64")
