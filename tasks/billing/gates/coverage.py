"""A primary policy is on file and active on the day of service.

People change plans with jobs, birthdays and months (Medicaid); a claim to last month's plan is denied (CARC 27,
26, 31) and the right plan's filing clock runs meanwhile. What counts is the day of service, not today.

Passes::

    coverages.priority  coverages.effective_from  coverages.effective_to
    P                   2026-01-05                2026-01-05
    P                   2026-01-01                .

Fails::

    coverages.priority  coverages.effective_from  coverages.effective_to  coverages.payer_id
    S                   2026-01-01                .                       ACME
    P                   2025-01-01                2025-12-31              ACME
    P                   2026-01-06                .                       ACME
    P                   2026-01-01                .                       NOBODY
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import said

ID = "GATE_COVERAGE"
SOURCE = "coverage v1: carc.tsv 26, 27, 31; eb_codes.tsv"
FIX = "verify eligibility for the day of service and record the policy with its dates"
FIELDS = "coverages.payer_id coverages.priority coverages.effective_from coverages.effective_to encounters.service_date"


def check(case: Case) -> pd.DataFrame:
    """Encounters without an active primary policy."""
    visits = case.visits
    wanted = ~visits["coverage_active"] & said(visits["payer_coverage_required_active"], True)
    reason = findings.first_reason(
        visits.index,
        [
            (visits["coverage_id"].isna(), "no policy of the patient is on file"),
            (visits["coverage_priority"] != "P", "no primary policy of the patient is on file"),
            (visits["payer_class"].isna(), "the payer of the policy is not on file"),
            (
                wanted & (visits["coverage_from"] > visits["service_date"]),
                "the policy begins after the day of service",
            ),
            (wanted, "the policy ended before the day of service"),
        ],
    )
    return findings.about(visits, ID, reason, fields=FIELDS, fix=FIX, source=SOURCE)
