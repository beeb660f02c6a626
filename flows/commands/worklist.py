"""``cleanclaim worklist``: the queues, and what people do with them."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="The queues: what needs a person.")
Queue = Annotated[str | None, typer.Option("--queue", help="Only this queue.")]
AsOf = Annotated[
    dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day to judge urgency by.")
]
Item = Annotated[str, typer.Argument(help="Item id, or the beginning of one.")]


def _items(
    home: Path | None, as_of: dt.datetime | None, queue: str | None = None
) -> tuple[Any, pd.DataFrame]:
    """The ledger and every item of every queue, or of one."""
    from tasks import standing
    from tasks.billing.queues import QUEUES
    from tasks.door import open_ledger

    settings = desk.enter(home)
    if queue and queue not in QUEUES:
        desk.fail(desk.USAGE, f"no such queue; one of: {' '.join(QUEUES)}")
    ledger = open_ledger(settings)
    rows = standing.work(ledger, settings, (as_of or dt.datetime.now()).date())
    return ledger, rows[rows["queue"] == queue] if queue else rows


@app.command("list")
def list_(
    queue: Queue = None,
    as_of: AsOf = None,
    everything: Annotated[bool, typer.Option("--all", help="Also snoozed and resolved items.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Most rows shown in the terminal.")] = 40,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Open items, the most recoverable dollars under the nearest deadline first."""
    from tasks import frames

    _, rows = _items(home, as_of, queue)
    if not everything:
        rows = rows[rows["status"].isin(["open", "resubmit"])]
    if json_output:
        desk.print_json({"items": desk.records(rows)})
        return
    shown = rows.head(limit)
    columns = ["item", "queue", "payer", "recoverable", "deadline", "reason", "next action"]
    body: list[list[object]] = [
        [
            row["item_id"][:8],
            row["queue"] if row["status"] == "open" else f"{row['queue']} ({row['status']})",
            _text(row["payer_id"]),
            _money(row["recoverable_cents"]),
            _day(row["deadline"]),
            _text(row["reason"]),
            _text(row["next_action"]).replace("_", " "),
        ]
        for row in frames.records(shown)
    ]
    whole = ("item", "queue", "payer", "deadline")
    desk.out.print(desk.table(f"{len(rows)} items", columns, body, right=("recoverable",), whole=whole))


@app.command("show")
def show(item: Item, as_of: AsOf = None, home: desk.Home = None, json_output: desk.Json = False) -> None:
    """One item with everything known about it and what people did with it."""
    ledger, rows = _items(home, as_of)
    row = desk.one(rows, "item_id", item)
    events = ledger.read("work_events", where={"item_id": row["item_id"]}).sort_values("sequence")
    (record,) = desk.records(row.to_frame().T)
    if json_output:
        desk.print_json({"item": record, "events": desk.records(events)})
        return
    desk.out.print(desk.table("item", ["field", "value"], [[k, _shown(k, v)] for k, v in record.items()]))
    for event in events.itertuples():
        given = f" by {event.actor}" if event.action == "assign" and _text(event.actor) else ""
        desk.out.print(f"{event.sequence}. {event.action} {_text(event.person)}{given} {_text(event.reason)}")


@app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="A file that ends in .csv, .xlsx or .parquet.")],
    queue: Queue = None,
    as_of: AsOf = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Write a queue to a file that spreadsheets open; text that a spreadsheet would run is neutralised."""
    from tasks import exporting

    _, rows = _items(home, as_of, queue)
    try:
        exporting.export(rows, out)
    except ValueError as error:
        desk.fail(desk.USAGE, str(error))
    if json_output:
        desk.print_json({"out": str(out), "items": len(rows)})
    else:
        desk.out.print(f"wrote {len(rows)} items to {out}")


@app.command("assign")
def assign(
    item: Item,
    person: Annotated[str, typer.Argument(help="Who takes it.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept in the ledger.")] = None,
    home: desk.Home = None,
) -> None:
    """Give an item to a person; who gave it is kept too."""
    _record(home, item, "assign", to=person, reason=reason)


@app.command("note")
def note(
    item: Item, text: Annotated[str, typer.Argument(help="Kept in the ledger.")], home: desk.Home = None
) -> None:
    """Add a note to an item."""
    _record(home, item, "note", reason=text)


@app.command("snooze")
def snooze(
    item: Item,
    until: Annotated[dt.datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Day it comes back.")],
    home: desk.Home = None,
) -> None:
    """Put an item aside until a day."""
    _record(home, item, "snooze", until=until)


@app.command("resolve")
def resolve(
    item: Item,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")],
    resubmit: Annotated[
        bool,
        typer.Option(
            "--resubmit",
            help="Send it again in the next daily run: a rejected claim as frequency 1, or the claims of a file that "
            "the partner says it does not have.",
        ),
    ] = False,
    home: desk.Home = None,
) -> None:
    """Close an item with a reason."""
    _record(home, item, "resubmit" if resubmit else "resolve", reason=reason)


@app.command("reopen")
def reopen(item: Item, home: desk.Home = None) -> None:
    """Open a resolved or snoozed item again."""
    _record(home, item, "reopen")


def _record(home: Path | None, item: str, action: str, **values: Any) -> None:
    """Store what a person did."""
    from tasks import people

    ledger, rows = _items(home, None)
    row = desk.one(rows, "item_id", item)
    if action == "resubmit" and not (row["queue"] in ("rejections", "uploads") or row["reason"] == "no_999"):
        desk.fail(
            desk.USAGE, "only a rejection, an upload in doubt or a file without a 999 can be sent again"
        )
    people.act(ledger, str(row["item_id"]), action, actor=getpass.getuser(), **values)
    desk.out.print(f"{action}: {row['item_id'][:8]} {row['queue']}")


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _money(value: object) -> str:
    return "" if pd.isna(value) else desk.money(int(value))  # type: ignore[call-overload]


def _day(value: object) -> str:
    return "" if pd.isna(value) else pd.Timestamp(value).date().isoformat()  # type: ignore[call-overload, arg-type]


def _shown(name: str, value: object) -> object:
    return desk.money(int(str(value))) if name.endswith("_cents") and value is not None else value
