"""Whatever the order of arrival, the ledger ends the same: remittances, claims, numbers and people's words.

A history is drawn, and with it an order, a partition into runs, repetitions and crashes in the middle of a
transaction. The fingerprint must be that of the same history in its plainest order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ledger import Ledger
from tasks import people, recognising
from tasks.billing import money, posting
from tasks.billing.remittances import CONFLICT
from tasks.billing.rows import shares
from tests.support import postgres
from tests.support.histories import Crash, apply, history


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A maker of empty ledgers."""
    opened: list[Ledger] = []

    def make() -> Ledger:
        place = f"sqlite:///{tmp_path}/{len(opened)}.sqlite"
        url = place if request.param == "sqlite" else postgres.fresh_database()
        opened.append(Ledger.open(url))
        return opened[-1]

    yield make
    for book in opened:
        book.close()


def _assert_sound(book: Ledger) -> None:
    journal = book.read("journal")
    assert (journal.groupby("posting_id")["amount_cents"].sum() == 0).all()
    cash = journal[journal["account"] == "cash"].groupby("remittance_id")["amount_cents"].sum()
    out = recognising.held(book)
    for row in book.read("remittances").itertuples():
        assert cash.get(row.remittance_id, 0) == (0 if row.remittance_id in out else row.bpr_cents)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_partition_repetition_and_crash_ends_in_the_same_ledger(books: Any, seed: int) -> None:
    random = Random(seed)
    steps = history(random)
    plain = books()
    apply(plain, steps, crash=False)
    _assert_sound(plain)
    assert len(recognising.held(plain)) == 2
    expected = plain.fingerprint()
    for _ in range(2):
        book, order = books(), steps + random.sample(steps, 5)
        random.shuffle(order)
        while order:
            size = random.randint(1, 6)
            run, order = order[:size], order[size:]
            if random.random() < 0.3:
                with pytest.raises(Crash):
                    apply(book, run, crash=True)
            apply(book, run, crash=False)
            _assert_sound(book)
        assert book.fingerprint() == expected


def test_what_was_posted_late_is_what_would_have_been_posted_at_once(books: Any) -> None:
    """Money for a claim that is not known yet stands in suspense, and leaves it when the claim is."""
    steps = history(Random(1))
    book = books()
    for step in sorted(steps, key=lambda step: step[0], reverse=True):  # remittances, the number, then claims
        apply(book, [step], crash=False)
    journal = book.read("journal")
    suspense = journal[journal["account"] == "suspense_unmatched"]["amount_cents"].sum()
    assert suspense == 0
    again = posting.changes(
        journal,
        recognising.wanted(book, {"remittance_id": sorted(book.read("remittances")["remittance_id"])}),
    )
    assert again.empty


def test_of_two_that_contradict_each_other_the_one_a_person_releases_is_posted(books: Any) -> None:
    book = books()
    apply(book, history(Random(1)), crash=False)
    rows = book.read("quarantine", where={"expectation": CONFLICT})
    right, wrong = rows["quarantine_id"]
    people.decide(book, right, "release", person="kim", reason="the payer said so")
    people.decide(book, wrong, "discard", person="kim", reason="a draft")
    apply(book, [], crash=False)
    _assert_sound(book)
    released = rows.loc[rows["quarantine_id"] == right, "subject_id"].item()
    cash = book.read("journal", where={"account": "cash", "remittance_id": released})
    assert cash["amount_cents"].sum() == 100
    assert recognising.held(book) == {*rows["subject_id"]} - {released}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(-(10**9), 10**9))
def test_shares_add_up_to_the_cent(weights: list[int], amount: int) -> None:
    one = np.zeros(1, np.int64)
    _, row, parts = shares(np.array([amount]), one, np.array(weights), np.zeros(len(weights), np.int64))
    assert row.tolist() == list(range(len(weights)))
    assert parts.sum() == amount
    expected = money.allocate(amount, weights) if any(weights) else [amount] + [0] * (len(weights) - 1)
    assert parts.tolist() == expected
