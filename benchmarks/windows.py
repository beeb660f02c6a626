"""One file through the windowed reader, in a process of its own so that its memory is its own.

    python benchmarks/windows.py FILE [WINDOW_BYTES]      # one JSON object on stdout

Memory is the peak of the resident set, imports included. It is read from the kernel's own account of the process where
there is one: `ru_maxrss` of a child can be that of the process that started it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import decode_835_windows


def peak_mb() -> float:
    """The resident set at its largest so far."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read(path: Path, window_bytes: int | None = None) -> dict[str, Any]:
    """What was found, how long it took and how much memory it needed."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    given = {} if window_bytes is None else {"window_bytes": window_bytes}
    before = peak_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    claims = paid = windows = problems = 0
    with path.open("rb") as stream:
        for decoded in decode_835_windows(stream, **given):
            windows += 1
            claims += decoded.claims.num_rows
            paid += pc.sum(decoded.claims["paid_cents"]).as_py() or 0
            problems += decoded.problems.num_rows
    return {
        "windows": windows,
        "claims": claims,
        "paid_cents": paid,
        "problems": problems,
        "megabytes": path.stat().st_size / 1e6,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "memory_mb": peak_mb(),
        "memory_before_mb": before,
    }


if __name__ == "__main__":
    print(json.dumps(read(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
