"""The type of bill must be one of the level of care.

Digits one and two say where the care was: 11 a hospital's bed, 13 hospital outpatient, 76 community mental health
centre, 85 critical access hospital, 86 residential facility. A programme on an inpatient bill, or a bed on an
outpatient one, is refused at the front end (RARC MA30, CARC 282). Medicare pays partial hospital on 13, 76 and 85,
and intensive outpatient on those and on 71, 77 and 87. A type that the shipped table does not have is passed with a
warning: the table is behavioural health's, not the whole code set.

Passes::

    encounter_id  type_of_bill  level_of_care    payer_class   stay_level_of_care
    E1            013           php              medicare_ffs  .
    E2            076           iop              commercial    .
    E3            086           rtc_mh           commercial    .
    E4            0111          inpatient_detox  commercial    .
    E5            .             php              commercial    .
    E6            086           outpatient       commercial    rtc_mh
    E8            012           .                commercial    .

Fails::

    encounter_id  type_of_bill  level_of_care      payer_class   finds
    E1            011           php                commercial    INST_TYPE_OF_BILL
    E2            013           rtc_sud_high       commercial    INST_TYPE_OF_BILL
    E3            086           iop                commercial    INST_TYPE_OF_BILL
    E4            014           php                medicare_ffs  INST_TYPE_OF_BILL
    E5            073           iop                medicare_ffs  INST_TYPE_OF_BILL
    E6            099           iop                commercial    INST_TYPE_OF_BILL_UNKNOWN
    E7            13x           iop                commercial    INST_TYPE_OF_BILL_UNKNOWN
    E8            0131          detox_residential  commercial    INST_TYPE_OF_BILL
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, found, join, member
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_TYPE_OF_BILL"
SINCE = date(2026, 11, 26)
SOURCE = (
    "institutional_levels.tsv bills; type_of_bill.tsv; claim_form_router.tsv (V:S13; V:S15; V:S16; V:S18; K);"
    " 837I CLM05"
)
DEFAULT_SEVERITY = {"INST_TYPE_OF_BILL": "hold", "INST_TYPE_OF_BILL_UNKNOWN": "warn"}
FIX = {
    "INST_TYPE_OF_BILL": "Use a type of bill of the level of care, or correct the level.",
    "INST_TYPE_OF_BILL_UNKNOWN": "Check the type of bill: three digits, the first one zero.",
}
PREDICTS = {
    "INST_TYPE_OF_BILL": "CARC282 MA30",
    "INST_TYPE_OF_BILL_UNKNOWN": "MA30",
}
CHANGE = {
    "INST_TYPE_OF_BILL": "type_of_bill=one of the level of care",
    "INST_TYPE_OF_BILL_UNKNOWN": "type_of_bill",
}


@cache
def _known() -> frozenset[str]:
    """Types of ``type_of_bill.tsv``, which writes them ``013x``."""
    return frozenset(inst.bill(row["tob"].removesuffix("x")) for row in reference.table("type_of_bill"))


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Institutional lines whose type of bill is not one of their level of care, or that no table has."""
    some = inst.of(lines)
    if some.empty or "type_of_bill" not in some:
        return join()
    known = member(some["bill"], _known())
    theirs = np.where(
        inst.medicare(some),
        inst.among(some["bill"], some, "medicare_bills"),
        inst.among(some["bill"], some, "bills"),
    )
    stated = some["type_of_bill"].notna().to_numpy()
    return join(
        found(
            some,
            known & ~theirs,
            "INST_TYPE_OF_BILL",
            "type_of_bill level_of_care",
            "The type of bill is of other care than the level documented.",
        ),
        found(
            some,
            stated & ~known,
            "INST_TYPE_OF_BILL_UNKNOWN",
            "type_of_bill",
            "The type of bill is not in the table.",
        ),
    )
