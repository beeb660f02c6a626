"""The journal as files that another program can check: CSV, Parquet, and beancount's text format.

The journal passes through in batches, within one snapshot of the ledger. Files have the ids of people and claims and
no name; they are the owner's alone from the moment they are made, and take the place of an earlier one when they are
whole.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow.parquet as pq

from connectors.ledger import Ledger, Snapshot, empty
from connectors.ledger.frames import to_arrow
from connectors.ledger.store import ROWS
from tasks.billing import beancount, months
from tasks.exporting import FORMULA_STARTS


@dataclass(frozen=True)
class Part:
    """Entries of one snapshot's journal that count on the days from `since` to `until`, both included.

    Entries without a date count before all others.
    """

    view: Snapshot
    since: dt.date | None
    until: dt.date | None
    rows: int

    def batches(self) -> Iterator[pd.DataFrame]:
        """The entries in order of their ids, which keeps those of a posting together."""
        for _, batch in self._split():
            if len(batch):
                yield batch

    def trial_balances(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The trial balances of what was before, and of the part itself."""
        earlier, own = months.trial_balance(empty("journal")), months.trial_balance(empty("journal"))
        for before, batch in self._split():
            earlier = months.added_up([earlier, months.trial_balance(before)])
            own = months.added_up([own, months.trial_balance(batch)])
        return earlier, own

    def _split(self) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Batches as what was before the part, and what is of it."""
        for batch in self.view.batches("journal", rows=self.rows):
            day = months.booked_on(batch).fillna(pd.Timestamp(beancount.BEGINNING))
            before = day < pd.Timestamp(self.since or dt.date.min)
            past = day > pd.Timestamp(self.until or dt.date.max)
            yield batch[before], batch[~before & ~past]


def export(
    ledger: Ledger,
    kind: str,
    folder: Path,
    since: dt.date | None = None,
    until: dt.date | None = None,
    *,
    rows: int = ROWS,
) -> dict[str, Any]:
    """Write ``journal.csv``, ``journal.parquet`` or ``journal.beancount`` to `folder`; returns path and counts.

    Entries are chosen by the day they count on: their own date, or the first of the month they are booked in where
    theirs was closed.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"journal.{kind}"
    with ledger.snapshot() as view, _private(path) as stream:
        entries = WRITERS[kind](Part(view, since, until, rows), stream)
    return {"out": str(path), "entries": entries}


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """A file that nobody else may read, at its place only when it is whole."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            yield stream
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _csv(part: Part, stream: BinaryIO) -> int:
    """Every column; what a spreadsheet would run is neutralised."""
    stream.write((",".join(empty("journal").columns) + "\n").encode())
    entries = 0
    for batch in part.batches():
        _neutral(batch).to_csv(stream, index=False, header=False, lineterminator="\n")
        entries += len(batch)
    return entries


def _neutral(batch: pd.DataFrame) -> pd.DataFrame:
    """`exporting.neutral` over whole columns."""
    texts = {name: batch[name] for name in batch.columns if batch[name].dtype == "str"}
    runs = {name: column.str.startswith(FORMULA_STARTS).eq(True) for name, column in texts.items()}
    return batch.assign(**{name: texts[name].mask(run, "'" + texts[name]) for name, run in runs.items()})


def _parquet(part: Part, stream: BinaryIO) -> int:
    """Every column in the ledger's types."""
    entries = 0
    with pq.ParquetWriter(stream, to_arrow("journal", empty("journal")).schema) as writer:
        for batch in part.batches():
            writer.write_table(to_arrow("journal", batch))
            entries += len(batch)
    return entries


def _beancount(part: Part, stream: BinaryIO) -> int:
    """Accounts, what is brought forward, postings, and at each month's end what our trial balance says."""
    earlier, own = part.trial_balances()
    held = _net(earlier)
    _write(stream, beancount.head())
    if part.since:
        _write(stream, beancount.opening(part.since, held))
    entries, last = 0, None
    for batch in part.batches():
        _write(stream, beancount.transactions(batch, last))
        entries, last = entries + len(batch), str(batch["posting_id"].iloc[-1])
    for month in sorted(set(own["period"])):
        for name, cents in _net(own[own["period"] == month]).items():
            held[name] = held.get(name, 0) + cents
        if month != months.UNDATED:
            _write(stream, beancount.assertions(_end(month, part.until), held))
    return entries


def _net(balance: pd.DataFrame) -> dict[str, int]:
    """Debits less credits by account."""
    net = (balance["debit_cents"] - balance["credit_cents"]).groupby(balance["account"]).sum()
    return {str(name): int(cents) for name, cents in net.items()}


def _end(month: str, until: dt.date | None) -> dt.date:
    """The first day on which the month is over, as far as it was asked for."""
    next_month = months.first_day(months.after(month))
    return next_month if until is None else min(next_month, until + dt.timedelta(days=1))


def _write(stream: BinaryIO, lines: Iterable[str]) -> None:
    stream.write("".join(f"{line}\n" for line in lines).encode())


WRITERS: dict[str, Callable[[Part, BinaryIO], int]] = {
    "csv": _csv,
    "parquet": _parquet,
    "beancount": _beancount,
}
