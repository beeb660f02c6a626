"""The codec against its budgets, and with ``--peers`` against other packages from PyPI, all in one run.

    python benchmarks/codec.py --peers            # tables; the slowest peer reads 0.1 MB/s: some minutes
    python benchmarks/codec.py --peers --quick    # small sizes, for a look
    python benchmarks/codec.py --only decode      # one part: its speed and its profile
    python benchmarks/codec.py --json             # one JSON object, for run.py

One thread throughout, for us and for Arrow's CSV reader; each peer has a process of its own (`peers/drive.py`). Things
that are compared run in turn, so that each meets the same neighbours. Slow peers run in fewer of the rounds. Speeds
and ratios are of medians.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import dense_835
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from clock import Timing
from codec_report import report
from hotspots import hotspots
from peers.workers import Peer, environment, failures
from practice import claims_837

import connectors.x12
from connectors.x12 import Envelope, decode_835, encode_837

SEED = 7
HERE = Path(__file__).parent
ENVELOPE = Envelope(
    sender_qualifier="ZZ",
    sender_id="SUBMIT123",
    receiver_qualifier="ZZ",
    receiver_id="CLEARHSE",
    submitter_name="EXAMPLE GROUP",
    contact="BILLING",
    phone="2175550100",
    receiver_name="EXAMPLE CLEARINGHOUSE",
    interchange_control="000000001",
    group_control="1",
    date=dt.date(2026, 1, 15),
    time=dt.time(17),
    usage="T",
    claims_per_transaction=100,
    reference="B000000001",
)
# In how many of the rounds each peer runs.
READERS = {
    "openx12": 5,
    "edi-835-parser": 2,
    "edi-835-parser frame": 2,
    "x12sdk models": 2,
    "pyx12 context": 1,
}
WRITERS = {"pyx12 writer": 3, "pyx12 writer alone": 3, "x12sdk writer": 1}
Run = Callable[[], Timing | None]


def measure(*, peers: bool, quick: bool, only: Sequence[str] = ()) -> dict[str, Any]:
    """Everything the report shows, or the parts named in `only`."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    load = os.getloadavg()[0]
    python = environment() if peers else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {part: PARTS[part](folder, python, quick) for part in only or PARTS}
    return found | {
        "peers": peers,
        "not_installed": failures(python) if python else {},
        "load": [load, os.getloadavg()[0]],
        "cores": os.cpu_count(),
    }


# --- the parts ---------------------------------------------------------------------------------------------------


def decode_large(folder: Path, python: Path | None, quick: bool) -> dict[str, Any]:
    """One 835 of 10,000 claims: ours, Arrow's CSV reader on as many bytes, the peers, and the profile of ours."""
    made = dense_835.one(500 if quick else 10_000, SEED)
    _all_balanced(decode_835(made.data), 1)
    path, small, sheet = folder / "large.835", folder / "small.835", csv_of(len(made.data))
    path.write_bytes(made.data)
    small.write_bytes(dense_835.one(20, SEED).data)
    workers = start(python, READERS, path, small)
    rounds = 3 if quick else 9
    timed = interleaved(
        {
            "ours": (rounds, clocked(lambda: decode_835(made.data))),
            "pyarrow.csv": (rounds, clocked(lambda: read_csv(sheet))),
            **{name: (READERS[name], worker.run) for name, worker in workers.items()},
        }
    )
    truth = {"claims": made.claims, "lines": made.lines, "paid_cents": made.paid}
    return {
        "megabytes": len(made.data) / 1e6,
        **truth,
        "timed": timed,
        "peers": {name: _ended(worker, truth) for name, worker in workers.items()},
        "profile": profile(lambda: decode_835(made.data)),
        "floors": floors(made.data),
    }


