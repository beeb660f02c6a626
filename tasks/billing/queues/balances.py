"""What is owed the wrong way round, and what patients owe: credits to give back, statements to send."""

from __future__ import annotations

import pandas as pd

from tasks.billing import accounts, corrections, custody, patient_share
from tasks.billing.posting.places import PATIENT
from tasks.billing.queues.sources import Sources
from tasks.billing.remedies import CREDITS, REFUND, STATEMENTS

PENDING_DAYS = 30  # a visit that is not billed after so long does not explain a credit


def credits_(s: Sources) -> pd.DataFrame:
    """Claims on which more was paid than owed, and patients' money that no claim takes.

    A patient's credit is none while a payer in line is still to speak: what was paid at the visit waits for its share.
    Nor is a payer's, until it has answered a correction: what it is to take back stands there so long.
    """
    held = [
        accounts.by_claim(s.journal, account, s.claims, s.claim_lines, s.firsts).assign(
            category=account, reason=reason
        )
        for account, reason in CREDITS.items()
    ]
    sums = pd.concat(held, ignore_index=True)
    early = (sums["category"] == PATIENT) & sums["claim_id"].isin(s.unspoken)
    early |= sums["claim_id"].isin(_being_corrected(s))
    rows = sums[(sums["cents"] < 0) & ~early].merge(s.claims[["claim_id", "payer_id"]], on="claim_id")
    rows = rows.assign(subject_id=rows["claim_id"] + " " + rows["reason"], source=rows["remittance_id"])
    found = pd.concat([rows, _unapplied(s)], ignore_index=True)
    return found.assign(
        queue="credits",
        amount_cents=-found["cents"],
        recoverable_cents=0,  # it is owed, not to be had
        opened_on=found["effective_on"],
        next_action=found["reason"].map(REFUND),
    )


def _being_corrected(s: Sources) -> set[str]:
    """First claims of families in which a replacement or a void is not answered yet."""
    known = s.claims.merge(s.claim_states[["claim_id", "state"]], on="claim_id")
    answered = [*corrections.DECIDED, *custody.OVER, *custody.REJECTED]
    asked = known["frequency"].isin(corrections.AGAIN) & ~known["state"].isin(answered)
    return set(known.loc[asked, "claim_id"].map(s.firsts))


def _unapplied(s: Sources) -> pd.DataFrame:
    """Patients' money without a claim, once nothing that may take it is on its way."""
    rows = patient_share.unapplied(s.journal)
    rows = rows[rows["cents"] < 0].assign(
        reason="CREDIT_UNAPPLIED",
        category=PATIENT,
        subject_id=rows["patient_id"] + " CREDIT_UNAPPLIED",
        source=rows["patient_id"],
    )
    if rows.empty:
        return rows
    first = s.claims["claim_id"].map(s.firsts)
    waiting = s.claims.loc[first.isin(s.unspoken), "patient_id"]
    states = s.encounters[["encounter_id", "patient_id", "service_date"]].merge(
        s.encounter_states[["encounter_id", "state"]], on="encounter_id"
    )
    early = states["state"].isin(["loaded", "held", "charged", "quarantined"])
    young = (s.as_of - states["service_date"]).dt.days <= PENDING_DAYS
    coming = {*waiting, *states.loc[early & young, "patient_id"]}
    return rows[~rows["patient_id"].isin(coming)]


def patients(s: Sources) -> pd.DataFrame:
    """What patients owe after the last payer: a statement, a reminder, the letter before collection, by age.

    A payment or a write-off lowers the item; nothing left closes it, and so does a payer that speaks again. The step is
    part of the subject: who sent the first statement has not sent the second.
    """
    rows = s.shares[s.shares["state"] == patient_share.DUE]
    # The next step comes when the age does.
    ahead = rows["age"].map({name: most for most, name in patient_share.AGES})
    return rows.assign(
        queue="patients",
        subject_id=rows["claim_id"] + " " + rows["age"],
        category=rows["age"],
        reason="PATIENT_SHARE " + rows["age"],
        amount_cents=rows["balance_cents"],
        recoverable_cents=rows["balance_cents"],
        opened_on=rows["since"],
        deadline=rows["since"] + pd.to_timedelta(ahead, unit="D"),
        next_action=rows["age"].map(STATEMENTS),
        source=rows["claim_id"],
    )
