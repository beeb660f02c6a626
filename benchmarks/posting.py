"""Remittances from bytes to journal on SQLite, against the bare bulk insert of the very same rows.

    python benchmarks/posting.py --claims 10000      # one JSON object on stdout

The claims are of the synthetic practice, answered by a balanced 835 and read by the stage that production runs
(`tasks.reading`): decode, facts, check, match, post, check, store. The bare insert is the driver's ``executemany``
with plain tuples into tables of the same columns, keys and indexes, in one transaction.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clock import Clock
from practice import Office, office
from synthetic_835 import Billed, interchange

SEED = 7
TABLES = (
    "remittances",
    "remitted_claims",
    "remitted_lines",
    "remitted_adjustments",
    "provider_adjustments",
    "journal",
    "remittance_sources",
)
CLAIMS_PER_FILE = 1_000
PARTS = {
    "decode": ("tasks.reading", "decode_835"),
    "facts": ("tasks.billing.remittances", "facts"),
    "match": ("tasks.billing.matching", "match"),
    "post": ("tasks.recognising", "entries"),
    "check": ("tasks.quarantining", "check"),
    "store": ("connectors.ledger.store:Transaction", "add"),
    "read": ("connectors.ledger.store:Snapshot", "read"),
}


def measure(claims: int) -> dict[str, Any]:
    """Seconds of the stage and of the bare insert, and their ratio."""
    from configs.settings import Settings
    from connectors.clearinghouse import archive
    from tasks import reading

    with office(round(claims * 1.15), SEED) as practice, tempfile.TemporaryDirectory() as folder:
        sent = _send(practice, claims)
        bytes_ = [
            interchange(sent[at : at + CLAIMS_PER_FILE], SEED, control=number)
            for number, at in enumerate(range(0, len(sent), CLAIMS_PER_FILE), start=1)
        ]
        settings = Settings(home=Path(folder))
        import great_expectations  # noqa: F401

        shas = [archive.put(settings.archive, data) for data in bytes_]
        clock = Clock()
        _instrument(clock)
        with clock.span("ingest and post"):
            decoded = reading.decode_835([archive.get(settings.archive, sha) for sha in shas])
            counts = reading._store(settings, practice.ledger, decoded, shas)
        assert counts["remittances"] == len(bytes_), counts
        assert not counts["new_quarantine"], counts
        stored = {name: practice.ledger.count(name) for name in TABLES}
        source = practice.ledger._engine.url.database
        assert source
        bare = sorted(bare(Path(source), Path(folder) / f"bare{n}.sqlite") for n in range(3))[1]
    spans = clock.to_dict()
    whole = spans["ingest and post"]
    return {
        "claims": len(sent),
        "files": len(bytes_),
        "megabytes": sum(map(len, bytes_)) / 1e6,
        "rows": sum(stored.values()),
        "wall": whole["wall"],
        "cpu": whole["cpu"],
        "bare_wall": bare[1],
        "bare_cpu": bare[0],
        "ratio": whole["cpu"] / bare[0],
        "parts": {name: spans[name] for name in PARTS if name in spans},
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _send(practice: Office, claims: int) -> list[Billed]:
    """Judge, build and store; the claims that the payer will answer, oldest id first."""
    judgement, built = practice.judgement, practice.build()
    kept = built.claims.sort_values("claim_id").head(claims)
    lines = built.lines[built.lines["claim_id"].isin(kept["claim_id"])]
    with practice.ledger.transaction() as tx:
        for name, rows in (
            ("decisions", judgement.decisions),
            ("findings", judgement.findings),
            ("charge_lines", judgement.charges),
            ("claims", kept),
            ("claim_lines", lines),
        ):
            tx.add(name, rows)
    grouped: dict[str, list[tuple[str, str, int]]] = {}
    for claim, line, code, cents in zip(
        lines["claim_id"], lines["line_id"], lines["code"], lines["charge_cents"], strict=True
    ):
        grouped.setdefault(claim, []).append((line, code, int(cents)))
    return [Billed(claim, tuple(grouped[claim])) for claim in kept["claim_id"]]


def _instrument(clock: Clock) -> None:
    from importlib import import_module

    for name, (place, attribute) in PARTS.items():
        module, _, owner = place.partition(":")
        found = import_module(module)
        clock.wrap(getattr(found, owner) if owner else found, attribute, name)


def bare(source: Path, target: Path) -> tuple[float, float]:
    """CPU and wall seconds of inserting the stored rows, in the order they have, into tables of the same make."""
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as old:
        made = list(_makes(old))
        rows = {name: old.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall() for name in TABLES}
    new = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", "cache_size=-65536"):
        new.execute(f"PRAGMA {pragma}")
    for statement in made:
        new.execute(statement)
    wall, cpu = time.perf_counter(), time.process_time()
    new.execute("BEGIN IMMEDIATE")
    for name, values in rows.items():
        if values:
            marks = ", ".join("?" * len(values[0]))
            new.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
    new.execute("COMMIT")
    taken = time.process_time() - cpu, time.perf_counter() - wall
    new.close()
    return taken


def _makes(old: sqlite3.Connection) -> Iterator[str]:
    """The statements that make the tables and their indexes."""
    marks = ", ".join("?" * len(TABLES))
    for (statement,) in old.execute(
        f"SELECT sql FROM sqlite_master WHERE tbl_name IN ({marks}) AND sql IS NOT NULL"
        " ORDER BY type DESC",  # tables before their indexes
        TABLES,
    ):
        yield statement


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--claims", type=int, default=10_000)
    print(json.dumps(measure(parser.parse_args().claims)))
