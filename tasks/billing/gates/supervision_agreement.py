"""The agreement of supervision runs on the day of service.

A supervised clinician works under a named supervisor by an agreement with a first and a last day. A session outside it
was not supervised, and is taken back (RARC N297). A practice that keeps no agreements (``supervisions`` is empty) is
not judged.

Passes::

    providers+.provider_id  providers+.provider_class  providers+.supervisor_id  encounters.rendering_id  \
      supervisions.provider_id  supervisions.valid_from  supervisions.valid_to
    CL002  INTERN  CL001  CL002  CL002  2026-01-01  .
    CL002  INTERN  CL001  CL002  CL002  2026-01-05  2026-01-05

Fails::

    providers+.provider_id  providers+.provider_class  providers+.supervisor_id  encounters.rendering_id  \
      supervisions.provider_id  supervisions.valid_from  supervisions.valid_to
    CL002  INTERN  CL001  CL002  CL009  2026-01-01  .
    CL002  INTERN  CL001  CL002  CL002  2026-01-06  .
    CL002  INTERN  CL001  CL002  CL002  2025-01-01  2026-01-04
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import covers

ID = "GATE_SUPERVISION_AGREEMENT"
SOURCE = "supervision_agreement v1: claim_hold_checks.tsv H11 (V:S05, RARC N297)"
FIX = "record the agreement of supervision with its dates, or name the supervisor of that day"
FIELDS = "supervisions.supervisor_id supervisions.valid_from supervisions.valid_to encounters.supervising_id"


def check(case: Case) -> pd.DataFrame:
    """Supervised encounters without an agreement between the two that runs on the day."""
    agreements = case.masters.supervisions
    visits = case.visits[case.visits["supervised"] & case.visits["supervisor_id"].notna()]
    if not len(agreements) or visits.empty:
        return findings.none()
    pairs = visits[["encounter_id", "rendering_id", "supervisor_id", "service_date"]].merge(
        agreements[["provider_id", "supervisor_id", "valid_from", "valid_to"]],
        left_on=["rendering_id", "supervisor_id"],
        right_on=["provider_id", "supervisor_id"],
    )
    runs = pairs[covers(pairs["service_date"], pairs["valid_from"], pairs["valid_to"])]
    bare = ~visits["encounter_id"].isin(pairs["encounter_id"])
    message = findings.first_reason(
        visits.index,
        [
            (bare, "no agreement of supervision between the two is on file"),
            (
                ~visits["encounter_id"].isin(runs["encounter_id"]),
                "no agreement of supervision runs on the day of service",
            ),
        ],
    )
    return findings.about(visits, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
