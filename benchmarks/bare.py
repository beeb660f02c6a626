"""The bare bulk insert: the least that storing the rows of a posting can cost.

The driver's ``executemany`` with plain tuples into tables of the same columns, keys and indexes, in one transaction.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

TABLES = (
    "remittances",
    "remitted_claims",
    "remitted_lines",
    "remitted_adjustments",
    "provider_adjustments",
    "journal",
    "remittance_sources",
)


def bare(source: Path, target: Path) -> tuple[float, float]:
    """CPU and wall seconds of inserting the stored rows, in the order they have, into tables of the same make."""
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as old:
        made = list(_makes(old))
        rows = {name: old.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall() for name in TABLES}
    new = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", "cache_size=-131072"):
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
