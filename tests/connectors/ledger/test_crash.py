"""Killed in the middle, the ledger holds whole transactions; run again, it is what it would have been.

The writer stores remittances, each with its claims and their journal entries in one transaction, and says so after
each commit. It is killed at chosen moments: between two transactions and at random instants within them.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from connectors.ledger import Ledger
from tests.connectors.ledger import samples

REMITTANCES = 20
CLAIMS = 60
ROOT = Path(__file__).parents[3]


def write(url: str) -> None:
    """Store everything, one transaction a remittance; a line on stdout after each."""
    with Ledger.open(url) as ledger:
        for remittance in range(REMITTANCES):
            numbers = range(remittance * CLAIMS, (remittance + 1) * CLAIMS)
            with ledger.transaction() as tx:
                if tx.add("remittances", samples.rows("remittances", [remittance])):
                    tx.next_number("crash/postings")
                tx.load("patients", samples.rows("patients", range(remittance, remittance + 3)))
                tx.add(
                    "remitted_claims",
                    samples.rows("remitted_claims", numbers, remittance_id=f"r{remittance}"),
                )
                tx.add("journal", samples.rows("journal", numbers, remittance_id=f"r{remittance}"))
            sys.stdout.write(f"{remittance}\n")
            sys.stdout.flush()


def killed(url: str, lines: int, seconds: float) -> int:
    """Run the writer, kill it `seconds` after its line number `lines`; how many transactions it had reported."""
    code = f"from tests.connectors.ledger.test_crash import write; write({url!r})"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout
        for _ in range(lines):
            assert writer.stdout.readline()
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        reported = lines + len(writer.stdout.readlines())
    assert writer.returncode == -signal.SIGKILL  # it was at work, and did not end by itself
    return reported


def assert_whole(ledger: Ledger, at_least: int) -> None:
    """Every remittance that is there is there with everything that belongs to it."""
    with ledger.snapshot() as view:
        found = view.count("remittances")
        assert found >= at_least  # what was reported as committed is not lost
        assert view.count("remitted_claims") == view.count("journal") == found * CLAIMS
        assert view.read("counters")["value"].sum() == found
        assert len(view.current("patients")) == (found + 2 if found else 0)
        per = view.read("journal", columns=["remittance_id"])["remittance_id"].value_counts()
        assert set(per) <= {CLAIMS}


def settle(ledger: Ledger) -> None:
    """PostgreSQL finishes or rolls back what a dead client left; wait until no session of it is at work."""
    busy = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state <> 'idle'"
    )
    deadline = time.monotonic() + 5
    with ledger._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.execute(busy).scalar_one() and time.monotonic() < deadline:
            time.sleep(0.02)


def test_killed_anywhere_the_ledger_is_whole_and_a_rerun_completes_it(
    ledger: Ledger, ledger_url: str, engine_name: str, tmp_path: Path
) -> None:
    draw = random.Random(20260105)
    for lines in (1, 2, 7):
        reported = killed(ledger_url, lines, draw.uniform(0, 0.01))
        if engine_name == "postgresql":
            settle(ledger)
        assert_whole(ledger, at_least=reported)
        assert ledger.count("remittances") < REMITTANCES
    write(ledger_url)
    write(undisturbed := f"sqlite:///{tmp_path}/undisturbed.sqlite")
    with Ledger.open(undisturbed) as expected:
        assert ledger.fingerprint() == expected.fingerprint()
    assert_whole(ledger, at_least=REMITTANCES)
