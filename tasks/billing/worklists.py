"""The queues: what the line could not settle, with reason, dollars, deadline and next action.

Items are derived from facts: they open, change and close by facts alone. What people do with an item (assign,
snooze, note, resolve) is a fact of its own, laid over the item by `with_people`. An item's id is made of its queue
(its group, where several are one) and its subject, so the same matter is the same item on every day.

Priority is what may be expected times the urgency of the deadline, and both are shown::

    expected_cents = recoverable_cents x recovery_rate / 10,000    (the rate in basis points: `recovery`)
    priority       = expected_cents x urgency                      (4, 2, 1 or 0: `deadlines.urgency`)
"""

from __future__ import annotations

import pandas as pd

from configs.identity import digest
from tasks.billing import deadlines, recovery, shapes
from tasks.billing.corrections import CORRECT, QUEUE, RESUBMIT, VOID
from tasks.billing.queues import GROUPS, MAKERS, Sources, group_of

# What a person asked for and a run does; the item stays until it is done.
BY_ITSELF = (RESUBMIT, CORRECT, VOID)
# What a queue says of an item, and what is worked out of that.
SAID = shapes.shape(
    "item_id queue subject_id claim_id encounter_id payer_id reason category amount_cents recoverable_cents"
    " opened_on:day deadline:day next_action source"
)
COLUMNS = [*SAID, "recovery_rate", "recovery_cases", "expected_cents", "urgency", "priority"]


def items(sources: Sources) -> pd.DataFrame:
    """All open items as of the sources' day, most urgent dollars first; columns `COLUMNS`."""
    rows = pd.concat([shapes.conform(make(sources), SAID) for make in MAKERS], ignore_index=True)
    # Of no items, too, the ids are text: what people did is joined by them.
    rows["item_id"] = pd.Series(
        [digest("item", *pair) for pair in zip(group_of(rows["queue"]), rows["subject_id"], strict=True)],
        index=rows.index,
        dtype="str",
    )
    denied = rows["queue"].isin(GROUPS["denials"])
    rate = recovery.rates(rows, denied, sources.cases, sources.table_weight, sources.percents)
    rows[["recovery_rate", "recovery_cases"]] = rate
    rows["expected_cents"] = rows["recoverable_cents"].fillna(0) * rate["recovery_rate"] // recovery.WHOLE
    rows["urgency"] = deadlines.urgency(rows["deadline"], sources.as_of)
    rows["priority"] = rows["expected_cents"] * rows["urgency"]
    order = ["priority", "deadline", "amount_cents", "item_id"]
    return rows.sort_values(order, ascending=[False, True, False, True], ignore_index=True)[COLUMNS]


def with_people(rows: pd.DataFrame, events: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Items with ``status`` (open, snoozed, resolved, or what is to be done by itself) and ``assignee``."""
    events = events.sort_values("sequence")
    deciding = events[events["action"].isin(["snooze", "resolve", "reopen", *BY_ITSELF])]
    last = deciding.groupby("item_id", as_index=False).last()[["item_id", "action", "until"]]
    assigned = (
        events[events["action"] == "assign"].groupby("item_id", as_index=False).last()[["item_id", "person"]]
    )
    merged = rows.merge(last, on="item_id", how="left").merge(assigned, on="item_id", how="left")
    asleep = (merged["action"] == "snooze") & (merged["until"] > as_of)
    status = pd.Series("open", index=merged.index, dtype="str").mask(asleep, "snoozed")
    status = status.mask(merged["action"] == "resolve", "resolved")
    status = status.mask(merged["action"].isin(BY_ITSELF), merged["action"])
    return merged.assign(status=status, assignee=merged["person"]).drop(columns=["action", "until", "person"])


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Items that somebody should see: all but those asleep, done, or being corrected; a correction that waits too."""
    waits = (rows["queue"] == QUEUE) & rows["status"].isin([CORRECT, VOID])
    return rows[rows["status"].isin(["open", RESUBMIT]) | waits]
