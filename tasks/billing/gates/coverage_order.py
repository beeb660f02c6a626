"""Only one policy pays first.

With two policies marked primary on the same day nobody knows whom to bill; the wrong one denies for coordination
of benefits (CARC 22), and the other's clock runs out.

Passes::

    coverages+.coverage_id  coverages+.priority
    COV2                    S

Fails::

    coverages+.coverage_id  coverages+.priority
    COV2                    P
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_COVERAGE_ORDER"
SOURCE = "coverage_order v1: carc.tsv 22"
FIX = "ask the patient and the payers which policy is primary, and end or re-order the other"
FIELDS = "coverages.priority coverages.effective_from coverages.effective_to"


def check(case: Case) -> pd.DataFrame:
    """Encounters with more than one active primary policy."""
    doubled = case.visits[case.visits["primaries_active"] > 1]
    message = "more than one primary policy is active on the day of service"
    return findings.about(doubled, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
