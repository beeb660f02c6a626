"""``cleanclaim appeals``: open a level, make its packet, record what becomes of it, see deadlines and rates."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="Appeals: levels, deadlines, packets, outcomes, rates.")
Appeal = Annotated[str, typer.Argument(help="Appeal id, or the beginning of one.")]
AsOf = Annotated[
    dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Business day; default today.")
]
On = Annotated[
    dt.datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day it happened; default today.")
]
Person = Annotated[str | None, typer.Option("--person", help="Who; default is who runs the command.")]
Reference = Annotated[str | None, typer.Option("--reference", help="The payer's number of the appeal.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept in the ledger.")]
Evidence = Annotated[
    Path | None,
    typer.Option(
        "--evidence", exists=True, dir_okay=False, help="What shows it: a receipt, the decision. Kept."
    ),
]
PERCENT = 100


@app.command("open")
def open_(
    item: Annotated[
        str,
        typer.Argument(
            help="Item of denials or underpayments, or an appeal that was lost; the beginning of its id."
        ),
    ],
    level: Annotated[
        int | None, typer.Option("--level", help="Level; default is the next one. 0 is a reopening.")
    ] = None,
    track: Annotated[
        str | None,
        typer.Option("--track", help="Levels of another track than the payer's class has, such as erisa."),
    ] = None,
    received: Annotated[
        dt.datetime | None,
        typer.Option("--received", formats=["%Y-%m-%d"], help="Day the notice came, where it is known."),
    ] = None,
    due: Annotated[
        dt.datetime | None,
        typer.Option("--due", formats=["%Y-%m-%d"], help="Last day to file, as the notice says it."),
    ] = None,
    amount: Annotated[
        str | None, typer.Option("--amount", help="Dollars asked for; default is what can be recovered.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Every line of the claim in one packet.")] = False,
    insists: Annotated[
        bool, typer.Option("--anyway", help="Also where the payer expects a corrected claim instead.")
    ] = False,
    as_of: AsOf = None,
    person: Person = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Open a level of appeal for a denied or underpaid item."""
    from tasks import appealing
    from tasks.billing.appeals.opening import Asked

    settings, ledger = _entered(home)
    asked = Asked(level, track, _date(received), _date(due))
    with desk.asked():
        row = appealing.open_level(
            ledger,
            settings,
            item,
            asked,
            today=_today(as_of),
            person=person or getpass.getuser(),
            whole=whole,
            insists=insists,
            amount_cents=None if amount is None else _cents(amount),
        )
    shown = {name: value for name, value in row.items() if name not in ("at", "least_cents")}
    if json_output:
        desk.print_json(shown)
        return
    desk.out.print(
        f"appeal {row['appeal_id'][:8]}: level {row['level']} {row['level_name']}, {desk.money(row['amount_cents'])}, "
        f"last day to file {desk.day(row['due_on'])}",
        soft_wrap=True,
    )
    if row["least_cents"] and row["amount_cents"] < row["least_cents"]:
        desk.err.print(
            f"this level asks for {desk.money(row['least_cents'])} at least; claims may be joined",
            soft_wrap=True,
        )


