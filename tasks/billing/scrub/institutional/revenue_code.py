"""The revenue code must be one, of the level of care and of the type of bill.

Four digits say which department or accommodation a line is of: 0124 a psychiatric bed, 0912 a day of partial hospital,
0905 and 0906 intensive outpatient, 1001 and 1002 a residential day. One of another level draws a denial (RARC M50).
0001 is the paper form's line of totals; in an 837I the claim's own amount says it, and a line of it would count twice.
A code that the shipped table does not have, or that goes on another type of bill by custom, is passed with a warning.

Passes::

    encounter_id  revenue_code  type_of_bill  level_of_care
    E1            0912          013           php
    E2            0906          013           iop
    E3            1002          086           rtc_sud_high
    E4            0126          011           inpatient_detox
    E5            0914          076           php
    E6            .             013           php
    E7            0250          011           inpatient_psych

Fails::

    encounter_id  revenue_code  type_of_bill  level_of_care      finds
    E1            0001          013           php                INST_REVENUE_TOTAL
    E2            0912          013           iop                INST_REVENUE_CODE
    E3            0905          013           php                INST_REVENUE_CODE
    E4            1001          086           inpatient_psych    INST_REVENUE_CODE
    E5            0124          086           detox_residential  INST_REVENUE_CODE INST_REVENUE_BILL
    E6            0912          085           php                INST_REVENUE_BILL
    E7            0999          013           php                INST_REVENUE_UNKNOWN
    E8            912           013           php                INST_REVENUE_UNKNOWN
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, Flags, found, join, member
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_REVENUE_CODE"
SINCE = date(2026, 11, 26)
SOURCE = "revenue_codes.tsv level_of_care, usual_tob (V:S18; V:S19; K); institutional_levels.tsv revenue; 837I SV201"
DEFAULT_SEVERITY = {
    "INST_REVENUE_CODE": "hold",
    "INST_REVENUE_TOTAL": "hold",
    "INST_REVENUE_BILL": "warn",
    "INST_REVENUE_UNKNOWN": "warn",
}
FIX = {
    "INST_REVENUE_CODE": "Use a revenue code of the documented level of care, or correct the level.",
    "INST_REVENUE_TOTAL": "Leave the line of totals out: the claim's amount says it.",
    "INST_REVENUE_BILL": "Check that the payer takes the revenue code on this type of bill.",
    "INST_REVENUE_UNKNOWN": "Check the revenue code: four digits with the leading zero.",
}
PREDICTS = "M50"
CHANGE = {
    "INST_REVENUE_CODE": "revenue_code=of the documented level of care",
    "INST_REVENUE_TOTAL": "line=remove",
    "INST_REVENUE_BILL": "type_of_bill=one that goes with the revenue code",
    "INST_REVENUE_UNKNOWN": "revenue_code",
}
TOTAL = "0001"


def _of_level(some: pd.DataFrame) -> Flags:
    """Whether the revenue code is of the level of care; the words of the table are the levels' own lists."""
    fits = np.ones(len(some), dtype=bool)
    for row in reference.table("revenue_codes"):
        if row["rev"] in some["revenue_code"].cat.categories:
            words = row["level_of_care"].split(",")
            theirs = [loc for loc, listed in inst.levels().items() if listed["revenue"].isdisjoint(words)]
            fits &= ~member(some["revenue_code"], [row["rev"]]) | ~member(some["level"], theirs)
    return fits


def _of_bill(some: pd.DataFrame) -> Flags:
    """Whether the type of bill is one that the revenue code usually goes on; ``7xx`` is any that begins with 7."""
    fits = np.ones(len(some), dtype=bool)
    bills = some["bill"].cat.categories
    for row in reference.table("revenue_codes"):
        usual = tuple(word.rstrip("x") for word in row["usual_tob"].split())
        if usual and row["rev"] in some["revenue_code"].cat.categories:
            others = [bill for bill in bills if bill and not bill.startswith(usual)]
            fits &= ~member(some["revenue_code"], [row["rev"]]) | ~member(some["bill"], others)
    return fits


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Institutional lines with a revenue code of other care, of no table, or of the paper form's totals."""
    some = inst.of(lines)
    if some.empty or "revenue_code" not in some:
        return join()
    total = member(some["revenue_code"], [TOTAL])
    unknown = some["revenue_code"].notna().to_numpy() & ~member(
        some["revenue_code"], reference.by_key("revenue_codes", "rev")
    )
    said = (
        (total, "INST_REVENUE_TOTAL", "revenue_code", "The line of totals is the paper form's."),
        (
            ~_of_level(some),
            "INST_REVENUE_CODE",
            "revenue_code level_of_care",
            "The revenue code is of another level of care.",
        ),
        (
            ~_of_bill(some),
            "INST_REVENUE_BILL",
            "revenue_code type_of_bill",
            "The revenue code is not usual on this type of bill.",
        ),
        (unknown, "INST_REVENUE_UNKNOWN", "revenue_code", "The revenue code is not in the table."),
    )
    return join(*(found(some, mask, rule_id, fields, message) for mask, rule_id, fields, message in said))
