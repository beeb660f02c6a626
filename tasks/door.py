"""The door between Prefect and the domain: settings, the ledger, and what may be said when something fails.

Prefect stores exception text and shows it to anyone with a browser. So a stage never lets an exception of a
library through: it leaves as `StageFailure`, which names the stage, the kind of error and the line of our code,
and nothing that was read.
"""

from __future__ import annotations

import atexit
import errno
import functools
import logging
import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")  # before Prefect reads its settings
os.environ.setdefault("DO_NOT_TRACK", "1")

from prefect import task
from prefect.cache_policies import NO_CACHE

from configs.settings import ConfigurationError, Settings, load_settings
from connectors.clearinghouse.errors import PartnerBusy, PartnerError, PartnerUnreachable, TransferDamaged
from connectors.ledger import Ledger, LedgerBusy, LedgerError, LedgerFull
from connectors.sources.database import SourceError
from expectations.gate import CheckStopped

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger("cleanclaim")

# Errors whose own text is written for people and carries no values.
PLAIN = (CheckStopped, ConfigurationError, PartnerError, LedgerError, SourceError)


class StageFailure(Exception):
    """A stage could not finish; what it had stored before is whole, and a rerun is safe."""


class DiskFull(StageFailure):
    """A stage found no room to write; what it had stored before is whole, and a rerun is safe once there is room."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def disk_full(error: BaseException) -> bool:
    """Whether there was no room to write, said by the error itself or by what it came from."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, LedgerFull) or (isinstance(seen, OSError) and seen.errno in NO_ROOM):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


@cache
def _ledger(url: str) -> Ledger:
    ledger = Ledger.open(url)
    atexit.register(ledger.close)  # SQLite then folds its write-ahead log into the one file people copy
    return ledger


def open_ledger(settings: Settings) -> Ledger:
    """The ledger of `settings`, opened and migrated once a process."""
    return _ledger(settings.ledger_url)


def settings_and_ledger() -> tuple[Settings, Ledger]:
    """The settings of the home that the environment names, and its ledger."""
    settings = load_settings()
    return settings, open_ledger(settings)


@contextmanager
def only_run(settings: Settings, ledger: Ledger) -> Iterator[None]:
    """One run at a time on a ledger: wait for another one to end, then raise LedgerBusy."""
    deadline = time.monotonic() + settings.lock_wait_seconds
    while True:
        with ExitStack() as held:
            try:
                held.enter_context(ledger.lock("run"))
            except LedgerBusy:
                if time.monotonic() >= deadline:
                    raise
            else:
                yield
                return
        time.sleep(0.5)


def stage(name: str, *, remote: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A Prefect task that keeps values out of errors.

    A `remote` stage talks to a partner: call it through `retried`, and only an unreachable partner is tried again.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except PLAIN:
                raise
            except Exception as error:
                if disk_full(error):
                    raise DiskFull(f"{name}: no room left on the disk, at {where(error)}") from None
                raise StageFailure(f"{name}: {type(error).__name__} at {where(error)}") from None

        return task(
            name=name,
            retry_condition_fn=_worth_a_retry if remote else None,
            cache_policy=NO_CACHE,
            persist_result=False,
        )(guarded)

    return decorate


def retried(remote_stage: Callable[P, R], settings: Settings) -> Callable[P, R]:
    """The stage with the pauses of the settings between its tries."""
    pauses = settings.retry_seconds
    return remote_stage.with_options(  # type: ignore[attr-defined, no-any-return]
        retries=len(pauses), retry_delay_seconds=pauses or None
    )


def plain(made: Callable[P, R]) -> Callable[P, R]:
    """A stage as the function it is made of, for a caller that is no flow; its errors stay guarded."""
    return made.fn  # type: ignore[attr-defined, no-any-return]


def where(error: BaseException) -> str:
    """File and line of our code nearest to the error."""
    root = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(root)] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "unknown"


async def _worth_a_retry(_task: object, _run: object, state: object) -> bool:
    """Only what passes by itself: a refused key or login is never tried again (lockout)."""
    result = await state.aresult(raise_on_failure=False)  # type: ignore[attr-defined]
    return isinstance(result, PartnerUnreachable | PartnerBusy | TransferDamaged | SourceError)
