"""Stage: bring in encounters, from every configured source or from a file someone loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from configs.settings import Settings
from connectors.ledger import Ledger
from connectors.sources.database import pull
from connectors.sources.files import read_table
from tasks.door import log, settings_and_ledger, stage


@dataclass(frozen=True)
class LoadReport:
    """What a load did: rows read, new keys, changed keys, unchanged keys, and the rows kept out."""

    kind: str
    read: int
    new: int
    changed: int
    same: int
    problems: pd.DataFrame

    def to_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "kind": self.kind,
            "read": self.read,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "kept_out": int(self.problems["row"].nunique()) if len(self.problems) else 0,
            "problems": self.problems.to_dict(orient="records"),
        }


def load_file(ledger: Ledger, kind: str, path: Path) -> LoadReport:
    """Load one CSV or Parquet file of `kind`; bad rows are reported and kept out, the good ones go in."""
    loaded = read_table(kind, path)
    return _store(ledger, kind, loaded.rows, loaded.problems)


def _store(ledger: Ledger, kind: str, rows: pd.DataFrame, problems: pd.DataFrame) -> LoadReport:
    with ledger.transaction() as tx:
        if kind == "deposits":
            new = tx.add("deposits", rows)
            return LoadReport(kind, len(rows), new, 0, len(rows) - new, problems)
        counts = tx.load(kind, rows)
    return LoadReport(kind, len(rows), counts.new, counts.changed, counts.same, problems)


@stage("pull encounters", remote=True)
def pull_encounters() -> dict[str, int]:
    """Pull what is new from every configured source; the watermark moves with the rows, in one transaction."""
    settings, ledger = settings_and_ledger()
    counts = {"pulled": 0, "new": 0, "changed": 0, "kept_out": 0}
    for name in settings.sources:
        for key, value in _pull_one(settings, ledger, name).items():
            counts[key] += value
    log.info("pull encounters: %s", counts)
    return counts


def _pull_one(settings: Settings, ledger: Ledger, name: str) -> dict[str, int]:
    source = settings.sources[name]
    known = ledger.read("watermarks", where={"source": name})
    watermark = known["value"].iloc[0] if len(known) else source.watermark_start
    pulled = pull(source, watermark)
    with ledger.transaction() as tx:
        counts = tx.load("encounters", pulled.rows)
        tx.put("watermarks", [{"source": name, "value": pulled.watermark}])
    for problem in pulled.problems.itertuples():
        log.warning("source %s row %s column %s: %s", name, problem.row, problem.column, problem.code)
    return {
        "pulled": len(pulled.rows),
        "new": counts.new,
        "changed": counts.changed,
        "kept_out": int(pulled.problems["row"].nunique()) if len(pulled.problems) else 0,
    }
