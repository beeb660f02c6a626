"""Few units of the authorization are left.

An extension takes the payer days. From four fifths on, it is time to ask for one. The worklist `authorizations` says
so as well where nobody is seen.

Passes::

    payers.auth_codes  authorizations.units_approved  authorization_units.units
    90837              12                             8

Fails::

    payers.auth_codes  authorizations.units_approved  authorization_units.units
    90837              12                             9
    90837              12                             11
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import authorizations as auth
from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_AUTHORIZATION_LOW"
SOURCE = "authorization_low v1: warn at 80 % of the units (S61)"
FIX = "ask the payer for an extension"
FIELDS = "authorizations.units_approved authorization_units.units"


def check(case: Case) -> pd.DataFrame:
    """Lines after which 80 % or more of the units are used."""
    assert case.allocated is not None
    low = case.allocated["units_used"] * 100 >= case.allocated["units_approved"] * auth.LOW_PERCENT
    message = "four fifths or more of the authorized units are used"
    lines = case.lines[low.fillna(False).astype(bool)]
    return findings.about(lines, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
