"""Posting in processes of its own: killed at random moments, and two at a time.

A killed process leaves whole transactions: no remittance is ever half posted, and run again the ledger is what an
undisturbed run makes of it. Processes are forked, so that a hundred of them cost seconds.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.ledger import Ledger
from tasks import recognising
from tasks.billing import proof
from tests.support import postgres
from tests.support.histories import apply, history

# On each engine; CLEANCLAIM_POSTING_KILLS=100 takes some minutes.
KILLS = int(os.environ.get("CLEANCLAIM_POSTING_KILLS", "15"))
Run = list[tuple[str, Any]]


def runs(random: Random) -> list[Run]:
    """A history in some twenty runs."""
    steps = history(random)
    random.shuffle(steps)
    return [steps[at : at + 1] for at in range(len(steps))]


def forked(work: Callable[[], None]) -> int:
    """A process that does this and ends."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:
        os._exit(1)


def post(url: str, listed: list[Run]) -> None:
    """Everything, in a ledger of this process's own; what is there already changes nothing."""
    with Ledger.open(url) as book:
        for run in listed:
            apply(book, run, crash=False)


def assert_nothing_half_posted(book: Ledger) -> None:
    """What the proof says of postings and remittances, at this moment."""
    with book.snapshot() as view:
        tables = {
            name: recognising.live(view, name, columns)
            if name in recognising.FACTS
            else view.read(name, columns=columns)
            for name, columns in proof.NEEDS.items()
            if name in ("journal", *recognising.FACTS)
        }
    checks = (proof.postings_sum_to_zero, proof.cash_is_bpr, proof.remittances_balance)
    assert [problem for check in checks for problem in check(tables)] == []


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """A maker of addresses of empty ledgers, each migrated."""
    made: list[str] = []

    def fresh() -> str:
        place = f"sqlite:///{tmp_path}/{len(made)}.sqlite"
        made.append(place if request.param == "sqlite" else postgres.fresh_database())
        Ledger.open(made[-1]).close()
        return made[-1]

    return fresh


def test_killed_anywhere_nothing_is_half_posted_and_a_rerun_ends_the_same(urls: Callable[[], str]) -> None:
    random = Random(20260105)
    listed = runs(random)
    undisturbed = urls()
    began = time.monotonic()
    assert os.waitpid(forked(lambda: post(undisturbed, listed)), 0)[1] == 0
    whole = time.monotonic() - began
    with Ledger.open(undisturbed) as book:
        expected = book.fingerprint()
    killed = at_work = 0
    while killed < KILLS:
        url = urls()
        with Ledger.open(url) as book:
            done = False
            while not done and killed < KILLS:
                child = forked(lambda url=url: post(url, listed))
                time.sleep(random.uniform(0.02, 0.6) * whole)
                os.kill(child, signal.SIGKILL)
                _, status = os.waitpid(child, 0)
                done = not os.WIFSIGNALED(status)
                killed += not done
                at_work += 0 < book.count("remittances") < len(listed)
                assert_nothing_half_posted(book)
        assert os.waitpid(forked(lambda url=url: post(url, listed)), 0)[1] == 0
        with Ledger.open(url) as book:
            assert book.fingerprint() == expected
    assert at_work  # not all of them died before they began


def test_two_that_post_the_same_at_once_post_it_once(urls: Callable[[], str]) -> None:
    listed = runs(Random(7))
    alone, together = urls(), urls()
    post(alone, listed)
    children = [forked(lambda: post(together, listed)) for _ in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    with Ledger.open(alone) as one, Ledger.open(together) as other:
        assert other.fingerprint() == one.fingerprint()
        assert_nothing_half_posted(other)
