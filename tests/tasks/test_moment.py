"""What a moment of the ledger keeps for the next one: the same answers as a ledger that was never asked before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.ledger import Ledger
from tasks import moment, planning, standing
from tasks.moment import Moment, derived
from tests.support import billing_office
from tests.support.billing_office import AGAIN, LATER, Office
from tests.support.histories import filled

STATES: tuple[Callable[[Any], pd.DataFrame], ...] = (
    standing.newest_claims,
    standing.track_record,
    standing.compared,
    standing.taken_back,
    standing.in_suspense,
    standing.claim_states,
    standing.unspoken,
    standing.associated,
    standing.newest_findings,
    standing.authorization_units,
    planning.live_charges,
    planning.verdicts,
    planning.counted,
    planning.decided,
    planning.passing,
)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as opened:
        yield opened


class Count:
    """How often each state was worked out."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.payers = derived(self._payers)
        self.names = derived(self._names)

    def _payers(self, now: Moment) -> pd.DataFrame:
        self.made.append("payers")
        return now.read("claims", columns=["payer_id"]).drop_duplicates(ignore_index=True)

    def _names(self, now: Moment) -> pd.DataFrame:
        self.made.append("names")
        return self.payers(now).assign(known=len(now.read("write_offs", where={"account": "revenue"})))

    def asked(self, facts: Ledger | Moment) -> list[str]:
        """What has to be worked out to know the names."""
        self.made.clear()
        self.names(facts)
        return self.made


def claim(name: str, payer: str = "ACME") -> pd.DataFrame:
    return filled("claims", {"claim_id": name, "payer_id": payer})


def write_off(name: str, account: str) -> pd.DataFrame:
    return filled("write_offs", {"write_off_id": name, "account": account})


def test_what_says_the_same_again_is_not_worked_out_again(book: Ledger) -> None:
    count = Count()
    book.add("claims", claim("C1"))
    assert count.asked(book) == ["names", "payers"]
    assert count.asked(book) == []
    book.add("write_offs", write_off("W1", "receivable_payer"))
    assert count.asked(book) == [], "no row that was asked for"
    book.add("write_offs", write_off("W2", "revenue"))
    assert count.asked(book) == ["names"]
    assert count.names(book)["known"].tolist() == [1]


def test_what_comes_to_the_same_changes_nothing_further(book: Ledger) -> None:
    count = Count()
    book.add("claims", claim("C1"))
    count.asked(book)
    book.add("claims", claim("C2"))
    assert count.asked(book) == ["payers"]
    assert count.asked(book) == []
    book.add("claims", claim("C3", payer="OTHER"))
    assert count.asked(book) == ["payers", "names"]
    assert count.names(book)["payer_id"].tolist() == ["ACME", "OTHER"]


def test_what_somebody_else_wrote_is_seen(book: Ledger, tmp_path: Path) -> None:
    count = Count()
    book.add("claims", claim("C1"))
    count.asked(book)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as other:
        other.add("claims", claim("C2", payer="OTHER"))
    assert count.names(book)["payer_id"].tolist() == ["ACME", "OTHER"]


def test_a_changed_frame_changes_no_later_answer(book: Ledger) -> None:
    count = Count()
    book.add("claims", claim("C1"))
    found = count.names(book)
    found["payer_id"] = "changed"
    found.loc[0, "known"] = 99
    assert count.names(book).to_dict("records") == [{"payer_id": "ACME", "known": 0}]


def test_a_count_is_never_remembered(book: Ledger) -> None:
    made = []

    @derived
    def counted(now: Moment) -> pd.DataFrame:
        made.append(now.count("claims"))
        return pd.DataFrame({"claims": made[-1:]})

    for expected in (0, 1):
        assert counted(book)["claims"].tolist() == [expected]
        assert counted(book)["claims"].tolist() == [expected]
        book.add("claims", claim(f"C{expected}"))
    assert made == [0, 0, 1, 1]


def test_a_large_ledger_keeps_nothing(book: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moment, "KEPT_BYTES", 100)
    count = Count()
    book.add("claims", pd.concat([claim(f"C{number}") for number in range(50)]))
    assert count.asked(book) == ["names", "payers"]
    assert count.asked(book) == ["names", "payers"]
    with moment.moment(book) as now:
        assert count.asked(now) == ["names", "payers"]
        assert count.asked(now) == []


def same(office: Office) -> None:
    """All states as a ledger tells them that was opened a moment ago."""
    with Ledger.open(office.settings.ledger_url) as fresh:
        for state in STATES:
            pd.testing.assert_frame_equal(state(office.book), state(fresh))
        made, told = (standing.work(book, office.settings, LATER) for book in (office.book, fresh))
        pd.testing.assert_frame_equal(made, told)


def test_every_state_is_that_of_a_ledger_never_asked_before(tmp_path: Path) -> None:
    with billing_office.prepared(tmp_path / "home", billing_office.sent_to_the_first) as office:
        first = str(office.claims()[0]["claim_id"])
        office.says(first, "A2")
        same(office)
        office.answer(first, "1", ("CO", "45", 1_000), ("PR", "2", 2_000))
        same(office)
        office.load("encounters", {"minutes": 45})
        office.ask("correct", first)
        same(office)
        office.daily(AGAIN)
        same(office)
        office.answer(first, "22", ("CO", "45", 1_000), ("PR", "2", 2_000), sign=-1, icn="ICN2")
        same(office)
        office.daily(LATER)
        same(office)


def test_every_state_is_looked_at() -> None:
    made = {
        name
        for module in (standing, planning)
        for name, each in vars(module).items()
        if getattr(each, "__wrapped__", None) and each.__module__ == module.__name__
    }
    assert {state.__name__ for state in STATES} == made
