"""One holder per ledger, and none left behind by the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from connectors.ledger import Ledger, LedgerBusy, LedgerError


def test_one_holder_at_a_time(ledger: Ledger, ledger_url: str) -> None:
    with Ledger.open(ledger_url) as other:
        with ledger.lock("daily"):
            with pytest.raises(LedgerBusy, match=r"^BUSY: daily$"), other.lock("daily"):
                pass
            with pytest.raises(LedgerBusy), ledger.lock("daily"):
                pass
            with other.lock("responses"):
                pass
        with other.lock("daily"):
            pass


def test_an_error_inside_gives_the_lock_back(ledger: Ledger) -> None:
    with pytest.raises(InterruptedError), ledger.lock("daily"):
        raise InterruptedError
    with ledger.lock("daily"):
        pass


def test_transactions_go_on_under_a_lock(ledger: Ledger) -> None:
    with ledger.lock("daily"), ledger.transaction() as tx:
        assert tx.next_number("x") == 1


@pytest.mark.parametrize("name", ["", "../daily", "a/b", "Doe, Pat", "x" * 65])
def test_a_name_that_could_be_a_path_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(LedgerError, match=r"^BAD_LOCK_NAME$"), ledger.lock(name):
        pass


HOLDER = """
import sys
from connectors.ledger import Ledger
with Ledger.open(sys.argv[1]).lock("daily"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_holder_lets_go(ledger: Ledger, ledger_url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, ledger_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LedgerBusy), ledger.lock("daily"):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    for attempt in range(50):  # PostgreSQL notices a dead client a moment later
        try:
            with ledger.lock("daily"):
                return
        except LedgerBusy:
            if attempt == 49:
                raise
            time.sleep(0.1)
