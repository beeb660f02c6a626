"""The backfill against its budgets, all as ratios in one run.

    python benchmarks/backfill.py --claims 100000                 # bare insert, processes, Dask, a plain script
    python benchmarks/backfill.py --claims 100000 --engine postgresql --bare    # beside the bare COPY alone
    python benchmarks/backfill.py --claims 100000 --whole         # the whole of it by processes and by Dask, too
    python benchmarks/backfill.py --memory 1000000                # peak memory, cost per claim against 10,000

Prints one JSON object. The claims are dense (`dense_835`: three lines, seven adjustments), in files of 1,000; none of
them is known to the ledger, so that all are adopted. What is timed is everything from files to the last posting,
without Prefect around it; proof, fingerprint and report come on top (``proof_wall``). Compared is with

* the bare bulk insert of the rows that it stored, as in ``ledger.py`` (at most 3 ×);
* decoding by two processes against one (at least 1.6 ×), and by Dask on two local workers (within 1.3 × of them);
* straightforward scripts: edi-835-parser, and SQLAlchemy's ORM (at least 20 ×), in an environment of their own as the
  codec's peers (`peers/script.py`); null where that cannot be made. One keeps a row a claim, line and adjustment and
  no more, one about what the ledger keeps, and one merges these rows instead of adding them. They are taken in turn
  with a whole backfill of 30,000 claims and with the first part of it, archive and Parquet, which keeps what the first
  script keeps. The scripts read 3,000 claims, and are taken for linear. Compared are CPU seconds a claim, imports left
  out on both sides; the medians of the rounds' ratios.

What a run costs whatever its size (migrating an empty ledger, a home, the first checks) is told apart (``start_cpu``):
it is what a backfill of one file takes, beyond its claims.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dense_835
from bare import bare
from ledger import _maker, bare_postgresql, interchange

from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from connectors.sources.places import address
from tasks.backfilling.decoding import decode, done_of
from tasks.backfilling.pools import Here, Pool, Processes, pool
from tasks.backfilling.running import Run, whole

SEED = 7
PER_FILE = 1_000
PARTITION = 5  # files, about 4 MB: that all processes have as much to do counts here, not the size
ROUNDS = 3  # of whatever is taken in turn
SCRIPT = 3_000  # claims for the straightforward scripts
OURS = 30_000  # claims of the backfills that are taken in turn: with the scripts, and by processes and Dask
KEEPS = ("little", "books", "merge")


def fill(folder: Path, claims: int) -> list[Path]:
    """Files of 1,000 claims each, no claim in two of them."""
    folder.mkdir(parents=True)
    paths = []
    block = dense_835.block(min(PER_FILE, claims), SEED)
    for number in range(1, 1 + max(1, claims // PER_FILE)):
        paths.append(folder / f"{number:06}.835")
        paths[-1].write_bytes(interchange(block, number, 1))
    return paths


def backfill(url: str, home: Path, source: Path, workers: Pool) -> dict[str, Any]:
    """Seconds of a whole backfill, and what it came to."""
    import great_expectations  # noqa: F401

    clock = {"wall": 0.0, "cpu": 0.0, "proof_wall": 0.0, "proof_cpu": 0.0}

    def step(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            found = function(*arguments)
            part = "proof_" if name == "prove and report" else ""
            clock[f"{part}wall"] += time.perf_counter() - wall
            clock[f"{part}cpu"] += time.process_time() - cpu
            return found

        return timed

    with Ledger.open(url) as ledger:
        run = Run(Settings(home=home), ledger, "bench", store=None, adopt=True)
        made = whole(run, [str(source)], workers, step=step) | clock
    assert made["balanced"], made
    return made


def partitions(home: Path, source: list[Path]) -> list[tuple[list[str], list[str], str]]:
    """What `decode` is asked for each partition of these files, which are in the archive then."""
    shas = [archive.put(home / "archive", path.read_bytes()) for path in source]
    parts = [shas[at : at + PARTITION] for at in range(0, len(shas), PARTITION)]
    return [
        ([address(archive.path(home / "archive", sha)) for sha in part], part, address(home / f"out{n}"))
        for n, part in enumerate(parts)
    ]


def decoding(home: Path, source: list[Path], workers: Pool) -> float:
    """Wall seconds of decoding alone, the workers being there."""
    parts = partitions(home, source)
    warm = [workers.submit(done_of, address(home / "none")) for _ in range(4 * workers.width)]
    assert not any(one.result() for one in warm)  # imports are paid for
    began = time.perf_counter()
    asked = [workers.submit(decode, *part) for part in parts]
    assert all(one.result()["claims"] for one in asked)
    return time.perf_counter() - began


@contextmanager
def processes(jobs: int) -> Iterator[Pool]:
    made = Processes(jobs)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def cluster() -> Iterator[Pool]:
    """A Dask scheduler and two workers of one thread on this machine."""
    port = "18786"
    quiet: dict[str, Any] = {"stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    started = [
        subprocess.Popen(
            [*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **quiet
        )
    ]
    worker = [*dask, "worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-dashboard"]
    started += [subprocess.Popen(worker, **quiet) for _ in range(2)]
    try:
        with pool(1, f"tcp://127.0.0.1:{port}") as made:
            made._client.wait_for_workers(2, timeout=120)  # type: ignore[attr-defined]
            yield made
    finally:
        for one in reversed(started):
            one.terminate()
            one.wait()


def parquet(home: Path, source: list[Path]) -> float:
    """CPU seconds from files to archived bytes and Parquet, all in this process."""
    began = time.process_time()
    assert all(decode(*part)["claims"] for part in partitions(home, source))
    return time.process_time() - began


def script(paths: list[Path], keeps: str, target: Path) -> dict[str, float] | None:
    """What a straightforward script takes, in the peers' environment; see there."""
    from peers.workers import environment

    command = [environment(), Path(__file__).parent / "peers" / "script.py", keeps, target, *paths]
    ran = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env={"PATH": "/usr/bin"}
    )
    if ran.returncode:
        print(ran.stderr[-500:], file=sys.stderr)
        return None
    told: dict[str, float] = json.loads(ran.stdout)
    return told


