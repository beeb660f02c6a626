"""``cleanclaim sandbox``: the clearinghouse for integration work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="The sandbox clearinghouse.")


@app.command("serve")
def serve(
    root: Annotated[
        Path, typer.Option("--root", help="Folder of the clearinghouse: one folder a user in it.")
    ] = Path("sandbox"),
    user: Annotated[str, typer.Option("--user", help="Login name.")] = "practice",
    key: Annotated[
        Path | None,
        typer.Option("--key", help="Public key file that may log in; one is made where none is named."),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.")] = 2222,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the adjudicator.")] = 0,
    acknowledge_after: Annotated[float, typer.Option(help="Seconds from upload to TA1, 999, 277CA.")] = 1.0,
    pay_after: Annotated[float, typer.Option(help="Seconds from upload to the first 835s.")] = 5.0,
    late_after: Annotated[
        float, typer.Option(help="Seconds from upload to reversals and recoupments.")
    ] = 10.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            help="Also send: unbalanced_835, truncated_835 or unknown_claim_835; or no_answer to one claim.",
        ),
    ] = None,
) -> None:
    """Serve SFTP on loopback and answer every 837 that is uploaded, until Ctrl-C."""
    from connectors.clearinghouse.sandbox.keys import make_key
    from connectors.clearinghouse.sandbox.serve import serve as run
    from connectors.clearinghouse.sandbox.server import SandboxServer

    root.mkdir(parents=True, exist_ok=True)
    made = root.absolute() / "client_key"
    public = key.read_text(encoding="utf-8").strip() if key else make_key(made)

    def started(server: SandboxServer) -> None:
        desk.out.print(f"sftp://{user}@127.0.0.1:{server.port}", soft_wrap=True)
        desk.out.print(f'host_key = "{server.host_key}"', soft_wrap=True)
        if key is None:
            desk.out.print(f'key_file = "{made}"', soft_wrap=True)

    delays = {"acknowledge": acknowledge_after, "pay": pay_after, "late": late_after}
    try:
        run(root, {user: public}, port, seed, delays, faults=tuple(fault or ()), started=started)
    except (OSError, ValueError) as error:
        reason = "the port is taken" if isinstance(error, OSError) else str(error)
        desk.fail(desk.USAGE, f"the sandbox cannot serve: {reason}")


@app.command("history")
def history(
    months: Annotated[
        int, typer.Option("--months", min=1, help="How many months, from January 2016 on.")
    ] = 120,
    claims: Annotated[int, typer.Option("--claims", min=1, help="Claims a month.")] = 30,
    seed: Annotated[int, typer.Option("--seed", help="Seed; the same one gives the same bytes.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Only write the 835 files into this folder, a folder a month."),
    ] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Post years of a made-up practice and its five payers into a new home, or write their 835 files.

    Synthetic people only. Look at it with 'cleanclaim proof' and 'cleanclaim ledger takebacks --all'.
    """
    from connectors.sources.history import made

    story = made(months, claims, seed)
    if out is not None:
        for file in story.files:
            folder = out / file.month
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file.name).write_bytes(file.data)
        told: dict[str, object] = {"out": str(out), "files": len(story.files)}
    else:
        settings = desk.enter(home, must_exist=False)
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        from tasks import histories
        from tasks.door import only_run, open_ledger

        ledger = open_ledger(settings)
        with only_run(settings, ledger):
            if ledger.count("claims") or ledger.count("files"):
                desk.fail(
                    desk.USAGE, "a history needs a home without claims and files: name a new one with --home"
                )
            told = dict(histories.replay(settings, ledger, story))
    if json_output:
        desk.print_json(told)
    else:
        desk.out.print(
            ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.items()), soft_wrap=True
        )
