"""``cleanclaim x12``: what a file is, and its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from flows import desk

if TYPE_CHECKING:
    from tasks.opening import Opened

app = typer.Typer(no_args_is_help=True, help="Look into X12 files.")
Files = Annotated[
    list[Path],
    typer.Argument(help="X12 files, also zip and gz.", exists=True, dir_okay=False, readable=True),
]
# Reading more bytes than this takes long enough for a person to wonder.
_SLOW = 8 << 20
# Files are read together up to so many bytes.
_PASS = 16 << 20


@app.command("inspect")
def inspect(
    files: Files,
    show_phi: Annotated[
        bool,
        typer.Option(
            "--show-phi", help="Show trace numbers and the raw segment behind each problem (protected data)."
        ),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every set and problem; otherwise the first 20, errors first.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Leave with exit status 1 where a file is no X12, has an error or does not balance.",
        ),
    ] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Say what each file is: interchanges, transactions, totals, problems with their position, the balance verdict."""
    from flows import x12_tree

    reports: list[dict[str, Any]] = []
    hidden = 0
    for report in _reports(files, show_phi):
        reports.append(report)
        if json_output:
            continue
        if len(reports) > x12_tree.FILES and not everything and not x12_tree.has_error(report):
            hidden += 1
        else:
            desk.out.print(x12_tree.tree(report, everything=everything))
    if json_output:
        desk.print_json({"files": reports})
    elif len(reports) > 1:
        for line in x12_tree.summary(reports, hidden):
            desk.out.print(line)
    if check and any(x12_tree.has_error(report) for report in reports):
        raise typer.Exit(desk.WORK_LEFT)


def _reports(paths: Sequence[Path], show_phi: bool) -> Iterator[dict[str, Any]]:
    """One report a file; a container gives one for each member, and one before them for its own faults.

    ``file`` is the number that the file has in the tables of ``x12 tables``, None for a container. Small files are read
    many at a time, since each pass has its fixed cost.
    """
    from tasks.opening import opened

    waiting: list[tuple[str, bytes]] = []
    size = done = 0
    for path in paths:
        found = opened(path)
        if found.faults:
            yield from _inspected(waiting, done, show_phi)
            done, waiting, size = done + len(waiting), [], 0
            yield _container(path, found)
        for label, data in found.members:
            if size + len(data) > _PASS:
                yield from _inspected(waiting, done, show_phi)
                done, waiting, size = done + len(waiting), [], 0
            waiting.append((label, data))
            size += len(data)
    yield from _inspected(waiting, done, show_phi)


def _inspected(members: Sequence[tuple[str, bytes]], first: int, show_phi: bool) -> Iterator[dict[str, Any]]:
    from connectors import x12

    inputs = [data for _, data in members]
    if not inputs:
        return
    with _waiting(_count(members), sum(map(len, inputs))):
        found = x12.inspect_many(inputs, first=first, show_values=show_phi)
    for number, ((label, data), report) in enumerate(zip(members, found, strict=True), start=first):
        yield {"path": label, "file": number, **_identity(data), **report}


def _count(members: Sequence[tuple[str, bytes]]) -> str:
    """What is being read, in few words."""
    return Path(members[0][0]).name if len(members) == 1 else f"{len(members):,} files"


def _container(path: Path, opened: Opened) -> dict[str, Any]:
    problems = [
        {"code": code, "severity": "error", "loop": None, "segment": None, "message": message, "file": None}
        for code, message in opened.faults
    ]
    nothing: dict[str, Any] = {"looks_like": None, "interchanges": [], "transactions": []}
    identity = {"path": str(path), "file": None, **_identity(opened.data), "kind": opened.kind}
    return {**identity, **nothing, "problems": problems}


