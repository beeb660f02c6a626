"""An encounter that was billed and then changed is corrected, not billed anew.

Its first claim stands with the payer. A second original claim for the same session is denied as a duplicate (CARC
18), or paid twice and taken back; the change belongs in a replacement (frequency 7) or a void (frequency 8) of the
claim that was sent, which a person starts. From then on, and once the payer has decided about that claim, the
change passes.

Passes::

    charge_lines.encounter_id  charge_lines.encounter_row_id
    E9                         older

Fails::

    charge_lines.encounter_id  charge_lines.encounter_row_id
    E1                         older
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_AMENDED"
SOURCE = "amended v1: frequency_codes.tsv; costly mistake 6"
FIX = "correct the claim that was sent (worklist correct), or void it"
FIELDS = "encounters.row_id charge_lines.encounter_row_id"


def check(case: Case) -> pd.DataFrame:
    """Encounters of which another version has charges that stand."""
    billed = case.history.loc[case.history["encounter_id"].isin(case.visits["encounter_id"])]
    pairs = case.visits[["encounter_id", "encounter_row_id"]].merge(
        billed[["encounter_id", "encounter_row_id"]], on="encounter_id", suffixes=("", "_billed")
    )
    changed = pairs[pairs["encounter_row_id"] != pairs["encounter_row_id_billed"]].drop_duplicates(
        "encounter_id"
    )
    message = "the encounter was changed after it was charged"
    return findings.about(changed, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
