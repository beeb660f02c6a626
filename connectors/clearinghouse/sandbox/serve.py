"""The sandbox by itself: the SFTP server and a desk that answers each upload when its time has come."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from connectors.clearinghouse.sandbox import prices
from connectors.clearinghouse.sandbox.clearinghouse import STAGES, answer
from connectors.clearinghouse.sandbox.faults import FAULTS
from connectors.clearinghouse.sandbox.files import IN, OUT, publish, uploads
from connectors.clearinghouse.sandbox.prices import Rates
from connectors.clearinghouse.sandbox.server import SandboxServer

SETTLE_SECONDS = 1.0  # a file that was written to more recently may still be growing

log = logging.getLogger(__name__)


class Desk:
    """Which stages of which uploads are answered; a new desk answers all again, with the same bytes."""

    def __init__(
        self,
        root: Path,
        users: Collection[str],
        seed: int,
        delays: Mapping[str, float],
        *,
        faults: Collection[str] = (),
        rates: Rates | None = None,
    ) -> None:
        unknown = [*(set(delays) - set(STAGES)), *(set(faults) - set(FAULTS))]
        if unknown:  # said before the first upload, not at it
            raise ValueError(f"unknown stage or fault: {', '.join(sorted(unknown))}")
        self.root, self.users, self.seed = Path(root), list(users), seed
        self.delays = {stage: max(delays.get(stage, 0.0), SETTLE_SECONDS) for stage in STAGES}
        self.faults, self.rates = faults, prices.read(self.root) if rates is None else rates
        self._done: set[tuple[str, str, int, int, str]] = set()

    def turn(self, now: float) -> int:
        """Publish what is due at `now` (seconds since the epoch); returns how many files were written.

        An upload's age is counted from its last change on the server (ctime), which a client cannot set.
        """
        written = 0
        for user in self.users:
            for path in uploads(self.root / user / IN):
                try:
                    written += self._answer(user, path, now)
                except FileNotFoundError:
                    continue  # the partner took it back between our look and our reading
        return written

    def _answer(self, user: str, path: Path, now: float) -> int:
        status = path.stat()
        due = []
        for stage in STAGES:
            mark = (user, path.name, status.st_ino, status.st_ctime_ns, stage)
            if mark not in self._done and now - status.st_ctime >= self.delays[stage]:
                due.append(mark)
        if not due:
            return 0
        stages = [mark[-1] for mark in due]
        answers, counts = answer(
            path.read_bytes(), seed=self.seed, stages=stages, faults=self.faults, rates=self.rates
        )
        written = sum(
            publish(self.root, self.root / user / OUT, name, data) for name, data in answers.items()
        )
        self._done.update(due)
        log.info("upload of %d claims: %s, %d files written", counts.claims, ", ".join(stages), written)
        return written


def serve(
    root: Path,
    users: Mapping[str, str],
    port: int,
    seed: int,
    delays: Mapping[str, float],
    *,
    faults: Collection[str] = (),
    rates: Rates | None = None,
    poll_seconds: float = 1.0,
    started: Callable[[SandboxServer], None] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve until Ctrl-C or until `stop` is set; `started` is told the running server (its port, its host key).

    `delays` are seconds from the upload to each stage ('acknowledge', 'pay', 'late'); an absent one is 0. Raises
    OSError where the port is taken, ValueError for an unknown stage or fault.
    """
    stop = stop or threading.Event()
    desk = Desk(root, list(users), seed, delays, faults=faults, rates=rates)
    with SandboxServer(root, users, port) as server, contextlib.suppress(KeyboardInterrupt):
        if started is not None:
            started(server)
        while not stop.is_set():
            desk.turn(time.time())
            stop.wait(poll_seconds)
