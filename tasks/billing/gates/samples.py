"""The samples in the gates' manual pages, read as small worlds.

A page shows tables under ``Passes::`` and ``Fails::``. Each row of one is an encounter in a world of its own: the
usual practice with what the row changes. A column is ``table.column`` (the first row of that table), ``table+.column``
(one row more, otherwise like the first) or ``table`` alone, whose cell is ``none`` for an empty table and ``.`` for the
usual one. Cells are two blanks apart; ``.`` is null. The usual practice stands beside the tests that run the samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.billing.pages import tables

_HEADINGS = ("Passes", "Fails")
World = Mapping[str, Mapping[str, str | None]]


@dataclass(frozen=True)
class Sample:
    """One row: `kind` is Passes or Fails, `empty` the tables without rows, `world` changes by table (or ``table+``)."""

    kind: str
    number: int
    world: World
    empty: frozenset[str]


def _sample(kind: str, number: int, header: list[str], cells: list[str]) -> Sample:
    if len(header) != len(cells):
        raise ValueError(f"{kind} row {number}: {len(header)} columns and {len(cells)} cells")
    world: dict[str, dict[str, str | None]] = {}
    empty = set()
    for name, cell in zip(header, cells, strict=True):
        table, _, column = name.partition(".")
        if column:
            world.setdefault(table, {})[column] = None if cell == "." else cell
        elif cell == "none":
            empty.add(table)
    return Sample(kind, number, world, frozenset(empty))


def read(page: str) -> list[Sample]:
    """All samples of a manual page, in order."""
    found = []
    for kind, (header, *rows) in tables(page, _HEADINGS):
        found += [_sample(kind, number, header, cells) for number, cells in enumerate(rows, 1)]
    return found
