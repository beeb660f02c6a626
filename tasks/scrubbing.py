"""The rules as a site has them: what they are judged under, what they said before, and people's word on them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd

from configs.identity import digest
from configs.rules import FIXED, load_book
from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import masters, people, standing
from tasks.billing import suppressions
from tasks.billing import track_record as records
from tasks.billing.context import JudgeContext
from tasks.moment import Facts, Moment, derived


def context(
    settings: Settings, date: dt.date, facts: Facts | None = None, config: Path | None = None
) -> JudgeContext:
    """The day, the configuration and the official files that encounters are judged under.

    `facts` say which official files were loaded; `config` is a rules.toml to be tried on top of the home's.
    """
    book = load_book(settings.home, config)
    usual = masters.context(settings, date)
    margin = book.parameters.get("TIMELY_MARGIN", {}).get("days", usual.timely_margin_days)
    return replace(
        usual,
        tax_id=settings.practice.tax_id.get_secret_value(),
        timely_margin_days=margin,
        severities=book.severities,
        overrides=book.overrides,
        dates=book.dates,
        parameters=book.parameters,
    )


@derived
def track_record(ledger: Moment) -> pd.DataFrame:
    """How often each rule was right of those it let go, see `tasks.billing.track_record`."""
    said = records.unheeded(
        ledger.read("findings"), ledger.read("shadow_findings"), ledger.read("charge_lines")
    )
    return records.record(said, ledger.read("claim_lines"), standing.verdicts(ledger))


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
            "at": people._now(),
        }
        tx.add("suppressions", pd.DataFrame([row]).astype({"line": "Int64"}))
