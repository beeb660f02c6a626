"""A claim that crossed over is in the next payer's hands: it is waited for, and never sent again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import people, rebilling, standing
from tests.support import books
from tests.support.histories import filled
from tests.support.remittance_frames import clp, remit, svc

LINE = svc(20_000, 12_000, ("CO", "45", 5_000), ("PR", "3", 3_000), control="L1")


def crossed(status: str) -> dict:
    return remit(clp("C000000001", status, 20_000, 12_000, LINE, icn="ICN1"), trace="EFT1", day=books.JANUARY)


@pytest.fixture
def book(tmp_path: Path) -> Ledger:
    made = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.add("decisions", filled("decisions", {"decision_id": "-", "sequence": 1, "outcome": "charged"}))
    books.charged(made)
    return made


@pytest.mark.parametrize("status", ["19", "20", "21"])
def test_it_is_waited_for_and_not_sent_again(book: Ledger, tmp_path: Path, status: str) -> None:
    assert "CHL1" not in set(rebilling.unclaimed(book)["charge_id"])
    books.read(book, crossed(status))
    states = standing.claim_states(book).set_index("claim_id")["state"]
    assert states["C000000001"] == "crossed_over"
    late = books.JANUARY + dt.timedelta(days=60)
    settings = Settings(home=tmp_path)
    work = standing.work(book, settings, late)
    own = work[work["claim_id"] == "C000000001"]
    assert not set(own["queue"]) & {"denials", "rejections", "uploads"}
    (item,) = own[own["queue"] == "silence"].to_dict(orient="records")
    assert item["reason"].startswith("no_crossover")
    assert "next payer" in item["next_action"]
    people.act(book, item["item_id"], "resolve", actor="kim", reason="they have it")
    assert "CHL1" not in set(rebilling.unclaimed(book)["charge_id"])
