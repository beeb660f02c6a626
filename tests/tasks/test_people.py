"""What people decide is a fact in a row of facts: numbered, dated, never overwritten."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from connectors.ledger import Ledger
from tasks import people, quarantining


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def test_actions_on_an_item_are_numbered(ledger: Ledger) -> None:
    people.act(ledger, "ITEM", "assign", actor="jo", to="maria")
    people.act(ledger, "ITEM", "resolve", actor="maria", reason="paid by check")
    people.act(ledger, "OTHER", "note", actor="jo", reason="called")
    events = ledger.read("work_events", where={"item_id": "ITEM"}).sort_values("sequence")
    assert events["action"].tolist() == ["assign", "resolve"]
    assert events["sequence"].tolist() == [1, 2]


def test_of_an_assignment_both_are_kept_who_gave_it_and_who_got_it(ledger: Ledger) -> None:
    people.act(ledger, "ITEM", "assign", actor="jo", to="maria", reason="knows the payer")
    (event,) = ledger.read("work_events").to_dict(orient="records")
    assert (event["actor"], event["person"], event["reason"]) == ("jo", "maria", "knows the payer")


def test_an_action_that_is_none_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="no such action"):
        people.act(ledger, "ITEM", "pay", actor="maria")
    with pytest.raises(ValueError, match="no such action"):
        people.decide(ledger, "ROW", "post", person="maria", reason="because")


def quarantined(ledger: Ledger, *rows: tuple[str, str]) -> None:
    frame = pd.DataFrame(rows, columns=["quarantine_id", "subject_id"])
    ledger.add(
        "quarantine",
        frame.assign(suite="charges", expectation="units", subject_kind="charge", reason="too many"),
    )


def test_the_newest_decision_about_a_row_counts(ledger: Ledger) -> None:
    quarantined(ledger, ("Q1", "C1"), ("Q2", "C2"))
    people.decide(ledger, "Q1", "discard", person="jo", reason="wrong")
    people.decide(ledger, "Q1", "release", person="jo", reason="right after all")
    states = quarantining.with_state(ledger).set_index("quarantine_id")["state"]
    assert states.to_dict() == {"Q1": "released", "Q2": "open"}
    assert quarantining.released(ledger) == {"C1"}
    assert quarantining.barred(ledger) == {"C2"}


def test_a_subject_with_two_rows_is_released_only_when_both_are(ledger: Ledger) -> None:
    quarantined(ledger, ("Q1", "C1"), ("Q2", "C1"))
    people.decide(ledger, "Q1", "release", person="jo", reason="fine")
    assert quarantining.released(ledger) == set()
    assert quarantining.barred(ledger) == {"C1"}
    people.decide(ledger, "Q2", "release", person="jo", reason="fine too")
    assert quarantining.released(ledger) == {"C1"}
    assert quarantining.barred(ledger) == set()
