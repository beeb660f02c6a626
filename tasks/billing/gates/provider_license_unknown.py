"""The end of the licence is on file.

Licences are renewed every one to three years. One without an end on file cannot be proved to have lapsed, nor to
be valid, so it is worth a note before a payer asks.

Passes::

    providers.license_number  providers.license_to
    149000001                 2027-12-31

Fails::

    providers.license_number  providers.license_to
    149000001                 .
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import UNLICENSED, per_role

ID = "GATE_PROVIDER_LICENSE_UNKNOWN"
SOURCE = "provider_license_unknown v1: claim_hold_checks.tsv H06"
FIX = "record the last day of the licence"
FIELDS = "providers.license_to"


def check(case: Case) -> pd.DataFrame:
    """Encounters that rest on a licence without an end."""
    everyone = case.people
    known = everyone["license_number"].notna() | everyone["license_from"].notna()
    endless = everyone[known & everyone["license_to"].isna() & ~everyone["class"].isin(UNLICENSED)]
    message = per_role(
        endless,
        "the end of the clinician's licence is not on file",
        "the end of the supervisor's licence is not on file",
    )
    return findings.about(endless, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
