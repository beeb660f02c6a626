"""Corrections that wait, and claims to later payers that carry what counts no more."""

from __future__ import annotations

import pandas as pd

from tasks.billing import corrections as asked
from tasks.billing import deadlines
from tasks.billing.queues.sources import Sources, claims_with_payer, filing

OUT_OF_DATE = "COB_OUT_OF_DATE"
WAITS = {**asked.WAITS, OUT_OF_DATE: "the payer before has decided anew: correct this claim"}


def corrections(s: Sources) -> pd.DataFrame:
    """One item a claim. The deadline of a correction starts at the decision that it corrects."""
    stale = s.out_of_date[~s.out_of_date["claim_id"].isin(s.corrections["claim_id"])]
    rows = pd.concat([s.corrections, stale[["claim_id"]].assign(reason=OUT_OF_DATE)], ignore_index=True)
    rows = rows.merge(s.claim_states[["claim_id", "state", "since"]], on="claim_id")
    rows = rows.merge(claims_with_payer(s), on="claim_id")
    limit = deadlines.corrections(rows["since"], rows["corrected_filing_days"], rows["timely_filing_days"])
    return rows.assign(
        queue=asked.QUEUE,
        subject_id=rows["claim_id"],
        category=rows["action"].fillna("out_of_date"),
        amount_cents=rows["charge_cents"],
        recoverable_cents=rows["charge_cents"].mask(rows["action"] == asked.VOID, 0),
        opened_on=rows["since"],
        deadline=limit.where(rows["state"].isin(asked.DECIDED), filing(s, rows)),
        next_action=rows["reason"].map(WAITS),
    )
