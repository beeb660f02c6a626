"""``cleanclaim load`` and ``cleanclaim templates``: master data and encounters from files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows import desk

REFERENCE, ELIGIBILITY = "reference", "eligibility"


def load(
    kind: Annotated[str, typer.Argument(help="payers providers enrollments patients coverages authorizations consents "
                                             "fees contracts licenses supervisions payer_classes schedule stays "
                                             "programmes patient_payments encounters "
                                             "or deposits; eligibility (271 files or folders of them); or reference, "
                                             "followed by a kind of official file")],
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files; deposits also BAI2, NACHA. After "
                                                     "'reference': icd10cm ncci mue nucc pos nppes leie or hcpcs, "
                                                     "then the files as they are published")],
    edition: Annotated[str | None, typer.Option("--edition", help="Edition of an official file, where its name does "
                                                                  "not tell it.")] = None,
    effective: Annotated[datetime | None, typer.Option("--effective", formats=["%Y-%m-%d"],
                                                       help="First day that an official file judges, where its name "
                                                            "does not tell it.")] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:  # fmt: skip
    """Load master data, encounters or official files; a bad row is reported with its line and kept out.

    Exit status 1 when rows were kept out or a payer could not answer (AAA), 2 when a file is not what it should be.
    """
    from connectors.ledger.schema import MASTER_KINDS
    from tasks.door import open_ledger
    from tasks.sources import load_file

    if kind == REFERENCE:
        _load_references(files, edition, effective, home, json_output)
        return
    kinds = [*MASTER_KINDS, "deposits"]
    if kind not in [*kinds, ELIGIBILITY]:
        desk.fail(desk.USAGE, f"no such kind; one of: {' '.join([*kinds, ELIGIBILITY, REFERENCE])}")
    if edition or effective:
        desk.fail(desk.USAGE, "--edition and --effective belong to 'load reference'")
    if kind == ELIGIBILITY:
        _load_eligibility(files, home, json_output)
        return
    _must_exist(files)
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


def _must_exist(files: list[Path]) -> None:
    for path in files:
        if not path.is_file():
            desk.fail(desk.USAGE, f"no such file: {path}")


def _load_eligibility(paths: list[Path], home: Path | None, json_output: bool) -> None:
    """``load eligibility``: what payers answered (271); a file that holds none keeps no other from going in."""
    from tasks.door import open_ledger
    from tasks.eligibility import files_of, load_answers

    files = list(files_of(paths))
    _must_exist(files)
    settings = desk.enter(home)
    ledger = open_ledger(settings)
    loads, refused, work = [], [], False
    for path in files:
        said = load_answers(ledger, settings, path)
        if said is None:
            refused.append(str(path))
            desk.err.print(f"[bold red]cleanclaim:[/] {path.name}: it holds no 271", soft_wrap=True)
            continue
        loads.append({"file": str(path), **said.to_dict()})
        work = work or bool(said.rejects or said.left_out or said.damaged)
        if not json_output:
            failed = "".join(f", {count} failed with AAA {code}" for code, count in said.rejects.items())
            out = f", {said.left_out} EB unreadable" if said.left_out else ""
            kept = f", {said.damaged} damaged sets kept out" if said.damaged else ""
            desk.out.print(f"{path.name}: {said.inquiries} answers, {said.new} rows new{failed}{out}{kept}")
    if json_output:
        desk.print_json({"loads": loads, "refused": refused})
    if refused:
        raise typer.Exit(desk.USAGE)
    if work:
        raise typer.Exit(desk.WORK_LEFT)


def _load_references(
    files: list[Path], edition: str | None, effective: datetime | None, home: Path | None, json_output: bool
) -> None:
    """``load reference KIND FILE…``: every file by itself; one that is refused keeps no other from going in."""
    from tasks.billing.references import KINDS
    from tasks.door import open_ledger
    from tasks.references import ReferenceRefused, load_reference

    kind, paths = str(files[0]), files[1:]
    if kind not in KINDS:
        desk.fail(desk.USAGE, f"no such kind of official file; one of: {' '.join(KINDS)}")
    if not paths:
        desk.fail(desk.USAGE, f"which file? cleanclaim load reference {kind} FILE…")
    _must_exist(paths)
    settings = desk.enter(home)
    ledger = open_ledger(settings)
    day = effective.date() if effective else None
    loads, refused, kept_out = [], [], 0
    for path in paths:
        try:
            report = load_reference(ledger, settings, kind, path, edition, day)
        except ReferenceRefused as error:
            refused.append(str(error))
            desk.err.print(f"[bold red]cleanclaim:[/] {error}", soft_wrap=True)
            continue
        loads.append({"file": str(path), **report.to_dict()})
        kept_out += len(report.problems)
        if not json_output:
            until = report.effective_to or "the next edition"
            known = "" if report.new else ", known already"
            desk.out.print(
                f"{path.name}: {kind} {report.edition}, {report.rows} rows, judges {report.effective_from} to {until}"
                f"{known}",
                soft_wrap=True,
            )
        for problem in report.problems.itertuples():
            desk.err.print(
                f"{path.name}: line {problem.row}, column {problem.column}: {problem.code}: {problem.message}"
            )
    if json_output:
        desk.print_json({"loads": loads, "refused": refused})
    if refused:
        raise typer.Exit(desk.USAGE)
    if kept_out:
        raise typer.Exit(desk.WORK_LEFT)


def templates(folder: Annotated[Path, typer.Argument(help="Folder for the empty CSV files.")]) -> None:
    """Write an empty CSV file for every kind that 'load' takes."""
    from connectors.sources import templates as writer

    writer.write(folder)
    desk.out.print(f"wrote templates to {folder}")
