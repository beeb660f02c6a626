"""The archive of raw files as a whole: what is in it, whether it is whole, and what may be let go.

Every file that came or went is kept under its sha256, so that what it said can be shown again: to a payer, to an
auditor, to the program itself. Facts outlive it: letting go of a file takes nothing from the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator

import pandas as pd

from configs.settings import ConfigurationError, Settings
from connectors.clearinghouse import archive
from connectors.clearinghouse.archive import ArchiveDamaged
from connectors.ledger import Ledger
from tasks import people

SEALED, PLAIN, RETIRED, MISSING = "sealed", "plain", "retired", "missing"


def index(ledger: Ledger, settings: Settings) -> pd.DataFrame:
    """Every file: the columns of ``files`` with ``kept_until`` and ``state`` (sealed, plain, retired or missing)."""
    with ledger.snapshot() as view:
        files, retired = view.read("files"), view.read("retired_files", columns=["sha256"])
    until = files["first_seen_at"].dt.normalize() + pd.DateOffset(years=settings.retention.years)
    gone = set(retired["sha256"])
    states = [RETIRED if sha in gone else _state(settings, sha) for sha in files["sha256"]]
    return files.assign(kept_until=until, state=pd.Series(states, index=files.index, dtype="str"))


def _state(settings: Settings, sha: str) -> str:
    found = archive.place(settings.archive, sha)
    if found is None:
        return MISSING
    return SEALED if found.suffix == archive.SEALED else PLAIN


def held(ledger: Ledger) -> list[str]:
    """sha256 of everything the archive has to hold: files that were not let go, official files of codes and edits."""
    with ledger.snapshot() as view:
        there = {
            sha
            for name in ("files", "reference_files")
            for sha in view.read(name, columns=["sha256"])["sha256"]
        }
        return sorted(there - {*view.read("retired_files", columns=["sha256"])["sha256"]})


def present(settings: Settings, shas: Iterable[str]) -> list[str]:
    """Those that are there, whole or not."""
    return [sha for sha in shas if archive.place(settings.archive, sha) is not None]


def verify(settings: Settings, shas: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(sha256, code) of files that are not what they are named for: MISSING, DAMAGED or LOCKED."""
    for sha in shas:
        try:
            if not archive.kept(settings.archive, sha):
                yield sha, "MISSING"
        except ArchiveDamaged:
            yield sha, "DAMAGED"
        except ConfigurationError:
            yield sha, "LOCKED"


def seal(settings: Settings, shas: Iterable[str]) -> int:
    """Keep every file under the first key alone; how many were not. A file that cannot be read stops it."""
    if not settings.archive.keys:
        raise ConfigurationError("archive_key: no key is set; 'cleanclaim archive key' makes one")
    return sum(archive.seal(settings.archive, sha) for sha in shas)


def expired(ledger: Ledger, known: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """Files of `index` that may be let go: kept long enough, read, and in no open quarantine row."""
    with ledger.snapshot() as view:
        read = set(view.read("readings", columns=["sha256"])["sha256"])
        decided = set(view.read("quarantine_events", columns=["quarantine_id"])["quarantine_id"])
        waiting = view.read("quarantine", columns=["quarantine_id", "file_sha256"])
    needed = set(waiting.loc[~waiting["quarantine_id"].isin(decided), "file_sha256"])
    settled = (
        known["sha256"].isin(read) | (known["direction"] == "out") | known["kind"].isin(["zip", "gz", "tar"])
    )
    old = known["kept_until"] < pd.Timestamp(today)
    return known[old & settled & ~known["sha256"].isin(needed) & known["state"].isin([SEALED, PLAIN])]


def let_go(
    ledger: Ledger, settings: Settings, files: pd.DataFrame, *, person: str, reason: str
) -> dict[str, int]:
    """Note that the bytes of these files go, then delete them: a crash in between leaves a file that is noted.

    Raises ConfigurationError while the settings say that nothing may go.
    """
    if settings.retention.hold:
        raise ConfigurationError("retention.hold is set: nothing may be let go")
    rows = files[["sha256", "kept_until"]].assign(person=person, reason=reason, at=people.now())
    with ledger.transaction() as tx:
        tx.add("retired_files", rows)
    for sha in files["sha256"]:
        archive.drop(settings.archive, sha)
    return dict(Counter(files["kind"]))