def decode_files(_folder: Path, _python: Path | None, quick: bool) -> dict[str, Any]:
    """10,000 files of 5 KB in one call."""
    many = dense_835.many(500 if quick else 10_000, SEED)
    size = sum(map(len, many))
    sheet = csv_of(size)
    _all_balanced(decode_835(many), len(many))
    rounds = 2 if quick else 5
    timed = interleaved(
        {
            "ours": (rounds, clocked(lambda: decode_835(many))),
            "pyarrow.csv": (rounds, clocked(lambda: read_csv(sheet))),
        }
    )
    return {
        "files": len(many),
        "megabytes": size / 1e6,
        "timed": timed,
        "profile": profile(lambda: decode_835(many)),
    }


def encode(folder: Path, python: Path | None, quick: bool) -> dict[str, Any]:
    """837P of the synthetic practice's claims: ours from tables, the peers from the same segments."""
    tables = known_sex(claims_837(1_000 if quick else 10_000, SEED))
    written = encode_837(tables, ENVELOPE)
    path = folder / "claims.837"
    path.write_bytes(written)
    workers = start(python, WRITERS, path)
    rounds = 3 if quick else 9
    timed = interleaved(
        {
            "ours": (rounds, clocked(lambda: encode_837(tables, ENVELOPE))),
            **{name: (WRITERS[name], worker.run) for name, worker in workers.items()},
        }
    )
    truth = {"claims": tables["claims"].num_rows, "bytes": len(written)}
    return {
        "megabytes": len(written) / 1e6,
        "claims": truth["claims"],
        "timed": timed,
        "peers": {name: _ended(worker, truth) for name, worker in workers.items()},
        "profile": profile(lambda: encode_837(tables, ENVELOPE)),
    }


def memory(folder: Path, _python: Path | None, quick: bool) -> list[dict[str, Any]]:
    """1 GB in sets of 10,000 claims, and 1 GB in one set."""
    return [_windows(folder, quick, one_set=one_set) for one_set in (False, True)]