@app.command("packet")
def packet(
    appeal: Appeal,
    out: Annotated[Path, typer.Option("--out", help="A file that ends in .pdf.")],
    statement: Annotated[
        Path | None,
        typer.Option(
            "--statement", exists=True, dir_okay=False, help="Text that goes into the letter; kept for later."
        ),
    ] = None,
    as_of: AsOf = None,
    person: Person = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Write the packet of an appeal; a new revision only where something changed."""
    from tasks import appealing
    from tasks.documents import keeping

    if out.suffix.lower() != ".pdf":
        desk.fail(desk.USAGE, "write the packet to a file that ends in .pdf")
    settings, ledger = _entered(home)
    found = _one(ledger, appeal)
    with desk.asked():
        printed, notes = appealing.packet(
            ledger,
            settings,
            found,
            today=_today(as_of),
            person=person or getpass.getuser(),
            statement=statement.read_text(encoding="utf-8") if statement else None,
        )
    keeping.write(out, printed.data)
    row = printed.row
    if json_output:
        told = {
            name: row[name] for name in ("document_id", "revision", "sha256", "bytes", "template", "made_on")
        }
        desk.print_json({"appeal_id": found, "out": str(out), "new": printed.new, "notes": notes, **told})
        return
    how = "new" if printed.new else "unchanged"
    desk.out.print(f"wrote revision {row['revision']} ({how}, {row['template']}) to {out}", soft_wrap=True)
    for note in notes:
        desk.err.print(note, soft_wrap=True)


@app.command("file")
def file_(
    appeal: Appeal,
    on: On = None,
    reference: Reference = None,
    evidence: Evidence = None,
    reason: Reason = None,
    person: Person = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Record that the packet was filed, with the receipt for it."""
    _act(home, appeal, "filed", on, person, evidence, json_output, reference=reference, reason=reason)


@app.command("acknowledge")
def acknowledge(
    appeal: Appeal,
    on: On = None,
    reference: Reference = None,
    evidence: Evidence = None,
    reason: Reason = None,
    person: Person = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Record that the decider has it, with its number."""
    _act(home, appeal, "acknowledged", on, person, evidence, json_output, reference=reference, reason=reason)


@app.command("decide")
def decide(
    appeal: Appeal,
    outcome: Annotated[str, typer.Option("--outcome", help="overturned, partly, upheld or dismissed.")],
    awarded: Annotated[
        str | None, typer.Option("--awarded", help="Dollars granted; of an overturned one all, unless said.")
    ] = None,
    on: On = None,
    reference: Reference = None,
    evidence: Evidence = None,
    reason: Reason = None,
    person: Person = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Record the decision; a loss opens the clock of the next level."""
    given = None if awarded is None else _cents(awarded)
    values = {"outcome": outcome, "awarded_cents": given, "reference": reference, "reason": reason}
    _act(home, appeal, "decided", on, person, evidence, json_output, **values)


@app.command("withdraw")
def withdraw(
    appeal: Appeal,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")],
    on: On = None,
    person: Person = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Give an appeal up, or let its next level go; the denial is work again."""
    _act(home, appeal, "withdrawn", on, person, None, json_output, reason=reason)


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_of: AsOf = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Appeals with their levels, deadlines and states; the nearest deadline first."""
    from tasks import frames
    from tasks.appeal_states import states
    from tasks.billing.appeals.standing import running

    settings, ledger = _entered(home)
    rows = states(ledger, settings)
    if not everything:
        rows = rows[running(rows, pd.Timestamp(_today(as_of)))]
    rows = rows.assign(
        deadline=rows["next_file_by"].fillna(rows["answer_due_on"].where(rows["decided_on"].isna()))
    )
    rows["deadline"] = rows["deadline"].mask(rows["state"] == "open", rows["file_by"])
    rows = rows.sort_values(["deadline", "appeal_id"], na_position="last")
    if json_output:
        desk.print_json({"appeals": desk.records(rows)})
        return
    body: list[list[object]] = [
        [
            row["appeal_id"][:8],
            row["payer_id"],
            f"{row['level']} {row['level_name']}",
            desk.money(int(row["amount_cents"])),
            row["state"],
            desk.day(row["deadline"]),
            "" if pd.isna(row["next_level"]) else f"{row['next_level']} {row['next_name']}",
        ]
        for row in frames.records(rows)
    ]
    columns = ["appeal", "payer", "level", "asked", "state", "act by", "next level"]
    whole = ("appeal", "payer", "state", "act by")
    desk.out.print(desk.table(f"{len(rows)} appeals", columns, body, right=("asked",), whole=whole))


@app.command("levels")
def levels_(
    payer: Annotated[str | None, typer.Option("--payer", help="Only this payer.")] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """The levels that each payer has, with days to file and to decide."""
    from tasks import appealing, frames

    settings, ledger = _entered(home)
    payers = frames.records(ledger.current("payers", {"payer_id": payer} if payer else None))
    if not payers:
        desk.fail(desk.USAGE, "no such payer")
    rows = [row for one in payers for row in appealing.deadline_days(one, settings)]
    if json_output:
        desk.print_json({"levels": rows})
        return
    body: list[list[object]] = [
        [
            row["payer_id"],
            f"{row['level']} {row['name']}",
            "as the notice says"
            if row["file_days"] is None
            else f"{row['file_days']} {row['file_unit'].replace('_', ' ')}",
            row["receipt_days"] or "",
            row["decider"],
            row["decision_days"] or "",
        ]
        for row in rows
    ]
    columns = ["payer", "level", "to file", "receipt", "decider", "to decide"]
    desk.out.print(desk.table("levels of appeal", columns, body, whole=("payer", "to file")))


@app.command("rates")
def rates(home: desk.Home = None, json_output: desk.Json = False) -> None:
    """How often appeals are won, by payer and category of the denial."""
    from tasks import appealing, frames

    _, ledger = _entered(home)
    rows = appealing.rates(ledger)
    if json_output:
        desk.print_json({"rates": desk.records(rows)})
        return
    counts = ["appeals", "undecided", "decided", "overturned", "partly", "upheld", "dismissed"]
    body: list[list[object]] = [
        [
            row["payer_id"],
            row["category"],
            *(row[name] for name in counts),
            _percent(row["overturned_basis_points"]),
            _percent(row["won_basis_points"]),
            desk.money(int(row["asked_cents"])),
            desk.money(int(row["awarded_cents"])),
        ]
        for row in frames.records(rows)
    ]
    figures = ("overturned %", "won %", "asked", "granted")
    columns = ["payer", "category", *counts, *figures]
    right = (*counts, *figures)
    desk.out.print(desk.table("decided appeals", columns, body, right=right, whole=("payer", "category")))


def _act(
    home: Path | None,
    appeal: str,
    action: str,
    on: dt.datetime | None,
    person: str | None,
    evidence: Path | None,
    json_output: bool,
    **values: Any,
) -> None:
    """Record what happened and tell how the appeal stands."""
    from tasks import appealing

    settings, ledger = _entered(home)
    found = _one(ledger, appeal)
    with desk.asked():
        now = appealing.act(
            ledger,
            settings,
            found,
            action,
            on=_today(on),
            person=person or getpass.getuser(),
            evidence=evidence.read_bytes() if evidence else None,
            **values,
        )
    if json_output:
        desk.print_json({str(name): desk._scalar(value) for name, value in now.items()})
        return
    told = f"appeal {found[:8]}: {now['state']}"
    if action == "filed":
        late = ", after its last day" if now["late"] else ""
        told += f"{late}; the answer is due {desk.day(now['answer_due_on']) or 'at no set time'}"
    elif action == "decided" and not pd.isna(now["next_level"]):
        until = desk.day(now["next_due_on"]) or "(see the notice)"
        told += f"; level {now['next_level']} {now['next_name']} may be filed until {until}"
    desk.out.print(told, soft_wrap=True)


def _entered(home: Path | None) -> tuple[Any, Any]:
    from tasks.door import open_ledger

    settings = desk.enter(home)
    return settings, open_ledger(settings)


def _one(ledger: Any, beginning: str) -> str:
    opened = ledger.read("appeals", columns=["appeal_id"])
    return str(desk.one(opened, "appeal_id", beginning)["appeal_id"])


def _today(day: dt.datetime | None) -> dt.date:
    return (day or dt.datetime.now()).date()


def _date(day: dt.datetime | None) -> dt.date | None:
    return day.date() if day else None


def _cents(text: str) -> int:
    """Dollars as typed, in cents."""
    whole, _, part = text.removeprefix("$").replace(",", "").partition(".")
    if not whole.isdigit() or (part and (len(part) > 2 or not part.isdigit())):
        desk.fail(desk.USAGE, "an amount is written in dollars, such as 120.50")
    return int(whole) * PERCENT + int(part.ljust(2, "0") or 0)


def _percent(basis_points: Any) -> str:
    return "" if pd.isna(basis_points) else f"{basis_points // PERCENT}.{basis_points % PERCENT:02d}"
