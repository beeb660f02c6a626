"""One level of care a day, and a code of that level.

Intensive outpatient, partial hospital, residential and inpatient are exclusive on a date: the day of a transfer is
billed by the receiving unit, and the second level is denied. A partial-hospital code on a day authorized and
documented as intensive outpatient (or the other way round) draws a level-of-care denial (CARC 186, RARC N188); so do
residential and detoxification days. Day rates that several levels share (ambulatory detoxification, the programme day
H2036) are judged only against levels that none of them is. Outpatient sessions beside a programme are the pair rules'
question, and a level that nobody documented counts as outpatient.

Passes::

    encounter_id  code   level_of_care      patient_id
    E1            H0015  iop                P1
    E2            90837  outpatient         P1
    E3            90853  .                  P1
    E4            H0018  rtc_sud_low        P4
    E5            H2036  php                P5
    E6            H0010  detox_residential  P6
    E7            H0014  iop                P7

Fails::

    encounter_id  code   level_of_care  patient_id  finds
    E1            H0015  iop            P1          .
    E2            T1007  rtc_mh         P1          LEVEL_OF_CARE_DAY
    E3            S9480  php            P2          LEVEL_OF_CARE_CODE
    E4            H0015  php            P3          LEVEL_OF_CARE_DAY LEVEL_OF_CARE_CODE
    E5            H0018  iop            P4          LEVEL_OF_CARE_CODE
    E6            H0010  rtc_sud_high   P5          LEVEL_OF_CARE_CODE
    E7            H0009  php            P6          LEVEL_OF_CARE_CODE
    E8            H0015  rtc_mh         P7          LEVEL_OF_CARE_CODE
    E9            H2036  iop            P8          LEVEL_OF_CARE_CODE

History::

    encounter_id  code   level_of_care  patient_id
    E0            H0015  iop            P3
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, Flags, found, join, keys, member, together

ID = "LEVEL_OF_CARE"
VERSION = 2
SOURCE = "level_of_care.tsv; code_pair_rules.tsv PR16 (V:S16; K)"
DEFAULT_SEVERITY = {"LEVEL_OF_CARE_DAY": "hold", "LEVEL_OF_CARE_CODE": "hold"}
FIX = {
    "LEVEL_OF_CARE_DAY": "Bill one level of care for the day; on a transfer day, the receiving one.",
    "LEVEL_OF_CARE_CODE": "Use the code of the documented level of care, or correct the level.",
}
PREDICTS = {
    "LEVEL_OF_CARE_DAY": "CARC231 M80",
    "LEVEL_OF_CARE_CODE": "CARC186 N188",
}
CHANGE = {
    "LEVEL_OF_CARE_DAY": "line=remove",
    "LEVEL_OF_CARE_CODE": "code=of the documented level of care",
}
_LEVELS = frozenset(row["loc"] for row in reference.table("level_of_care")) - {"outpatient"}
_RESIDENTIAL = frozenset(level for level in _LEVELS if level.startswith("rtc_"))
_OF_FAMILY = {"iop": frozenset({"iop"}), "php": frozenset({"php"}), "rtc": _RESIDENTIAL}
# Codes that are narrower or wider than their family, by their own row's words and notes.
_OF_CODE = {
    "H0008": frozenset({"inpatient_detox"}),
    "H0009": frozenset({"inpatient_detox"}),
    "H0010": frozenset({"detox_residential"}),
    "H0011": frozenset({"detox_residential"}),
    "H0017": _RESIDENTIAL | {"inpatient_psych"},
    "H2013": _RESIDENTIAL | {"inpatient_psych"},
    "H2036": _RESIDENTIAL | {"php"},
}


def levels_of(code: str) -> frozenset[str]:
    """Levels of care that a day rate belongs to; all of them where its code does not say."""
    known = codebook.codes().get(code)
    if known is None or known.unit != "per_diem":
        return _LEVELS
    return _OF_CODE.get(code, _OF_FAMILY.get(known.family, _LEVELS))


def _other_level(lines: pd.DataFrame) -> Flags:
    """Day rates documented at a programme level that is none of theirs."""
    wrong = np.zeros(len(lines), dtype=bool)
    days = [code for code in lines["code"].cat.categories if levels_of(code) != _LEVELS]
    for level in set(lines["level_of_care"].cat.categories) & _LEVELS if days else ():
        others = [code for code in days if level not in levels_of(code)]
        wrong |= member(lines["code"], others) & member(lines["level_of_care"], [level])
    return wrong


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
    return join(
        found(
            lines,
            _second_level(lines, history),
            "LEVEL_OF_CARE_DAY",
            "level_of_care service_date",
            "A second level of care on the same day.",
        ),
        found(
            lines,
            _other_level(lines),
            "LEVEL_OF_CARE_CODE",
            "code level_of_care",
            "The code is of another level of care.",
        ),
    )
