"""Ctrl-C: for the process that a person started, not for those that it started.

A terminal sends SIGINT to all of them. A Prefect server that goes first leaves a run that cannot say how it ended, and
a worker that is still importing shows where it was.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unheard() -> Iterator[None]:
    """Ctrl-C waits for the end of the block; processes begun in it never hear it, as they inherit the mask."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