def stored(root: Path, claims: int, fresh: Callable[[], str]) -> dict[str, Any]:
    """One process from files to the last posting, against the bare insert of the rows that it stored."""
    fill(root / "in", claims)
    url = fresh()
    small = backfill(fresh(), root / "small", fill(root / "few", PER_FILE)[0], Here())
    alone = backfill(url, root / "one", root / "in", Here())
    with Ledger.open(url) as ledger:
        bare_cpu, bare_wall = _bare(ledger, fresh, root)
    more = alone["claims"] - small["claims"]
    return {
        "start_cpu": max(0.0, small["cpu"] - small["claims"] * (alone["cpu"] - small["cpu"]) / more)
        if more
        else None,
        "each_cpu": alone["cpu"] / alone["claims"],
        "bare_wall": bare_wall,
        "bare_cpu": bare_cpu,
        "times_bare": alone["wall"] / bare_wall,
        "times_bare_cpu": alone["cpu"] / bare_cpu,
        **{name: alone[name] for name in ("claims", "wall", "cpu", "proof_wall", "proof_cpu", "fingerprint")},
    }


def measure(claims: int, engine: str, more: bool, whole_runs: bool) -> dict[str, Any]:
    """`stored`, and with `more` what processes, Dask and scripts take; with `whole_runs` the whole of it by both."""
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # the server goes last
        root = Path(folder)
        fresh = _maker(engine, root)
        made = stored(root, claims, fresh)
        if more:
            made |= beside(root, fresh, whole_runs)
    return made | {"engine": engine, "load": (before, os.getloadavg()[0])}


def beside(root: Path, fresh: Callable[[], str], whole_runs: bool) -> dict[str, Any]:
    """What decoding takes by one process, by two and by Dask, what the whole takes of them, and what scripts take."""
    paths = sorted((root / "in").iterdir())
    some = fill(root / "some", min(OURS, len(paths) * PER_FILE))
    with processes(2) as two, cluster() as workers:
        who = {"one": Here(), "two": two, "dask": workers}
        rounds = [
            {name: decoding(root / f"{name}{turn}", paths, pool) for name, pool in who.items()}
            for turn in range(ROUNDS)
        ]
        wholes = in_turn(root, some, fresh, who) if whole_runs else []
    return {
        "decoding": rounds,
        "two_processes": ratio(rounds, "one", "two"),
        "dask_of_two": ratio(rounds, "dask", "two"),
        "whole": wholes,
        "whole_claims": len(some) * PER_FILE,
        "whole_dask_of_two": ratio(wholes, "dask", "two") if wholes else None,
        **scripts(root, some, fresh),
    }


