"""One level of care a day, and a code of that level.

Intensive outpatient, partial hospital, residential and inpatient are exclusive on a date: the day of a transfer is
billed by the receiving unit, and the second level is denied. A partial-hospital code on a day authorized and
documented as intensive outpatient (or the other way round) draws a level-of-care denial (CARC 186, RARC N188).
Outpatient sessions beside a programme are the pair rules' question.

Passes::

    encounter_id  code   level_of_care
    E1            H0015  iop
    E2            90837  outpatient
    E3            90853  .

Fails::

    encounter_id  code   level_of_care  patient_id  finds
    E1            H0015  iop            P1          .
    E2            T1007  rtc_mh         P1          LEVEL_OF_CARE_DAY
    E3            S9480  php            P2          LEVEL_OF_CARE_CODE
    E4            H0015  php            P3          LEVEL_OF_CARE_DAY LEVEL_OF_CARE_CODE

History::

    encounter_id  code   level_of_care  patient_id
    E0            H0015  iop            P3
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, Flags, found, join, keys, lookup, member, together

ID = "LEVEL_OF_CARE"
SOURCE = "level_of_care.tsv; code_pair_rules.tsv PR16 (V:S16; K)"
DEFAULT_SEVERITY = {"LEVEL_OF_CARE_DAY": "hold", "LEVEL_OF_CARE_CODE": "hold"}
FIX = {
    "LEVEL_OF_CARE_DAY": "Bill one level of care for the day; on a transfer day, the receiving one.",
    "LEVEL_OF_CARE_CODE": "Use the code of the documented level of care, or correct the level.",
}
# Families whose name is a level of care of its own; day rates shared by several levels are left to the payer.
_OWN_LEVEL = ("iop", "php")


def _second_level(lines: pd.DataFrame, history: pd.DataFrame) -> Flags:
    """Programme lines on a person's day that another programme level came to first."""
    both, new = together(lines, history)
    level = both["level_of_care"].cat.codes.to_numpy()
    programme = ~member(both["level_of_care"], ["outpatient"]) & (level >= 0)
    rows = np.flatnonzero(programme)
    second = np.zeros(len(both), dtype=bool)
    if len(rows):
        first = (
            pd.Series(level[rows])
            .groupby(keys(both.iloc[rows], "patient_id", "service_date"))
            .transform("first")
        )
        second[rows] = level[rows] != first.to_numpy()
    late: Flags = second[new]
    return late


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines of a second programme level on one day, and programme codes at another level than documented."""
    known = codebook.codes()
    own = lookup(lines["code"], lambda c: known[c].family if c in known else "", "", object)
    level = lookup(lines["level_of_care"], str, "", object)
    wrong = np.isin(own, _OWN_LEVEL) & np.isin(level, _OWN_LEVEL) & (own != level)
    second = _second_level(lines, history)
    return join(
        found(
            lines,
            second,
            "LEVEL_OF_CARE_DAY",
            "level_of_care service_date",
            "A second level of care on the same day.",
        ),
        found(
            lines, wrong, "LEVEL_OF_CARE_CODE", "code level_of_care", "The code is of another level of care."
        ),
    )
