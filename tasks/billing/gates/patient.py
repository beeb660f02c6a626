"""The patient is on file.

A claim needs the patient's name, address, birth date and sex; an encounter of an unknown patient has none.

Passes::

    encounters.patient_id
    P0001

Fails::

    encounters.patient_id
    P0009
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_PATIENT"
SOURCE = "patient v1: 837P loops 2010BA and 2010CA"
FIX = "load the patient, or correct the patient id of the encounter"
FIELDS = "encounters.patient_id patients.patient_id"


def check(case: Case) -> pd.DataFrame:
    """Encounters whose patient was never loaded."""
    unknown = case.visits[~case.visits["patient_known"]]
    return findings.about(unknown, ID, "the patient is not on file", fields=FIELDS, fix=FIX, source=SOURCE)