def ratio(rounds: list[dict[str, float]], over: str, under: str) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(turn[over] / turn[under] for turn in rounds)


def in_turn(
    root: Path, source: list[Path], fresh: Callable[[], str], who: dict[str, Pool]
) -> list[dict[str, float]]:
    """Wall seconds of whole backfills, in turn; all come to the same ledger."""
    rounds, fingerprints = [], set()
    for turn in range(ROUNDS):
        made = {
            name: backfill(fresh(), root / f"{name}-whole{turn}", source[0].parent, pool)
            for name, pool in who.items()
        }
        fingerprints |= {each["fingerprint"] for each in made.values()}
        rounds.append({name: each["wall"] for name, each in made.items()})
    assert len(fingerprints) == 1
    return rounds


def scripts(root: Path, ours: list[Path], fresh: Callable[[], str]) -> dict[str, Any]:
    """What a claim takes of the scripts and of us, in turn, in CPU seconds."""
    claims, theirs, turns = len(ours) * PER_FILE, ours[: SCRIPT // PER_FILE], []
    for turn in range(ROUNDS):
        whole_of_it = backfill(fresh(), root / f"ours{turn}", ours[0].parent, Here())["cpu"]
        told = {keeps: script(theirs, keeps, root / f"{keeps}{turn}.sqlite") for keeps in KEEPS}
        if not all(told.values()):
            return {"scripts": None}
        turns.append(
            {"ours": whole_of_it / claims, "parquet": parquet(root / f"parquet{turn}", ours) / claims}
            | {keeps: each["cpu"] / each["claims"] for keeps, each in told.items() if each}
        )
    return {
        "scripts": turns,
        "script_rows": {keeps: each["rows"] / each["claims"] for keeps, each in told.items() if each},
        "script_cpu": {name: statistics.median(turn[name] for turn in turns) for name in turns[0]},
        "times_script": {keeps: ratio(turns, keeps, "ours") for keeps in KEEPS},
        "times_little": ratio(turns, "little", "parquet"),
    }


def memory(claims: int) -> dict[str, Any]:
    """Peak memory of this process, and what a claim costs in a large backfill against one of 10,000.

    The large one takes minutes in which the machine may become slower or faster: small ones stand before and after it.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)

        def each(name: str, size: int) -> float:
            fill(root / f"in{name}", size)
            made = backfill(
                f"sqlite:///{root}/{name}.sqlite", root / f"home{name}", root / f"in{name}", Here()
            )
            return float(made["cpu"] / made["claims"])

        before = [each(f"before{turn}", 10_000) for turn in range(ROUNDS)]
        large = each("large", claims)
        after = [each(f"after{turn}", 10_000) for turn in range(ROUNDS)]
    small = statistics.median(before + after)
    return {
        "claims": claims,
        "cpu_each_10000": small,
        "small": before + after,
        "cpu_each": large,
        "ratio": large / small,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _bare(ledger: Ledger, fresh: Callable[[], str], root: Path) -> tuple[float, float]:
    """CPU and wall seconds of inserting what the ledger holds, the rows being ready."""
    if ledger._engine.dialect.name == "postgresql":
        return bare_postgresql(ledger, fresh)
    return bare(Path(str(ledger._engine.url.database)), root / "bare.sqlite")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--memory", type=int, metavar="CLAIMS")
    parser.add_argument("--bare", action="store_true", help="beside the bare insert alone")
    parser.add_argument("--whole", action="store_true", help="the whole backfill by processes and Dask, too")
    told = parser.parse_args()
    print(
        json.dumps(
            memory(told.memory)
            if told.memory
            else measure(told.claims, told.engine, not told.bare, told.whole)
        )
    )
