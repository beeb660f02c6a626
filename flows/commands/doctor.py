"""``cleanclaim doctor``: what would stop the next run, before it is run."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from flows import desk

MARKS = {
    "ok": "[green]ok[/]",
    "warn": "[yellow]warn[/]",
    "fail": "[bold red]fail[/]",
    "skipped": "[dim]skipped[/]",
}


def doctor(
    files: Annotated[int, typer.Option("--files", min=0, help="Archived files to read again, drawn by chance.")] = 50,
    login: Annotated[bool, typer.Option("--login", help="Also log in at each partner, once.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Leave the partners out.")] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:  # fmt: skip
    """Look at settings, ledger, clock, disk, official files, archive and partners; change nothing.

    Exit status 0: all is well; 1: something should be seen to; 3: the next run would fail or be wrong; 4: that is so
    because of a partner alone.
    """
    settings = desk.enter(home)
    from tasks import checkup

    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    found = list(checkup.examine(settings, now, files=files, login=login, offline=offline))
    worst = checkup.verdict(found)
    if json_output:
        desk.print_json({"verdict": worst, "checks": [asdict(one) for one in found]})
    else:
        rows: list[list[object]] = [
            [MARKS[one.verdict], one.check, one.subject, escape(one.message) + _what_to_do(one.action)]
            for one in found
        ]
        desk.out.print(desk.table(f"doctor: {worst}", ["", "check", "subject", "found"], rows))
    failed = {one.check for one in found if one.verdict == checkup.FAIL}
    if failed == {"partner"}:
        raise typer.Exit(desk.UNREACHABLE)
    raise typer.Exit({"ok": desk.DONE, "warn": desk.WORK_LEFT, "fail": desk.STOPPED}[worst])


def _what_to_do(action: str) -> str:
    return f"\n[dim]{escape(action)}[/]" if action else ""
