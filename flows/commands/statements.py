"""``cleanclaim statements`` and ``cleanclaim superbill``: what goes to patients."""

from __future__ import annotations

import datetime as dt
import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="Statements: what patients owe, as PDF.")
Out = Annotated[Path, typer.Option("--out", help="Folder for the files; their names carry ids and dates.")]
AsOf = Annotated[
    dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day; default today.")
]


@app.callback()
def statements() -> None:
    """Statements: what patients owe, as PDF."""


@app.command("make")
def make(
    out: Out,
    patient: Annotated[str | None, typer.Option("--patient", help="Only this patient id.")] = None,
    as_of: AsOf = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Statements of all patients who owe something; exit status 1 where some wait for a person (a consent)."""
    from tasks import people, stating
    from tasks.door import open_ledger

    settings = desk.enter(home)
    day = (as_of or dt.datetime.now()).date()
    try:
        told = stating.make(
            open_ledger(settings), settings, out, as_of=day, person=getpass.getuser(), patient_id=patient
        )
    except people.Refused as refused:
        desk.fail(desk.USAGE, str(refused))
    due = sum(one.cents for one in told.made)
    if json_output:
        made = [{**asdict(one), "path": str(one.path)} for one in told.made]
        desk.print_json({"statements": made, "due_cents": due, "held": told.held, "small": told.small})
    else:
        new = sum(one.new for one in told.made)
        desk.out.print(
            f"{len(told.made)} statements ({new} new), {desk.money(due)} due, in {out}; "
            f"{told.small} balances too small",
            soft_wrap=True,
        )
        for subject, reason in told.held.items():
            desk.err.print(f"held: {subject} {reason}: record a consent, or send nothing", soft_wrap=True)
    if told.held:
        raise typer.Exit(desk.WORK_LEFT)


def superbill(
    encounters: Annotated[list[str], typer.Argument(help="Encounter ids.")],
    out: Out,
    as_of: AsOf = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Superbills of encounters, for patients who send them to their insurer themselves."""
    from tasks import people, superbilling
    from tasks.door import open_ledger

    settings = desk.enter(home)
    day = (as_of or dt.datetime.now()).date()
    try:
        made = superbilling.make_all(
            open_ledger(settings), settings, encounters, out, today=day, person=getpass.getuser()
        )
    except people.Refused as refused:
        desk.fail(desk.USAGE, str(refused))
    if json_output:
        desk.print_json({"superbills": [{**asdict(one), "path": str(one.path)} for one in made]})
        return
    for one in made:
        how = "new" if one.new else "unchanged"
        desk.out.print(f"wrote revision {one.revision} ({how}) to {one.path}", soft_wrap=True)
