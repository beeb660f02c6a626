"""The payer sends electronic remittances and pays by EFT.

Without these two enrolments the answer comes on paper and the money as a cheque or a virtual card: it is posted by
hand, late, or not at all. Where no payer has a day on file nobody tracks it, and the gate is silent.

Passes::

    payers.era_from  payers.eft_from
    2024-01-01       2026-01-06
    .                .

Fails::

    payers.era_from  payers.eft_from
    2024-01-01       2026-02-01
    2026-02-01       2024-01-01
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case

ID = "GATE_ERA"
SOURCE = "era v1: claim_hold_checks.tsv H15 (K)"
FIX = "enrol with the payer for electronic remittance and EFT, and record the day it starts"
FIELDS = "payers.era_from payers.eft_from"


def check(case: Case) -> pd.DataFrame:
    """Encounters whose payer has no electronic remittance or no EFT by the business date."""
    payers, visits = case.masters.payers, case.visits
    known = visits["payer_class"].notna()
    reasons = []
    for column, text in (
        ("era_from", "the payer sends no electronic remittance yet"),
        ("eft_from", "the payer does not pay by EFT yet"),
    ):
        if payers[column].notna().any():
            started = visits[f"payer_{column}"] <= case.context.today
            reasons.append((known & ~started, text))
    if not reasons:
        return findings.none()
    message = findings.first_reason(visits.index, reasons)
    return findings.about(visits, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
