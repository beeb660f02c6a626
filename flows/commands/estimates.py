"""``cleanclaim estimates``: what the appointments to come will cost the patients."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pandas as pd
import typer

from flows import desk


def estimates(
    first: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; default today.")
    ] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Booked appointments with the patient's share, from the contract and the payer's newest answer (271).

    An estimate, and none where contract or answer do not say enough. Each appointment is taken by itself.
    """
    from tasks import eligibility, frames
    from tasks.door import open_ledger

    rows = eligibility.shares(open_ledger(desk.enter(home)), (first or dt.datetime.now()).date())
    if json_output:
        desk.print_json({"estimates": desk.records(rows)})
        return
    columns = ["appointment", "day", "code", "allowed", "copay", "deductible left", "visits left", "share"]
    body: list[list[object]] = [
        [
            row["appointment_id"],
            str(row["service_date"])[:10],
            row["code"],
            *(desk.money(row[name]) for name in ("allowed_cents", "copay_cents", "deductible_left_cents")),
            "" if pd.isna(row["visits_left"]) else row["visits_left"],
            desk.money(row["due_cents"]) or "unknown",
        ]
        for row in frames.records(rows)
    ]
    title = f"{len(rows)} appointments: estimates, no promise of the payer"
    desk.out.print(desk.table(title, columns, body, right=tuple(columns[3:]), whole=("appointment",)))
