"""Whatever the order of arrival, the ledger ends the same: remittances, claims, numbers and people's words.

A history is drawn, and with it which of its steps come in which order and how often, how they are parted into runs, and
which runs die at which of their writes before they are run again. The fingerprint must be that of the same steps in
their plainest order, each once. What follows from the facts (whose answer is whose, the journal that stands, the states
of the claims) must be what is made of the facts alone.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.ledger import Ledger, Transaction
from tasks import people, recognising, standing
from tasks.billing import money, posting
from tasks.billing.remittances import CONFLICT
from tasks.billing.rows import shares
from tests.support import postgres
from tests.support.histories import Crash, apply, decisions, history, words
from tests.support.remittance_frames import claim, claim_line, clp, remit

# On SQLite; a quarter of them on PostgreSQL. CLEANCLAIM_ORDERS=1000 takes an hour.
ORDERS = int(os.environ.get("CLEANCLAIM_ORDERS", "4"))
Steps = list[tuple[str, Any]]


class Run(NamedTuple):
    """Some steps in one transaction; `dies` is the write at which the first attempt ends, None where it does not."""

    steps: Steps
    dies: int | None


class Arrival(NamedTuple):
    """Steps in their plainest order, and the runs they came in; how many claims are looked at again at a time."""

    plain: Steps
    runs: list[Run]
    portion: int


@st.composite
def arrivals(draw: st.DrawFn) -> Arrival:
    """A history and how it arrived. What fails shrinks to few steps, in order, in one run that does not die."""
    steps = history(draw(st.randoms(use_true_random=False)))
    steps += words(steps, draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=3)))
    steps += decisions(steps, draw(st.lists(st.sampled_from(["release", "discard"]), max_size=4)))
    number = st.integers(0, len(steps) - 1)
    few, whole = st.lists(number, min_size=1, max_size=8), st.permutations(range(len(steps)))
    order = draw(few | st.tuples(whole, st.lists(number, max_size=5)).map(lambda two: [*two[0], *two[1]]))
    runs = []
    at = 0
    while at < len(order):
        size = draw(st.integers(1, 12).map(lambda less: 13 - less))
        dies = draw(st.none() | st.integers(0, 12))
        runs.append(Run([steps[one] for one in order[at : at + size]], dies))
        at += size
    portion = draw(st.sampled_from([recognising.AGAIN, 1]))
    return Arrival([steps[one] for one in sorted(set(order))], runs, portion)


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A maker of empty ledgers."""
    with _empty(request.param, tmp_path) as make:
        yield make


@contextmanager
def _empty(engine: str, folder: Path) -> Iterator[Callable[[], Ledger]]:
    """A maker of empty ledgers, copies of one that was migrated."""
    opened: list[Ledger] = []
    names = itertools.count()
    template = f"sqlite:///{folder}/empty.sqlite" if engine == "sqlite" else postgres.fresh_database()
    Ledger.open(template).close()

    def make() -> Ledger:
        if engine == "sqlite":
            place = folder / f"{next(names)}.sqlite"
            shutil.copy(folder / "empty.sqlite", place)
            url = f"sqlite:///{place}"
        else:
            url = postgres.fresh_database(postgres.name_of(template))
        opened.append(Ledger.open(url, migrate=False))
        return opened[-1]

    yield make
    for book in opened:
        book.close()


@contextmanager
def dying(write: int) -> Iterator[None]:
    """The process dies at this write, 0 being the first; for the transaction that is an exception."""
    left = itertools.count(write, -1)

    def until(method: Any) -> Any:
        def checked(*arguments: Any) -> Any:
            if next(left) == 0:
                raise Crash
            return method(*arguments)

        return checked

    with pytest.MonkeyPatch.context() as patch:
        for name in ("add", "settle"):
            patch.setattr(Transaction, name, until(getattr(Transaction, name)))
        yield


def _assert_sound(book: Ledger) -> None:
    journal = book.read("journal")
    assert (journal.groupby("posting_id")["amount_cents"].sum() == 0).all()
    cash = journal[journal["account"] == "cash"].groupby("remittance_id")["amount_cents"].sum()
    out = recognising.held(book)
    for row in book.read("remittances").itertuples():
        assert cash.get(row.remittance_id, 0) == (0 if row.remittance_id in out else row.bpr_cents)


def _derived(tables: Any) -> dict[str, pd.DataFrame]:
    """What is stored of what follows from facts: whose answer is whose."""
    return {
        "remitted_claims": tables.read(
            "remitted_claims", None, ["remitted_claim_id", "claim_id", "matched_by"]
        ),
        "remitted_lines": tables.read("remitted_lines", None, ["remitted_line_id", "line_id"]),
    }


