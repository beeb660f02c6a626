"""A person's word on which claim a remitted claim answers: stored, posted at once, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.ledger import Ledger
from tasks import assigning, people, recognising
from tests.support import books


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(f"sqlite:///{tmp_path}/l.sqlite")
    books.charged(opened)
    books.read(opened, books.PAID, books.STRANGER)
    yield opened
    opened.close()


def assign(book: Ledger, claim_id: str | None, control: str = "LOST") -> dict[str, int]:
    return assigning.assign(book, books.remitted(book, control), claim_id, person="kim", reason="by phone")


def suspense(book: Ledger) -> int:
    return int(book.read("journal", {"account": "suspense_unmatched"})["amount_cents"].sum())


def test_a_word_moves_the_money_out_of_suspense_at_once(book: Ledger) -> None:
    assert suspense(book) == -9_999
    told = assign(book, "C000000002")
    assert told["recognised"] == 1
    assert told["posted"] > 0
    assert suspense(book) == 0
    (row,) = book.read("assignments").to_dict("records")
    assert (row["sequence"], row["claim_id"], row["person"]) == (1, "C000000002", "kim")
    (found,) = book.read("remitted_claims", {"claim_control": "LOST"}).to_dict("records")
    assert (found["claim_id"], found["matched_by"]) == ("C000000002", "person")


def test_the_last_word_counts(book: Ledger) -> None:
    for claim_id in ("C000000002", "C000000001", None):
        assign(book, claim_id)
    assert suspense(book) == -9_999
    assert book.read("assignments").sort_values("sequence")["sequence"].tolist() == [1, 2, 3]
    journal = book.read("journal")
    assert (journal.groupby("posting_id")["amount_cents"].sum() == 0).all()
    answers = journal[journal["remitted_claim_id"] == books.remitted(book, "LOST")]
    assert answers.groupby("account")["amount_cents"].sum().drop("suspense_unmatched").eq(0).all()


def test_a_word_goes_before_what_was_recognised(book: Ledger) -> None:
    assign(book, None, "C000000001")
    assert suspense(book) == -9_999 - 12_000


def test_the_same_word_again_posts_nothing(book: Ledger) -> None:
    assign(book, "C000000002")
    assert assign(book, "C000000002") == {"recognised": 0, "posted": 0}


def test_ids_that_do_not_exist_are_refused(book: Ledger) -> None:
    with pytest.raises(people.Refused, match="no claim of that id"):
        assign(book, "C999999999")
    with pytest.raises(people.Refused, match="no remitted claim"):
        assigning.assign(book, "nothing", "C000000002", person="kim", reason="by phone")
    assert book.count("assignments") == 0


def test_a_word_that_cannot_be_posted_is_not_stored(book: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError

    monkeypatch.setattr(recognising, "settle", broken)
    with pytest.raises(RuntimeError):
        assign(book, "C000000002")
    assert book.count("assignments") == 0
    assert book.read("remitted_claims", {"claim_control": "LOST"})["claim_id"].isna().all()