def _windows(folder: Path, quick: bool, *, one_set: bool) -> dict[str, Any]:
    """A large file, written in a stream, read in windows by a process of its own, and deleted."""
    if not hasattr(connectors.x12, "decode_835_windows"):
        missing = "connectors.x12.decode_835_windows is not there yet"
        return {"one_set": one_set, "megabytes": 0, "missing": missing}
    path = folder / "huge.835"
    with path.open("wb") as stream:
        claims = dense_835.write_large(stream, 40_000_000 if quick else 1_000_000_000, SEED, one_set=one_set)
    about = {"one_set": one_set, "megabytes": path.stat().st_size / 1e6, "claims": claims}
    command = [sys.executable, str(HERE / "windows.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    path.unlink()
    if done.returncode:
        return about | {"missing": (done.stderr.splitlines() or ["no message"])[-1]}
    found = json.loads(done.stdout.splitlines()[-1])
    if "claims" in found and (found["claims"], found["problems"]) != (claims, 0):
        found["missing"] = f"read {found['claims']:,} of {claims:,} claims, {found['problems']:,} problems"
    return found | about


def profile(run: Callable[[], object]) -> list[dict[str, Any]]:
    """The codec's functions, each with its share of a run."""
    spots = hotspots(run, Path(connectors.x12.__file__).parent)
    whole = sum(spot.seconds for spot in spots)
    return [vars(spot) | {"share": spot.seconds / whole} for spot in spots]


def floors(data: bytes) -> dict[str, float]:
    """CPU seconds of single passes over the same bytes that no decoder of this make does without."""
    view = np.frombuffer(data, np.uint8)
    passes: dict[str, Callable[[], object]] = {
        "copy the bytes": view.copy,
        "find the terminators with NumPy": lambda: np.flatnonzero(view == ord("~")),
        "find both separators with NumPy": lambda: np.flatnonzero((view == ord("~")) | (view == ord("*"))),
        "SHA-256 of the bytes": lambda: hashlib.sha256(data).digest(),
    }
    timed = interleaved({name: (9, clocked(run)) for name, run in passes.items()})
    return {name: each["cpu"] for name, each in timed.items() if each}


PARTS = {"decode": decode_large, "files": decode_files, "encode": encode, "memory": memory}


# --- taking turns ------------------------------------------------------------------------------------------------


def clocked(run: Callable[[], object]) -> Run:
    """A run of this process, timed; each comes after one that is not, because a peer in between has the caches."""

    def timed() -> Timing:
        run()
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        return Timing(time.perf_counter() - wall, time.process_time() - cpu)

    return timed


def interleaved(things: Mapping[str, tuple[int, Run]]) -> dict[str, dict[str, float] | None]:
    """Medians of each thing's runs, taken in turn and spread evenly over the rounds; null where none succeeded."""
    rounds = max(runs for runs, _ in things.values())
    taken: dict[str, list[Timing]] = {name: [] for name in things}
    for number in range(rounds):
        for name, (runs, run) in things.items():
            due = (number + 1) * runs // rounds > number * runs // rounds
            timing = run() if due else None
            if timing:
                taken[name].append(timing)
    return {
        name: {
            "runs": len(each),
            "wall": median(timing.wall for timing in each),
            "cpu": median(timing.cpu for timing in each),
        }
        if each
        else None
        for name, each in taken.items()
    }


def start(
    python: Path | None, names: Mapping[str, int], path: Path, warm: Path | None = None
) -> dict[str, Peer]:
    """A process for each peer, ready to go."""
    return {name: Peer(python, name, path, warm) for name in names} if python else {}


def _ended(peer: Peer, truth: Mapping[str, int]) -> dict[str, Any]:
    """What a peer is, needed and found; what it found otherwise than there is goes into ``differs``."""
    peer.close()
    given = {name: peer.answer[name] for name in truth if name in peer.answer}
    return {
        "version": peer.about.get("version"),
        "how": peer.about.get("how"),
        "error": peer.error,
        "memory_mb": peer.memory_mb,
        "differs": {name: value for name, value in given.items() if value != truth[name]},
    }


# --- what it is measured with ------------------------------------------------------------------------------------


def csv_of(size: int) -> bytes:
    """`size` bytes, to the row, of CSV as plain as a CSV of claims can be: ids, codes, cents, a date."""
    rows = size // 45 + 1
    text = "".join(
        f"C{n:012d},9083{n % 10},95,{10_000 + n % 20_000},{n % 9_000},2026-01-05,ICN{n:09d}\n"
        for n in range(rows)
    )
    head = "claim,code,modifier,charge_cents,paid_cents,service_date,payer_control\n"
    return (head + text[: text.rindex("\n", 0, size) + 1]).encode()


def read_csv(data: bytes) -> pa.Table:
    """The yardstick: Arrow's CSV reader on one thread."""
    return pyarrow.csv.read_csv(io.BytesIO(data), pyarrow.csv.ReadOptions(use_threads=False))


def known_sex(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The same claims with F where the sex is unknown: x12sdk reads no other than F and M, and is to read them."""
    claims = tables["claims"]
    for name in claims.column_names:
        if name.endswith("_sex"):
            values = pc.replace_substring(claims[name], "U", "F")
            claims = claims.set_column(claims.column_names.index(name), claims.field(name), values)
    return dict(tables) | {"claims": claims}


def _all_balanced(decoded: Any, transactions: int) -> None:
    """A speed counts only where the work was done: every transaction is there, balanced and without a problem."""
    assert decoded.transactions["balanced"].to_pylist() == [True] * transactions
    assert decoded.problems.num_rows == 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", action="store_true", help="against the peers too")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    parser.add_argument(
        "--only", action="append", choices=list(PARTS), default=[], help="one part; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="the measurements as one JSON object")
    given = parser.parse_args()
    found = measure(peers=given.peers, quick=given.quick, only=given.only)
    print(json.dumps(found) if given.json else "\n".join(report(found)))


if __name__ == "__main__":
    main()
