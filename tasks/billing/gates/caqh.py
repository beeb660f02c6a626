"""The CAQH profile was attested lately.

Commercial payers read a clinician's papers from CAQH and want them confirmed every 120 days (180 in Illinois). A stale
profile does not deny today's claim, but it stops the next enrolment and ends the present one at recredentialing.

Passes::

    providers.caqh_attested_on  providers.license_state
    2025-09-08                  WI
    2025-07-10                  IL
    .                           WI

Fails::

    providers.caqh_attested_on  providers.license_state
    2025-09-07                  WI
    2025-07-09                  IL
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import credentialing, findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import per_role

ID = "GATE_CAQH"
SOURCE = "caqh v1: claim_hold_checks.tsv H07 (V:S40); 180 days in Illinois (K)"
FIX = "have the clinician attest the CAQH profile, and record the day"
FIELDS = "providers.caqh_attested_on"


def check(case: Case) -> pd.DataFrame:
    """Encounters of people whose attestation is stale on the business date."""
    everyone = case.people[case.people["caqh_attested_on"].notna()]
    until = credentialing.attested_until(everyone["caqh_attested_on"], everyone["license_state"])
    stale = everyone[until < case.context.today]
    message = per_role(
        stale, "the clinician's CAQH profile is stale", "the supervisor's CAQH profile is stale"
    )
    return findings.about(stale, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
