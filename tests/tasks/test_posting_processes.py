"""Posting in processes of its own: killed at random moments, and two at a time.

A killed process leaves whole transactions: no remittance is ever half posted, and run again the ledger is what an
undisturbed run makes of it. The whole stage, from the partner's folder on, is in `test_stage_killed`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.ledger import Ledger
from tests.support import postgres
from tests.support.histories import apply, history
from tests.support.processes import assert_nothing_half_posted, ended_well, forked, killed_after

# On each engine; CLEANCLAIM_POSTING_KILLS=100 takes some minutes.
KILLS = int(os.environ.get("CLEANCLAIM_POSTING_KILLS", "3"))
Run = list[tuple[str, Any]]


def runs(random: Random) -> list[Run]:
    """A history in some twenty runs."""
    steps = history(random)
    random.shuffle(steps)
    return [steps[at : at + 1] for at in range(len(steps))]


def post(url: str, listed: list[Run]) -> None:
    """Everything, in a ledger of this process's own; what is there already changes nothing."""
    with Ledger.open(url) as book:
        for run in listed:
            apply(book, run, crash=False)


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
    assert ended_well(forked(lambda: post(undisturbed, listed)))
    whole = time.monotonic() - began
    with Ledger.open(undisturbed) as book:
        expected = book.fingerprint()
    killed = at_work = 0
    while killed < KILLS or not at_work:  # not all of them may die before they began
        url = urls()
        with Ledger.open(url) as book:
            done = False
            while not done and (killed < KILLS or not at_work):
                child = forked(lambda url=url: post(url, listed))
                done = not killed_after(child, random.uniform(0.02, 0.6) * whole)
                killed += not done
                at_work += 0 < book.count("remittances") < len(listed)
                assert_nothing_half_posted(book)
        assert ended_well(forked(lambda url=url: post(url, listed)))
        with Ledger.open(url) as book:
            assert book.fingerprint() == expected


def test_two_that_post_the_same_at_once_post_it_once(urls: Callable[[], str]) -> None:
    listed = runs(Random(7))[::2]
    alone, together = urls(), urls()
    post(alone, listed)
    children = [forked(lambda: post(together, listed)) for _ in range(3)]
    assert [ended_well(child) for child in children] == [True] * 3
    with Ledger.open(alone) as one, Ledger.open(together) as other:
        assert other.fingerprint() == one.fingerprint()
        assert_nothing_half_posted(other)
