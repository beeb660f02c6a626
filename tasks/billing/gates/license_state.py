"""The licence is of the state the patient was in.

Treatment happens where the patient is, and a licence ends at the state line: a session with somebody in another state,
without a licence of that state, is practising without one, and what was paid for it is taken back. A clinician may
hold several licences (``licenses``). Judged where the encounter names the patient's state; what telehealth from home
implies is the question of GATE_TELE_LICENSE.

Passes::

    encounters.patient_state  providers.license_state  licenses.state  licenses.valid_from  licenses.valid_to
    IL                        IL                       WI              2024-01-01           .
    WI                        IL                       WI              2024-01-01           2026-01-05
    .                         IL                       WI              2024-01-01           .
    WI                        .                        WI              2024-01-01           .

Fails::

    encounters.patient_state  providers.license_state  licenses.state  licenses.valid_from  licenses.valid_to
    IN                        IL                       WI              2024-01-01           .
    WI                        IL                       WI              2024-01-01           2026-01-04
    WI                        IL                       WI              2026-01-06           .
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.licensed_where import unlicensed
from tasks.billing.gates.people import per_role

ID = "GATE_LICENSE_STATE"
SOURCE = "license_state v1: claim_hold_checks.tsv H06 (K)"
FIX = "record the licence of the state the patient was in, or do not bill the session"
FIELDS = (
    "encounters.patient_state licenses.state licenses.valid_from licenses.valid_to providers.license_state"
)


def check(case: Case) -> pd.DataFrame:
    """Encounters in a state that somebody on them is not licensed in."""
    rows = unlicensed(case, case.visits.set_index("encounter_id")["patient_state"])
    message = per_role(
        rows,
        "the clinician has no licence of the state the patient was in",
        "the supervisor has no licence of the state the patient was in",
    )
    return findings.about(rows, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
