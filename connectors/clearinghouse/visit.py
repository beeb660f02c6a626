"""One visit to a partner's folder: which files stand still, which are ours, and fetching one of them whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.clearinghouse import archive as archive_
from connectors.clearinghouse.archive import Root
from connectors.clearinghouse.errors import PartnerError, PartnerUnreachable, RemoteMissing
from connectors.clearinghouse.sftp import RemoteFile, Session

LARGEST = 2 << 30  # bytes of one file; a bigger one is reported and left
UNFINISHED = (".part", ".tmp", ".filepart")

Key = tuple[str, str]  # remote name, stamp


@dataclass(frozen=True)
class Sighting:
    """What the ledger knows of one remote name and stamp: seen first (UTC) when, and the content once taken."""

    first_seen_at: datetime
    sha256: str | None = None


@dataclass(frozen=True)
class Taken:
    """One file now in the archive, or found there from before."""

    remote_name: str = field(repr=False)
    stamp: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Problem:
    """What was not taken, and why.

    Codes: CHANGED and INCOMPLETE (left for the next visit), TOO_LARGE, REFUSED, REFUSED_NAMES, STORAGE (our own
    disk or archive; the visit stops), INTERRUPTED (the partner was lost for good in the middle of `fetch`).
    """

    code: str
    message: str
    remote_name: str = field(default="", repr=False)


@dataclass
class Collected:
    """One visit to a partner's folder.

    taken: new in the archive, to be recorded. expendable: taken on an earlier visit and still at the partner (only
    where `delete`). first_seen: names and stamps seen for the first time, with the instant (UTC, no zone).
    interrupted: the connection ended before all was seen; the rest comes on the next visit.
    """

    taken: list[Taken] = field(default_factory=list)
    expendable: list[Taken] = field(default_factory=list)
    first_seen: dict[Key, datetime] = field(default_factory=dict, repr=False)
    problems: list[Problem] = field(default_factory=list)
    interrupted: bool = False


class Visit:
    """One visit: what is known so far, and what was done."""

    def __init__(
        self,
        session: Session,
        folder: str,
        staging: Path,
        archive: Root,
        seen: Mapping[Key, Sighting],
        settle_seconds: float,
        delete: bool,
        largest: int,
    ) -> None:
        self.session, self.folder, self.staging, self.archive = session, folder, staging, archive
        self.settle_seconds, self.delete, self.largest = settle_seconds, delete, largest
        self.collected = Collected()
        self._first_seen = {key: plain(sighting.first_seen_at) for key, sighting in seen.items()}
        # A frame's missing text is NaN, which is not None and not false.
        self._ours = {key: s.sha256 for key, s in seen.items() if isinstance(s.sha256, str) and s.sha256}
        self._settled: set[Key] = set()

    def look(self, instant: datetime) -> float:
        """List, take what stood still; seconds until the rest may have (0 where nothing is left)."""
        listing = self.session.folder(self.folder)
        known_problems = {problem.code for problem in self.collected.problems}
        if listing.refused_names and "REFUSED_NAMES" not in known_problems:
            message = f"{listing.refused_names} names in the folder are not names of files"
            self.collected.problems.append(Problem("REFUSED_NAMES", message))
        wait = 0.0
        for file in listing.files:
            key = (file.name, file.stamp)
            if key in self._settled or file.name.rstrip().casefold().endswith(UNFINISHED):
                continue
            if key in self._ours:
                self._settled.add(key)
                if self.delete:
                    taken = Taken(file.name, file.stamp, self._ours[key], file.size)
                    self.collected.expendable.append(taken)
                continue
            left = self._unsettled(key, instant)
            if left > 0:
                wait = max(wait, left)
                continue
            self._settled.add(key)
            if not self._take(file):
                return 0.0
        return wait

    def _unsettled(self, key: Key, instant: datetime) -> float:
        """Seconds that the file has yet to stand still."""
        if key not in self._first_seen:
            self._first_seen[key] = self.collected.first_seen[key] = instant
        elif self._first_seen[key] > instant:  # our clock was set back since: count from now
            self._first_seen[key] = instant
        return self.settle_seconds - (instant - self._first_seen[key]).total_seconds()

    def _take(self, file: RemoteFile) -> bool:
        """Fetch one file; False where the visit cannot go on."""
        try:
            self.collected.taken.append(self._fetched(file))
        except PartnerUnreachable:
            self.collected.interrupted = True
            return False
        except _Left as left:
            self._problem(left.args[0], left.args[1], file)
        except RemoteMissing:
            self._problem("CHANGED", "the file went away before it was read", file)
        except PartnerError as error:
            self._problem("REFUSED", str(error), file)
        except archive_.ArchiveDamaged as error:
            self._problem("STORAGE", str(error), file)
        except OSError as error:
            self._problem("STORAGE", f"our own storage failed ({type(error).__name__}, {error.errno})", file)
            return False
        return True

    def _fetched(self, file: RemoteFile) -> Taken:
        if file.size > self.largest:
            raise _Left("TOO_LARGE", f"{file.size} bytes, the limit is {self.largest}")
        self.staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.staging / f"{self._part_name(file)}.part"
        try:
            written = self.session.download(self.folder, file.name, part, limit=file.size)
            after = self.session.stat(self.folder, file.name)
            # Gone is well: partners move files once they were read, and we have every byte that was listed.
            if after is not None and after.stamp != file.stamp:
                raise _Left("CHANGED", "the file changed while it was read")
            if written != file.size:
                raise _Left("INCOMPLETE", f"{written} of {file.size} bytes came")
            return Taken(file.name, file.stamp, archive_.adopt(self.archive, part), written)
        finally:
            part.unlink(missing_ok=True)

    def _part_name(self, file: RemoteFile) -> str:
        """The same for the same remote file, so that a crash leaves one part file and the next try replaces it."""
        parts = "\n".join((self.session.where, self.folder, file.name, file.stamp))
        return hashlib.sha256(parts.encode()).hexdigest()[:32]

    def _problem(self, code: str, message: str, file: RemoteFile) -> None:
        self.collected.problems.append(Problem(code, message, file.name))


class _Left(Exception):
    """A file is left where it is: code and message."""


def plain(instant: datetime) -> datetime:
    """UTC without a zone."""
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
