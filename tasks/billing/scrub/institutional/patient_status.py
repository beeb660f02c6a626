"""The status says how the stay ended, and 30 that it goes on.

CL103 is 30 while the person stays, and with the discharge it is where to: 01 home, 07 against advice and so on. A stay
with a discharge and status 30, or with another status and no discharge, contradicts itself. Where the type of bill says
which bill of the stay it is, the two must agree: a first or continuing bill (2, 3) is of somebody who stays, the whole
or the last one (1, 4) of somebody who left. A discharge without a status goes out as 01, with a warning.

Passes::

    encounter_id  stay_id  stay_patient_status  stay_discharged_on  type_of_bill
    E1            S1       01                   2026-01-09          086
    E2            S2       30                   .                   086
    E3            S3       .                    .                   013
    E4            S4       30                   .                   0132
    E5            S5       07                   2026-01-09          0134
    E6            .        .                    .                   0131

Fails::

    encounter_id  stay_id  stay_patient_status  stay_discharged_on  type_of_bill  finds
    E1            S1       30                   2026-01-09          086           INST_PATIENT_STATUS
    E2            S2       01                   .                   086           INST_PATIENT_STATUS
    E3            S3       01                   2026-01-09          0132          INST_PATIENT_STATUS
    E4            S4       .                    .                   0131          INST_PATIENT_STATUS
    E5            S5       .                    2026-01-09          0861          INST_STATUS_MISSING
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import Context, Flags, found, join, lookup, member
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_STATUS"
SINCE = date(2026, 11, 26)
SOURCE = "tob_frequency.tsv patient_status (V:S13); 837I CL103"
DEFAULT_SEVERITY = {"INST_PATIENT_STATUS": "hold", "INST_STATUS_MISSING": "warn"}
FIX = {
    "INST_PATIENT_STATUS": "Use 30 while the person stays, and with the discharge the status it was to.",
    "INST_STATUS_MISSING": "Say where the person was discharged to; without it the bill says home, 01.",
}
PREDICTS = {"INST_PATIENT_STATUS": "CARC16 MA43", "INST_STATUS_MISSING": "CARC16 MA43"}
CHANGE = {
    "INST_PATIENT_STATUS": "stay_patient_status=30 while the stay runs, else where to",
    "INST_STATUS_MISSING": "stay_patient_status",
}
STAYS = "30"


def _of_bill(some: pd.DataFrame, staying: Flags) -> Flags:
    """Whether the frequency, where the type of bill has one, is of somebody who stays or left, as the person did."""
    said = reference.by_key("tob_frequency", "digit")

    def wanted(type_of_bill: str) -> float:
        digit = inst.frequency(type_of_bill)
        status = said[digit]["patient_status"] if digit in said else "any"
        return {STAYS: 1.0, f"not {STAYS}": 0.0}.get(status, np.nan)

    wants = lookup(text(some, "type_of_bill"), wanted, np.nan, float)
    agrees: Flags = np.isnan(wants) | (wants == staying)
    return agrees


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines of a stay whose status contradicts the discharge or the frequency, or is missing at a discharge."""
    some = inst.of(lines)
    if some.empty or not {"stay_id", "stay_discharged_on", "stay_patient_status"} <= set(some.columns):
        return join()
    some = some.loc[some["stay_id"].notna()]
    stated = some["stay_patient_status"].notna().to_numpy()
    left = some["stay_discharged_on"].notna().to_numpy()
    staying = member(some["stay_patient_status"], [STAYS]) | (~stated & ~left)
    fields = "stays.patient_status stays.discharged_on"
    return join(
        found(
            some,
            (staying == left) | ~_of_bill(some, staying),
            "INST_PATIENT_STATUS",
            f"{fields} type_of_bill",
            "The status does not go with the discharge, or with the frequency of the bill.",
        ),
        found(
            some,
            left & ~stated,
            "INST_STATUS_MISSING",
            fields,
            "A discharge without a status.",
        ),
    )
