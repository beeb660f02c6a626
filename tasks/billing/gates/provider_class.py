"""The payer accepts clinicians of this class.

Each plan has its own list of licences it pays (many leave out associates, some pay no counsellors), so the list is
data of the payer. Where an intern works under a supervisor the payer's supervision rule lets them in, and the
supervisor's class is the one that counts. Which class may bill which code is the scrub's question.

Passes::

    providers.provider_class  payers.provider_classes
    LCSW                      MD PHD LCSW
    LMFT                      *
    LMFT                      .

Fails::

    providers.provider_class  payers.provider_classes
    LMFT                      MD PHD LCSW
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.codes import listed
from tasks.billing.gates.case import Case

ID = "GATE_PROVIDER_CLASS"
SOURCE = "provider_class v1: claim_hold_checks.tsv H03 and H13 (CARC 8, 170)"
FIX = "bill under a clinician the payer accepts, or correct the payer's list of classes"
FIELDS = "providers.provider_class payers.provider_classes"


def check(case: Case) -> pd.DataFrame:
    """Encounters of a class that the payer's list leaves out."""
    visits = case.visits
    judged = visits["payer_provider_classes"].notna() & visits["credentialed_class"].notna()
    accepted = listed(visits["credentialed_class"], visits["payer_provider_classes"])
    return findings.about(
        visits[judged & ~accepted],
        ID,
        "the payer does not accept clinicians of this class",
        fields=FIELDS,
        fix=FIX,
        source=SOURCE,
    )
