"""The licence covers the day of service.

A payer takes back everything paid for a session without a valid licence, years later if need be. People in
training and certified staff have no licence of their own; their supervisor's is judged instead.

Passes::

    providers.license_number  providers.license_from  providers.license_to
    149000001                 2020-01-01              2027-12-31
    149000001                 2026-01-05              2026-01-05

Fails::

    providers.license_number  providers.license_from  providers.license_to
    149000001                 2020-01-01              2025-12-31
    149000001                 2026-01-06              2027-12-31
    .                         .                       .
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import UNLICENSED

ID = "GATE_PROVIDER_LICENSE"
SOURCE = "provider_license v1: claim_hold_checks.tsv H06"
FIX = "record the renewed licence, or do not bill sessions of the gap"
FIELDS = "providers.license_from providers.license_to encounters.service_date"


def _reasons(rows: pd.DataFrame, who: str) -> pd.Series[str]:
    none = rows[["license_number", "license_from", "license_to"]].isna().all(axis=1)
    return findings.first_reason(
        rows.index,
        [
            (none, f"no licence of the {who} is on file"),
            (
                rows["license_to"] < rows["service_date"],
                f"the {who}'s licence ended before the day of service",
            ),
            (
                rows["license_from"] > rows["service_date"],
                f"the {who}'s licence begins after the day of service",
            ),
        ],
    )


def check(case: Case) -> pd.DataFrame:
    """Encounters outside a licence."""
    everyone = case.people
    licensed = everyone[~everyone["class"].isin(UNLICENSED)]
    clinician, supervisor = _reasons(licensed, "clinician"), _reasons(licensed, "supervisor")
    message = clinician.where(licensed["role"] == "clinician", supervisor)
    return findings.about(licensed, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
