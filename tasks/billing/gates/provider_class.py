"""The payer accepts clinicians of this class.

Each plan has its own list of licences it pays (many leave out associates, some pay no counsellors), so the list is
data of the payer. Where an intern works under a supervisor the payer's supervision rule lets them in, and the
supervisor's class is the one that counts. Which class may bill which code is the scrub's question, and so is a class
for which the payer has a list of codes of its own (``payer_classes``).

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
from tasks.billing.context import Column
from tasks.billing.gates.case import Case
from tasks.billing.visits import covers

ID = "GATE_PROVIDER_CLASS"
SOURCE = "provider_class v1: claim_hold_checks.tsv H03 and H13 (CARC 8, 170)"
FIX = "bill under a clinician the payer accepts, or correct the payer's list of classes"
FIELDS = "providers.provider_class payers.provider_classes"


def _listed_by_code(case: Case) -> Column:
    """Whether the payer has a list of codes of its own for the class on the day; the scrub says which count."""
    lists = case.masters.payer_classes
    visits = case.visits
    if lists.empty:
        return pd.Series(False, index=visits.index)
    asked = visits[["encounter_id", "payer_id", "service_date"]].assign(
        provider_class=visits["credentialed_class"]
    )
    rows = asked.merge(lists, on=["payer_id", "provider_class"])
    rows = rows[covers(rows["service_date"], rows["effective_from"], rows["effective_to"])]
    return visits["encounter_id"].isin(rows["encounter_id"])


def check(case: Case) -> pd.DataFrame:
    """Encounters of a class that the payer's list leaves out."""
    visits = case.visits
    judged = visits["payer_provider_classes"].notna() & visits["credentialed_class"].notna()
    judged &= ~_listed_by_code(case)
    accepted = listed(visits["credentialed_class"], visits["payer_provider_classes"])
    return findings.about(
        visits[judged & ~accepted],
        ID,
        "the payer does not accept clinicians of this class",
        fields=FIELDS,
        fix=FIX,
        source=SOURCE,
    )
