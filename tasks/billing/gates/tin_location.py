"""The enrolment is for this tax id and this location.

Payers enrol a clinician under a tax id, and many at a location. A claim under the practice's tax id for an enrolment
under another, or from a place that is not on the grid, pays out of network or not at all (RARC N198, N852). An
enrolment without a location is for all of them, one without a tax id is under the practice's.

Passes::

    encounters.location_id  enrollments.location_id  enrollments.tax_id
    MAIN                    MAIN                     .
    MAIN                    .                        .
    .                       MAIN                     .
    MAIN                    .                        123456789

Fails::

    encounters.location_id  enrollments.location_id  enrollments.tax_id
    EAST                    MAIN                     .
    MAIN                    .                        987654321
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import covers

ID = "GATE_TIN_LOCATION"
SOURCE = "tin_location v1: claim_hold_checks.tsv H10 (V:S05, RARC N198, N852)"
FIX = "enrol the clinician for this tax id and location, or correct the location of the encounter"
FIELDS = "encounters.location_id enrollments.location_id enrollments.tax_id"


def check(case: Case) -> pd.DataFrame:
    """Encounters covered only by enrolments for another tax id or another location."""
    spans = case.masters.enrollments
    spans = spans[["provider_id", "payer_id", "effective_from", "effective_to", "tax_id", "location_id"]]
    if spans[["tax_id", "location_id"]].isna().all(axis=None):
        return findings.none()
    asked = case.visits[["encounter_id", "credentialed_id", "payer_id", "service_date", "location_id"]]
    pairs = asked.merge(
        spans.rename(columns={"location_id": "enrolled_at"}),
        left_on=["credentialed_id", "payer_id"],
        right_on=["provider_id", "payer_id"],
    )
    pairs = pairs[covers(pairs["service_date"], pairs["effective_from"], pairs["effective_to"])]
    here = pairs["enrolled_at"].isna() | pairs["location_id"].isna()
    here |= pairs["enrolled_at"] == pairs["location_id"]
    ours = pairs["tax_id"].isna() | (pairs["tax_id"].str.replace("-", "") == case.tax_id)
    if not case.tax_id:  # nobody said which is the practice's
        ours = pd.Series(True, index=pairs.index)
    fits = (here & ours).groupby(pairs["encounter_id"]).transform("any")
    wrong = pairs[~fits].drop_duplicates("encounter_id")
    message = findings.first_reason(
        wrong.index,
        [
            (~ours.reindex(wrong.index), "the enrolment with this payer is under another tax id"),
            (~here.reindex(wrong.index), "the enrolment with this payer is for another location"),
        ],
    )
    return findings.about(wrong, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
