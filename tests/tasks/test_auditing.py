"""Who did what, when and why: one list over everything that people decide."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from connectors.ledger import Ledger
from tasks import auditing, people

COLUMNS = ["person", "action", "subject_kind", "subject_id", "detail", "reason"]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Seven actions, one a day from the first of March, and a row that the recheck released."""
    days = iter(pd.date_range("2026-03-01 23:59:59", periods=7))
    monkeypatch.setattr(people, "now", lambda: next(days))
    book = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    people.act(book, "ITEM", "assign", actor="jo", to="kim")
    people.decide(book, "ROW", "release", person="jo", reason="fine")
    with book.transaction() as tx:
        people.assign(tx, "RC1", "C1", person="jo", reason="by phone")
        people.assign(tx, "RC1", None, person="kim", reason="not ours")
    people.act(book, "ITEM", "snooze", actor="kim", until=dt.date(2026, 4, 1))
    with book.transaction() as tx:
        people.close(tx, "2026-02", "0" * 64, person="kim", reason="month end")
    people.act(book, "ITEM", "note", actor="jo", reason="called")
    checked = {
        "event_id": "E",
        "quarantine_id": "OLD",
        "sequence": 1,
        "action": "release",
        "person": "recheck",
    }
    book.add("quarantine_events", pd.DataFrame([checked]))
    return book


def told(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    plain = rows[COLUMNS].astype(object).where(rows[COLUMNS].notna(), None)
    return list(plain.itertuples(index=False, name=None))


def test_every_action_is_listed_the_newest_last(ledger: Ledger) -> None:
    rows = auditing.actions(ledger)
    assert told(rows) == [
        ("recheck", "release", "quarantine", "OLD", None, None),
        ("jo", "assign", "item", "ITEM", "to kim", None),
        ("jo", "release", "quarantine", "ROW", None, "fine"),
        ("jo", "assign", "remitted_claim", "RC1", "to claim C1", "by phone"),
        ("kim", "assign", "remitted_claim", "RC1", "to claim none", "not ours"),
        ("kim", "snooze", "item", "ITEM", "until 2026-04-01", None),
        ("kim", "close", "month", "2026-02", None, "month end"),
        ("jo", "note", "item", "ITEM", None, "called"),
    ]
    assert rows["at"].iloc[1:].is_monotonic_increasing


def test_both_days_of_a_range_count(ledger: Ledger) -> None:
    rows = auditing.actions(ledger, dt.date(2026, 3, 2), dt.date(2026, 3, 4))
    assert rows["at"].dt.day.tolist() == [2, 3, 4]


def test_what_one_person_did(ledger: Ledger) -> None:
    assert auditing.actions(ledger, person="kim")["action"].tolist() == ["assign", "snooze", "close"]
    assert auditing.actions(ledger, person="nobody").empty


def test_nobody_did_anything_yet(tmp_path: Path) -> None:
    rows = auditing.actions(Ledger.open(f"sqlite:///{tmp_path / 'empty.sqlite'}"), dt.date(2026, 1, 1))
    assert rows.empty
    assert list(rows.columns) == auditing.COLUMNS
