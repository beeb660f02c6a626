"""The plan of care must have the hours of the programme.

Partial hospital needs twenty hours a week in the plan and more (RARC N787), intensive outpatient nine to nineteen; the
plan counts here, what was attended is another rule's question (``programme_week``). Medicare denies a plan below; other
payers set hours of their own (adolescents often six in intensive outpatient), so theirs is a warning, and so is a plan
with more hours than the level has.

Passes::

    encounter_id  stay_weekly_hours  level_of_care  payer_class
    E1            20                 php            medicare_ffs
    E2            9                  iop            medicare_ffs
    E3            19                 iop            commercial
    E4            .                  php            medicare_ffs
    E5            5                  rtc_sud_low    commercial

Fails::

    encounter_id  stay_weekly_hours  level_of_care  payer_class   finds
    E1            19                 php            medicare_ffs  INST_PROGRAMME_HOURS
    E2            8                  iop            medicare_ffs  INST_PROGRAMME_HOURS
    E3            15                 php            commercial    INST_PROGRAMME_LEVEL
    E4            6                  iop            commercial    INST_PROGRAMME_LEVEL
    E5            20                 iop            medicare_ffs  INST_PROGRAMME_LEVEL
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub import programme_week
from tasks.billing.scrub.common import Context, found, join, lookup
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_PROGRAMME"
SINCE = date(2026, 11, 26)
SOURCE = (
    "level_of_care.tsv hours_week (V:S14; V:S61); claim_form_router.tsv (V:S13; V:S15); rarc.tsv N787 (V:S05)"
)
DEFAULT_SEVERITY = {"INST_PROGRAMME_HOURS": "hold", "INST_PROGRAMME_LEVEL": "warn"}
FIX = {
    "INST_PROGRAMME_HOURS": "Bill the level that the plan's hours make, or correct the hours of the plan.",
    "INST_PROGRAMME_LEVEL": "Check the level against the hours of the plan and the payer's own hours.",
}
PREDICTS = {"INST_PROGRAMME_HOURS": "CARC150 N787", "INST_PROGRAMME_LEVEL": "CARC186 N188"}
CHANGE = dict.fromkeys(DEFAULT_SEVERITY, "level_of_care=that the plan's hours make")


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Programme lines of a stay whose plan has too few hours for the level, or too many."""
    some = inst.of(lines)
    if some.empty or "stay_weekly_hours" not in some:
        return join()
    weeks = programme_week.weeks()
    planned = 60.0 * some["stay_weekly_hours"].to_numpy()
    least = lookup(some["level"], lambda v: weeks[v].least if v in weeks else np.nan, np.nan, float)
    beyond = lookup(some["level"], lambda v: weeks[v].beyond if v in weeks else np.nan, np.nan, float)
    short, fields = planned < least, "stays.weekly_hours level_of_care"
    medicare = inst.medicare(some)
    return join(
        found(
            some,
            short & medicare,
            "INST_PROGRAMME_HOURS",
            fields,
            "The plan has fewer hours a week than Medicare wants of the level.",
        ),
        found(
            some,
            (short & ~medicare) | (planned >= beyond),
            "INST_PROGRAMME_LEVEL",
            fields,
            "The hours of the plan are another level's.",
        ),
    )
