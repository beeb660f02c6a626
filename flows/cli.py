"""The command line: ``cleanclaim COMMAND``. Commands are thin; each lives in ``flows/commands/``."""

from __future__ import annotations

import gc
import sys

import typer

from configs.settings import ConfigurationError
from flows import desk
from flows.commands import (
    appeals,
    archive,
    backfill,
    claim,
    daily,
    demo,
    denials,
    doctor,
    estimates,
    home,
    ledger,
    load,
    metrics,
    proof,
    quarantine,
    sandbox,
    scrub,
    serve,
    statements,
    worklist,
    x12,
)

app = typer.Typer(
    name="cleanclaim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The billing office of a behavioural-health practice, from the signed encounter to the last cent.",
)

app.command("demo")(demo.demo)
app.command("init")(home.init)
app.command("load")(load.load)
app.command("estimates")(estimates.estimates)
app.command("templates")(load.templates)
app.command("daily")(daily.daily)
app.command("responses")(daily.responses)
app.command("backfill")(backfill.backfill)
app.command("proof")(proof.proof)
app.command("superbill")(statements.superbill)
app.command("metrics")(metrics.metrics)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.add_typer(x12.app, name="x12")
app.add_typer(denials.app, name="denials")
app.add_typer(worklist.app, name="worklist")
app.add_typer(claim.app, name="claim")
app.add_typer(appeals.app, name="appeals")
app.add_typer(statements.app, name="statements")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(ledger.app, name="ledger")
app.add_typer(scrub.app, name="scrub")
app.add_typer(archive.app, name="archive")
app.add_typer(sandbox.app, name="sandbox")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit status; an unexpected error says its kind and place, not its values."""
    arguments = _home_last(sys.argv[1:] if arguments is None else arguments)
    # The libraries' million objects need no looking through while they are imported.
    gc.set_threshold(50_000, 20, 50)
    try:
        status = app(args=arguments, standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except ConfigurationError as error:
        desk.err.print(f"[bold red]cleanclaim:[/] {error}")
        sys.exit(desk.USAGE)
    except Exception as error:
        sys.exit(_unexpected(error))
    sys.exit(status if isinstance(status, int) else desk.DONE)


def _home_last(arguments: list[str]) -> list[str]:
    """``cleanclaim --home X demo`` means the same as ``cleanclaim demo --home X``."""
    if arguments[:1] == ["--home"] and len(arguments) > 2:
        return arguments[2:] + arguments[:2]
    if arguments and arguments[0].startswith("--home=") and len(arguments) > 1:
        return [*arguments[1:], arguments[0]]
    return arguments


def _unexpected(error: Exception) -> int:
    """The exit status of an error that a command let through."""
    if hasattr(error, "show"):  # bad usage; Typer carries its own copy of click, so there is no class to name
        error.show()
        return desk.USAGE
    from connectors.clearinghouse.errors import PartnerUnreachable
    from connectors.ledger import LedgerBusy, LedgerError, LedgerUnreachable
    from expectations.gate import CheckStopped
    from tasks.door import PLAIN, StageFailure, disk_full, where

    name = type(error).__name__
    if isinstance(error, (*PLAIN, StageFailure)):
        desk.err.print(f"[bold red]cleanclaim:[/] {error}", soft_wrap=True)
    elif disk_full(error):
        desk.err.print("[bold red]cleanclaim:[/] no room left on the disk; nothing half done was kept")
    else:
        desk.err.print(f"[bold red]cleanclaim:[/] {name} at {where(error)}; nothing half done was kept")
    if isinstance(error, PartnerUnreachable | LedgerBusy | LedgerUnreachable):
        return desk.UNREACHABLE
    if isinstance(error, LedgerError):
        return desk.USAGE if error.code == "BAD_URL" else desk.STOPPED
    return desk.STOPPED if isinstance(error, CheckStopped) or disk_full(error) else desk.USAGE
