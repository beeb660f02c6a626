"""Stage: fetch a partner's answers into the archive, unpack them, and name their kind from their content."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from configs.identity import digest
from configs.settings import Settings
from connectors.clearinghouse import archive, pickup
from connectors.clearinghouse.pickup import Sighting, Taken
from connectors.clearinghouse.unpack import CONTAINERS, container_kind, unpack
from connectors.ledger import Ledger, Transaction
from connectors.x12 import kinds
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import records

# The order in which answers of one day are read (clearinghouses.yaml, pickup_etiquette).
READING_ORDER = ("TA1", "999", "997", "277CA", "835")


@stage("collect", remote=True)
def collect(partner: str) -> dict[str, int]:
    """Fetch every new settled file of `partner`; what was fetched is recorded before anything is deleted there."""
    settings, ledger = settings_and_ledger()
    seen = _seen(ledger, partner)
    found = pickup.fetch(settings.partners[partner], settings.home, settings.staging, settings.archive, seen)
    counts = Counter(taken=len(found.taken), left=len(found.problems), new_files=0, new_quarantine=0)
    counts["not_kept"] = sum(problem.code == "STORAGE" for problem in found.problems)
    with ledger.transaction() as tx:
        for (name, stamp), first in found.first_seen.items():
            tx.add("sightings", _sighting(partner, name, stamp, first_seen_at=first))
        for taken in found.taken:
            tx.add(
                "sightings",
                _sighting(partner, taken.remote_name, taken.stamp, first_seen_at=pickup.utc_now()),
            )
            tx.put("sightings", [_taken_row(partner, taken)])
            counts.update(_record(tx, settings, partner, taken))
    if settings.partners[partner].delete_remote:
        _delete(settings, partner, [*found.taken, *found.expendable])
    for problem in found.problems:
        log.warning("collect from %s: %s: %s", partner, problem.code, problem.message)
    log.info("collect from %s: %s", partner, dict(counts))
    return dict(counts)


def _seen(ledger: Ledger, partner: str) -> dict[tuple[str, str], Sighting]:
    rows = ledger.read("sightings", where={"partner": partner})
    return {
        (row["remote_name"], row["stamp"]): Sighting(row["first_seen_at"].to_pydatetime(), row["sha256"])
        for row in records(rows)
    }


def _sighting(partner: str, name: str, stamp: str, **values: object) -> pd.DataFrame:
    return pd.DataFrame([{"partner": partner, "remote_name": name, "stamp": stamp, **values}])


def _taken_row(partner: str, taken: Taken) -> dict[str, object]:
    return {
        "partner": partner,
        "remote_name": taken.remote_name,
        "stamp": taken.stamp,
        "sha256": taken.sha256,
        "taken_at": pickup.utc_now(),
    }


def _record(tx: Transaction, settings: Settings, partner: str, taken: Taken) -> Counter[str]:
    """Record a file and the members of a container; counts what was new by content and what went to quarantine."""
    data = archive.get(settings.archive, taken.sha256)
    form = container_kind(data)
    if form == "plain":
        return record_plain(tx, partner, taken.sha256, data, None)
    counts = Counter(new_files=0)
    tx.add("files", _file(partner, taken.sha256, form, len(data), None))
    unpacked = unpack(data)
    for code, message in unpacked.problems:
        log.warning("file %s: %s: %s", taken.sha256[:12], code, message)
        reading = {"sha256": taken.sha256, "outcome": "failed", "problems": code, "at": pickup.utc_now()}
        tx.put("readings", [reading])
        counts["new_quarantine"] += tx.add("quarantine", unreadable(taken.sha256, code))
    for member in unpacked.members:
        sha = archive.put(settings.archive, member)
        counts += record_plain(tx, partner, sha, member, taken.sha256)
    return counts


def record_plain(tx: Transaction, partner: str, sha: str, data: bytes, container: str | None) -> Counter[str]:
    """Record an archived file that holds no others; what is no X12 goes to quarantine."""
    kind = kind_of(data)
    counts = Counter(new_files=tx.add("files", _file(partner, sha, kind, len(data), container)))
    if kind == "other":
        counts["new_quarantine"] += tx.add("quarantine", unreadable(sha, "NOT_X12"))
    return counts


def unreadable(sha: str, code: str) -> pd.DataFrame:
    """The quarantine row of a file that nothing could be read from: it must not vanish, money may be in it."""
    row = {
        "quarantine_id": digest("quarantine", "files", sha, "readable"),
        "suite": "files",
        "expectation": "readable",
        "subject_kind": "file",
        "subject_id": sha[:32],
        "reason": f"{code}: the file cannot be read; look at it, ask the partner to send it again, or discard it",
        "file_sha256": sha,
    }
    return pd.DataFrame([row])


def _file(partner: str, sha: str, kind: str, size: int, container: str | None) -> pd.DataFrame:
    row = {
        "sha256": sha,
        "direction": "in",
        "kind": kind,
        "bytes": size,
        "partner": partner,
        "container_sha256": container,
        "first_seen_at": pickup.utc_now(),
    }
    return pd.DataFrame([row])


def kind_of(data: bytes) -> str:
    """The kind of X12 in the bytes, ``mixed`` for several, ``other`` for none."""
    found = sorted(set(kinds(data)))
    return found[0] if len(found) == 1 else "mixed" if found else "other"


def _delete(settings: Settings, partner: str, taken: list[Taken]) -> None:
    """Delete at the partner what the ledger now holds, where the contract with it says so."""
    from connectors.clearinghouse.sftp import connect

    with connect(settings.partners[partner], settings.home) as session:
        pickup.delete_taken(session, settings.partners[partner].download_dir, taken)


def unread(ledger: Ledger) -> pd.DataFrame:
    """Inbound X12 files not yet read, in reading order: TA1, 999, 277CA, 835."""
    files = ledger.read("files", where={"direction": "in"})
    read = ledger.read("readings", columns=["sha256"])
    files = files[~files["sha256"].isin(read["sha256"]) & ~files["kind"].isin(CONTAINERS)]
    rank = (
        files["kind"]
        .map({kind: place for place, kind in enumerate(READING_ORDER)})
        .fillna(len(READING_ORDER))
    )
    return files.assign(rank=rank).sort_values(["rank", "first_seen_at", "sha256"]).drop(columns="rank")


def tally(files: pd.DataFrame) -> dict[str, int]:
    """How many files of each kind."""
    return dict(Counter(files["kind"]))
