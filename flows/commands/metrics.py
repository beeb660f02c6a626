"""``cleanclaim metrics``: how the office is doing, as of any day."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from flows import desk


def metrics(
    as_of: Annotated[
        dt.datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Last day that counts; default today."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="Days looked back; default metrics.window_days.")
    ] = None,
    claims: Annotated[
        bool, typer.Option("--claims", help="With --json: the claims behind each figure, and what each adds.")
    ] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Clean claims, first pass, denials, days in A/R, collections, cost of delay; a past day comes out as it was.

    A figure without a value had nothing to divide by.
    """
    from tasks import measuring
    from tasks.door import open_ledger

    settings = desk.enter(home)
    day = as_of.date() if as_of else dt.datetime.now(ZoneInfo(settings.billing.time_zone)).date()
    window = days or settings.metrics.window_days
    found = measuring.measured(open_ledger(settings), settings, day, window)
    if json_output:
        told = measuring.told(found, claims=claims)
        desk.print_json({"as_of": day, "days": window, "metrics": told})
        return
    rows: list[list[object]] = [
        [each.formula.name, measuring.shown(each), each.formula.words] for each in found.values()
    ]
    title = f"{day}, {window} days"
    columns = ["figure", "value", "formula"]
    desk.out.print(desk.table(title, columns, rows, right=("value",), whole=("figure",)))
