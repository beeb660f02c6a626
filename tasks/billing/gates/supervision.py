"""A supervised clinician bills only as the payer allows.

Payers do it in three ways: under the supervisor's NPI, under the clinician's own with the supervisor named in loop
2310D, or not at all. Where the payer's way is not on file nothing is assumed: most payers do not pay interns.

Passes::

    encounters.rendering_id  providers+.provider_id  providers+.provider_class  providers+.supervisor_id  \
      payers.supervised_billing
    CL002  CL002  INTERN  CL001  supervisor_named
    CL002  CL002  INTERN  CL001  supervisor_npi

Fails::

    encounters.rendering_id  providers+.provider_id  providers+.provider_class  providers+.supervisor_id  \
      payers.supervised_billing
    CL002  CL002  INTERN  CL001  not_allowed
    CL002  CL002  INTERN  CL001  .
    CL002  CL002  INTERN  .      supervisor_named
    CL002  CL002  INTERN  CL002  supervisor_named
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import SUPERVISED_CLASS

ID = "GATE_SUPERVISION"
SOURCE = "supervision v1: claim_hold_checks.tsv H11 and H12 (S45; RARC N297)"
FIX = "name a licensed supervisor, or bill the session as the payer's rule for supervised clinicians allows"
FIELDS = (
    "encounters.supervising_id providers.supervisor_id providers.provider_class payers.supervised_billing"
)


def check(case: Case) -> pd.DataFrame:
    """Encounters of supervised clinicians that may not be billed as they are."""
    visits = case.visits[case.visits["supervised"]]
    rule, known = visits["payer_supervised_billing"], visits["payer_class"].notna()
    reason = findings.first_reason(
        visits.index,
        [
            (visits["supervisor_id"].isna(), "a supervised clinician without a supervisor"),
            (visits["supervisor_npi"].isna(), "the supervisor is not on file"),
            (
                visits["supervisor_id"] == visits["rendering_id"],
                "the clinician is named as their own supervisor",
            ),
            (visits["supervisor_class"] == SUPERVISED_CLASS, "the supervisor is in training"),
            (known & (rule == "not_allowed"), "the payer does not pay supervised clinicians"),
            (
                known & ~rule.isin(["supervisor_npi", "supervisor_named"]),
                "the payer's rule for supervised clinicians is not on file",
            ),
        ],
    )
    return findings.about(visits, ID, reason, fields=FIELDS, fix=FIX, source=SOURCE)
