"""``cleanclaim quarantine``: what the checks kept out."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="What the checks kept out.")
Row = Annotated[str, typer.Argument(help="Quarantine id, or the beginning of one.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")]


def _rows(home: Path | None) -> tuple[Any, pd.DataFrame]:
    from tasks import quarantining
    from tasks.door import open_ledger

    ledger = open_ledger(desk.enter(home))
    return ledger, quarantining.with_state(ledger)


@app.command("list")
def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Also released, discarded and settled rows.")
    ] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Open rows with suite, expectation and reason."""
    from tasks import frames

    _, rows = _rows(home)
    rows = rows if everything else rows[rows["state"] == "open"]
    if json_output:
        desk.print_json({"rows": desk.records(rows)})
        return
    columns = ["id", "suite", "subject", "reason", "difference", "state"]
    body: list[list[object]] = [
        [
            row["quarantine_id"][:8],
            row["suite"],
            f"{row['subject_kind']} {row['subject_id'][:12]}",
            row["reason"],
            "" if pd.isna(row["difference_cents"]) else desk.money(int(row["difference_cents"])),
            row["state"],
        ]
        for row in frames.records(rows)
    ]
    desk.out.print(desk.table(f"{len(rows)} rows", columns, body, right=("difference",)))


@app.command("show")
def show(row: Row, home: desk.Home = None, json_output: desk.Json = False) -> None:
    """One row with what people decided about it."""
    ledger, rows = _rows(home)
    found = desk.one(rows, "quarantine_id", row)
    events = ledger.read("quarantine_events", where={"quarantine_id": found["quarantine_id"]})
    (record,) = desk.records(found.to_frame().T)
    files = _files(ledger, found)
    if json_output:
        desk.print_json({"row": record, "events": desk.records(events), "files": files})
        return
    desk.out.print(desk.table("quarantined", ["field", "value"], [[k, v] for k, v in record.items()]))
    for path in files:
        desk.out.print(f"came in {path}", soft_wrap=True)


def _files(ledger: Any, row: pd.Series) -> list[str]:
    """Archived files that the row came in."""
    from configs.settings import load_settings
    from connectors.clearinghouse import archive

    sources = ledger.read("remittance_sources", where={"remittance_id": str(row["subject_id"])})
    named = {str(row["file_sha256"])} if not pd.isna(row["file_sha256"]) else set()
    root = load_settings().archive
    # A sealed file is read by 'cleanclaim archive get'.
    return [
        str(archive.place(root, sha) or archive.path(root, sha))
        for sha in sorted({*sources["sha256"], *named})
    ]


@app.command("release")
def release(row: Row, reason: Reason, home: desk.Home = None) -> None:
    """Let a row go on in the next run. An unbalanced remittance cannot be released: money is never posted unproved.

    Of remittances that contradict one another under one trace, the one that is right can: it is posted in the next run.
    """
    _decide(home, row, "release", reason)


@app.command("discard")
def discard(row: Row, reason: Reason, home: desk.Home = None) -> None:
    """Keep a row out for good."""
    _decide(home, row, "discard", reason)


def _decide(home: Path | None, row: str, action: str, reason: str) -> None:
    from tasks import people
    from tasks.billing.remittances import CONFLICT

    ledger, rows = _rows(home)
    found = desk.one(rows, "quarantine_id", row)
    kinds = ("remittance", "claim", "charge", "file", "source")
    if action == "release" and found["subject_kind"] in kinds and found["expectation"] != CONFLICT:
        desk.fail(
            desk.USAGE,
            f"a {found['subject_kind']} cannot be released: correct its data, or ask for it again, and run again",
        )
    people.decide(ledger, str(found["quarantine_id"]), action, person=getpass.getuser(), reason=reason)
    desk.out.print(
        f"{'released' if action == 'release' else 'discarded'}: {str(found['quarantine_id'])[:8]} {found['suite']}"
    )
