"""The stages of a backfill, in their order, and what they share.

They are plain functions: `whole` runs them as they are, or as the stages of a flow that its `step` makes of them.
"""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from configs.settings import ConfigurationError, Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from connectors.sources.places import NothingThere, Place, address, find, located
from tasks import recognising
from tasks.backfilling import reporting
from tasks.backfilling.decoding import PACK, decode
from tasks.backfilling.intake import Intake, Partition
from tasks.backfilling.loading import Stored, load
from tasks.backfilling.pools import Pool, Work

# Hears how many bytes of the input are done, and of how many.
Told = Callable[[int, int], None]
# Makes a stage of a function.
Step = Callable[[str, Callable[..., Any]], Callable[..., Any]]

AHEAD = 2  # partitions decoded before they are wanted, for each that is decoded at a time


class Run:
    """One backfill: what it reads, where it writes, and what it has counted so far."""

    def __init__(
        self, settings: Settings, ledger: Ledger, name: str, *, store: str | None, adopt: bool
    ) -> None:
        self.settings, self.ledger, self.name, self.adopt = settings, ledger, name, adopt
        self.folder = settings.home / "backfill"
        self.store = store or address(self.folder / "partitions")
        # Whether workers may read the archive: where it is sealed, no key leaves this process.
        on_disk = "file" in located(self.store)[0].protocol
        self.local = on_disk and not settings.archive.keys
        self.places: list[Place] = []
        self.bytes = 0
        self.intake = Intake(settings, ledger, self.folder / "manifests" / f"{name}.parquet")
        self.counts: Counter[str] = Counter()
        self.problems = reporting.Problems()
        self._partitions: Iterator[Partition] = iter(())

    def address(self, partition: Partition) -> str:
        """Where the partition is decoded to."""
        return f"{self.store}/{partition.partition_id}"

    @cached_property
    def remittances(self) -> pd.DataFrame:
        """What the input brought, whichever run stored it; to be asked for when all of it is loaded."""
        return reporting.remittances(self.ledger, self.intake.shas)


def find_files(run: Run, paths: Sequence[str]) -> int:
    """Everything at the paths; returns how many files there are. What a run that died was writing is removed."""
    for part in Path(run.settings.archive).glob("*.part/"):
        shutil.rmtree(part)
    try:
        run.places = find(paths)
    except NothingThere as error:
        raise ConfigurationError(f"backfill: {error}") from None
    run.bytes = sum(place.size for place in run.places)
    run._partitions = run.intake.partitions(run.places)
    return len(run.places)


def take_in(run: Run) -> Partition | None:
    """The next partition, its files in the archive and its input where workers reach it; None after the last."""
    partition = next(run._partitions, None)
    if partition is not None and not run.local:
        _hand_out(run, partition)
    return partition


def inputs(run: Run, partition: Partition) -> list[str]:
    """The addresses that a partition is read from: the archive, or what was put beside its Parquet."""
    if run.local:
        return [address(archive.path(run.settings.archive, sha)) for sha, _ in partition.files]
    return [f"{run.address(partition)}/input{'' if partition.large else PACK}"]


def _hand_out(run: Run, partition: Partition) -> None:
    """Put the raw files beside the Parquet to be: a huge one as it is, others in one object."""
    (url,) = inputs(run, partition)
    fs, path = located(url)
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    kept = run.settings.archive
    with fs.open(path, "wb") as target:
        if partition.large:
            for chunk in archive.chunks(kept, partition.files[0][0]):
                target.write(chunk)
        else:
            data = pa.array([archive.get(kept, sha) for sha, _ in partition.files], pa.large_binary())
            pq.write_table(pa.table({"data": data}), target, compression="lz4")


def load_partition(run: Run, partition: Partition, work: Work) -> dict[str, int]:
    """Load a partition when it is decoded, then remove its Parquet."""
    done = work.result()
    counts, problems = load(run.settings, run.ledger, Stored(run.address(partition), done), adopt=run.adopt)
    run.problems.add(problems, done["shas"])
    run.counts.update(counts)
    fs, path = located(run.address(partition))
    fs.rm(path, recursive=True)
    return counts


def everything(run: Run, pool: Pool, told: Told, step: Step) -> None:
    """Take in, decode and load all partitions, in the order in which they were taken in."""
    waiting: deque[tuple[Partition, Work]] = deque()
    more = True
    while more or waiting:
        while more and len(waiting) < AHEAD * pool.width:
            partition = step("take in files", take_in)(run)
            more = partition is not None
            if partition is not None:
                shas = [sha for sha, _ in partition.files]
                work = pool.submit(decode, inputs(run, partition), shas, run.address(partition))
                waiting.append((partition, work))
        if waiting:
            partition, work = waiting.popleft()
            step("load partition", load_partition)(run, partition, work)
            told(partition.read, run.bytes)


def recognise_history(run: Run) -> dict[str, int]:
    """Look again at what nobody's claim was found for, now that all is known; adopt it where that was asked for."""
    if not run.adopt and not run.ledger.count("claims"):
        return {"recognised": 0, "posted": 0}
    adopts = run.remittances["remittance_id"] if run.adopt else ()
    return recognising.recognise_portions(run.ledger, set(adopts))


def prove(run: Run) -> dict[str, Any]:
    """What the input comes to in the ledger, and whether it proves."""
    counts = run.intake.counts
    found = {
        "files": sum(counts[name] for name in ("new", "duplicate", "quarantined", "ignored")),
        **{f"{name}_files": counts[name] for name in ("new", "duplicate", "quarantined", "ignored")},
        **reporting.totals(run.ledger, run.remittances),
        "problems": run.problems.listed(),
        "quarantined_remittances": run.counts["new_quarantine"],
        "named": [seen._asdict() for seen in run.intake.named[: reporting.NAMED]],
    }
    return found | {"fingerprint": run.ledger.fingerprint()}


def whole(
    run: Run,
    paths: Sequence[str],
    pool: Pool,
    told: Told = lambda done, of: None,
    step: Step = lambda name, function: function,
) -> dict[str, Any]:
    """All of it; what the input comes to."""
    step("find files", find_files)(run, paths)
    told(0, run.bytes)
    everything(run, pool, told, step)
    step("recognise history", recognise_history)(run)
    told(run.bytes, run.bytes)
    made: dict[str, Any] = step("prove and report", prove)(run)
    shutil.rmtree(run.folder / "partitions", ignore_errors=True)  # of runs that died
    return made
