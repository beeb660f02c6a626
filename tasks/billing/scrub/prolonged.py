"""Prolonged visits: quarter hours beyond the longest visit, where the visit's level was chosen by time.

99417 adds fifteen full minutes at a time to the top office visit: the first at minute 75 of a new patient's visit
(99205) and at 55 of an established one's (99215). Medicare does not take it: there it is G2212, which begins at 89 and
69 minutes; nobody else wants G2212. A level that rests on decision making has no time to prolong, and a visit without
documented minutes earns nothing. Beside other bases the table has no first minute, and the rule is silent.

Passes::

    encounter_id  code   units  minutes  payer_class   em_basis
    E1            99215  1      55       commercial    time
    E1            99417  1      55       commercial    time
    E2            99205  1      104      commercial    .
    E2            99417  2      104      commercial    .
    E3            99215  1      84       medicare_ffs  time
    E3            G2212  2      84       medicare_ffs  time
    E4            99483  1      200      commercial    time
    E4            99417  4      200      commercial    time

Fails::

    encounter_id  code   units  minutes  payer_class   em_basis  finds
    E1            99215  1      54       commercial    time      .
    E1            99417  1      54       commercial    time      PROLONGED_UNITS
    E2            99215  1      69       commercial    time      .
    E2            99417  2      69       commercial    time      PROLONGED_UNITS
    E3            99215  1      68       medicare_ffs  time      .
    E3            G2212  1      68       medicare_ffs  time      PROLONGED_UNITS
    E4            99205  1      120      medicare_ffs  time      .
    E4            99417  1      120      medicare_ffs  time      PROLONGED_PAYER
    E5            99215  1      120      commercial    time      .
    E5            G2212  1      120      commercial    time      PROLONGED_PAYER
    E6            99215  1      60       commercial    mdm       .
    E6            99417  1      60       commercial    mdm       PROLONGED_BASIS
    E7            99215  1      .        commercial    time      .
    E7            99417  1      .        commercial    time      PROLONGED_UNITS
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing import times
from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import Context, Numbers, any_in_group, found, join, keys, member

ID = "PROLONGED"
SINCE = date(2026, 11, 26)
SOURCE = "time_unit_algorithms.tsv prolonged_cpt, prolonged_medicare; procedure_codes.tsv 99417, G2212 (K)"
DEFAULT_SEVERITY = {"PROLONGED_UNITS": "hold", "PROLONGED_PAYER": "hold", "PROLONGED_BASIS": "hold"}
FIX = {
    "PROLONGED_UNITS": "Bill the prolonged units that the visit's total minutes earn.",
    "PROLONGED_PAYER": "Use G2212 at Medicare and 99417 elsewhere.",
    "PROLONGED_BASIS": "Leave the prolonged code out, or choose the visit's level by its total time.",
}
PREDICTS = {
    "PROLONGED_UNITS": "CARC151 N430",
    "PROLONGED_PAYER": "CARC96 N56",
    "PROLONGED_BASIS": "CARC150 M25",
}
CHANGE = {
    "PROLONGED_UNITS": "units=earned by the visit's minutes",
    "PROLONGED_PAYER": "code=the payer's prolonged code",
    "PROLONGED_BASIS": "line=remove",
}
CPT, MEDICARE = "99417", "G2212"


def _earned(lines: pd.DataFrame) -> Numbers:
    """Units of each line's prolonged code beside the visit of its claim; NaN where the table has no such pair."""
    claim = keys(lines, "patient_id", "service_date", "rendering_id", "payer_id")
    minutes = np.nan_to_num(lines["minutes"].to_numpy())
    earned = np.full(len(lines), np.nan)
    for (code, base), first in times.PROLONGED.items():
        pair = member(lines["code"], [code]) & any_in_group(claim, member(lines["code"], [base]))
        units = np.floor((minutes - first) / times.PROLONGED_STEP) + 1
        earned = np.where(pair, np.maximum(units, 0), earned)
    return earned


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Prolonged lines with unearned units, at the wrong payer, or beside a level by decision making."""
    prolonged = member(lines["code"], (CPT, MEDICARE))
    if not prolonged.any():
        return join()
    here = lines.loc[prolonged, "encounter_id"].cat.codes
    lines = lines.loc[lines["encounter_id"].cat.codes.isin(here)]
    cpt, medicare = member(lines["code"], [CPT]), member(lines["code"], [MEDICARE])
    at_medicare = member(lines["payer_class"], ["medicare_ffs"])
    elsewhere = ~at_medicare & lines["payer_class"].notna().to_numpy()
    foreign = (cpt & at_medicare) | (medicare & elsewhere)
    decided = (cpt | medicare) & member(text(lines, "em_basis"), ["mdm"])
    # An absent number of units earned (no such pair) is smaller than nothing: the comparison is false.
    beyond = (lines["units"].to_numpy() > _earned(lines)) & ~foreign & ~decided
    return join(
        found(
            lines,
            beyond,
            "PROLONGED_UNITS",
            "code units minutes",
            "The visit's total minutes do not earn these prolonged units.",
        ),
        found(
            lines,
            foreign,
            "PROLONGED_PAYER",
            "code payer_class",
            "Medicare has its own code for prolonged visits.",
        ),
        found(
            lines,
            decided,
            "PROLONGED_BASIS",
            "code em_basis",
            "A prolonged code beside a level that rests on decision making.",
        ),
    )
