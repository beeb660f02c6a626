"""An add-on code never travels alone.

Psychotherapy with a visit (90833, 90836, 90838), interactive complexity (90785), further crisis time (90840) and the
like are paid only beside their base code: on the same claim, by the same rendering clinician. Alone they are denied
every time (RARC N122, CARC 107 or B15), also where the base went out on an earlier claim. A claim is made of one
person's lines at one payer, policy, clinician and place, so the base must be among the lines of that day that share
these.

Passes::

    encounter_id  code   modifiers
    E1            99214  25
    E1            90833  .
    E2            90837  .
    E2            90785  .

Fails::

    encounter_id  code   rendering_id  patient_id  finds
    E1            90833  CL1           P1          ADD_ON_ALONE
    E2            99214  CL1           P2          .
    E3            90833  CL2           P2          ADD_ON_ALONE
    E4            90847  CL1           P3          .
    E4            90785  CL1           P3          ADD_ON_ALONE
    E5            90840  CL1           P4          ADD_ON_ALONE

History::

    encounter_id  code   patient_id
    E0            90839  P4
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, any_in_group, found, keys, member

ID = "ADD_ON_ALONE"
SOURCE = "procedure_codes.tsv primaries; code_pair_rules.tsv PR13 (V:S01; V:S05)"
DEFAULT_SEVERITY = "hold"
FIX = "Put the base code on the same claim with the same clinician, or leave the add-on out."
PREDICTS = "CARC107 CARCB15 N122"
CHANGE = "line=remove, or its base code beside it"

SAME_CLAIM = ("patient_id", "payer_id", "coverage_id", "rendering_id", "place_of_service", "service_date")


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Add-on lines without one of their bases among the lines of the same claim."""
    known = codebook.codes()
    alone = np.zeros(len(lines), dtype=bool)
    present = [
        c for c in lines["code"].cat.categories if c in known and known[c].add_on and known[c].primaries
    ]
    rows = np.flatnonzero(member(lines["code"], present))
    if len(rows):
        # Only people with an add-on matter; the base is looked for among their lines.
        near = np.flatnonzero(member(lines["patient_id"], set(lines["patient_id"].iloc[rows])))
        some = lines.iloc[near]
        claim = keys(some, *SAME_CLAIM)
        for code in present:
            has_base = any_in_group(claim, member(some["code"], known[code].primaries))
            alone[near] |= member(some["code"], [code]) & ~has_base
    return found(
        lines,
        alone,
        ID,
        "code rendering_id",
        "An add-on code without its base on the same claim.",
    )
