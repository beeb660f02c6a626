"""A second intake within six months.

90791 and 90792 are for a new episode of care. Plans pay one in six or twelve months, and deny the next (CARC 119 or
151, RARC N640) unless the person was away or the diagnosis is new. The rule looks at the intakes of the same person
at the same payer that are in view, whoever did them; two on one day are the pair rules' and the unit rules' question.

Passes::

    encounter_id  code   service_date  patient_id
    E1            90791  2026-01-05    P1
    E2            90791  2026-07-05    P1
    E3            90792  2026-01-05    P2

Fails::

    encounter_id  code   service_date  patient_id  finds
    E1            90791  2026-01-05    P1          .
    E2            90791  2026-07-04    P1          INTAKE_AGAIN
    E3            90791  2026-01-05    P2          .
    E4            90792  2026-02-05    P2          INTAKE_AGAIN
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub.common import Context, found, join, keys, member, together

ID = "INTAKE_AGAIN"
SINCE = date(2026, 11, 26)
SOURCE = "procedure_codes.tsv 90791 notes; 09 runners-up: 90791 repeated inside six months (K)"
DEFAULT_SEVERITY = "warn"
FIX = "Bill a follow-up session, or state the new episode of care in the note."
PREDICTS = "CARC119 CARC151 N640"
CHANGE = "code=of a follow-up session"
INTAKES, MONTHS = ("90791", "90792"), 6


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Intakes less than six months after an earlier one of the same person at the same payer."""
    if not member(lines["code"], INTAKES).any():
        return join()
    both, new = together(lines, history)
    intake = member(both["code"], INTAKES)
    some, new = both.loc[intake], new[intake]
    order = np.argsort(some["service_date"].to_numpy(), kind="stable")
    sorted_, group = some.iloc[order], keys(some, "patient_id", "payer_id")[order]
    days = sorted_["service_date"]
    before = days.groupby(group).shift()
    again = ((days > before) & (days < before + pd.DateOffset(months=MONTHS))).to_numpy(dtype=bool)
    mask = np.zeros(len(some), dtype=bool)
    mask[order] = again
    return found(
        some,
        mask & new,
        ID,
        "code service_date",
        "Another intake of this person at this payer is less than six months old.",
    )
