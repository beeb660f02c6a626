"""Condition codes say which programme a bill is of, and Medicare returns a bill without the right one.

41 is a partial hospital bill, 92 an intensive outpatient bill (Medicare, for days from 2024-01-01). Medicare wants 41
or 92 by the level of care, and never the other one; 41 does not go on an inpatient Part B bill (12x) or a laboratory
bill (14x), whoever pays. Medicare's partial hospital is billed service by service, so the day rates' revenue codes
0912 and 0913 do not occur there.

Passes::

    encounter_id  condition_codes  type_of_bill  revenue_code  level_of_care  payer_class
    E1            41               013           0915          php            medicare_ffs
    E2            92               076           0914          iop            medicare_ffs
    E3            04 41            013           0904          php            medicare_ffs
    E4            .                013           0912          php            commercial
    E5            41               013           0912          php            commercial

Passes::

    encounter_id  condition_codes  level_of_care  payer_class   service_date
    E1            .                iop            medicare_ffs  2023-12-31
    E2            92               iop            medicare_ffs  2024-01-01

Fails::

    encounter_id  condition_codes  level_of_care  payer_class   service_date  finds
    E1            .                iop            medicare_ffs  2024-01-01    INST_CONDITION_CODE
    E2            92               iop            medicare_ffs  2023-12-31    INST_CONDITION_CODE

Fails::

    encounter_id  condition_codes  type_of_bill  revenue_code  level_of_care  payer_class   finds
    E1            .                013           0915          php            medicare_ffs  INST_CONDITION_CODE
    E3            41               013           0914          iop            medicare_ffs  INST_CONDITION_CODE
    E4            41 92            013           0915          php            medicare_ffs  INST_CONDITION_CODE
    E6            41               012           0915          php            commercial    INST_CONDITION_BILL
    E7            41               0141          0300          php            commercial    INST_CONDITION_BILL
    E8            41               013           0912          php            medicare_ffs  INST_CONDITION_REVENUE
    E9            41               013           0913          php            medicare_ffs  INST_CONDITION_REVENUE
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, Flags, found, join, lookup, member
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_CONDITION"
SINCE = date(2026, 11, 26)
SOURCE = (
    "institutional_levels.tsv condition, condition_from; condition_codes_bh.tsv; type_of_bill.tsv 012x, 014x;"
    " revenue_codes.tsv 0912 (V:S13; V:S16; V:S18); 837I HI*BG"
)
DEFAULT_SEVERITY = {
    "INST_CONDITION_CODE": "hold",
    "INST_CONDITION_BILL": "hold",
    "INST_CONDITION_REVENUE": "hold",
}
FIX = {
    "INST_CONDITION_CODE": "Put the condition code of the programme on the bill, and no other programme's.",
    "INST_CONDITION_BILL": "Bill partial hospital on a type of bill that has it: 13, 76 or 85.",
    "INST_CONDITION_REVENUE": "Bill each service with its own revenue code: 0914, 0915, 0916, 0904.",
}
PREDICTS = {
    "INST_CONDITION_CODE": "M44",
    "INST_CONDITION_BILL": "CARC282 M44 MA30",
    "INST_CONDITION_REVENUE": "M50",
}
CHANGE = {
    "INST_CONDITION_CODE": "condition_codes=that of the programme",
    "INST_CONDITION_BILL": "type_of_bill=one that has partial hospital",
    "INST_CONDITION_REVENUE": "revenue_code=of the service",
}
PARTIAL = "41"
WITHOUT_PARTIAL = ("12", "14")
DAY_RATES = ("0912", "0913")


def _carries(some: pd.DataFrame, condition: str) -> Flags:
    return lookup(some["condition_codes"], lambda listed: condition in listed.split(), False, bool)


def _programmes(some: pd.DataFrame) -> Flags:
    """Medicare lines of a programme without its condition code, or with another programme's."""
    wrong, medicare, day = inst.none(some), inst.medicare(some), inst.days(some, "service_date")
    programmes = [row for row in reference.table("institutional_levels") if row["condition"]]
    for row in programmes:
        mine = medicare & member(some["level"], [row["loc"]])
        since = np.datetime64(row["condition_from"] or "1900-01-01", "s")
        right = _carries(some, row["condition"]) == (day >= since)
        others = [_carries(some, other["condition"]) for other in programmes if other is not row]
        wrong |= mine & (~right | np.logical_or.reduce(others))
    return wrong


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Institutional lines whose condition codes are not those of their programme, bill or revenue code."""
    some = inst.of(lines)
    if some.empty or "condition_codes" not in some:
        return join()
    day_rate = inst.none(some)
    if "revenue_code" in some:
        day_rate = (
            inst.medicare(some) & member(some["level"], ["php"]) & member(some["revenue_code"], DAY_RATES)
        )
    return join(
        found(
            some,
            _programmes(some),
            "INST_CONDITION_CODE",
            "condition_codes level_of_care payer_class service_date",
            "Medicare wants the condition code of the programme, and no other's.",
        ),
        found(
            some,
            _carries(some, PARTIAL) & member(some["bill"], WITHOUT_PARTIAL),
            "INST_CONDITION_BILL",
            "condition_codes type_of_bill",
            "Partial hospital does not go on this type of bill.",
        ),
        found(
            some,
            day_rate,
            "INST_CONDITION_REVENUE",
            "revenue_code payer_class level_of_care",
            "Medicare's partial hospital has no day rate.",
        ),
    )
