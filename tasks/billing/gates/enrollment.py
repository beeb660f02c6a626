"""The clinician is enrolled with this payer on the day of service.

Enrolment takes weeks to months and counts from the date on the payer's letter, not from the application. Billed
before it, a claim is denied (CARC B7) and often cannot be billed again; so it waits here, and goes by itself on the
day the letter is recorded. Under a supervisor's NPI, and for interns, the supervisor's enrolment counts.

Passes::

    enrollments.effective_from  enrollments.effective_to
    2024-01-01                  .
    2026-01-05                  2026-01-05

Fails::

    enrollments  enrollments.effective_from  enrollments.effective_to
    none         2024-01-01                  .
    .            2026-02-01                  .
    .            2024-01-01                  2025-12-31
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import covers

ID = "GATE_ENROLLMENT"
SOURCE = "enrollment v1: claim_hold_checks.tsv H04 and H05 (CARC B7)"
FIX = "record the enrolment with its effective date once the payer's letter is there"
FIELDS = "enrollments.effective_from enrollments.effective_to encounters.service_date"


def check(case: Case) -> pd.DataFrame:
    """Encounters whose clinician the payer had not enrolled on the day."""
    asked = case.visits[["encounter_id", "credentialed_id", "payer_id", "service_date", "payer_class"]]
    asked = asked[asked["payer_class"].notna() & asked["credentialed_id"].notna()]
    spans = case.masters.enrollments[["provider_id", "payer_id", "effective_from", "effective_to"]]
    pairs = asked.merge(spans, left_on=["credentialed_id", "payer_id"], right_on=["provider_id", "payer_id"])
    pairs["open"] = covers(pairs["service_date"], pairs["effective_from"], pairs["effective_to"])
    pairs["later"] = pairs["effective_from"] > pairs["service_date"]
    known = pairs.groupby("encounter_id")[["open", "later"]].any()
    state = known.reindex(asked["encounter_id"]).set_index(asked.index)
    reason = findings.first_reason(
        asked.index,
        [
            (state["open"].isna(), "no enrolment of the clinician with this payer is on file"),
            (~state["open"].fillna(True).astype(bool) & state["later"].fillna(False).astype(bool),
             "the enrolment with this payer begins after the day of service"),
            (~state["open"].fillna(True).astype(bool), "the enrolment with this payer ended before the day of service"),
        ],
    )  # fmt: skip
    return findings.about(asked, ID, reason, fields=FIELDS, fix=FIX, source=SOURCE)
