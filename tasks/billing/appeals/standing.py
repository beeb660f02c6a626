"""Where each appeal stands, derived from what was opened and from what happened since.

=============  =====================================================================
open           to be filed
filed          at the decider
acknowledged   at the decider, who said so
overturned     decided: all that was asked
partly         decided: a part
upheld         decided: nothing
dismissed      not decided on its merits (late, not the right party …); can be appealed
withdrawn      given up, before a decision or after one; nothing follows
=============  =====================================================================

An appeal that was lost, in part too, goes on to the next level as long as its own days run. A level that was withdrawn
or let pass ends the line.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from tasks.billing import shapes
from tasks.billing.appeals import levels
from tasks.billing.context import Column

OUTCOMES = ("overturned", "partly", "upheld", "dismissed")
LOST = ("partly", "upheld", "dismissed")
UNDECIDED = ("open", "filed", "acknowledged")
# After a decision for us the payment is waited for so long; then the denial is work again, if it still stands [K].
PAYMENT_DAYS = 30
# What may happen in each state.
NEXT = {
    "open": ("filed", "withdrawn"),
    "filed": ("acknowledged", "decided", "withdrawn"),
    "acknowledged": ("decided", "withdrawn"),
    **dict.fromkeys(LOST, ("withdrawn",)),
    "overturned": (),
    "withdrawn": (),
}
STATES = shapes.shape(
    "appeal_id claim_id remitted_claim_id remitted_line_id subject_id level:int level_name track decider category"
    " amount_cents opened_on:day due_on:day file_by:day person state filed_on:day late:flag acknowledged_on:day"
    " answer_due_on:day decided_on:day outcome awarded_cents reference next_level:int next_name next_due_on:day"
    " next_file_by:day"
)


def refusal(state: str, action: str) -> str | None:
    """Why an action cannot happen to an appeal in this state; None where it can."""
    if action in NEXT[state]:
        return None
    can = " or ".join(NEXT[state]) or "nothing more"
    return f"the appeal is {state}: it can be {can}"


def states(appeals: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """One row an appeal, columns `STATES`; frames are the ledger's ``appeals`` and ``appeal_events``.

    ``next_days``, where `appeals` has it, are the days to file the level after each, as the settings say them.
    """
    found = appeals.assign(subject_id=subjects(appeals))
    for action, columns in (
        ("filed", {"happened_on": "filed_on"}),
        ("acknowledged", {"happened_on": "acknowledged_on"}),
        ("decided", {"happened_on": "decided_on", "outcome": "outcome", "awarded_cents": "awarded_cents"}),
        ("withdrawn", {"happened_on": "withdrawn_on"}),
    ):
        found = found.merge(_last(events, action, columns), on="appeal_id", how="left")
    numbers = events[events["reference"].notna()].sort_values(["appeal_id", "sequence"])
    numbers = numbers.drop_duplicates("appeal_id", keep="last")[["appeal_id", "reference"]]
    found = found.merge(numbers, on="appeal_id", how="left")
    state = pd.Series("open", index=found.index, dtype="str")
    for action in ("filed", "acknowledged"):
        state = state.mask(found[f"{action}_on"].notna(), action)
    state = state.mask(found["decided_on"].notna(), found["outcome"])
    found["state"] = state.mask(found["withdrawn_on"].notna(), "withdrawn")
    found["late"] = (found["filed_on"] > found["due_on"]).astype("boolean").where(found["filed_on"].notna())
    found["file_by"] = levels.file_by(found["due_on"])
    return shapes.conform(_with_levels(found), STATES)


def subjects(appeals: pd.DataFrame) -> Column:
    """What each appeal is about, as the queues name it: the remitted line, or the claim as a whole."""
    return appeals["remitted_line_id"].fillna(appeals["remitted_claim_id"])


def _last(events: pd.DataFrame, action: str, columns: dict[str, str]) -> pd.DataFrame:
    rows = events[events["action"] == action].sort_values(["appeal_id", "sequence"])
    rows = rows.drop_duplicates("appeal_id", keep="last")
    return rows[["appeal_id", *columns]].rename(columns=columns)


def _with_levels(found: pd.DataFrame) -> pd.DataFrame:
    """What the level says of each appeal: who decides, by when, and what comes after a loss.

    There are two dozen levels: each is looked at once, for all its appeals.
    """
    parts = []
    taken = set(zip(found["subject_id"], found["level"], strict=True))
    pairs = found[["level", "level_name"]].drop_duplicates()
    for number, name in zip(pairs["level"], pairs["level_name"], strict=True):
        rows = found[(found["level"] == number) & (found["level_name"] == name)]
        one = levels.named(int(number), str(name))
        if one is None:  # a table of a later version does not know it any more: nothing follows by itself
            parts.append(rows)
            continue
        rows = rows.assign(
            track=one.track, decider=one.decider, answer_due_on=levels.answer_due(one, rows["filed_on"])
        )
        later = levels.following(one)
        if later is not None and one.number > 0:
            taken_up = [(subject, later.number) in taken for subject in rows["subject_id"]]
            rows = _with_next(rows, later, rows["state"].isin(LOST) & ~pd.Series(taken_up, index=rows.index))
        parts.append(rows)
    return pd.concat(parts).sort_index() if parts else found


def _with_next(rows: pd.DataFrame, later: levels.Level, lost: Column) -> pd.DataFrame:
    """The next level of what was `lost`. A level that the plan may not have has the days of the one after it too."""
    # A negotiation is over after its days, whatever was said in it.
    negotiated = later.clock_starts == levels.NEGOTIATION
    begins = rows["answer_due_on"] if negotiated else rows["decided_on"]
    clock, time = later, levels.time_to_file(later)
    if time is None and later.optional and (beyond := levels.following(later)):
        clock, time = beyond, levels.time_to_file(beyond)
    last = levels.due(clock, begins, time)
    if "next_days" in rows:
        for count in rows["next_days"].dropna().unique():
            own = levels.due(later, begins, levels.Time(int(count), levels.DAYS))
            last = last.mask((rows["next_days"] == count).fillna(False).astype(bool), own)
    last = last.where(lost).astype("datetime64[s]")
    return rows.assign(
        next_level=pd.Series(later.number, index=rows.index, dtype="Int64").where(lost),
        next_name=pd.Series(later.name, index=rows.index, dtype="str").where(lost),
        next_due_on=last,
        next_file_by=levels.file_by(last),
    )


def running(states_: pd.DataFrame, as_of: date | pd.Timestamp) -> Column:
    """Whether each appeal keeps its denial out of the queue of denials on a day (`under_appeal`)."""
    today = pd.Timestamp(as_of)
    waiting = states_["decided_on"] + pd.Timedelta(days=PAYMENT_DAYS) >= today
    goes_on = states_["next_level"].notna() & ~(states_["next_due_on"] < today)
    return (
        states_["state"].isin(UNDECIDED)
        | (states_["state"].isin(("overturned", "partly")) & waiting)
        | goes_on
    )
