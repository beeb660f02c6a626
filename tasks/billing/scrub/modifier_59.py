"""59 and its X kin lift an edit; where there is nothing to lift they only draw eyes.

59, XE, XS, XP and XU say that a service was distinct from another one of the same day that an edit would refuse. A
line that is the person's only one of the day has no edit to lift. The modifier then changes no payment; auditors read
it as a habit, and some payers price such lines by hand.

Passes::

    encounter_id  code   modifiers  patient_id
    E1            90847  .          P1
    E2            90834  59         P1
    E3            90837  .          P2
    E4            90834  XE         P3

Fails::

    encounter_id  code   modifiers  patient_id  finds
    E1            90837  59         P1          MODIFIER_59_IDLE
    E2            90837  XU         P2          MODIFIER_59_IDLE

History::

    encounter_id  code   patient_id
    E0            90847  P3
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub.common import Context, found, has_modifier, join, keys, together

ID = "MODIFIER_59_IDLE"
SINCE = date(2026, 11, 26)
SOURCE = "modifiers.tsv 59, XE, XS, XP, XU; 02 section 2.1 (K)"
DEFAULT_SEVERITY = "warn"
FIX = "Take the modifier off: no other line of the day would be refused beside this one."
PREDICTS = "CARC4 N519"
CHANGE = "modifiers=remove 59 or X"
DISTINCT = ("59", "XE", "XS", "XP", "XU")


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines with a modifier of distinct service that are alone on their day."""
    if not has_modifier(lines, *DISTINCT).any():
        return join()
    both, new = together(lines, history)
    day = keys(both, "patient_id", "service_date")
    alone = has_modifier(both, *DISTINCT) & (np.bincount(day)[day] == 1)
    return found(
        both,
        alone & new,
        ID,
        "modifiers code service_date",
        "A modifier of distinct service on the only line of the day.",
    )
