"""``cleanclaim denials``: what each line of a remittance is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from flows import desk

app = typer.Typer(no_args_is_help=True, help="What payers denied, and what to do about it.")
Files = Annotated[
    list[Path],
    typer.Argument(help="835 files, also zip and gz.", exists=True, dir_okay=False, readable=True),
]
SHOWN = 200  # lines of the table without --all
SUMS = ("patient_cents", "contractual_cents", "denied_cents", "recoverable_cents")
MONEY = ("patient_cents", "contractual_cents", "recoverable_cents")
COLUMNS = ["line", "what it is", "next action", *(name.removesuffix("_cents") for name in MONEY)]


@app.callback()
def _group() -> None:
    """One command more would not change how the first is called."""


@app.command("classify")
def classify(
    files: Files,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every line; otherwise the first 200, denied ones first.")
    ] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Say of each line of 835 files whether it is denied, why, what to do and for how much; no ledger is touched.

    What is damaged or does not balance is named with its file and segment and is not judged; then the status is 1.
    """
    from tasks.classifying import classified

    found = classified(files)
    totals = {name: sum(line[name] for line in found.lines) for name in SUMS}
    counts: dict[str, int] = {
        "lines": len(found.lines),
        "denied": sum(bool(line["denied"]) for line in found.lines),
    }
    if json_output:
        desk.print_json({"lines": found.lines, "problems": found.problems, "totals": counts | totals})
    else:
        _show(found.lines, everything)
        sums = ", ".join(
            f"{name.removesuffix('_cents')} {desk.money(cents)}" for name, cents in totals.items()
        )
        desk.out.print(f"{counts['lines']} lines, {counts['denied']} denied: {sums}", soft_wrap=True)
    for problem in found.problems:
        remittance = f" remittance {problem['remittance']}" if problem["remittance"] else ""
        segment = f" segment {problem['segment']}" if problem["segment"] else ""
        said = f"{problem['file']}{remittance}{segment}: {problem['code']}: {problem['message']}"
        desk.err.print(said, style="red", markup=False, soft_wrap=True)
    if found.problems:
        raise typer.Exit(desk.WORK_LEFT)


def _show(lines: list[dict[str, Any]], everything: bool) -> None:
    """A table a file and remittance, in the order of the files."""
    ordered = sorted(lines, key=lambda line: not line["denied"])
    kept = {id(line) for line in (lines if everything else ordered[:SHOWN])}
    shown = [line for line in lines if id(line) in kept]
    for file, remittance in dict.fromkeys((line["file"], line["remittance"]) for line in shown):
        body = [_row(line) for line in shown if (line["file"], line["remittance"]) == (file, remittance)]
        title = f"{escape(file)}, remittance {remittance}"
        right = tuple(COLUMNS[-len(MONEY) :])
        desk.out.print(desk.table(title, COLUMNS, body, right=right, whole=("line",)))
    if len(shown) < len(lines):
        desk.out.print(f"{len(lines) - len(shown)} more lines: --all")


def _row(line: dict[str, Any]) -> list[object]:
    place = f"{line['claim_position']}" + (
        "" if line["line_position"] is None else f".{line['line_position']}"
    )
    verdict = ("partly denied: " if line["partial"] else "denied: ") if line["denied"] else ""
    reasons = " ".join(
        f"{each['group']}-{each['carc']}" + (f"/{each['rarc']}" if each["rarc"] else "")
        for each in line["reasons"]
    )
    flags = f" ({line['flag']})" if line["flag"] else ""
    what = f"{verdict}{line['category']}{flags}".replace("_", " ") + f"\n{reasons}"
    again = f" (frequency {line['resubmit_as']})" if line["resubmit_as"] else ""
    action = str(line["action"]).replace("_", " ") + again
    money = [desk.money(line[name]) if line[name] else "" for name in MONEY]
    return [place, escape(what.rstrip()), action, *money]
