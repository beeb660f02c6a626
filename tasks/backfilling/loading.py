"""Loading one decoded partition: through the checks, matching and posting of every remittance, a portion at a time."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from configs.settings import Settings
from connectors.ledger import Ledger
from connectors.sources.places import located
from connectors.x12 import Decoded835, tables
from connectors.x12.problems import Problem, Problems
from tasks import reading
from tasks.frames import of_arrow

ROWS = 1 << 16  # of Parquet looked through at a time
SMALL = ("interchanges", "sets", "transactions", "problems")  # a row a remittance, or fewer


class Stored:
    """The tables of a decoded partition at its address."""

    def __init__(self, out: str, done: dict[str, Any]) -> None:
        self._fs, root = located(out)
        self._root = f"{root}/{done['attempt']}"
        self.shas: list[str] = done["shas"]

    def all(self) -> Decoded835:
        """What is said of whole remittances; claims and lines are left where they are."""
        found = {name: self._table(name, None) for name in SMALL}
        rows = [Problem(**row) for row in found["problems"].to_pylist()]
        return _decoded(found | {"problems": Problems(rows).table()})

    def of(self, transactions: pd.DataFrame) -> Decoded835:
        """Claims, lines and adjustments of some neighbouring remittances."""
        at = transactions["transaction"]
        if at.empty:
            return _decoded({})
        these = (pc.field("transaction") >= int(at.min())) & (pc.field("transaction") <= int(at.max()))
        names = ("claims", "lines", "adjustments", "provider_adjustments")
        return _decoded({name: self._table(name, these) for name in names})

    def _table(self, name: str, these: pc.Expression | None) -> pa.Table:
        parquet = ds.dataset(f"{self._root}/{name}.parquet", filesystem=self._fs, format="parquet")
        return parquet.to_table(filter=these, batch_size=ROWS, use_threads=False)


# A table of Decoded835 to its schema.
_SCHEMAS = {
    "interchanges": tables.INTERCHANGES,
    "sets": tables.SETS,
    "transactions": tables.TRANSACTIONS,
    "claims": tables.REMITTED_CLAIMS,
    "names": tables.REMITTED_NAMES,
    "lines": tables.REMITTED_LINES,
    "adjustments": tables.REMITTED_ADJUSTMENTS,
    "provider_adjustments": tables.PROVIDER_ADJUSTMENTS,
    "details": tables.DETAILS,
    "problems": tables.PROBLEMS,
}


def _decoded(found: dict[str, pa.Table]) -> Decoded835:
    return Decoded835(**{name: found.get(name, schema.empty_table()) for name, schema in _SCHEMAS.items()})


def load(
    settings: Settings, ledger: Ledger, stored: Stored, *, adopt: bool
) -> tuple[dict[str, int], pd.DataFrame]:
    """Check, match, post and store a partition; with its last portion its files are read.

    Returns what that counted, and the decoder's problems.
    """
    whole = stored.all()
    counts = reading.store(settings, ledger, whole, stored.shas, stored.of, history=True, adopt=adopt)
    return counts, of_arrow(whole.problems)
