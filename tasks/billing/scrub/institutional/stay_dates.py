"""A service lies within its stay, and a bed or a programme has one.

The bill of a bed or a programme tells of the stay: when the person came (DTP*435), the type and source of admission,
the status at the end (CL1). Without a stay none of it is known. A service before the admission or after the discharge
is of no stay, and a stay that ends before it begins is a slip of the keyboard.

Passes::

    encounter_id  stay_id  stay_admitted_on  stay_discharged_on  service_date  level_of_care
    E1            S1       2026-01-05        2026-01-09          2026-01-05    rtc_mh
    E2            S1       2026-01-05        2026-01-09          2026-01-09    php
    E3            S2       2026-01-05        .                   2026-01-30    php
    E4            .        .                 .                   2026-01-05    outpatient

Fails::

    encounter_id  stay_id  stay_admitted_on  stay_discharged_on  service_date  level_of_care  finds
    E1            S1       2026-01-05        2026-01-09          2026-01-04    rtc_mh         INST_STAY_DATES
    E2            S2       2026-01-05        2026-01-09          2026-01-10    php            INST_STAY_DATES
    E3            S3       2026-01-09        2026-01-05          2026-01-09    iop            INST_STAY_DATES
    E4            .        .                 .                   2026-01-05    rtc_mh         INST_STAY_MISSING
    E5            .        .                 .                   2026-01-05    php            INST_STAY_MISSING
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from tasks.billing.scrub.common import Context, found, join, member
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_STAY"
SINCE = date(2026, 11, 26)
SOURCE = "837I DTP*434, DTP*435, CL1; claim_form_router.tsv: CL1 is required (K)"
DEFAULT_SEVERITY = {"INST_STAY_DATES": "hold", "INST_STAY_MISSING": "hold"}
FIX = {
    "INST_STAY_DATES": "Correct the day of service, or the days of admission and discharge.",
    "INST_STAY_MISSING": "Name the stay that the service belongs to.",
}
PREDICTS = {"INST_STAY_DATES": "CARC16 M52", "INST_STAY_MISSING": "CARC16 MA40"}
CHANGE = {"INST_STAY_DATES": "service_date=within the stay", "INST_STAY_MISSING": "stay_id"}


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Institutional lines outside of their stay, and lines of a bed or a programme without one."""
    some = inst.of(lines)
    if some.empty:
        return join()
    day = inst.days(some, "service_date")
    came, left = inst.days(some, "stay_admitted_on"), inst.days(some, "stay_discharged_on")
    staying = member(some["level"], set(inst.levels()) - {inst.OUTPATIENT})
    return join(
        found(
            some,
            (day < came) | (day > left) | (left < came),
            "INST_STAY_DATES",
            "service_date stays.admitted_on stays.discharged_on",
            "The service is outside of the stay.",
        ),
        found(
            some,
            staying & inst.lacking(some, "stay_id"),
            "INST_STAY_MISSING",
            "stay_id level_of_care",
            "A bed or a programme without its stay.",
        ),
    )
