"""What appeals ask of people: levels to be filed, answers that are overdue, next levels to be opened.

The queue of denials has no item for a line while its appeal runs (`under_appeal`); the queue of appeals has one when
there is something to do (`open_work`). Between filing and the day the answer is due there is nothing to do.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes
from tasks.billing.appeals import standing
from tasks.billing.context import beside

WORK = shapes.shape(
    "queue subject_id claim_id payer_id reason category amount_cents recoverable_cents opened_on:day deadline:day"
    " next_action source"
)
UNDER_APPEAL = shapes.shape("subject_id appeal_id")


def open_work(
    appeals: pd.DataFrame,
    events: pd.DataFrame,
    payers: pd.DataFrame,
    as_of: pd.Timestamp,
    claims: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Items of the queue ``appeals`` on a day, columns `WORK`.

    Frames are the ledger's ``appeals`` and ``appeal_events``, current ``payers`` and, for the payer of each claim,
    ``claims`` (claim_id, payer_id). The kind of work is part of the subject: who resolved one has not resolved the
    next.
    """
    rows = standing.states(appeals, events)
    rows["payer_id"] = pd.Series(None, index=rows.index, dtype="str")
    if claims is not None:
        rows["payer_id"] = beside(rows["claim_id"], claims.set_index("claim_id")["payer_id"])
        rows = rows[rows["payer_id"].isna() | rows["payer_id"].isin(payers["payer_id"])]
    level = "level " + rows["level"].astype("str") + " " + rows["level_name"]
    missed = rows["due_on"] < as_of
    due = rows.assign(
        kind="file",
        reason=("MISSED " + level).where(missed, "DUE " + level),
        since=rows["opened_on"],
        deadline=rows["file_by"],
        next_action=pd.Series("make the packet and file it", index=rows.index).mask(
            missed, "file it with the good cause for being late, or withdraw it"
        ),
    )[rows["state"] == "open"]
    answer = rows.assign(
        kind="answer",
        reason="ANSWER_OVERDUE " + level,
        since=rows["filed_on"],
        deadline=rows["answer_due_on"],
        next_action="ask the " + rows["decider"] + " for the decision; where it has none, for the reason",
    )[rows["state"].isin(["filed", "acknowledged"]) & (rows["answer_due_on"] < as_of)]
    further = "level " + rows["next_level"].astype("str") + " " + rows["next_name"]
    next_ = rows.assign(
        kind="next",
        reason=rows["state"].str.upper() + " " + level + ", next " + further,
        since=rows["decided_on"],
        deadline=rows["next_file_by"],
        next_action="open " + further + ", or withdraw",
    )[rows["next_level"].notna() & ~(rows["next_due_on"] < as_of)]
    found = pd.concat([due, answer, next_], ignore_index=True)
    left = found["amount_cents"] - found["awarded_cents"].fillna(0)
    work = found.assign(
        queue="appeals",
        subject_id=found["appeal_id"] + " " + found["kind"],
        amount_cents=found["amount_cents"],
        recoverable_cents=left.clip(lower=0),
        opened_on=found["since"],
        source="answer " + found["subject_id"],
    )
    return shapes.conform(work, WORK)


def under_appeal(
    appeals: pd.DataFrame,
    events: pd.DataFrame,
    as_of: pd.Timestamp,
    remitted_lines: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Denials and underpayments that an appeal speaks for on a day, columns `UNDER_APPEAL`.

    ``subject_id`` is the remitted line, else the remitted claim: what the queue of denials names; ``appeal_id`` the
    highest level that speaks for it. A decision for us keeps the item away for `standing.PAYMENT_DAYS`, in which the
    payment should come. An appeal of a claim as a whole speaks for each of its lines, where `remitted_lines`
    (remitted_claim_id, remitted_line_id) are given.
    """
    rows = standing.states(appeals, events)
    rows = rows[standing.running(rows, as_of)]
    if remitted_lines is not None:
        whole = rows[rows["remitted_line_id"].isna()].drop(columns=["subject_id", "remitted_line_id"])
        lines = remitted_lines[["remitted_claim_id", "remitted_line_id"]]
        each = whole.merge(lines, on="remitted_claim_id")
        rows = pd.concat([rows, each.assign(subject_id=each["remitted_line_id"])], ignore_index=True)
    newest = rows.sort_values(["subject_id", "level"])
    return shapes.conform(newest.drop_duplicates("subject_id", keep="last"), UNDER_APPEAL)
