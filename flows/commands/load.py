"""``cleanclaim load`` and ``cleanclaim templates``: master data and encounters from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import desk


def load(
    kind: Annotated[str, typer.Argument(help="payers providers enrollments patients coverages authorizations consents "
                                             "fees contracts encounters or deposits")],
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files; deposits also BAI2, NACHA",
                                                exists=True, dir_okay=False)],
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:  # fmt: skip
    """Load master data or encounters; a bad row is reported with its line and column and kept out.

    Exit status 1 when rows were kept out.
    """
    from connectors.ledger.schema import MASTER_KINDS
    from tasks.door import open_ledger
    from tasks.sources import load_file

    kinds = [*MASTER_KINDS, "deposits"]
    if kind not in kinds:
        desk.fail(desk.USAGE, f"no such kind; one of: {' '.join(kinds)}")
    ledger = open_ledger(desk.enter(home))
    reports = [load_file(ledger, kind, path) for path in files]
    if json_output:
        desk.print_json(
            {"loads": [{"file": str(p), **r.to_dict()} for p, r in zip(files, reports, strict=True)]}
        )
    for path, report in zip(files, reports, strict=True):
        if not json_output:
            desk.out.print(
                f"{path.name}: {report.read} {kind} read, "
                f"{report.new} new, {report.changed} changed, {report.same} known"
            )
        for problem in report.problems.itertuples():
            desk.err.print(
                f"{path.name}: line {problem.row}, column {problem.column}: {problem.code}: {problem.message}"
            )
    if any(len(report.problems) for report in reports):
        raise typer.Exit(desk.WORK_LEFT)


def templates(folder: Annotated[Path, typer.Argument(help="Folder for the empty CSV files.")]) -> None:
    """Write an empty CSV file for every kind that 'load' takes."""
    from connectors.sources import templates as writer

    writer.write(folder)
    desk.out.print(f"wrote templates to {folder}")
