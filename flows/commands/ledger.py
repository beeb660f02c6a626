"""``cleanclaim ledger``: months of the books, people's words, who did what, and the journal as files."""

from __future__ import annotations

import datetime as dt
import getpass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.markup import escape

from flows import desk

app = typer.Typer(no_args_is_help=True, help="The books: months, underpayments, people's decisions, exports.")
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")]
From = Annotated[dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
To = Annotated[dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]


class Format(StrEnum):
    """Kinds of files the journal is written to."""

    CSV = "csv"
    PARQUET = "parquet"
    BEANCOUNT = "beancount"


@app.command("audit")
def audit(
    since: From = None,
    until: To = None,
    person: Annotated[str | None, typer.Option("--person", help="Only what this person did.")] = None,
    show_phi: Annotated[
        bool, typer.Option("--show-phi", help="Show people's reasons: free text (protected data).")
    ] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Who did what, when and why: every action of a person, the newest last. Days and instants are UTC."""
    from tasks import auditing, frames
    from tasks.door import open_ledger

    ledger = open_ledger(desk.enter(home))
    rows = auditing.actions(ledger, _day(since), _day(until), person)
    rows = rows if show_phi else rows.drop(columns="reason")
    if json_output:
        desk.print_json({"actions": desk.records(rows)})
        return
    columns = ["at", "person", "action", "subject", "detail", *(["reason"] if show_phi else [])]
    body: list[list[object]] = [
        [_instant(row["at"]), *(escape(_text(row[name])) for name in columns[1:])]
        for row in frames.records(rows.assign(subject=_short(rows)))
    ]
    desk.out.print(desk.table(f"{len(rows)} actions", columns, body, whole=("at", "person", "action")))


@app.command("assign")
def assign(
    remitted_claim: Annotated[str, typer.Argument(help="Remitted claim id, or the beginning of one.")],
    claim: Annotated[str, typer.Argument(help="Our claim that it answers, or 'none'.")],
    reason: Reason,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Say which claim a remitted claim answers; what follows is posted at once. The last word counts."""
    from tasks import assigning

    with desk.alone(home) as ledger:
        known = ledger.read("remitted_claims", columns=["remitted_claim_id"])
        found = str(desk.one(known, "remitted_claim_id", remitted_claim)["remitted_claim_id"])
        answered = None if claim == "none" else claim
        with desk.asked():
            counts = assigning.assign(ledger, found, answered, person=getpass.getuser(), reason=reason)
    if json_output:
        desk.print_json({"remitted_claim_id": found, "claim_id": answered, **counts})
    else:
        desk.out.print(f"assigned: {found[:8]} to {claim}, {counts['posted']} entries posted")


@app.command("close")
def close(
    month: Annotated[str, typer.Argument(help="Month, as 2026-01.")],
    reason: Reason,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Close a month that has ended: what comes for it later is booked in the first open month."""
    from tasks import closing

    with desk.alone(home) as ledger, desk.asked():
        today = dt.datetime.now().date()
        told = closing.close(ledger, month, today=today, person=getpass.getuser(), reason=reason)
    if json_output:
        desk.print_json(told)
    else:
        desk.out.print(
            f"closed: {month}, {told['entries']} entries, debits {desk.money(told['debit_cents'])}, "
            f"credits {desk.money(told['credit_cents'])}",
            soft_wrap=True,
        )


@app.command("months")
def months(home: desk.Home = None, json_output: desk.Json = False) -> None:
    """Months with what is booked in them, who closed them, and whether closed ones are what they were."""
    from tasks import closing, frames
    from tasks.door import open_ledger

    rows = closing.listed(open_ledger(desk.enter(home)))
    if json_output:
        desk.print_json({"months": desk.records(rows)})
        return
    states = {True: "as closed", False: "CHANGED since it was closed"}
    body: list[list[object]] = [
        [
            _text(row["month"]) or "without a date",
            row["entries"],
            desk.money(int(row["debit_cents"])),
            desk.money(int(row["credit_cents"])),
            _text(row["closed_by"]),
            _instant(row["closed_at"]),
            "open" if pd.isna(row["holds"]) else states[bool(row["holds"])],
        ]
        for row in frames.records(rows)
    ]
    columns = ["month", "entries", "debits", "credits", "closed by", "closed at", "state"]
    right = ("entries", "debits", "credits")
    desk.out.print(desk.table(f"{len(rows)} months", columns, body, right=right, whole=("month",)))


@app.command("export")
def export(
    kind: Annotated[Format, typer.Option("--format", help="What to write.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the file journal.FORMAT.")],
    since: From = None,
    until: To = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Write the journal for another program to check: ids and cents, no names. bean-check reads the beancount file.

    Days are those that entries count on: their own, or the first of the month they are booked in where theirs was
    closed. A beancount file that begins later brings earlier balances forward.
    """
    from tasks import journals
    from tasks.door import open_ledger

    ledger = open_ledger(desk.enter(home))
    told = journals.export(ledger, kind.value, out, _day(since), _day(until))
    if json_output:
        desk.print_json(told)
    else:
        desk.out.print(f"wrote {told['entries']} entries to {told['out']}", soft_wrap=True)


@app.command("underpayments")
def underpayments(
    payer: Annotated[str | None, typer.Option("--payer", help="Only this payer's id.")] = None,
    since: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of service.")
    ] = None,
    until: Annotated[
        dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of service.")
    ] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """What was allowed beside what the contracts say: by payer, cause and dollars. Status 1 where some is to be had.

    In brackets stands what is no work and explains a difference: overpayments, fees of ours below a contract,
    sequestration and withholds, lines without a contract.
    """
    from tasks import frames, underpaying
    from tasks.billing import expected
    from tasks.door import open_ledger

    ledger = open_ledger(desk.enter(home))
    if payer is not None and payer not in set(ledger.current("payers")["payer_id"]):
        desk.fail(desk.USAGE, "no payer of that id is on file")
    told = underpaying.report(ledger, payer, _day(since), _day(until))
    if json_output:
        desk.print_json(
            {**told.counts, "causes": desk.records(told.by_cause), "lines": desk.records(told.lines)}
        )
    else:
        words = {**expected.CAUSES, **expected.EXPLAINED}
        body: list[list[object]] = [
            [
                _text(row["payer_id"]),
                row["cause"] if row["work"] else f"({row['cause']})",
                row["count"],
                *(desk.money(row[name]) for name in ("expected_cents", "allowed_cents", "variance_cents")),
                words[row["cause"]],
            ]
            for row in frames.records(told.by_cause)
        ]
        title = f"{told.counts['under']} underpaid, {desk.money(told.counts['short_cents'])} to be had"
        columns = ["payer", "cause", "count", "expected", "allowed", "variance", "in words"]
        right = ("count", "expected", "allowed", "variance")
        desk.out.print(desk.table(title, columns, body, right=right, whole=("payer", "cause")))
    if told.counts["under"]:
        raise typer.Exit(desk.WORK_LEFT)


@app.command("takebacks")
def takebacks(
    closed: Annotated[bool, typer.Option("--all", help="Closed chains too.")] = False,
    claim: Annotated[str | None, typer.Option("--claim", help="Every chain of this claim of ours.")] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Show what payers took back, chain by chain: from the first payment to the last cent, step by step.

    Without options only chains that are open. The balance is what came and went outside the claims and is not settled:
    below zero the payer still has it to collect. A closed chain ends at zero.
    """
    from tasks import proving
    from tasks.door import open_ledger

    found = proving.takeback_chains(open_ledger(desk.enter(home)), closed=closed, claim=claim)
    if json_output:
        desk.print_json({"chains": found})
        return
    for chain in found:
        body: list[list[object]] = [
            [
                step["date"] or "",
                step["kind"].replace("_", " "),
                desk.money(step["cents"]),
                desk.money(step["balance_cents"]),
                f"{step['remittance_id'][:12]} {step['subject_id'][-12:]}",
            ]
            for step in chain["steps"]
        ]
        reasons = f" ({' '.join(chain['reasons'])})" if chain["reasons"] else ""
        title = f"{chain['state']}, {desk.money(chain['balance_cents'])}{reasons}: chain {chain['chain_id']}"
        columns = ["date", "step", "amount", "balance", "remittance and place"]
        desk.out.print(desk.table(title, columns, body, right=("amount", "balance"), whole=("date", "step")))
    open_ = sum(chain["state"] == "open" for chain in found)
    desk.out.print(f"{len(found)} chains, {open_} open")


def _short(rows: pd.DataFrame) -> pd.Series[str]:
    """Kind and id of a subject; the beginning of a long id, which every command takes for the whole."""
    subject: pd.Series[str] = rows["subject_kind"].str.replace("_", " ") + " " + rows["subject_id"].str[:12]
    return subject


def _day(value: dt.datetime | None) -> dt.date | None:
    return None if value is None else value.date()


def _instant(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:%Y-%m-%d %H:%M:%S}"


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
