"""Processes that tests start and kill, and what the proof says of a ledger at any moment between.

Processes are forked, so that a hundred of them cost seconds.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable

from connectors.ledger import Ledger
from tasks import recognising
from tasks.billing import proof


def forked(work: Callable[[], None]) -> int:
    """A process that does this and ends."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def ended_well(child: int) -> bool:
    """Whether the process ends by itself and without an error."""
    return os.waitpid(child, 0)[1] == 0


def killed_after(child: int, seconds: float) -> bool:
    """Kill the process at that moment; False where it had ended by itself."""
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


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