def _identity(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _waiting(what: str, size: int) -> Any:
    """A sign of life on the terminal while much is read."""
    if size <= _SLOW or not desk.err.is_terminal:
        return nullcontext()
    return desk.err.status(f"reading {escape(what)} ({size >> 20:,} MB)")


# --- tables ------------------------------------------------------------------------------------------------------


def _decoders() -> tuple[tuple[str, Callable[[Sequence[bytes]], Any]], ...]:
    """Prefix of the tables' names, and what makes them."""
    from connectors import x12

    return (
        ("835", x12.decode_835),
        ("ack", x12.decode_acknowledgments),
        ("837", x12.decode_837),
    )


@app.command("tables")
def tables(
    files: Files,
    out: Annotated[
        Path,
        typer.Option(
            "--out", file_okay=False, help="Folder for the Parquet files, one a table (protected data)."
        ),
    ],
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Decode 835, 837 and acknowledgment files to Parquet, one file a table; earlier tables in the folder are replaced.

    Folder and files can be read by their owner alone. Exit status 1 where something could not be read as X12.
    """
    from tasks.opening import opened

    found = [(path, opened(path)) for path in files]
    members = [member for _, each in found for member in each.members]
    made = _decoded(members)
    replaced = _written(made, out)
    rows = {name: table.num_rows for name, table in made.items()}
    failed = [
        {"path": str(path), "code": code, "message": message}
        for path, each in found
        for code, message in each.faults
    ]
    failed += _strangers(members, made["835_interchanges"])
    if json_output:
        numbered = [
            {"file": number, "path": label, "sha256": hashlib.sha256(data).hexdigest()}
            for number, (label, data) in enumerate(members)
        ]
        desk.print_json(
            {"out": str(out), "tables": rows, "replaced": replaced, "files": numbered, "problems": failed}
        )
    else:
        _say_what_was_written(out, rows, replaced)
    for each in failed:
        desk.err.print(
            f"{each['path']}: {each['code']}: {each['message']}", style="red", markup=False, soft_wrap=True
        )
    if failed:
        raise typer.Exit(desk.WORK_LEFT)


def _decoded(members: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """Every table of every decoder by its name."""
    inputs = [data for _, data in members]
    found: dict[str, Any] = {}
    with _waiting(_count(members), sum(map(len, inputs))):
        for prefix, decoded in _in_windows(inputs) or [
            (each, decode(inputs)) for each, decode in _decoders()
        ]:
            found |= {f"{prefix}_{each.name}": getattr(decoded, each.name) for each in fields(decoded)}
    return found


def _in_windows(inputs: Sequence[bytes]) -> list[tuple[str, Any]]:
    """The same where the inputs are 835s and one is large, read in windows; nothing where they are not."""
    from connectors.x12 import large

    found = large.decode_large_835(inputs) if large.wants_windows(inputs) else None
    if found is None:
        return []
    # Decoders of other kinds find only the envelopes here.
    shared = {
        "interchanges": found.decoded.interchanges,
        "sets": found.decoded.sets,
        "problems": found.envelope,
    }
    return [
        (prefix, found.decoded if prefix == "835" else replace(decode([]), **shared))
        for prefix, decode in _decoders()
    ]


def _strangers(members: Sequence[tuple[str, bytes]], interchanges: Any) -> list[dict[str, str]]:
    """The inputs in which no interchange was found."""
    from connectors.x12.strangers import looks_like

    known = set(interchanges["file"].to_pylist())
    return [
        {"path": label, "code": "NO_ISA", "message": f"not X12 ({looks_like(data)})"}
        for number, (label, data) in enumerate(members)
        if number not in known
    ]


def _written(made: dict[str, Any], out: Path) -> list[str]:
    """Write all tables beside their places, then move them there; the names of those that stood there before."""
    import os

    import pyarrow.parquet as pq

    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts = {name: out / f".{name}.{os.getpid()}.part" for name in made}
    try:
        for name, table in made.items():
            # Nobody else may read it at any moment, not even before it is whole.
            handle = os.open(parts[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as file:
                pq.write_table(table, file)
        replaced = [name for name in made if (out / f"{name}.parquet").exists()]
        for name, part in parts.items():
            part.replace(out / f"{name}.parquet")
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return replaced


def _say_what_was_written(out: Path, rows: dict[str, int], replaced: Sequence[str]) -> None:
    desk.out.print(
        desk.table(
            "", ["table", "rows"], [[name, f"{many:,}"] for name, many in rows.items()], right=("rows",)
        )
    )
    desk.out.print(f"wrote {len(rows)} tables to {out}", markup=False, soft_wrap=True)
    if replaced:
        desk.out.print(f"{len(replaced)} of them replaced earlier ones", markup=False)
