"""What people decide, stored as facts: on items, on rows in quarantine, on remitted claims and on months."""

from __future__ import annotations

import pandas as pd

from configs.identity import digest
from connectors.ledger import Ledger, Transaction
from tasks.billing import corrections

ITEM_ACTIONS = ("assign", "note", "snooze", "resubmit", "resolve", "reopen")
CLAIM_ACTIONS = (corrections.CORRECT, corrections.VOID)
QUARANTINE_ACTIONS = ("release", "discard")


class Refused(Exception):
    """What a person asked for cannot be done; the text is made for people and carries no values."""


def act(
    ledger: Ledger,
    item_id: str,
    action: str,
    *,
    actor: str,
    to: str | None = None,
    reason: object = None,
    until: object = None,
) -> None:
    """Store what `actor` did with a worklist item; `to` is the person an item is assigned to."""
    if action not in ITEM_ACTIONS:
        raise ValueError("no such action")
    day = pd.Timestamp(until) if until else pd.NaT  # type: ignore[arg-type]
    said = {"person": to or actor, "actor": actor, "reason": reason, "until": day}
    _store(ledger, "work_events", "item_id", item_id, action, **said)


def correct(
    tx: Transaction, claim_id: str, action: str, *, actor: str, reason: object, item_id: str | None = None
) -> None:
    """Store that a claim is to be corrected or voided, under the claim's own item and the one that led to it."""
    if action not in CLAIM_ACTIONS:
        raise ValueError("no such action")
    for item in dict.fromkeys((corrections.item(claim_id), item_id)):
        if item:
            event(tx, "work_events", "item_id", item, action, person=actor, actor=actor, reason=reason)


def decide(ledger: Ledger, quarantine_id: str, action: str, *, person: str, reason: str) -> None:
    """Store a decision about a quarantined row."""
    if action not in QUARANTINE_ACTIONS:
        raise ValueError("no such action")
    _store(ledger, "quarantine_events", "quarantine_id", quarantine_id, action, person=person, reason=reason)


def assign(
    tx: Transaction, remitted_claim_id: str, claim_id: str | None, *, person: str, reason: str
) -> None:
    """Store a person's word on which claim of ours a remitted claim answers; None for none of ours."""
    sequence = tx.count("assignments", where={"remitted_claim_id": remitted_claim_id}) + 1
    row = {
        "assignment_id": digest("assignments", remitted_claim_id, sequence, claim_id),
        "remitted_claim_id": remitted_claim_id,
        "sequence": sequence,
        "claim_id": claim_id,
        "person": person,
        "reason": reason,
        "at": now(),
    }
    tx.add("assignments", pd.DataFrame([row]))


def close(tx: Transaction, period: str, balances_sha256: str, *, person: str, reason: str) -> None:
    """Store that a month was closed, with the digest of its trial balance."""
    row = {
        "period": period,
        "person": person,
        "reason": reason,
        "balances_sha256": balances_sha256,
        "at": now(),
    }
    tx.add("closings", pd.DataFrame([row]))


def _store(ledger: Ledger, table: str, key: str, subject: str, action: str, **values: object) -> None:
    """The next event about a subject, numbered in the order people acted."""
    with ledger.transaction() as tx:
        event(tx, table, key, subject, action, **values)


def event(tx: Transaction, table: str, key: str, subject: str, action: str, **values: object) -> None:
    """Store the next event about a subject in an open transaction."""
    sequence = tx.count(table, where={key: subject}) + 1
    row = {
        "event_id": digest(table, subject, sequence, action),
        key: subject,
        "sequence": sequence,
        "action": action,
        "at": now(),
        **values,
    }
    tx.add(table, pd.DataFrame([row]))


def now() -> pd.Timestamp:
    return pd.Timestamp.now("UTC").tz_localize(None)
