"""``cleanclaim claim``: one claim and everything that is known about it."""

from __future__ import annotations

from typing import Annotated, Any

import pandas as pd
import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="One claim, with every fact about it.")


@app.command("show")
def show(
    claim: Annotated[str, typer.Argument(help="Claim id (CLM01), or the beginning of one.")],
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="Show the raw segment behind a row where the archive has it (protected data)."
        ),
    ] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """The claim's timeline: encounters, decisions, charges, files, acknowledgments, answers, postings, people's work.

    Claims that replace it or go to later payers are in it. Ids, codes, cents, places in files; names only with --raw.
    """
    from tasks import frames, timelines
    from tasks.door import open_ledger

    settings = desk.enter(home)
    ledger = open_ledger(settings)
    found = str(desk.one(ledger.read("claims", columns=["claim_id"]), "claim_id", claim)["claim_id"])
    rows = timelines.of_claim(ledger, found)
    if raw:
        rows = rows.assign(raw=timelines.raw(settings.archive, rows))
    if json_output:
        family = timelines.family(ledger, found)
        desk.print_json({"claim_id": found, "family": family, "events": desk.records(rows)})
        return
    body: list[list[object]] = [
        [
            desk.day(row["day"]),
            row["kind"].replace("_", " "),
            row["what"],
            "" if pd.isna(row["cents"]) else desk.money(int(row["cents"])),
            _place(row),
        ]
        for row in frames.records(rows)
    ]
    title = f"claim {found}: {len(rows)} facts"
    columns = ["day", "fact", "what", "amount", "file and segment"]
    desk.out.print(desk.table(title, columns, body, right=("amount",), whole=("day", "fact")))
    if raw:
        for text in rows["raw"].dropna().drop_duplicates():
            desk.out.print(text, markup=False, soft_wrap=True)


def _place(row: dict[str, Any]) -> str:
    """The file by the beginning of its sha256, the set in it and the segment in that."""
    if pd.isna(row["file"]):
        return ""
    parts = [("ST", row["transaction"]), ("segment", row["segment"])]
    return " ".join(
        [row["file"][:12], *(f"{word} {int(value)}" for word, value in parts if not pd.isna(value))]
    )
