"""The whole response stage, killed at random moments: what is left is whole, and a rerun ends as if nothing had been.

From the partner's folder on: fetch, archive, unpack, decode, check, store facts, match, post; then claims become known,
and what they answer is recognised. The stages are those of the response flow, against a real SFTP server,
in processes that are forked from one that has everything imported.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import collecting, reading, recognising
from tests.support import arrivals, postgres
from tests.support.histories import PAYERS, apply, filled, history
from tests.support.processes import assert_nothing_half_posted, ended_well, forked, killed_after
from tests.support.sftp_server import SftpServer

# On each engine; CLEANCLAIM_STAGE_KILLS=100 takes some ten minutes.
KILLS = int(os.environ.get("CLEANCLAIM_STAGE_KILLS", "2"))
PARTNER = "payer"
STEPS = history(Random(20260107))
EARLY = [step for step in STEPS if step[0] == "number"] + [step for step in STEPS if step[0] == "claim"][:3]
LATE = [step for step in STEPS if step[0] == "claim"][3:]
REMITS = [one for kind, one in STEPS if kind == "remit"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Settings]:
    """Settings whose one partner has its folder full; the server is a process of its own."""
    arrivals.fill(tmp_path / "partner", REMITS)
    receiving, sending = os.pipe()

    def serve() -> None:
        with SftpServer(tmp_path / "partner") as server:
            os.write(sending, f"{server.port} {server.host_key}\n".encode())
            signal.pause()

    server = forked(serve)
    os.close(sending)
    with os.fdopen(receiving) as stream:
        port, host_key = stream.readline().strip().split(" ", 1)
    yield Settings(home=tmp_path / "home", partners={PARTNER: arrivals.partner(int(port), host_key)})
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)


@pytest.fixture(params=["sqlite", "postgresql"])
def homes(request: pytest.FixtureRequest, tmp_path: Path, office: Settings) -> Callable[[], Settings]:
    """A maker of homes of that partner, each with a ledger that knows a payer and some of the claims."""
    made: list[Settings] = []

    def fresh() -> Settings:
        home = tmp_path / f"home{len(made)}"
        home.mkdir()
        place = f"sqlite:///{home}/ledger.sqlite"
        url = place if request.param == "sqlite" else postgres.fresh_database()
        made.append(Settings(home=home, database_url=url, partners=office.partners))
        with Ledger.open(url) as book:
            book.load("payers", filled("payers", *PAYERS.to_dict("records")))
            apply(book, EARLY, crash=False)
        return made[-1]

    return fresh


def respond(settings: Settings) -> None:
    """The response flow's stages in their order, small portions at a time."""
    with Ledger.open(settings.ledger_url) as book, pytest.MonkeyPatch.context() as patch:
        for module in (collecting, reading, recognising):
            patch.setattr(module, "settings_and_ledger", lambda: (settings, book))
        patch.setattr(Settings, "data_docs", None)  # pages, which take most of a check's time
        patch.setattr(reading, "BYTES", 4_000)
        patch.setattr(reading, "CLAIMS", 4)
        patch.setattr(recognising, "AGAIN", 4)
        collecting.collect.fn(PARTNER)
        reading.read_acknowledgments.fn()
        reading.read_remittances.fn()
        recognising.recognise_answers.fn()
        apply(book, LATE, crash=False)
        recognising.recognise_answers.fn()


def test_killed_anywhere_the_stage_leaves_whole_remittances_and_a_rerun_ends_the_same(
    homes: Callable[[], Settings],
) -> None:
    def start(settings: Settings) -> int:
        return forked(lambda: respond(settings))

    random, undisturbed, timed = Random(20260107), homes(), homes()
    respond(undisturbed)  # here, so that what the libraries do once is done before the processes part
    with Ledger.open(undisturbed.ledger_url) as book:
        expected = book.fingerprint()
        assert set(book.read("remittances")["trace"]) == {one["trace"] for one in REMITS}
        assert set(book.read("quarantine")["expectation"]) >= {"balanced", "readable"}
        assert_nothing_half_posted(book)
    began = time.monotonic()
    assert ended_well(start(timed))
    whole = time.monotonic() - began
    killed = at_work = 0
    while killed < KILLS or not at_work:  # not all of them may die before or after the postings
        settings, done = homes(), False
        with Ledger.open(settings.ledger_url) as book:
            while not done and (killed < KILLS or not at_work):
                done = not killed_after(start(settings), random.uniform(0.02, 1.0) * whole)
                killed += not done
                at_work += 0 < book.count("remittances") < len(REMITS)
                assert_nothing_half_posted(book)
            assert ended_well(start(settings))
            assert book.fingerprint() == expected
            assert_nothing_half_posted(book)
