"""What the denials of a span of days teach, from the ledger."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from connectors.ledger import Ledger
from tasks import planning, recognising
from tasks.billing import learned
from tasks.billing.context import beside
from tasks.moment import moment


def denials_by_kind(
    ledger: Ledger, since: dt.date | None = None, until: dt.date | None = None
) -> pd.DataFrame:
    """Denials by category and codes with the rules that cover them, see `learned.by_kind`; days are payment dates."""
    with moment(ledger) as now:
        verdicts = planning.verdicts(now)
        paid = recognising.live(now, "remittances").set_index("remittance_id")["payment_date"]
    day = beside(verdicts["remittance_id"], paid)
    kept = pd.Series(True, index=verdicts.index)
    if since is not None:
        kept &= day >= pd.Timestamp(since)
    if until is not None:
        kept &= day <= pd.Timestamp(until)
    return learned.by_kind(verdicts[kept.fillna(False).astype(bool)])
