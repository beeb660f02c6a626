"""The note is signed.

A service that is not documented was not done: payers take the signed note as the only proof, and billing before
the signature is a false claim when the note never comes. A signature dated before the session, or after today,
is a mistake in one of the two dates.

Passes::

    encounters.service_date  encounters.signed_on
    2026-01-05               2026-01-06

Fails::

    encounters.service_date  encounters.signed_on
    2026-01-05               .
    2026-01-05               2026-01-04
    2026-01-05               2026-01-07
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_NOTE_SIGNED"
SOURCE = "note_signed v1: CMS documentation rules; RARC N706 missing documentation"
FIX = "have the clinician sign the note, then load the encounter again"
FIELDS = "encounters.signed_on encounters.service_date"


def check(case: Case) -> pd.DataFrame:
    """Encounters without a believable signature."""
    visits = case.visits
    signed = visits["signed_on"]
    reason = findings.first_reason(
        visits.index,
        [
            (signed.isna(), "the note is not signed"),
            (signed > case.context.today, "the note is signed after the business date"),
            (signed < visits["service_date"], "the note is signed before the day of service"),
        ],
    )
    return findings.about(visits, ID, reason, fields=FIELDS, fix=FIX, source=SOURCE)
