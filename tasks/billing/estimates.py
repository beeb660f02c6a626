"""Good-faith estimates for people who pay themselves, and when a bill is too far above one.

Whoever is not insured, or does not want it used, is to be told beforehand what care will cost. Scheduled ten business
days ahead or more, the estimate goes out within three business days; scheduled three to nine days ahead, within one;
asked for, within three. A bill of 400 dollars or more above the estimate may be disputed within 120 days.

Source: 07 (V:S37; the 120 days K); 45 CFR 149.610 and 149.620.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import banking_days
from tasks.billing.context import Column

FAR_AHEAD, NEAR = 10, 3  # business days between scheduling and the service
WITHIN_FAR, WITHIN_NEAR = 3, 1  # business days to send the estimate
DISPUTE_OVER_CENTS = 40_000
DISPUTE_DAYS = 120


def days_to_send(days_ahead: int | None) -> int | None:
    """Business days to send the estimate, from the scheduling; `days_ahead` None is on request, without a date.

    None where the service is nearer than three business days and none is owed.

    >>> [days_to_send(days) for days in (12, 10, 9, 3, 2, None)]
    [3, 3, 1, 1, None, 3]
    """
    if days_ahead is None or days_ahead >= FAR_AHEAD:
        return WITHIN_FAR
    return WITHIN_NEAR if days_ahead >= NEAR else None


def send_by(scheduled_on: Column, days_ahead: Column) -> Column:
    """Last day to send each estimate; missing where none is owed."""
    counts = pd.Series(
        [days_to_send(None if pd.isna(days) else int(days)) for days in days_ahead],
        index=scheduled_on.index,
        dtype="Int64",
    )
    return banking_days.after(scheduled_on.where(counts.notna()), counts.fillna(0))


def disputable(billed_cents: int, estimated_cents: int) -> bool:
    """Whether the patient may dispute the bill.

    >>> disputable(90_000, 50_000), disputable(89_999, 50_000)
    (True, False)
    """
    return billed_cents - estimated_cents >= DISPUTE_OVER_CENTS
