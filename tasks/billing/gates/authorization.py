"""An authorization covers the line: code, modifiers, day, clinician, level of care and units left.

Only for codes the payer wants one for (``auth_codes``). A day before or after the span is outside it; a partial
hospital day is not covered by an intensive outpatient authorization; a pended authorization is none; one that is
limited to another facility's NPI is not ours to bill. Units are given out in order of service
(``tasks.billing.authorizations``), and each authorization counts what its ``unit_type`` says: visits, days, billed
units or hours (``tasks.billing.unit_types``).

Passes::

    payers.auth_codes  authorizations.codes  authorizations.valid_from  authorizations.valid_to
    90837              90834 90837           2026-01-05                 2026-01-05
    H0015              90834                 2026-01-05                 2026-01-05

Passes::

    payers.auth_codes  authorizations.unit_type  authorizations.units_approved  authorizations.facility_npi
    90837              day                       1                              1234567893
    90837              hour                      1                              .

Fails::

    payers.auth_codes  authorizations.codes  authorizations.valid_to  authorizations.status  \
      authorizations.units_approved
    90837              H0015                 2026-06-30               approved               12
    90837              90837                 2026-01-05               pended                 12
    *                  90837                 2026-01-05               approved               0
    90837              9083                  2026-06-30               approved               12

Fails::

    payers.auth_codes  authorizations.unit_type  authorizations.units_approved  encounters.minutes  encounters.codes
    90837              visit                     0                              53                  .
    90837              hour                      1                              75                  .
    *                  hour                      12                             .                   90853

Fails::

    payers.auth_codes  authorizations.facility_npi
    90837              1245319599
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
    " authorizations.units_approved authorizations.status authorizations.modifiers authorizations.unit_type"
    " authorizations.facility_npi encounters.minutes"
)
MESSAGES = {
    auth.NONE: "no authorization of this payer is on file",
    auth.CODE: "no authorization lists this code",
    auth.MODIFIERS: "the authorization asks for modifiers that the line does not have",
    auth.LEVEL: "the authorization is for another level of care",
    auth.CLINICIAN: "the authorization is limited to another clinician",
    auth.FACILITY: "the authorization is limited to another facility",
    auth.UNTIMED: "the authorization is by the hour, and how long the line takes is not documented",
    auth.STATUS: "the authorization is not approved",
    auth.DATE: "the day of service is outside the authorization",
    auth.EXHAUSTED: "the units of the authorization are used up",
}


def check(case: Case) -> pd.DataFrame:
    """Lines that need an authorization and got none."""
    assert case.allocated is not None
    message = case.allocated["why"].map(MESSAGES).astype("str")
    return findings.about(case.lines, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
