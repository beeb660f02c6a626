"""Modifier 25 belongs on the visit, and only there.

When a prescriber sees a person for medication and gives psychotherapy in the same session, the visit carries -25 to
say that it stands for itself; the psychotherapy add-on carries nothing. -25 on the add-on, or on any code that is no
visit, is refused.

Passes::

    encounter_id  code   modifiers
    E1            99214  25
    E1            90833  .
    E2            99214  95
    E3            99213  25 95
    E3            90836  95

Fails::

    encounter_id  code   modifiers  finds
    E1            99215  .          MODIFIER_25_MISSING
    E1            90833  .          .
    E2            99214  25         .
    E2            90833  25         MODIFIER_25_MISPLACED
    E3            90837  25         MODIFIER_25_MISPLACED
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, any_in_group, found, has_modifier, join, keys, lookup, member

ID = "MODIFIER_25"
SOURCE = "modifiers.tsv 25; procedure_codes.tsv 90833 (V:S01; V:S02; K)"
DEFAULT_SEVERITY = {"MODIFIER_25_MISSING": "hold", "MODIFIER_25_MISPLACED": "hold"}
FIX = {
    "MODIFIER_25_MISSING": "Put 25 on the visit that the psychotherapy was added to.",
    "MODIFIER_25_MISPLACED": "Take 25 off; it goes on the visit.",
}
PREDICTS = {
    "MODIFIER_25_MISSING": "CARC4 CARC97 N822",
    "MODIFIER_25_MISPLACED": "CARC4 N519",
}
CHANGE = {
    "MODIFIER_25_MISSING": "modifiers=add 25",
    "MODIFIER_25_MISPLACED": "modifiers=remove 25",
}


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Visits with psychotherapy added and no -25, and -25 on anything but a visit."""
    em = lookup(lines["code"], codebook.is_em, False, bool)
    marked = has_modifier(lines, "25")
    added = member(lines["code"], ("90833", "90836", "90838"))
    missing = np.zeros(len(lines), dtype=bool)
    if added.any():
        session = keys(lines, "encounter_id", "rendering_id")
        missing = em & ~marked & any_in_group(session, added)
    fields = "code modifiers"
    return join(
        found(
            lines,
            missing,
            "MODIFIER_25_MISSING",
            fields,
            "A visit with psychotherapy added lacks 25.",
        ),
        found(
            lines,
            marked & ~em,
            "MODIFIER_25_MISPLACED",
            fields,
            "25 stands on a code that is no visit.",
        ),
    )
