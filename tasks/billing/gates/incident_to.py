"""What is billed incident to a supervisor follows that supervisor's plan of care.

Incident-to pays the supervisor's rate for somebody else's work, so Medicare and most plans allow it only for an
established patient under a plan the supervisor began: never for an evaluation (90791, 90792) or a new patient.
Since 2023 general supervision is enough for behavioural health at Medicare; the supervisor need not be in the room.

Passes::

    encounters.incident_to  encounters.plan_of_care_on  encounters.supervising_id  encounters.service_kind
    true                    2025-12-01                  CL001                      psychotherapy
    true                    2026-01-05                  CL001                      psychotherapy
    false                   .                           .                          intake
    .                       .                           .                          intake

Fails::

    encounters.incident_to  encounters.plan_of_care_on  encounters.supervising_id  encounters.service_kind
    true                    .                           CL001                      psychotherapy
    true                    2026-01-06                  CL001                      psychotherapy
    true                    2025-12-01                  .                          psychotherapy
    true                    2025-12-01                  CL001                      intake
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import said

ID = "GATE_INCIDENT_TO"
SOURCE = "incident_to v1: claim_hold_checks.tsv H12 (V:S45)"
FIX = "bill it under the clinician's own NPI, or record the plan of care it follows"
FIELDS = "encounters.incident_to encounters.plan_of_care_on encounters.supervising_id encounters.new_patient"
EVALUATIONS = ("intake", "intake_medical")
CODES = r"\b(?:90791|90792)\b"


def check(case: Case) -> pd.DataFrame:
    """Incident-to encounters that may not be."""
    visits = case.visits[said(case.visits["incident_to"], False)]
    plan = visits["plan_of_care_on"]
    evaluation = visits["service_kind"].isin(EVALUATIONS) | visits["codes"].fillna("").str.contains(CODES)
    message = findings.first_reason(
        visits.index,
        [
            (visits["supervisor_id"].isna(), "incident-to without a supervisor"),
            (evaluation, "an evaluation is never incident-to"),
            (said(visits["new_patient"], False), "a new patient is never incident-to"),
            (plan.isna(), "incident-to without a plan of care on file"),
            (plan > visits["service_date"], "the plan of care is later than the day of service"),
        ],
    )
    return findings.about(visits, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
