"""The authorization ends soon.

A programme that goes on needs its next authorization before this one ends.

Passes::

    payers.auth_codes  authorizations.valid_to
    90837              2026-01-12

Fails::

    payers.auth_codes  authorizations.valid_to
    90837              2026-01-11
    90837              2026-01-06
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import authorizations as auth
from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_AUTHORIZATION_ENDING"
SOURCE = "authorization_ending v1: concurrent review every 5 to 7 days (S61)"
FIX = "ask the payer for the next authorization if treatment goes on"
FIELDS = "authorizations.valid_to"


def check(case: Case) -> pd.DataFrame:
    """Lines whose authorization ends within 5 days of the business date and has not ended yet."""
    assert case.allocated is not None
    left = case.allocated["valid_to"] - case.context.today
    ending = (left <= pd.Timedelta(days=auth.ENDING_DAYS)) & (left >= pd.Timedelta(0))
    message = "the authorization ends within five days"
    return findings.about(case.lines[ending], ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
