"""``cleanclaim archive …``: the raw files, by sha256."""

from __future__ import annotations

import datetime as dt
import getpass
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import desk

app = typer.Typer(
    no_args_is_help=True, help="The archive of raw files: what is in it, sealed or not, and for how long."
)
Sha = Annotated[str, typer.Argument(help="A file's sha256, or its beginning.")]
COLUMNS = [
    "sha256",
    "direction",
    "kind",
    "bytes",
    "partner",
    "container_sha256",
    "first_seen_at",
    "kept_until",
    "state",
]


@app.command("index")
def index(
    out: Annotated[Path | None, typer.Option("--out", help="Also write it to this Parquet file.")] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Count the files by kind and state; ``--out`` and ``--json`` list every one."""
    _, _, known = _known(home)
    if out is not None:
        known[COLUMNS].to_parquet(out, index=False)
    if json_output:
        desk.print_json({"files": desk.records(known[COLUMNS])})
        return
    sums = (
        known.groupby(["kind", "state"]).agg(files=("sha256", "size"), bytes=("bytes", "sum")).reset_index()
    )
    rows: list[list[object]] = [[r.kind, r.state, f"{r.files:,}", f"{r.bytes:,}"] for r in sums.itertuples()]
    columns = ["kind", "state", "files", "bytes"]
    desk.out.print(desk.table(f"archive: {len(known):,} files", columns, rows, right=("files", "bytes")))


@app.command("verify")
def verify(home: desk.Home = None, json_output: desk.Json = False) -> None:
    """Read every file again and compare it with its sha256. Exit status 3 where one is not what it was."""
    settings, ledger = _entered(home)
    from tasks import keeping

    shas = keeping.held(ledger)
    wrong = [{"sha256": sha, "code": code} for sha, code in keeping.verify(settings, shas)]
    if json_output:
        desk.print_json({"files": len(shas), "wrong": wrong})
    else:
        desk.out.print(f"{len(shas):,} files read, {len(wrong)} not what they were")
        for one in wrong:
            desk.out.print(f"{one['code']} {one['sha256']}", soft_wrap=True)
    raise typer.Exit(desk.STOPPED if wrong else desk.DONE)


@app.command("get")
def get(
    sha: Sha,
    out: Annotated[Path, typer.Option("--out", help="File to write; it must not be there yet.")],
    home: desk.Home = None,
) -> None:
    """Write one file as it came (protected data), for ``x12 inspect`` or for the payer."""
    settings = desk.enter(home)
    from connectors.clearinghouse import archive
    from tasks.door import open_ledger

    known = open_ledger(settings).read("files", columns=["sha256"])
    whole = str(desk.one(known, "sha256", sha)["sha256"])
    try:
        handle = os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        desk.fail(desk.USAGE, f"{out} is there already")
    except OSError:
        desk.fail(desk.USAGE, f"{out} cannot be written")
    try:
        with os.fdopen(handle, "wb") as stream:
            size = archive.copy(settings.archive, whole, stream)
    except (FileNotFoundError, archive.ArchiveDamaged) as error:
        out.unlink()
        gone = isinstance(error, FileNotFoundError)
        desk.fail(desk.STOPPED, "the archive does not have this file any more" if gone else str(error))
    except BaseException:
        out.unlink()
        raise
    desk.out.print(f"wrote {size:,} bytes to {out}", soft_wrap=True)


@app.command("key")
def key() -> None:
    """Print a new key for ``archive_key``. Keep it apart from the archive: without it nothing can be opened."""
    from connectors.clearinghouse import sealing

    typer.echo(sealing.new_key())


@app.command("seal")
def seal(home: desk.Home = None) -> None:
    """Seal every file with the first key of ``archive_key``: after setting the first key, or a new one before it."""
    settings, ledger = _entered(home)
    from tasks import keeping

    there = keeping.present(settings, keeping.held(ledger))
    desk.out.print(f"sealed {keeping.seal(settings, there):,} of {len(there):,} files")


@app.command("expire")
def expire(
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Let them go; without it they are only counted.")
    ] = False,
    home: desk.Home = None,
) -> None:
    """Let go of files that were kept for as long as ``retention.years`` says. What they said stays in the ledger."""
    settings, ledger, known = _known(home)
    from tasks import keeping

    old = keeping.expired(ledger, known, dt.date.today())
    if not yes:
        desk.out.print(f"{len(old):,} files could be let go; --yes does so")
        return
    counts = keeping.let_go(ledger, settings, old, person=getpass.getuser(), reason=reason)
    desk.out.print(f"let go of {sum(counts.values()):,} files: {counts}")


def _known(home: Path | None) -> tuple[Any, Any, Any]:
    """Settings, ledger, and the index."""
    settings, ledger = _entered(home)
    from tasks import keeping

    return settings, ledger, keeping.index(ledger, settings)


def _entered(home: Path | None) -> tuple[Any, Any]:
    """Settings and ledger."""
    settings = desk.enter(home)
    from tasks.door import open_ledger

    return settings, open_ledger(settings)
