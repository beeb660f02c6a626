"""Work before anything is lost: authorizations and clinicians' papers that run out."""

from __future__ import annotations

import pandas as pd

from tasks.billing import credentialing
from tasks.billing.queues.sources import Sources

ASK = {
    "exhausted": "ask the payer for more units, or stop the sessions",
    "short": "ask the payer for more units before they are used up",
    "ended": "ask the payer for the next authorization, or move the appointments",
    "running_out": "ask the payer for an extension",
    "ending": "ask the payer for the next authorization if treatment goes on",
    "review": "send the payer the clinical record for the review",
}


def authorizations(s: Sources) -> pd.DataFrame:
    """Authorizations that run out, end, or do not last for the appointments booked, with the forecast."""
    rows = s.running_out
    figures = rows["state"].str.upper() + " " + rows["units_left"].astype("str")
    figures = figures + " of " + rows["units_approved"].astype("str") + " units left"
    for column, text in (("units_short", " short"), ("units_after_end", " after the end")):
        some = rows[column].fillna(0) > 0
        figures = figures + (", " + rows[column].astype("str") + text).where(some, "")
    return rows.assign(
        queue="authorizations",
        subject_id=rows["authorization_id"] + " " + rows["state"],
        category=rows["state"],
        reason=figures,
        deadline=rows["due_on"],
        next_action=rows["state"].map(ASK),
        source=rows["authorization_id"],
    )


RENEW = {
    credentialing.LICENCE: "renew the licence and record its last day",
    credentialing.MALPRACTICE: "renew the malpractice cover and record its last day",
    credentialing.DEA: "renew the DEA registration and record its last day",
    credentialing.CDS: "renew the state's registration and record its last day",
    credentialing.CAQH: "attest the CAQH profile and record the day",
    credentialing.ENROLMENT: "ask the payer to go on with the enrolment, and record its dates",
}


def clinicians(s: Sources) -> pd.DataFrame:
    """Papers of clinicians that end soon or ended; the last day is part of the subject, for a renewal closes it."""
    rows = s.papers
    place = (" " + rows["key"].fillna(rows["payer_id"])).fillna("")
    word = rows["ended"].map({True: "ENDED", False: "ENDS"}).astype("str")
    return rows.assign(
        queue="credentialing",
        subject_id=rows["provider_id"]
        + " "
        + rows["paper"]
        + place
        + " "
        + rows["ends_on"].dt.strftime("%Y-%m-%d"),
        category=rows["paper"],
        reason=word + " " + rows["paper"] + place,
        deadline=rows["ends_on"],
        next_action=rows["paper"].map(RENEW),
        source=rows["provider_id"],
    )
