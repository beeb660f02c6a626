"""Stage: bring in encounters, from every configured source or from a file someone loads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from configs.identity import digest
from configs.settings import Settings
from connectors.ledger import Ledger
from connectors.sources.database import pull
from connectors.sources.files import read_table
from tasks import patients
from tasks.billing import bank_deposits
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import records

PLACE = ("row", "column", "code")  # what names a problem of a pull


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
    """Load one file of `kind` (CSV or Parquet; deposits also BAI2 or NACHA).

    Bad rows are reported and kept out, the good ones go in.
    """
    loaded = read_table(kind, path)
    return _store(ledger, kind, loaded.rows, loaded.problems)


def _store(ledger: Ledger, kind: str, rows: pd.DataFrame, problems: pd.DataFrame) -> LoadReport:
    with ledger.transaction() as tx:
        if kind == "deposits":
            # What another file stated before is stored and not new: see `tasks.billing.bank_deposits`.
            payers, before = tx.current("payers"), tx.read("deposits")
            tx.add("deposits", rows)
            known, now = (bank_deposits.unified(part, payers) for part in (before, tx.read("deposits")))
            new = max(len(now) - len(known), 0)
            return LoadReport(kind, len(rows), new, 0, len(rows) - new, problems)
        counts = tx.load(kind, rows)
        if kind == "patient_payments":
            patients.settle(tx)
    return LoadReport(kind, len(rows), counts.new, counts.changed, counts.same, problems)


@stage("pull encounters", remote=True)
def pull_encounters() -> dict[str, int]:
    """Pull what is new from every configured source; the watermark moves with the rows, in one transaction."""
    settings, ledger = settings_and_ledger()
    counts = {"pulled": 0, "new": 0, "changed": 0, "kept_out": 0, "new_quarantine": 0}
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
    kept_out = _kept_out(name, watermark, pulled.problems)
    with ledger.transaction() as tx:
        counts = tx.load("encounters", pulled.rows)
        tx.put("watermarks", [{"source": name, "value": pulled.watermark}])
        new = tx.add("quarantine", kept_out)
    for problem in records(pulled.problems):
        log.warning(
            "source %s row %s column %s: %s", name, problem["row"], problem["column"], problem["code"]
        )
    return {
        "pulled": len(pulled.rows),
        "new": counts.new,
        "changed": counts.changed,
        "kept_out": int(pulled.problems["row"].nunique()) if len(pulled.problems) else 0,
        "new_quarantine": new,
    }


def _kept_out(source: str, watermark: str, problems: pd.DataFrame) -> pd.DataFrame:
    """Quarantine rows for rows of a pull that were kept out: the watermark moves on, so they must not be forgotten.

    A row is named by the pull it came in (the watermark before it) and its place there, never by its content.
    """
    rows = [
        {
            "quarantine_id": digest(
                "quarantine", "sources", source, watermark, *[p[k] for k in ("row", "column", "code")]
            ),
            "suite": "sources",
            "expectation": str(p["code"]),
            "subject_kind": "source",
            "subject_id": digest("source row", source, watermark, p["row"]),
            "reason": f"source {source}, row {p['row']}, column {p['column']}: {p['code']}; correct it there",
        }
        for p in records(problems)
    ]
    return pd.DataFrame(
        rows, columns=["quarantine_id", "suite", "expectation", "subject_kind", "subject_id", "reason"]
    )
