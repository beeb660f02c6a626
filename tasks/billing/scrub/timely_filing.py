"""Claims have a last day.

Each payer names the days within which a claim must arrive; what comes later is lost, and may not be billed to the
patient. The days are counted by the payer's own clock (``filing_basis``, ``tasks.billing.deadlines``): from the date
of service, or to the 31 December of the year after it. Where the payer's days are unknown, the shortest common limit
(``timely_filing.tsv``, default_unknown: 90) is assumed. Within the margin before the limit a line is marked, so that
nothing holds it up. The worklists count by the same clock, corrections from their remittance and secondary claims from
the remittance of the payer before.

Passes::

    encounter_id  code   service_date  payer_timely_filing_days
    E1            90837  2026-01-05    90
    E2            90837  2025-08-20    365

Fails::

    encounter_id  code   service_date  payer_timely_filing_days  finds
    E1            90837  2025-11-02    90                        TIMELY_PAST
    E2            90837  2025-11-02    .                         TIMELY_PAST
    E3            90837  2025-11-03    90                        TIMELY_MARGIN
    E4            90837  2025-11-18    90                        TIMELY_MARGIN
    E5            90837  2025-11-19    90                        .
    E6            90837  2026-02-02    90                        SERVICE_IN_FUTURE
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing import deadlines
from tasks.billing.scrub.common import Context, found, join

ID = "TIMELY"
SOURCE = (
    "the payer's timely_filing_days; timely_filing.tsv default_unknown; claim_hold_checks.tsv H16 (V:S33; K)"
)
DEFAULT_SEVERITY = {"TIMELY_PAST": "hold", "TIMELY_MARGIN": "warn", "SERVICE_IN_FUTURE": "hold"}
FIX = {
    "TIMELY_PAST": "Send it with proof of an earlier timely filing, or write it off as late.",
    "TIMELY_MARGIN": "Send it now.",
    "SERVICE_IN_FUTURE": "Correct the date of service, or bill after it.",
}


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines past their filing limit, or within the margin before it."""
    days = np.nan_to_num(lines["payer_timely_filing_days"].to_numpy(), nan=deadlines.unknown("initial_days"))
    today = np.datetime64(context.business_date, "D")
    age = (today - lines["service_date"].to_numpy(dtype="datetime64[D]")).astype(float)
    past = age > days
    near = ~past & (age > days - context.timely_margin_days - 1)
    fields = "service_date payer_timely_filing_days"
    return join(
        found(lines, past, "TIMELY_PAST", fields, "The payer's limit for filing has passed."),
        found(lines, near, "TIMELY_MARGIN", fields, "The payer's limit for filing is near."),
        found(
            lines,
            age < 0,
            "SERVICE_IN_FUTURE",
            "service_date",
            "The date of service is after the business date.",
        ),
    )
