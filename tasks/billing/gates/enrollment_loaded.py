"""The payer has the enrolment in its system.

Between the letter and the payer's claim system lie days or weeks. A claim that arrives in between meets a clinician
unknown to the payer and is denied (CARC B7) although the letter is right. So it waits until the day the payer said it
loaded the enrolment, and goes by itself on the night after that day is recorded; a retroactive letter lets the older
sessions go as well. Where a payer has no loaded day on any enrolment, nobody tracks it, and the gate is silent.

Passes::

    enrollments.effective_from  enrollments.loaded_on
    2024-01-01                  2026-01-06
    2024-01-01                  .

Fails::

    enrollments.effective_from  enrollments.loaded_on  enrollments+.provider_id  enrollments+.loaded_on
    2024-01-01                  2026-01-07             CL002                     2024-02-01
    2024-01-01                  .                      CL002                     2024-02-01
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import covers

ID = "GATE_ENROLLMENT_LOADED"
SOURCE = "enrollment_loaded v1: claim_hold_checks.tsv H04 (CARC B7)"
FIX = "ask the payer when it loaded the enrolment, and record the day"
FIELDS = "enrollments.loaded_on enrollments.effective_from encounters.service_date"


def check(case: Case) -> pd.DataFrame:
    """Encounters under an enrolment that the payer has not loaded by the business date."""
    spans = case.masters.enrollments
    tracked = spans.loc[spans["loaded_on"].notna(), "payer_id"]
    asked = case.visits[case.visits["payer_id"].isin(tracked)][
        ["encounter_id", "credentialed_id", "payer_id", "service_date"]
    ]
    if asked.empty:
        return findings.none()
    pairs = asked.merge(
        spans[["provider_id", "payer_id", "effective_from", "effective_to", "loaded_on"]],
        left_on=["credentialed_id", "payer_id"],
        right_on=["provider_id", "payer_id"],
    )
    open_ = pairs[covers(pairs["service_date"], pairs["effective_from"], pairs["effective_to"])]
    ready = open_.loc[open_["loaded_on"] <= case.context.today, "encounter_id"]
    waiting = open_[~open_["encounter_id"].isin(ready)].drop_duplicates("encounter_id")
    message = "the payer has not loaded the enrolment yet"
    return findings.about(waiting, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
