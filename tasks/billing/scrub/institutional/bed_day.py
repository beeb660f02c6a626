"""A bed is billed once a night: one unit a date, one bed a date, and not for the day of discharge.

Room-and-board revenue codes (0100 to 0159, 1000 to 1005, 0204) count days. A day is a date with the person in the bed
at midnight: two units on one date, or two beds on one, are a day too many; the day of discharge is none, and the day
of a transfer is the receiving unit's. Who comes and goes on one date has that day. Leave (0180, 0183) takes the bed's
place in the count, is paid by few payers and for few days (RARC N43): it is passed with a warning.

Passes::

    encounter_id  revenue_code  units  service_date  stay_admitted_on  stay_discharged_on  patient_id
    E1            1001          1      2026-01-05    2026-01-05        2026-01-07          P1
    E2            1001          1      2026-01-06    2026-01-05        2026-01-07          P1
    E3            0124          1      2026-01-05    2026-01-05        2026-01-05          P2
    E4            0912          1      2026-01-07    2026-01-05        2026-01-07          P3
    E5            1001          1      2026-01-05    .                 .                   P4
    E6            0250          9      2026-01-05    2026-01-05        .                   P4
    E7            0250          1      2026-01-08    2026-01-05        2026-01-08          P6

Fails::

    encounter_id  revenue_code  units  service_date  patient_id  finds
    E1            1002          7      2026-01-05    P1          INST_BED_DAY_UNITS
    E2            0126          1      2026-01-05    P3          .
    E3            0128          1      2026-01-05    P3          INST_BED_DAY_TWICE
    E4            0183          1      2026-01-06    P4          INST_LEAVE_DAY
    E5            1001          1      2026-01-05    P5          INST_BED_DAY_TWICE
    E6            0120          2      2026-01-05    P6          INST_BED_DAY_UNITS

Fails::

    encounter_id  revenue_code  units  service_date  stay_admitted_on  stay_discharged_on  finds
    E1            1001          1      2026-01-07    2026-01-05        2026-01-07          INST_BED_DAY_DISCHARGE
    E2            0124          2      2026-01-08    2026-01-05        2026-01-08          INST_BED_DAY_UNITS \\
        INST_BED_DAY_DISCHARGE

History::

    encounter_id  revenue_code  service_date  patient_id
    E0            0124          2026-01-05    P5
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub.common import Context, Flags, found, join, keys, member, together
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_BED_DAY"
SINCE = date(2026, 11, 26)
SOURCE = "revenue_codes.tsv units of room and board, 0180, 0183 (V:S19; K); day of discharge (K); rarc.tsv N43 (V:S05)"
DEFAULT_SEVERITY = {
    "INST_BED_DAY_UNITS": "hold",
    "INST_BED_DAY_TWICE": "hold",
    "INST_BED_DAY_DISCHARGE": "hold",
    "INST_LEAVE_DAY": "warn",
}
FIX = {
    "INST_BED_DAY_UNITS": "Bill one unit for each date, each date on its own line.",
    "INST_BED_DAY_TWICE": "Bill one bed for the date: on a transfer, the receiving unit's.",
    "INST_BED_DAY_DISCHARGE": "Leave the day of discharge out.",
    "INST_LEAVE_DAY": "Check that the payer pays leave days and how many are left.",
}
PREDICTS = {
    "INST_BED_DAY_UNITS": "CARC151 M53",
    "INST_BED_DAY_TWICE": "CARC231 M80",
    "INST_BED_DAY_DISCHARGE": "CARC78 M53",
    "INST_LEAVE_DAY": "CARC78 N43",
}
CHANGE = {
    "INST_BED_DAY_UNITS": "units=1",
    "INST_BED_DAY_TWICE": "line=remove",
    "INST_BED_DAY_DISCHARGE": "line=remove",
    "INST_LEAVE_DAY": "line=remove, where the payer pays no leave",
}
LEAVE = ("0180", "0183")


def _second(lines: pd.DataFrame, history: pd.DataFrame) -> Flags:
    """Bed lines on a person's date that an earlier line, or one further up, has a bed on."""
    both, new = together(lines, history)
    bed = np.flatnonzero(inst.is_institutional(both) & inst.bed(both))
    second = inst.none(both)
    night = keys(both.iloc[bed], "patient_id", "service_date")
    second[bed] = pd.Series(night).duplicated().to_numpy()
    late: Flags = second[new]
    return late


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Bed lines with other than one unit, beside another bed, of the day of discharge, or of a leave."""
    if "revenue_code" not in lines:
        return join()
    bed = inst.is_institutional(lines) & inst.bed(lines)
    if not bed.any():
        return join()
    day, left = inst.days(lines, "service_date"), inst.days(lines, "stay_discharged_on")
    came = inst.days(lines, "stay_admitted_on")
    units = lines["units"].to_numpy()
    leave = member(lines["revenue_code"], LEAVE)
    said = (
        (
            bed & (units != 1) & ~np.isnan(units),
            "INST_BED_DAY_UNITS",
            "revenue_code units",
            "A bed has one unit a date.",
        ),
        (
            bed & _second(lines, history),
            "INST_BED_DAY_TWICE",
            "revenue_code service_date",
            "Another bed is billed for the date.",
        ),
        (
            bed & (day == left) & (came != left) & ~leave,
            "INST_BED_DAY_DISCHARGE",
            "revenue_code service_date stays.discharged_on",
            "The day of discharge is no day of the bed.",
        ),
        (bed & leave, "INST_LEAVE_DAY", "revenue_code", "A day of leave: few payers hold the bed."),
    )
    return join(*(found(lines, mask, rule_id, fields, message) for mask, rule_id, fields, message in said))
