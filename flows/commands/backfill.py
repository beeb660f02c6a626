"""``cleanclaim backfill``: years of remittances into the ledger, run now."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer

from flows import desk

INTERRUPTED = 130  # as shells say it: 128 and SIGINT


class Unmatched(StrEnum):
    """What becomes of answers to claims that the ledger never sent."""

    adopt = "adopt"
    suspend = "suspend"


def backfill(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Folders, globs, files (835, zip, gz, tar) or fsspec URLs (s3://, memory://).",
            metavar="PATH…",
        ),
    ],
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Processes that decode; default one a core.")
    ] = None,
    dask: Annotated[
        str | None, typer.Option("--dask", help="Address of a Dask scheduler that decodes instead.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do it to a copy of the ledger, and report what would change.")
    ] = False,
    unmatched: Annotated[
        Unmatched,
        typer.Option(
            "--unmatched",
            help="Claims that the ledger never sent: adopt them, or leave their money in suspense.",
        ),
    ] = Unmatched.adopt,
    store: Annotated[
        str | None,
        typer.Option("--store", help="URL for decoded Parquet that all workers reach; default in the home."),
    ] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Ingest and post historical 835s: folders, globs, containers, URLs; resumable, in parallel, with a proof.

    Exit status 1 when files or remittances went to quarantine, 2 where there is nothing at a path, 3 when the ledger
    does not prove or the disk is full, 130 after Ctrl-C; the same command then goes on.
    """
    desk.begin(home, json_output)
    from flows import backfill as flow
    from flows.endings import STATUS

    with _interruptible(), _progress() as told:
        flow.told = told
        state = flow.backfill(paths, jobs, dask, dry_run, unmatched.value, store, return_state=True)
    name = state.name or "Failed"
    made: Any = state.result(raise_on_failure=False) if state.is_completed() else {}
    status = STATUS.get(name, desk.STOPPED)
    if made and not made["balanced"]:
        status = desk.STOPPED
    if json_output:
        desk.print_json({**made, "state": name, "message": state.message})
    elif made:
        show(made)
        desk.out.print(f"[bold]{name}[/]: {state.message}")
    else:
        desk.fail(status, f"{name}: {state.message}")
    if status:
        raise typer.Exit(status)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends the run in one line; what Prefect would say of it is left out, and its server hears of it last."""
    from prefect.client.orchestration import get_client

    from tasks.backfilling.interrupting import unheard

    def stop(*_: object) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one is enough
        logging.disable(logging.CRITICAL)
        raise KeyboardInterrupt

    with unheard():
        get_client(sync_client=True)  # starts a server where none is
        before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except KeyboardInterrupt:
        desk.fail(INTERRUPTED, "interrupted; the same command goes on from there")
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on stderr with rate and time left, where somebody looks."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=desk.err, disable=not desk.err.is_terminal, transient=True) as bar:
        task = bar.add_task("backfill", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def show(made: dict[str, Any]) -> None:
    """The report as tables."""
    from tasks.backfilling.reporting import COUNTED

    counts: list[list[object]] = [
        [
            name.removesuffix("_cents").replace("_", " "),
            desk.money(made[name]) if name.endswith("_cents") else made[name],
        ]
        for name in COUNTED
    ]
    desk.out.print(
        desk.table(
            "backfill" + (" (dry run)" if made.get("dry_run") else ""),
            ["what", "count"],
            counts,
            right=("count",),
        )
    )
    by: list[list[object]] = [
        [row["year"], row["payer"], row["remittances"], row["claims"], desk.money(row["bpr_cents"])]
        for row in made["by_year_and_payer"]
    ]
    columns = ["year", "payer", "remittances", "claims", "paid"]
    desk.out.print(desk.table("by year and payer", columns, by, right=tuple(columns[2:])))
    if made["problems"]:
        rows: list[list[object]] = [
            [p["code"], p["severity"], p["count"], p["files"]] for p in made["problems"]
        ]
        desk.out.print(
            desk.table("problems", ["code", "severity", "count", "files"], rows, right=("count", "files"))
        )
    if made.get("moved"):
        moved: list[list[object]] = [
            [row["account"], row["payer_id"], row["period"], desk.money(row["amount_cents"])]
            for row in made["moved"]
        ]
        desk.out.print(
            desk.table("what would change", ["account", "payer", "month", "change"], moved, right=("change",))
        )
    for row in made["named"]:
        where = row["url"] + (f"#{row['member']}" if row["member"] else "")
        desk.out.print(f"{row['outcome']}: {where} ({row['code']})", markup=False, soft_wrap=True)
    verdict = "[bold green]balanced[/]" if made["balanced"] else "[bold red]NOT BALANCED[/]"
    desk.out.print(f"{verdict}  fingerprint {made['fingerprint']}  {made['seconds']} s", soft_wrap=True)
