"""Denied lines, one queue for each way to go on: correct, appeal, send records, or something else.

Which step an action is, is data (``denial_actions.tsv``), and the step names the queue. All four are of one group,
``denials``, and an item keeps its id whichever of them it stands in.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import deadlines, let_go
from tasks.billing.context import Column
from tasks.billing.posting.places import RECEIVABLE
from tasks.billing.queues.sources import Sources, claims_with_payer, replaced

OTHER = "denials"


# Step of an action (``denial_actions.tsv``) and the queue it is taken in; any other is taken in the rest.
QUEUE_OF_STEP = {
    "correct_resubmit": "denials_correct",
    deadlines.APPEAL: "denials_appeal",
    "send_records": "records",
}


def queue_of(step: Column) -> Column:
    """The queue of each step; one that is not named here is looked at with the rest."""
    found: Column = step.map(QUEUE_OF_STEP).astype("str").fillna(OTHER)
    return found


def denials(s: Sources) -> pd.DataFrame:
    """Denied lines of the answers that count, and what a payer left open under group CO without denying it.

    A later answer that pays, a write-off of all that is denied, or an appeal that is running closes the item.
    """
    asked = let_go.in_question(s.counted) & ~s.counted["claim_id"].isin(replaced(s))
    rows = s.counted[asked].merge(
        claims_with_payer(s)[["claim_id", "payer_id", *deadlines.CLOCK]], on="claim_id"
    )
    corrected = deadlines.corrections(
        rows["since"], rows["corrected_filing_days"], rows["timely_filing_days"]
    )
    lines = s.remitted_lines[["remitted_line_id", "segment"]].rename(columns={"segment": "line_segment"})
    rows = rows.merge(lines, on="remitted_line_id", how="left")
    where = rows["line_segment"].fillna(rows["segment"]).astype("Int64").astype("str")
    rows = rows.assign(
        queue=queue_of(rows["step"]),
        subject_id=rows["remitted_line_id"].fillna(rows["remitted_claim_id"]),
        reason=rows["reasons"],
        amount_cents=let_go.amounts(rows),
        opened_on=rows["since"],
        deadline=deadlines.response(
            rows["step"], rows["since"], rows["appeal_days"], rows["payer_class"], corrected
        ),
        next_action=rows["action"],
        source=rows["remittance_id"] + " segment " + where,
    )
    return _still_asked(s, rows[~rows["subject_id"].isin(s.appealed)])


def _still_asked(s: Sources, rows: pd.DataFrame) -> pd.DataFrame:
    """Items less what was written off of the payer's receivable: of their line, or of the claim in the lines' order."""
    written = s.write_offs[s.write_offs["account"] == RECEIVABLE]
    if written.empty:
        return rows
    off = let_go.of_lines(rows, s.claim_lines, written)
    rows = rows.assign(
        amount_cents=(rows["amount_cents"] - off).clip(lower=0),
        recoverable_cents=(rows["recoverable_cents"] - off).clip(lower=0),
    )
    return rows[rows["amount_cents"] > 0]
