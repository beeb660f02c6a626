"""What every command shares: the home, JSON or tables, and exit statuses that mean something.

0 done; 1 done, with work left for people; 2 bad usage or configuration; 3 a check stopped the run;
4 a partner or the database could not be reached.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from configs.settings import Settings, load_settings

DONE, WORK_LEFT, USAGE, STOPPED, UNREACHABLE = 0, 1, 2, 3, 4

# Bytes that Prefect's database, the checks' pages and the ledger take in a run of a small day.
ROOM = 64 << 20

Home = Annotated[
    Path | None, typer.Option("--home", help="The home folder; default $CLEANCLAIM_HOME, else ./.cleanclaim.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def enter(home: Path | None, *, must_exist: bool = True) -> Settings:
    """Settings of the home; the environment then names it, so that flows and their tasks find it too."""
    root = Path(home or os.environ.get("CLEANCLAIM_HOME") or ".cleanclaim").absolute()
    if must_exist and not root.is_dir():
        fail(USAGE, f"there is no home at {root}: make one with 'cleanclaim init --home {root}'")
    os.environ["CLEANCLAIM_HOME"] = str(root)
    settings = load_settings(root)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    quiet_prefect(settings)
    return settings


def quiet_prefect(settings: Settings) -> None:
    """Prefect's home, database and manners, set before it is imported. A server of the site's own is respected."""
    defaults = {
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # A busy machine starts the server late; Prefect's own limit of 20 seconds ends the run for nothing.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "PREFECT_CLI_WRAP_LINES": "false",
        "PREFECT_FLOWS_DEFAULT_PERSIST_RESULT": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def crowded(home: Path) -> str | None:
    """Why a run cannot begin where its disk is full: it, its orchestrator and its ledger all write there."""
    free = shutil.disk_usage(home).free
    if free >= ROOM:
        return None
    return f"{free >> 20} MB free where the home is, a run needs {ROOM >> 20}; nothing was begun: make room, run again"


def begin(home: Path | None, json_output: bool) -> None:
    """Enter the home, if a run has room there: without it not even Prefect's server comes up, and says so at length."""
    if reason := crowded(enter(home).home):
        if json_output:
            print_json({"state": "DiskFull", "message": reason})
            raise typer.Exit(STOPPED)
        fail(STOPPED, f"DiskFull: {reason}")


def fail(status: int, message: str) -> NoReturn:
    """Say what is wrong on stderr and leave with `status`."""
    err.print(f"[bold red]cleanclaim:[/] {message}", markup=True, soft_wrap=True)
    raise typer.Exit(status)


@contextmanager
def alone(home: Path | None) -> Iterator[Any]:
    """The ledger while no run writes to it."""
    from connectors.ledger import LedgerBusy
    from tasks.door import only_run, open_ledger

    settings = enter(home)
    ledger = open_ledger(settings)
    try:
        with only_run(settings, ledger):
            yield ledger
    except LedgerBusy:
        fail(UNREACHABLE, "a run holds the ledger; try again when it has ended")


@contextmanager
def asked() -> Iterator[None]:
    """What is refused is bad usage."""
    from tasks.people import Refused

    try:
        yield
    except Refused as refused:
        fail(USAGE, str(refused))


def print_json(value: object) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=2) + "\n")


def _absent(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _plain(value: Any) -> object:
    """Dates, numbers of NumPy and absent values as JSON knows them."""
    if _absent(value):
        return None
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def records(frame: Any) -> list[dict[str, object]]:
    """Rows of a frame as plain values: absent is null, days are ISO dates."""
    return [
        {str(key): _scalar(value) for key, value in row.items()}
        for row in frame.astype(object).to_dict(orient="records")
    ]


def _scalar(value: Any) -> object:
    if isinstance(value, str | int | bool) and not hasattr(value, "item"):
        return value
    return _plain(value)


def one(rows: Any, column: str, beginning: str) -> Any:
    """The one row whose id begins so; leaves with bad usage where there is none or more than one."""
    found = rows[rows[column].str.startswith(beginning)]
    if len(found) != 1:
        fail(USAGE, f"{'nothing begins' if found.empty else f'{len(found)} rows begin'} with that id")
    return found.iloc[0]


def table(
    title: str,
    columns: list[str],
    rows: list[list[object]],
    *,
    right: tuple[str, ...] = (),
    whole: tuple[str, ...] = (),
) -> Table:
    """A Rich table; columns in `right` are right-aligned, those and `whole` are never wrapped."""
    made = Table(title=title, title_justify="left", header_style="bold", show_lines=False)
    for column in columns:
        numeric = column in right
        made.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric or column in whole,
        )
    for row in rows:
        made.add_row(*("" if value is None else str(value) for value in row))
    return made


def day(value: Any) -> str:
    """A date or an instant for reading: ``2026-01-05``; blank where there is none."""
    return "" if _absent(value) else str(value)[:10]


def money(cents: Any) -> str:
    """Cents for reading: ``$1,234.56``; blank where there are none."""
    if _absent(cents):
        return ""
    cents = int(cents)
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"
