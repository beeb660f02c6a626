"""``cleanclaim worklist``: the queues, and what people do with them."""

from __future__ import annotations

import datetime as dt
import getpass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="The queues: what needs a person.")
Queue = Annotated[
    str | None, typer.Option("--queue", help="Only this queue; 'denials' is every queue of denied lines.")
]
AsOf = Annotated[
    dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day to judge urgency by.")
]
When = Annotated[
    dt.datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day of it; default today.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")]
Claim = Annotated[str, typer.Option("--claim", help="Claim id (CLM01), or the beginning of one.")]
Amount = Annotated[str, typer.Option("--amount", help="Dollars, as 12.34.")]
Item = Annotated[str, typer.Argument(help="Item id, or the beginning of one.")]


class Format(StrEnum):
    """Kinds of files a queue is written to."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class Side(StrEnum):
    """Whose receivable, whose money."""

    PAYER = "payer"
    PATIENT = "patient"


def _items(
    home: Path | None, as_of: dt.datetime | None, queue: str | None = None
) -> tuple[Any, pd.DataFrame]:
    """The ledger and every item of every queue, or of one."""
    from tasks import standing
    from tasks.billing.queues import QUEUES, named
    from tasks.door import open_ledger

    settings = desk.enter(home)
    if queue and queue not in QUEUES:
        desk.fail(desk.USAGE, f"no such queue; one of: {' '.join(QUEUES)}")
    ledger = open_ledger(settings)
    rows = standing.with_record(ledger, standing.work(ledger, settings, (as_of or dt.datetime.now()).date()))
    return ledger, named(rows, queue) if queue else rows


@app.command("list")
def list_(
    queue: Queue = None,
    as_of: AsOf = None,
    everything: Annotated[bool, typer.Option("--all", help="Also snoozed and resolved items.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Most rows shown in the terminal.")] = 40,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Open items, the most dollars to be expected under the nearest deadline first."""
    from tasks import frames
    from tasks.billing import worklists

    _, rows = _items(home, as_of, queue)
    if not everything:
        rows = worklists.shown(rows)
    if json_output:
        desk.print_json({"items": desk.records(rows)})
        return
    shown = rows.head(limit)
    columns = ["item", "queue", "payer", "recoverable", "expected", "deadline", "reason", "next action"]
    body: list[list[object]] = [
        [
            row["item_id"][:8],
            row["queue"] if row["status"] == "open" else f"{row['queue']} ({row['status']})",
            _text(row["payer_id"]),
            desk.money(row["recoverable_cents"]),
            desk.money(row["expected_cents"]),
            desk.day(row["deadline"]),
            _text(row["reason"]),
            _text(row["next_action"]).replace("_", " "),
        ]
        for row in frames.records(shown)
    ]
    whole = ("item", "queue", "payer", "deadline")
    desk.out.print(
        desk.table(f"{len(rows)} items", columns, body, right=("recoverable", "expected"), whole=whole)
    )


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
    desk.out.print(explained(record), soft_wrap=True)
    for event in events.itertuples():
        given = f" by {event.actor}" if event.action == "assign" and _text(event.actor) else ""
        desk.out.print(f"{event.sequence}. {event.action} {_text(event.person)}{given} {_text(event.reason)}")


def explained(item: dict[str, Any]) -> str:
    """How an item comes to its place in the list."""
    when = {
        4: "due within a week",
        2: "due within thirty days",
        1: "later, or without a deadline",
        0: "missed",
    }
    cases = item["recovery_cases"]
    learned = f", learned from {cases} cases" if cases else ""
    return (
        f"expected {desk.money(item['expected_cents'])} = recoverable {desk.money(item['recoverable_cents'] or 0)} x "
        f"{int(item['recovery_rate']) / 100:g} %{learned}\n"
        f"priority {int(item['priority']) / 100:,.2f} = expected x urgency {item['urgency']} ({when[item['urgency']]})"
    )


@app.command("export")
def export(
    out: Annotated[
        Path, typer.Option("--out", help="A file that ends in .csv, .xlsx or .parquet, or any with --format.")
    ],
    kind: Annotated[
        Format | None, typer.Option("--format", help="What to write; the file's ending says it otherwise.")
    ] = None,
    queue: Queue = None,
    as_of: AsOf = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Write a queue to a file that spreadsheets open; text that a spreadsheet would run is neutralised."""
    from tasks import exporting

    _, rows = _items(home, as_of, queue)
    try:
        exporting.export(rows, out, kind.value if kind else None)
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
    as_of: AsOf = None,
    home: desk.Home = None,
) -> None:
    """Give an item to a person; who gave it is kept too."""
    _record(home, as_of, item, "assign", to=person, reason=reason)


@app.command("note")
def note(
    item: Item,
    text: Annotated[str, typer.Argument(help="Kept in the ledger.")],
    as_of: AsOf = None,
    home: desk.Home = None,
) -> None:
    """Add a note to an item."""
    _record(home, as_of, item, "note", reason=_said(text))


@app.command("snooze")
def snooze(
    item: Item,
    until: Annotated[dt.datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Day it comes back.")],
    as_of: AsOf = None,
    home: desk.Home = None,
) -> None:
    """Put an item aside until a day to come."""
    if until.date() <= (as_of or dt.datetime.now()).date():
        desk.fail(desk.USAGE, "--until is a day to come")
    _record(home, as_of, item, "snooze", until=until)


@app.command("resolve")
def resolve(
    item: Item,
    reason: Reason,
    resubmit: Annotated[
        bool,
        typer.Option(
            "--resubmit",
            help="Send it again in the next daily run: a rejected claim, the claims of a file that the partner says it "
            "does not have, or a claim to the next payer that did not cross over.",
        ),
    ] = False,
    as_of: AsOf = None,
    home: desk.Home = None,
) -> None:
    """Close an item with a reason."""
    _record(home, as_of, item, "resubmit" if resubmit else "resolve", reason=_said(reason))


Named = Annotated[str | None, typer.Option("--claim", help="The claim itself, by its id.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")]
Person = Annotated[str | None, typer.Option("--person", help="Who wants it; default who is logged in.")]
Subject = Annotated[str | None, typer.Argument(help="Item of the claim, or the beginning of its id.")]


@app.command("correct")
def correct(
    reason: Why, item: Subject = None, claim: Named = None, person: Person = None, home: desk.Home = None
) -> None:
    """Replace a claim: the next daily run rebuilds it from what is on file and sends it with the payer's number.

    Load what was wrong first (the encounter again, the policy, the authorization). A claim that the payer has not
    decided about waits for its decision; one that was rejected before goes again as an original.
    """
    _ask(home, item, claim, "correct", reason, person)


@app.command("void")
def void(
    reason: Why, item: Subject = None, claim: Named = None, person: Person = None, home: desk.Home = None
) -> None:
    """Take a claim back that should not have been sent; its charges are withdrawn when the payer takes it."""
    _ask(home, item, claim, "void", reason, person)


def _ask(
    home: Path | None, item: str | None, claim: str | None, action: str, reason: str, person: str | None
) -> None:
    """Store that a claim is to be corrected or voided; the claim is named, or found by one of its items."""
    from tasks import asking
    from tasks.door import open_ledger
    from tasks.people import Refused

    if (item is None) == (claim is None):
        desk.fail(desk.USAGE, "name an item, or a claim with --claim")
    if item is None:  # a claim needs no queue to be worked out
        ledger, row = open_ledger(desk.enter(home)), None
    else:
        ledger, rows = _items(home, None)
        row = desk.one(rows, "item_id", item)
    try:
        told = asking.ask(
            ledger,
            action,
            actor=person or getpass.getuser(),
            reason=reason,
            claim_id=claim if row is None else _text(row["claim_id"]) or None,
            encounter_id=None if row is None else _text(row["encounter_id"]) or None,
            item_id=None if row is None else str(row["item_id"]),
        )
    except Refused as error:
        desk.fail(desk.USAGE, str(error))
    desk.out.print(f"{action}: claim {told.claim_id} ({told.state}) {told.what}")


@app.command("reopen")
def reopen(item: Item, as_of: AsOf = None, home: desk.Home = None) -> None:
    """Open a resolved or snoozed item again."""
    _record(home, as_of, item, "reopen")


@app.command("write-off")
def write_off(
    claim: Claim,
    amount: Amount,
    kind: Annotated[
        str, typer.Option("--kind", help="denial timely_filing small_balance charity courtesy or bad_debt.")
    ],
    reason: Reason,
    line: Annotated[
        int | None, typer.Option("--line", min=1, help="Only this line of the claim (LX01).")
    ] = None,
    side: Annotated[
        Side | None, typer.Option("--of", help="Whose balance, where the kind does not say it.")
    ] = None,
    on: When = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Let an amount of a claim go; below zero takes an earlier write-off back. CO never becomes the patient's."""
    from tasks import settling

    with desk.alone(home) as ledger, desk.asked():
        told = settling.write_off(
            ledger,
            claim,
            _cents(amount),
            kind,
            day=(on or dt.datetime.now()).date(),
            person=getpass.getuser(),
            reason=_said(reason),
            side=side.value if side else None,
            line=line,
        )
    _told("written off", amount, told, json_output)


@app.command("refund")
def refund(
    claim: Claim,
    to: Annotated[Side, typer.Option("--to", help="Who gets it.")],
    amount: Amount,
    reason: Reason,
    reference: Annotated[
        str | None, typer.Option("--reference", help="Number of the check or transfer.")
    ] = None,
    on: When = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Record money sent back to a payer or a patient, up to the claim's credit; the payer's PLB 72 then confirms it."""
    from tasks import settling

    with desk.alone(home) as ledger, desk.asked():
        told = settling.refund(
            ledger,
            claim,
            to.value,
            _cents(amount),
            day=(on or dt.datetime.now()).date(),
            person=getpass.getuser(),
            reason=_said(reason),
            reference_number=reference,
        )
    _told(f"refunded to the {to.value}", amount, told, json_output)


def _told(what: str, amount: str, told: dict[str, object], json_output: bool) -> None:
    if json_output:
        desk.print_json(told)
    else:
        desk.out.print(
            f"{what}: {desk.money(_cents(amount))}, {told['posted']} entries posted", soft_wrap=True
        )


def _cents(amount: str) -> int:
    from tasks.billing.money import cents

    try:
        return cents(amount)
    except ValueError:
        desk.fail(desk.USAGE, "--amount is dollars, as 12.34")


def _said(text: str) -> str:
    """What a person wrote; nothing is no reason."""
    if not text.strip():
        desk.fail(desk.USAGE, "say why: the text is blank")
    return text


def _record(home: Path | None, as_of: dt.datetime | None, item: str, action: str, **values: Any) -> None:
    """Store what a person did."""
    from tasks import people

    ledger, rows = _items(home, as_of)
    row = desk.one(rows, "item_id", item)
    sent_again = row["queue"] in ("rejections", "uploads") or row["reason"] == "no_999"
    if action == "resubmit" and not (sent_again or str(row["reason"]).startswith("no_crossover")):
        desk.fail(
            desk.USAGE,
            "only a rejection, an upload in doubt, a file without a 999 or a crossover that did not come can go again",
        )
    people.act(ledger, str(row["item_id"]), action, actor=getpass.getuser(), **values)
    desk.out.print(f"{action}: {row['item_id'][:8]} {row['queue']}")


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _shown(name: str, value: object) -> object:
    return desk.money(int(str(value))) if name.endswith("_cents") and value is not None else value
