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
    day = pd.Timestamp(until) if until else pd.NaT  # type: ignore[arg-type]
    _store(ledger, "work_events", "item_id", item_id, action, person=person, reason=reason, until=day)


def decide(ledger: Ledger, quarantine_id: str, action: str, *, person: str, reason: str) -> None:
    """Store a decision about a quarantined row."""
    if action not in QUARANTINE_ACTIONS:
        raise ValueError("no such action")
    _store(ledger, "quarantine_events", "quarantine_id", quarantine_id, action, person=person, reason=reason)


def _store(ledger: Ledger, table: str, key: str, subject: str, action: str, **values: object) -> None:
    """The next event about a subject, numbered in the order people acted."""
    with ledger.transaction() as tx:
        sequence = tx.count(table, where={key: subject}) + 1
        row = {
            "event_id": digest(table, subject, sequence, action),
            key: subject,
            "sequence": sequence,
            "action": action,
            "at": _now(),
            **values,
        }
        tx.add(table, pd.DataFrame([row]))


def _now() -> pd.Timestamp:
    return pd.Timestamp.now("UTC").tz_localize(None)
