"""``cleanclaim x12``: what a file is, and its tables."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.tree import Tree

from flows import desk

app = typer.Typer(no_args_is_help=True, help="Look into X12 files.")
Files = Annotated[list[Path], typer.Argument(help="X12 files, also zip and gz.", exists=True, dir_okay=False)]


@app.command("inspect")
def inspect(
    files: Files,
    show_phi: Annotated[
        bool, typer.Option("--show-phi", help="Show the raw segment behind each problem (protected data).")
    ] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Say what each file is: interchanges, transactions, totals, problems with their position, the balance verdict."""
    reports = [report for path in files for report in _reports(path)]
    if json_output:
        desk.print_json({"files": [{k: v for k, v in report.items() if k != "data"} for report in reports]})
        return
    for report in reports:
        desk.out.print(_tree(report, show_phi))


def _reports(path: Path) -> list[dict[str, Any]]:
    """One report a file; a container gives one for each member, and its own faults as problems."""
    from connectors import x12
    from connectors.clearinghouse.unpack import container_kind, unpack

    data = path.read_bytes()
    if container_kind(data) == "plain":
        return [
            {"path": str(path), "sha256": hashlib.sha256(data).hexdigest(), **x12.inspect(data), "data": data}
        ]
    unpacked = unpack(data)
    found = [
        {"path": f"{path}#{n}", "sha256": hashlib.sha256(m).hexdigest(), **x12.inspect(m), "data": m}
        for n, m in enumerate(unpacked.members, start=1)
    ]
    faults = [{"code": code, "segment": None, "message": message} for code, message in unpacked.problems]
    if faults or not found:
        own = {"kind": container_kind(data), "transactions": [], "problems": faults, "data": data}
        found.insert(0, {"path": str(path), "sha256": hashlib.sha256(data).hexdigest(), **own})
    return found


def _tree(report: dict[str, Any], show_phi: bool) -> Tree:
    """A file for people."""
    tree = Tree(f"[bold]{Path(report['path']).name}[/]  {report['kind']}  {report['sha256'][:16]}")
    for problem in report["problems"]:
        tree.add(_problem(problem))
    for number, transaction in enumerate(report["transactions"]):
        branch = tree.add(_headline(transaction))
        for problem in transaction["problems"]:
            leaf = branch.add(_problem(problem))
            if show_phi and problem["segment"]:
                from connectors.x12 import segment_text

                leaf.add(segment_text(report["data"], number, problem["segment"]))
    return tree


def _headline(transaction: dict[str, Any]) -> str:
    verdict = {True: "[green]balanced[/]", False: "[red]not balanced[/]", None: ""}[transaction["balanced"]]
    amounts = [
        f"{name.removesuffix('_cents')} {desk.money(transaction[name])}"
        for name in ("charge_cents", "paid_cents", "plb_cents", "bpr_cents")
        if transaction.get(name) is not None
    ]
    counts = f"{transaction['claims'] or 0} claims, {transaction['lines'] or 0} lines"
    return "  ".join([f"{transaction['type']} {transaction['control']}", counts, *amounts, verdict])


def _problem(problem: dict[str, Any]) -> str:
    place = f" at segment {problem['segment']}" if problem["segment"] else ""
    return f"[red]{problem['code']}[/]{place}: {problem['message']}"


@app.command("tables")
def tables(
    files: Files,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the Parquet files, one a table (protected data).")
    ],
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Decode 835 and acknowledgment files to Parquet, one file a table."""
    from dataclasses import fields

    import pyarrow.parquet as pq

    from connectors import x12

    data = [report["data"] for path in files for report in _reports(path)]
    out.mkdir(parents=True, exist_ok=True)
    written: dict[str, int] = {}
    for prefix, decoded in (("835", x12.decode_835(data)), ("ack", x12.decode_acknowledgments(data))):
        for field in fields(decoded):
            table = getattr(decoded, field.name)
            name = f"{prefix}_{field.name}"
            pq.write_table(table, out / f"{name}.parquet")
            written[name] = table.num_rows
    if json_output:
        desk.print_json({"out": str(out), "tables": written})
    else:
        desk.out.print(
            desk.table(str(out), ["table", "rows"], [[n, r] for n, r in written.items()], right=("rows",))
        )
