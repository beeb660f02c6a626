"""A made-up history put into an empty ledger the way a real one came: masters, claims, then files month by month.

The files go through the same stages as a clearinghouse's: archived, told by their content, decoded, checked, posted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd

from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from connectors.sources.history import History
from connectors.sources.history.model import File
from tasks import collecting, periods
from tasks.billing import posting
from tasks.door import plain
from tasks.reading import read_remittances
from tasks.recognising import recognise_answers

MASTERS = ("payers", "patients", "coverages", "encounters")
FACTS = ("charge_lines", "claims", "claim_lines")
PARTNER = "history"  # whom the files are from
FILES = 72  # read at a time: about a year's


def store_practice(ledger: Ledger, history: History) -> None:
    """Masters, encounters, charges with their postings, and claims."""
    with ledger.transaction() as tx:
        for name in MASTERS:
            tx.load(name, _frame(history.rows[name]))
        for name in FACTS:
            tx.add(name, _frame(history.rows[name]))
        charges = _frame(history.rows["charge_lines"])
        tx.add("journal", periods.booked(tx, posting.post_charges(charges)))


def read(settings: Settings, ledger: Ledger, files: Iterable[File]) -> dict[str, int]:
    """Take files into the archive and read them; the settings' home must be the one the environment names."""
    with ledger.transaction() as tx:
        for file in files:
            sha = archive.put(settings.archive, file.data)
            collecting.record_plain(tx, PARTNER, sha, file.data, None)
    return plain(read_remittances)()


def replay(settings: Settings, ledger: Ledger, history: History, *, at_once: int = FILES) -> dict[str, int]:
    """The whole history in the order in which it came; returns what reading it counted."""
    store_practice(ledger, history)
    counts: Counter[str] = Counter()
    for start in range(0, len(history.files), at_once):
        counts.update(read(settings, ledger, history.files[start : start + at_once]))
    counts.update(plain(recognise_answers)())
    return dict(counts)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as the ledger takes them: dates as its dates."""
    frame = pd.DataFrame(rows)
    days = [name for name in rows[0] if name.endswith(("_date", "_on", "_from", "_to"))]
    return frame.astype(dict.fromkeys(days, "datetime64[s]"))
