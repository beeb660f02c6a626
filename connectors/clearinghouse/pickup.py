"""Fetching a partner's answers: only whole files, each once, none lost.

No partner marks a file as finished, so a file is whole when its size and time have stood still for
``settle_seconds``. It is downloaded to a part file, checked against the size before and after, and moved into the
archive under its content; the remote name never becomes a local one. The remote file stays unless the contract
with the partner says otherwise, and then goes only after the ledger holds it (``delete_taken``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from configs.settings import Partner
from connectors.clearinghouse.archive import Root
from connectors.clearinghouse.errors import PartnerError, PartnerUnreachable, RemoteRefused
from connectors.clearinghouse.retry import retrying
from connectors.clearinghouse.sftp import Session, connect
from connectors.clearinghouse.visit import LARGEST, Collected, Key, Problem, Sighting, Taken, Visit, plain

__all__ = ["Collected", "Problem", "Sighting", "Taken", "collect", "delete_taken", "fetch", "utc_now"]


def utc_now() -> datetime:
    """Now, UTC without a zone, as the ledger keeps instants."""
    return datetime.now(UTC).replace(tzinfo=None)


def fetch(
    partner: Partner,
    home: Path,
    staging: Path,
    archive: Root,
    seen: Mapping[Key, Sighting],
    *,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> Collected:
    """`collect` from the partner's download folder, connecting, and coming back after an interruption.

    Comes back at once while every visit brings files, else up to `partner.attempts` times with growing pauses.
    Raises what `connect` and `collect` raise, but never after a file was taken: then `interrupted` is set.
    """
    known, whole = dict(seen), Collected()

    def visit() -> bool:
        with connect(partner, home) as session:
            found = collect(
                session,
                partner.download_dir,
                staging,
                archive,
                known,
                settle_seconds=partner.settle_seconds,
                delete=partner.delete_remote,
                now=now,
                sleep=sleep,
            )
        _merge(whole, found, known)
        if found.interrupted and not found.taken:
            raise PartnerUnreachable(f"{session.where}: the connection ended before a file was read")
        return found.interrupted

    try:
        while retrying(partner, visit, sleep=sleep):
            pass
        whole.interrupted = False
    except PartnerError as error:
        if not whole.taken:
            raise
        whole.interrupted = True
        whole.problems.append(Problem("INTERRUPTED", str(error)))
    return whole


def collect(
    session: Session,
    folder: str,
    staging: Path,
    archive: Root,
    seen: Mapping[Key, Sighting],
    *,
    settle_seconds: float,
    delete: bool = False,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    largest: int = LARGEST,
) -> Collected:
    """Take every whole file of `folder` that `seen` does not hold as taken.

    Files that have not stood still long enough are waited for once, at most `settle_seconds`, and looked at again.
    Nothing is deleted here: see `delete_taken`. Raises PartnerError only where the folder cannot be listed.
    """
    visit = Visit(session, folder, Path(staging), archive, seen, settle_seconds, delete, largest)
    instant = plain(now())
    wait = visit.look(instant)
    if wait > 0:
        sleep(wait)
        try:
            # Our own wait counts even where the clock was set back meanwhile.
            visit.look(max(plain(now()), instant + timedelta(seconds=wait)))
        except PartnerError:
            visit.collected.interrupted = True
    return visit.collected


def delete_taken(session: Session, folder: str, taken: Iterable[Taken]) -> int:
    """Delete at the partner what is ours; how many went. Call it only after the ledger holds `taken`.

    A file that changed since is left, as is one the partner refuses to delete. Raises PartnerUnreachable.
    """
    gone = 0
    for file in taken:
        try:
            found = session.stat(folder, file.remote_name)
            if found is not None and found.stamp == file.stamp:
                session.remove(folder, file.remote_name)
                gone += 1
        except RemoteRefused:
            continue  # it is offered again as expendable on the next visit
    return gone


def _merge(whole: Collected, found: Collected, known: dict[Key, Sighting]) -> None:
    """Add one visit to the whole, and what it learned to what is known."""
    offered = set(whole.expendable) | set(whole.taken)
    whole.taken += found.taken
    whole.expendable += [taken for taken in found.expendable if taken not in offered]
    whole.problems += [problem for problem in found.problems if problem not in whole.problems]
    whole.first_seen.update(found.first_seen)
    known.update({key: Sighting(instant) for key, instant in found.first_seen.items()})
    for taken in found.taken:
        key = (taken.remote_name, taken.stamp)
        known[key] = Sighting(known[key].first_seen_at, taken.sha256)
