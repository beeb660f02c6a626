"""An authorization covers the line: code, modifiers, day, clinician, level of care and units left.

Only for codes the payer wants one for (``auth_codes``). A day before or after the span is outside it; a partial
hospital day is not covered by an intensive outpatient authorization; a pended authorization is none. Units are
given out in order of service (``tasks.billing.authorizations``).

Passes::

    payers.auth_codes  authorizations.codes  authorizations.valid_from  authorizations.valid_to
    90837              90834 90837           2026-01-05                 2026-01-05
    H0015              90834                 2026-01-05                 2026-01-05

Fails::

    payers.auth_codes  authorizations.codes  authorizations.valid_to  authorizations.status  \
      authorizations.units_approved
    90837              H0015                 2026-06-30               approved               12
    90837              90837                 2026-01-05               pended                 12
    *                  90837                 2026-01-05               approved               0
    90837              9083                  2026-06-30               approved               12
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import authorizations as auth
from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_AUTHORIZATION"
SOURCE = "authorization v1: carc.tsv 197, 198; level_of_care.tsv"
FIX = "ask the payer for an authorization (or an extension) that covers the line, and record it"
FIELDS = (
    "payers.auth_codes authorizations.codes authorizations.valid_from authorizations.valid_to"
    " authorizations.units_approved authorizations.status authorizations.modifiers"
)
MESSAGES = {
    auth.NONE: "no authorization of this payer is on file",
    auth.CODE: "no authorization lists this code",
    auth.MODIFIERS: "the authorization asks for modifiers that the line does not have",
    auth.LEVEL: "the authorization is for another level of care",
    auth.CLINICIAN: "the authorization is limited to another clinician",
    auth.STATUS: "the authorization is not approved",
    auth.DATE: "the day of service is outside the authorization",
    auth.EXHAUSTED: "the units of the authorization are used up",
}


def check(case: Case) -> pd.DataFrame:
    """Lines that need an authorization and got none."""
    assert case.allocated is not None
    message = case.allocated["why"].map(MESSAGES).astype("str")
    return findings.about(case.lines, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
