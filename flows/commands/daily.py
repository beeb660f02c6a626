"""``cleanclaim daily`` and ``cleanclaim responses``: the scheduled flows, run now."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from flows import desk

Day = Annotated[
    dt.datetime | None,
    typer.Option(
        "--date", formats=["%Y-%m-%d"], help="Business date; default today in the practice's time zone."
    ),
]


def daily(date: Day = None, home: desk.Home = None, json_output: desk.Json = False) -> None:
    """Pull, check, gate, code, scrub, build, write and send what is due.

    Exit status 1 when rows went to quarantine or an upload is in doubt, 3 when a check stopped the run, 4 when a
    partner could not be reached; a rerun is always safe.
    """
    desk.begin(home, json_output)
    from flows.daily import daily_billing

    _run(daily_billing, date.date() if date else None, json_output)


def responses(date: Day = None, home: desk.Home = None, json_output: desk.Json = False) -> None:
    """Collect, read and post what partners answered.

    Exit status 1 when a remittance went to quarantine, 4 when a partner could not be reached.
    """
    desk.begin(home, json_output)
    from flows.responses import collect_responses

    _run(collect_responses, date.date() if date else None, json_output)


def _run(flow: Any, day: dt.date | None, json_output: bool) -> None:
    """Run a flow here and now, show what it counted, and leave with the status of its ending."""
    from flows.endings import STATUS

    state = flow(date=day, return_state=True)
    name = state.name or "Failed"
    status = STATUS.get(name, desk.STOPPED)
    counts = state.result(raise_on_failure=False) if state.is_completed() else {}
    if json_output:
        desk.print_json({"state": name, "message": state.message, **(counts or {})})
    elif state.is_completed():
        show(counts)
        desk.out.print(f"[bold]{name}[/]: {state.message}")
    else:
        desk.fail(status, f"{name}: {state.message}")
    if status:
        raise typer.Exit(status)


def show(counts: dict[str, Any]) -> None:
    """A table of what each stage counted."""
    rows: list[list[object]] = [
        [stage if first else "", name.removesuffix("_cents").replace("_", " "), _value(name, value)]
        for stage, values in counts["stages"].items()
        for first, (name, value) in zip([True, *[False] * 50], values.items(), strict=False)
    ]
    desk.out.print(desk.table(f"run of {counts['date']}", ["stage", "what", "count"], rows, right=("count",)))


def _value(name: str, value: int) -> str:
    return desk.money(value) if name.endswith("_cents") else str(value)
