"""Taking in: every file once through hash, archive and manifest; what is new and an 835 comes out in partitions.

A container's members are files of their own. A file that is nothing for a backfill is named in the manifest and left
alone; one that must be an 835 and cannot be read goes to quarantine, as money may be in it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from configs.identity import digest
from configs.settings import Settings
from connectors.clearinghouse import archive, pickup
from connectors.clearinghouse.unpack import BOM, Bounds, Problem, Unreadable, container_kind, members
from connectors.ledger import Ledger
from connectors.sources.places import Place
from connectors.x12 import kinds
from connectors.x12.large import LARGE, is_835
from tasks import collecting

PARTNER = "backfill"  # whom the files are from
BYTES = 32 << 20  # of a partition
FILES = 20_000
BOUNDS = Bounds(
    largest=1 << 40, members=2_000_000
)  # an archive of years is larger than a partner's file of a day
_LOOK = 1 << 16
MANIFEST = pa.schema(
    [
        ("url", pa.string()),
        ("member", pa.int64()),  # 1-based, of a container
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("outcome", pa.string()),  # new, duplicate, quarantined, ignored, container
        ("kind", pa.string()),
        ("code", pa.string()),
    ]
)


class Seen(NamedTuple):
    """One row of the manifest."""

    url: str
    member: int | None
    sha256: str | None
    bytes: int
    outcome: str
    kind: str
    code: str | None


@dataclass(frozen=True)
class Partition:
    """835s that are decoded together: their contents in order, and which part of the input they end."""

    files: tuple[tuple[str, int], ...]  # sha256 and size
    read: int  # bytes of the input that were taken in with it and before

    @property
    def partition_id(self) -> str:
        """Made of the contents alone."""
        return digest("partition", *(sha for sha, _ in self.files))

    @property
    def large(self) -> bool:
        """Whether it is one file to be read in windows."""
        return len(self.files) == 1 and self.files[0][1] > LARGE


class Intake:
    """Takes in places. `counts` by outcome, the contents seen (`shas`), and what is `named` are whole at the end."""

    def __init__(self, settings: Settings, ledger: Ledger, manifest: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.named: list[Seen] = []  # what was ignored or quarantined
        self.shas: set[bytes] = set()  # of every 835
        self._settings, self._ledger, self._manifest = settings, ledger, manifest
        read = ledger.read("readings", {"outcome": ["read", "ignored"]}, ["sha256"])
        self._read = {bytes.fromhex(sha) for sha in read["sha256"]}
        self._rows: list[tuple[Seen, Place]] = []
        self._files: list[tuple[str, int]] = []
        self._bytes = 0  # of these

    def partitions(self, places: list[Place]) -> Iterator[Partition]:
        """Partitions whose files are durably in the archive and recorded in the ledger."""
        self._manifest.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._settings.staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = 0
        with (
            pq.ParquetWriter(self._manifest, MANIFEST) as writer,
            archive.Batch(self._settings.archive) as batch,
        ):
            for place in places:
                for seen in self._place(place, batch):
                    if seen.bytes > LARGE and seen.outcome == "new" and self._files:  # it will be alone
                        yield from self._end(batch, writer, taken)
                    self._say(seen, place)
                    if self._full():
                        yield from self._end(batch, writer, taken)
                taken += place.size
            yield from self._end(batch, writer, taken)

    def _say(self, seen: Seen, place: Place) -> None:
        self.counts[seen.outcome] += 1
        self._rows.append((seen, place))
        if seen.outcome in ("ignored", "quarantined"):
            self.named.append(seen)
        elif seen.outcome != "container":
            self.shas.add(bytes.fromhex(seen.sha256 or ""))
        if seen.outcome == "new" and seen.sha256:
            self._files.append((seen.sha256, seen.bytes))
            self._bytes += seen.bytes

    def _full(self) -> bool:
        return len(self._rows) >= FILES or self._bytes >= BYTES

    def _end(self, batch: archive.Batch, writer: pq.ParquetWriter, taken: int) -> Iterator[Partition]:
        """Make durable what was taken in, then record it: an interrupted run leaves whole files in the archive."""
        batch.commit()
        rows, files = self._rows, tuple(self._files)
        self._rows, self._files, self._bytes = [], [], 0
        kept = [(seen, place) for seen, place in rows if seen.outcome in ("new", "quarantined")]
        failed = [seen for seen, _ in kept if seen.outcome == "quarantined"]
        with self._ledger.transaction() as tx:
            if kept:
                tx.add("files", _file_rows(kept))
                tx.add("sightings", _sightings(kept))
            for seen in failed:
                tx.add("quarantine", collecting.unreadable(seen.sha256 or "", seen.code or ""))
            now = pickup.utc_now()
            tx.put(
                "readings",
                [{"sha256": s.sha256, "outcome": "failed", "problems": s.code, "at": now} for s in failed],
            )
        writer.write_table(pa.Table.from_pylist([seen._asdict() for seen, _ in rows], schema=MANIFEST))
        if files:
            yield Partition(files, taken)

    def _place(self, place: Place, batch: archive.Batch) -> Iterator[Seen]:
        """The files at one place: the members of a container, a plain file as its own only one."""
        problems: list[Problem] = []
        with closing(place.open()) as source:
            kind = container_kind(source.read(_LOOK))
            source.seek(0)
            if kind == "plain":
                yield self._file(place, None, source, batch)
                return
            found = members(source, place.size, problems, BOUNDS, self._settings.staging)
            for number, member in enumerate(found, start=1):
                try:
                    seen = self._file(place, number, member, batch)
                except Unreadable as bad:
                    problems.append(bad.args)
                else:
                    yield seen
        yield self._container(place, kind, problems, batch)

    def _container(self, place: Place, kind: str, problems: list[Problem], batch: archive.Batch) -> Seen:
        """A container is kept only where something in it could not be read: a person will have to look."""
        codes = " ".join(sorted({code for code, _ in problems}))
        if not problems:
            return Seen(place.url, None, None, place.size, "container", kind, None)
        with closing(place.open()) as source:
            sha, size = batch.put(iter(lambda: source.read(1 << 20), b""))
        return Seen(place.url, None, sha, size, "quarantined", kind, codes)

    def _file(self, place: Place, member: int | None, source: IO[bytes], batch: archive.Batch) -> Seen:
        first = source.read(LARGE + 1)
        whole = len(first) <= LARGE
        outcome, kind, code = told(first, whole)
        chunks = itertools.chain([first], () if whole else iter(lambda: source.read(1 << 20), b""))
        needless = outcome == "ignored" or (whole and self._known(sha256(first).digest()))
        sha, size = _measured(chunks) if needless else batch.put(chunks)
        if outcome != "ignored" and self._known(bytes.fromhex(sha)):
            outcome = "duplicate"
        return Seen(place.url, member, sha, size, outcome, kind, code)

    def _known(self, sha: bytes) -> bool:
        return sha in self._read or sha in self.shas


def _measured(chunks: Iterable[bytes]) -> tuple[str, int]:
    """The sha256 and the size of what is not kept."""
    state, size = sha256(), 0
    for chunk in chunks:
        state.update(chunk)
        size += len(chunk)
    return state.hexdigest(), size


def told(first: bytes, whole: bool) -> tuple[str, str, str | None]:
    """What a file is for a backfill, from its bytes or the first of them: outcome, kind, and a code where it is none.

    What calls itself an 835 and has no envelope, or has an envelope and nothing to read in it, may hold money.
    """
    starts = first[:_LOOK].removeprefix(BOM).lstrip().startswith(b"ISA")
    if starts and is_835(first):
        return "new", "835", None
    found = sorted(set(kinds(first if whole else first[:_LOOK]))) if b"ISA" in first[:_LOOK] else []
    if "835" in found:
        return "new", "835" if found == ["835"] else "mixed", None
    if found:
        return "ignored", found[0] if len(found) == 1 else "mixed", "NOT_835"
    if starts or is_835(first):
        return "quarantined", "other", "NOT_X12"
    return "ignored", "other", "NOT_X12"


def _file_rows(kept: list[tuple[Seen, Place]]) -> pd.DataFrame:
    rows = [(seen.sha256, seen.kind, seen.bytes) for seen, _ in kept]
    frame = pd.DataFrame(rows, columns=["sha256", "kind", "bytes"]).drop_duplicates("sha256")
    return frame.assign(direction="in", partner=PARTNER, first_seen_at=pickup.utc_now())


def _sightings(kept: list[tuple[Seen, Place]]) -> pd.DataFrame:
    rows = [
        (f"{seen.url}#{seen.member}" if seen.member else seen.url, place.stamp, seen.sha256)
        for seen, place in kept
    ]
    frame = pd.DataFrame(rows, columns=["remote_name", "stamp", "sha256"])
    now = pickup.utc_now()
    return frame.assign(partner=PARTNER, first_seen_at=now, taken_at=now)
