"""``cleanclaim demo``: the whole line and back on a synthetic practice."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from flows import desk

STEPS = 10


def demo(
    encounters: Annotated[
        int, typer.Option("--encounters", min=1, help="Encounters of the synthetic practice.")
    ] = 500,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the practice and of the payers' answers.")] = 7,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """A whole practice day: the daily flow, the partner's answers, the response flow, the worklists, the proof.

    A demo that was interrupted is finished by running it again on the same home. Exit status 3 where the ledger
    does not prove.
    """
    settings = desk.enter(home, must_exist=False)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=desk.err, transient=True) as progress:
        task = progress.add_task("starting Prefect and the sandbox clearinghouse", total=STEPS)

        def say(step: str) -> None:
            progress.update(task, advance=1, description=step)

        from flows import demo as line

        try:
            made = line.run(line.prepare(settings.home, encounters, seed), say)
        except line.DemoStopped as error:
            desk.fail(desk.STOPPED, str(error))
    if json_output:
        desk.print_json(made)
    else:
        show(made, str(settings.home))
    if not made["proof"]["balanced"]:
        raise typer.Exit(desk.STOPPED)


def show(made: dict[str, Any], home: str) -> None:
    """The table a person wants to read."""
    proof = made["proof"]
    rows: list[list[object]] = [
        ["encounters", made["encounters"], ""],
        ["held", made["held"], _words(made["held_by_reason"])],
        [
            "claims",
            made["claims"],
            f"{made['claim_lines']} lines in {len(made['outbound_files'])} interchange(s)",
        ],
        ["of stays, on an 837I", made["claims_by_form"].get("837I", 0), _waiting(proof["waiting_stays"])],
        ["accepted by payers", made["accepted"], ""],
        ["rejected", made["rejected"], "front-end, to be fixed and sent again"],
        ["replaced", made["replaced"], "by a correction, or sent again after a rejection"],
        ["in doubt", made["in_doubt"], "the line broke while their file was renamed"],
        ["remittances", made["remittances"], f"{made['quarantined']} rows in quarantine"],
        ["paid", desk.money(made["paid_cents"]), ""],
        ["denied lines", made["denied_lines"], _words(made["denied_by_category"])],
        ["patient share", desk.money(made["patient_cents"]), ""],
        ["suspense", desk.money(proof["suspense_cents"]), "money that could not be placed yet"],
        ["worklists", sum(made["worklists"].values()), _words(made["worklists"])],
        [
            "proof",
            "balanced" if proof["balanced"] else "NOT BALANCED",
            f"fingerprint {proof['fingerprint'][:16]}…",
        ],
    ]
    desk.out.print(desk.table("cleanclaim demo", ["what", "count", "of which"], rows, right=("count",)))
    desk.out.print(
        f"next:  cleanclaim worklist list --home {home}\n"
        f"       cleanclaim proof --home {home}\n"
        f"       cleanclaim serve --home {home}   (Prefect's pages with these runs)",
        soft_wrap=True,
    )


def _waiting(stays: dict[str, dict[str, int]]) -> str:
    return "; ".join(f"{sums['count']} days wait for: {reason}" for reason, sums in stays.items())


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda kv: -kv[1]))
