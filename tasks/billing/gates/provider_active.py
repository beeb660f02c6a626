"""The clinician (and supervisor) worked for the practice on the day of service.

Sessions dated before somebody started or after they left are denied, or paid and taken back.

Passes::

    providers.active_from  providers.active_to
    2022-01-01             .
    2026-01-05             2026-01-05

Fails::

    providers.active_from  providers.active_to
    2022-01-01             2025-12-31
    2026-01-06             .
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import per_role
from tasks.billing.visits import covers

ID = "GATE_PROVIDER_ACTIVE"
SOURCE = "provider_active v1: claim_hold_checks.tsv H17"
FIX = "correct the date of service, the clinician, or the dates of employment"
FIELDS = "providers.active_from providers.active_to encounters.service_date"


def check(case: Case) -> pd.DataFrame:
    """Encounters outside somebody's time with the practice."""
    everyone = case.people
    away = everyone[~covers(everyone["service_date"], everyone["active_from"], everyone["active_to"])]
    message = per_role(
        away,
        "the clinician was not with the practice on the day of service",
        "the supervisor was not with the practice on the day of service",
    )
    return findings.about(away, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
