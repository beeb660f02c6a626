"""People's word on rules: to silence one about an encounter for a while, and to take that back."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from configs.identity import digest
from configs.rules import FIXED
from connectors.ledger import Ledger
from tasks import people
from tasks.billing import suppressions


def suppress(
    ledger: Ledger,
    encounter_id: str,
    rule_id: str,
    *,
    line: int | None = None,
    person: str,
    reason: str,
    until: dt.date,
) -> None:
    """Store that a person silences a rule about an encounter until a day, the last one it holds."""
    if rule_id in FIXED:
        raise people.Refused("this rule always holds: it cannot be suppressed")
    if not reason.strip():
        raise people.Refused("a reason is needed")
    _store(ledger, encounter_id, rule_id, line, "suppress", person, reason, until)


def unsuppress(
    ledger: Ledger,
    encounter_id: str,
    rule_id: str,
    *,
    line: int | None = None,
    person: str,
    reason: str | None = None,
) -> None:
    """Store that it is taken back; without a line, all of it for the encounter and rule."""
    rows = ledger.read("suppressions", where={"encounter_id": encounter_id, "rule_id": rule_id})
    open_ = suppressions.standing(rows)
    if open_.empty or (line is not None and not (open_["line"] == line).fillna(False).any()):
        raise people.Refused("nothing of this rule is suppressed there")
    _store(ledger, encounter_id, rule_id, line, "withdraw", person, reason, None)


def _store(
    ledger: Ledger,
    encounter_id: str,
    rule_id: str,
    line: int | None,
    action: str,
    person: str,
    reason: str | None,
    until: dt.date | None,
) -> None:
    with ledger.transaction() as tx:
        if not tx.count("encounters", where={"encounter_id": encounter_id}):
            raise people.Refused("there is no such encounter")
        sequence = tx.count("suppressions", where={"encounter_id": encounter_id, "rule_id": rule_id}) + 1
        row = {
            "suppression_id": digest("suppressions", encounter_id, line, rule_id, sequence),
            "encounter_id": encounter_id,
            "line": line,
            "rule_id": rule_id,
            "sequence": sequence,
            "action": action,
            "person": person,
            "reason": reason,
            "expires_on": pd.Timestamp(until) if until else pd.NaT,
            "at": people.now(),
        }
        tx.add("suppressions", pd.DataFrame([row]).astype({"line": "Int64"}))
