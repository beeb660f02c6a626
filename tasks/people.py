"""What people decide, stored as facts: on items of a worklist and on rows in quarantine."""

from __future__ import annotations

import pandas as pd

from configs.identity import digest
from connectors.ledger import Ledger

ITEM_ACTIONS = ("assign", "note", "snooze", "resubmit", "resolve", "reopen")
QUARANTINE_ACTIONS = ("release", "discard")


def act(
    ledger: Ledger, item_id: str, action: str, *, person: str, reason: object = None, until: object = None
) -> None:
    """Store one action on a worklist item."""
    if action not in ITEM_ACTIONS:
        raise ValueError("no such action")
    with ledger.transaction() as tx:
        sequence = len(tx.read("work_events", where={"item_id": item_id})) + 1
        row = {
            "event_id": digest("work event", item_id, sequence, action),
            "item_id": item_id,
            "sequence": sequence,
            "action": action,
            "person": person,
            "reason": reason,
            "until": pd.Timestamp(until) if until else pd.NaT,  # type: ignore[arg-type]
            "at": _now(),
        }
        tx.add("work_events", pd.DataFrame([row]))


def decide(ledger: Ledger, quarantine_id: str, action: str, *, person: str, reason: str) -> None:
    """Store a decision about a quarantined row."""
    if action not in QUARANTINE_ACTIONS:
        raise ValueError("no such action")
    with ledger.transaction() as tx:
        sequence = len(tx.read("quarantine_events", where={"quarantine_id": quarantine_id})) + 1
        row = {
            "event_id": digest("quarantine event", quarantine_id, sequence, action),
            "quarantine_id": quarantine_id,
            "sequence": sequence,
            "action": action,
            "person": person,
            "reason": reason,
            "at": _now(),
        }
        tx.add("quarantine_events", pd.DataFrame([row]))


def _now() -> pd.Timestamp:
    return pd.Timestamp.now("UTC").tz_localize(None)
