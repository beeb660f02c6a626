"""The clinician (and supervisor) has a National Provider Identifier that can be one.

A wrong digit in an NPI is refused at the front end, and the whole batch of a clinician with it. The check digit
(Luhn over the number with prefix 80840) finds nearly all slips of the key.

Passes::

    providers.npi  encounters.rendering_id
    1245319599     CL001

Fails::

    providers.npi  encounters.rendering_id
    1245319589     CL001
    1245319599     CL009
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings, npi
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import per_role

ID = "GATE_PROVIDER_NPI"
SOURCE = "provider_npi v1: claim_hold_checks.tsv H01; 45 CFR 162.406 (S41)"
FIX = "correct the NPI in the clinician's record"
FIELDS = "providers.npi"


def check(case: Case) -> pd.DataFrame:
    """Encounters whose clinician is unknown, or has (or is supervised by someone with) an impossible NPI."""
    everyone = case.people
    wrong = everyone[~npi.valid(everyone["npi"])]
    message = per_role(wrong, "the clinician's NPI is not valid", "the supervisor's NPI is not valid")
    unknown = case.visits[case.visits["provider_npi"].isna()]
    return findings.together(
        [
            findings.about(
                unknown,
                ID,
                "the clinician is not on file",
                fields="encounters.rendering_id",
                fix="load the clinician, or correct the rendering id of the encounter",
                source=SOURCE,
            ),
            findings.about(wrong, ID, message, fields=FIELDS, fix=FIX, source=SOURCE),
        ]
    )
