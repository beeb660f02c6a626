"""The malpractice cover runs on the day of service.

Payers end the enrolment of a clinician whose certificate lapsed, and a claim against an uncovered session is the
practice's own. Worth a note before the payer finds it.

Passes::

    providers.malpractice_to
    2026-01-05
    .

Fails::

    providers.malpractice_to
    2026-01-04
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import per_role

ID = "GATE_MALPRACTICE"
SOURCE = "malpractice v1: claim_hold_checks.tsv H14 (K)"
FIX = "record the renewed certificate"
FIELDS = "providers.malpractice_to encounters.service_date"


def check(case: Case) -> pd.DataFrame:
    """Encounters after somebody's malpractice cover ended."""
    everyone = case.people
    bare = everyone[everyone["malpractice_to"] < everyone["service_date"]]
    message = per_role(
        bare,
        "the clinician's malpractice cover ended before the day of service",
        "the supervisor's malpractice cover ended before the day of service",
    )
    return findings.about(bare, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
