"""The queues: what the line could not settle, with reason, dollars, deadline and next action.

Items are derived from facts: they open, change and close by facts alone. What people do with an item (assign,
snooze, note, resolve) is a fact of its own, laid over the item by `with_people`. An item's id is made of its queue
and its subject, so the same matter is the same item on every day.

Priority is the dollars that may be recovered times the urgency of the deadline; both are shown.
"""

from __future__ import annotations

import pandas as pd

from configs.identity import digest
from tasks.billing import deadlines
from tasks.billing.queues import QUEUES, Sources

COLUMNS = [
    "item_id",
    "queue",
    "subject_id",
    "claim_id",
    "encounter_id",
    "payer_id",
    "reason",
    "category",
    "amount_cents",
    "recoverable_cents",
    "opened_on",
    "deadline",
    "next_action",
    "source",
    "urgency",
    "priority",
]


def items(sources: Sources) -> pd.DataFrame:
    """All open items as of the sources' day, most urgent dollars first; columns `COLUMNS`."""
    parts = [make(sources) for make, _ in QUEUES.values()]
    rows = pd.concat([_shape(part) for part in parts], ignore_index=True)
    # Of no items, too, the ids are text: what people did is joined by them.
    rows["item_id"] = pd.Series(
        [digest("item", *pair) for pair in zip(rows["queue"], rows["subject_id"], strict=True)],
        index=rows.index,
        dtype="str",
    )
    rows["urgency"] = deadlines.urgency(rows["deadline"], sources.as_of)
    rows["priority"] = rows["recoverable_cents"].fillna(0) * rows["urgency"]
    order = ["priority", "deadline", "amount_cents", "item_id"]
    return rows.sort_values(order, ascending=[False, True, False, True], ignore_index=True)[COLUMNS]


def with_people(rows: pd.DataFrame, events: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Items with ``status`` (open, snoozed, resolved, resubmit) and ``assignee`` from what people did."""
    events = events.sort_values("sequence")
    deciding = events[events["action"].isin(["snooze", "resolve", "reopen", "resubmit"])]
    last = deciding.groupby("item_id", as_index=False).last()[["item_id", "action", "until"]]
    assigned = (
        events[events["action"] == "assign"].groupby("item_id", as_index=False).last()[["item_id", "person"]]
    )
    merged = rows.merge(last, on="item_id", how="left").merge(assigned, on="item_id", how="left")
    asleep = (merged["action"] == "snooze") & (merged["until"] > as_of)
    status = pd.Series("open", index=merged.index, dtype="str").mask(asleep, "snoozed")
    status = status.mask(merged["action"] == "resolve", "resolved").mask(
        merged["action"] == "resubmit", "resubmit"
    )
    return merged.assign(status=status, assignee=merged["person"]).drop(columns=["action", "until", "person"])


def _shape(part: pd.DataFrame) -> pd.DataFrame:
    """The columns of an item, absent ones as null, with the dtypes of the contract."""
    shaped = part.reindex(columns=COLUMNS)
    for column in ("amount_cents", "recoverable_cents"):
        shaped[column] = shaped[column].astype("Int64")
    for column in ("opened_on", "deadline"):
        shaped[column] = pd.to_datetime(shaped[column]).astype("datetime64[s]")
    words = [c for c in COLUMNS if c not in ("amount_cents", "recoverable_cents", "opened_on", "deadline")]
    return shaped.astype(dict.fromkeys(words[:-2], "str"))
