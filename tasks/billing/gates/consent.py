"""Substance-use records leave only under a written consent that covers the recipient today (42 CFR Part 2).

The consent counts on the day of the disclosure, which is the business date, not on the day of service: a consent
revoked since then stops the claim, one signed since then lets it go. One consent may cover every payer (``*``).

Passes::

    encounters.part2  consents.recipient  consents.signed_on  consents.expires_on  consents.revoked_on
    true              ACME                2026-01-02          .                    .
    true              *                   2026-01-06          2026-01-06           2026-01-07
    false             OTHER               2026-01-02          .                    .

Fails::

    encounters.part2  consents.recipient  consents.signed_on  consents.expires_on  consents.revoked_on
    true              OTHER               2026-01-02          .                    .
    true              ACME                2026-01-07          .                    .
    true              ACME                2026-01-02          2026-01-05           .
    true              ACME                2026-01-02          .                    2026-01-06
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import said

ID = "GATE_CONSENT"
SOURCE = "consent v1: 42 CFR 2.31 and 2.33, rule of 2024-02-16 (S35, S36)"
FIX = "obtain and record a written consent that names the payer"
FIELDS = "encounters.part2 consents.recipient consents.signed_on consents.expires_on consents.revoked_on"


def check(case: Case) -> pd.DataFrame:
    """Part 2 encounters without a consent that covers the payer on the business date."""
    today = case.context.today
    asked = case.visits[said(case.visits["part2"], False)][["encounter_id", "patient_id", "payer_id"]]
    consents = case.masters.consents[["patient_id", "recipient", "signed_on", "expires_on", "revoked_on"]]
    pairs = asked.merge(consents, on="patient_id")
    pairs = pairs[(pairs["recipient"] == pairs["payer_id"]) | (pairs["recipient"] == "*")]
    pairs["signed"] = pairs["signed_on"] <= today
    pairs["running"] = pairs["signed"] & (pairs["expires_on"].isna() | (pairs["expires_on"] >= today))
    pairs["valid"] = pairs["running"] & (pairs["revoked_on"].isna() | (pairs["revoked_on"] > today))
    best = pairs.groupby("encounter_id")[["signed", "running", "valid"]].any()
    state = best.reindex(asked["encounter_id"]).set_index(asked.index)
    known = state.notna().all(axis=1)
    state = state.fillna(False).astype(bool)
    reason = findings.first_reason(
        asked.index,
        [
            (~known, "no consent that covers this payer is on file"),
            (~state["signed"], "the consent is signed after the business date"),
            (~state["running"], "the consent has expired"),
            (~state["valid"], "the consent was revoked"),
        ],
    )
    return findings.about(asked, ID, reason, fields=FIELDS, fix=FIX, source=SOURCE)