def _standing(tables: Any) -> pd.DataFrame:
    """The entries that stand, without the turn they were made in."""
    rows = posting.standing(tables.read("journal"))
    names = [
        "account",
        "remittance_id",
        "remitted_claim_id",
        "charge_id",
        "claim_id",
        "reason",
        "amount_cents",
    ]
    return rows[names].sort_values(names).reset_index(drop=True)


def _assert_rebuilt_alike(book: Ledger) -> None:
    """Recognised from nothing, every answer is whose it was, and the journal stands as it did.

    On the way there a posting may be withdrawn and made again, where a later round teaches what an earlier one lacked.
    """
    with suppress(Crash), book.transaction() as tx:
        before, entries = _derived(tx), _standing(tx)
        for name, frame in before.items():
            keys = frame.columns[:1]
            tx.settle(name, frame.assign(**dict.fromkeys(frame.columns.difference(keys), None)))
        recognising.recognise(tx)
        for name, frame in _derived(tx).items():
            pd.testing.assert_frame_equal(frame, before[name])
        pd.testing.assert_frame_equal(_standing(tx), entries)
        raise Crash


def _check(make: Callable[[], Ledger], arrival: Arrival) -> None:
    plain, book = make(), make()
    apply(plain, arrival.plain, crash=False)
    _assert_sound(plain)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recognising, "AGAIN", arrival.portion)
        for run in arrival.runs:
            if run.dies is not None:
                with pytest.raises(Crash), dying(run.dies):
                    apply(book, run.steps, crash=True)
            apply(book, run.steps, crash=False)
            _assert_sound(book)
            _assert_rebuilt_alike(book)
    assert book.fingerprint() == plain.fingerprint()
    for name, frame in _derived(book).items():
        pd.testing.assert_frame_equal(frame, _derived(plain)[name])
    pd.testing.assert_frame_equal(standing.claim_states(book), standing.claim_states(plain))
    for ledger in (plain, book):
        ledger.close()


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", ORDERS), ("postgresql", ORDERS // 4)])
def test_any_order_partition_repetition_and_crash_ends_in_the_same_ledger(
    engine: str, examples: int, tmp_path: Path
) -> None:
    with _empty(engine, tmp_path) as make:

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(arrivals())
        def check(arrival: Arrival) -> None:
            _check(make, arrival)

        check()


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
        journal[journal["remittance_id"].notna()],
        recognising.wanted(book, {"remittance_id": sorted(book.read("remittances")["remittance_id"])}),
    )
    assert again.empty


def test_what_a_later_portion_teaches_is_used_in_an_earlier_one(
    books: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each of three claims five answers under the payer's number alone, and one that teaches it."""
    monkeypatch.setattr(recognising, "AGAIN", 1)
    book, cas = books(), (("CO", "45", 100),)
    ours = [f"C{number:09}" for number in (1, 2, 3)]
    answers = [
        clp(name, "1", 600, 500, cas=cas, icn=f"ICN-{our}") for our in ours for name in (*["LOST"] * 5, our)
    ]
    apply(book, [("remit", remit(one, trace=f"EFT{at}")) for at, one in enumerate(answers)], crash=False)
    known = [(claim(our, 600), [claim_line(f"L{our}", our, 600, position=1)]) for our in ours]
    apply(book, [("claim", one) for one in known], crash=False)
    taught = book.read("remitted_claims")
    assert ("ICN-" + taught["claim_id"] == taught["payer_control"]).all()
    _assert_rebuilt_alike(book)


@pytest.mark.parametrize("trace", ["TWICE", "AGAIN"])
def test_of_two_that_contradict_each_other_the_one_a_person_releases_is_posted(
    books: Any, trace: str
) -> None:
    book = books()
    apply(book, history(Random(1)), crash=False)
    remits = book.read("remittances", where={"trace": trace}).set_index("remittance_id")["bpr_cents"]
    every = book.read("quarantine", where={"expectation": CONFLICT})
    rows = every[every["subject_id"].isin(remits.index)]
    right, wrong = rows["quarantine_id"]
    people.decide(book, right, "release", person="kim", reason="the payer said so")
    people.decide(book, wrong, "discard", person="kim", reason="a draft")
    apply(book, [], crash=False)
    _assert_sound(book)
    released = rows.loc[rows["quarantine_id"] == right, "subject_id"].item()
    cash = book.read("journal", where={"account": "cash", "remittance_id": released})
    assert cash["amount_cents"].sum() == remits[released]
    assert recognising.held(book) == {*every["subject_id"]} - {released}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(-(10**9), 10**9))
def test_shares_add_up_to_the_cent(weights: list[int], amount: int) -> None:
    one = np.zeros(1, np.int64)
    _, row, parts = shares(np.array([amount]), one, np.array(weights), np.zeros(len(weights), np.int64))
    assert row.tolist() == list(range(len(weights)))
    assert parts.sum() == amount
    expected = money.allocate(amount, weights) if any(weights) else [amount] + [0] * (len(weights) - 1)
    assert parts.tolist() == expected
