"""How a run ends, in names that tell an analyst what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from configs.settings import ConfigurationError
from connectors.clearinghouse.errors import HostKeyRefused, LoginRefused, PartnerError, PartnerUnreachable
from connectors.ledger import LedgerBusy, LedgerError, LedgerFull, LedgerUnreachable
from connectors.sources.database import SourceError
from expectations.gate import CheckStopped
from flows import desk
from tasks.door import DiskFull, StageFailure

DONE, WORK_LEFT = "Done", "DoneWithWorkLeft"

# Name of the state, and the exit status of a command that ran the flow.
ENDINGS: dict[type[Exception], tuple[str, int]] = {
    CheckStopped: ("StoppedByCheck", desk.STOPPED),
    HostKeyRefused: ("HostKeyRefused", desk.UNREACHABLE),
    LoginRefused: ("LoginRefused", desk.UNREACHABLE),
    PartnerUnreachable: ("PartnerUnreachable", desk.UNREACHABLE),
    PartnerError: ("PartnerRefused", desk.UNREACHABLE),
    SourceError: ("SourceUnreadable", desk.UNREACHABLE),
    LedgerBusy: ("LedgerBusy", desk.UNREACHABLE),
    LedgerUnreachable: ("LedgerUnreachable", desk.UNREACHABLE),
    LedgerFull: ("DiskFull", desk.STOPPED),
    LedgerError: ("LedgerFailed", desk.STOPPED),
    ConfigurationError: ("Misconfigured", desk.USAGE),
    DiskFull: ("DiskFull", desk.STOPPED),
    StageFailure: ("StageFailed", desk.STOPPED),
}
STATUS: dict[str, int] = dict(ENDINGS.values()) | {DONE: desk.DONE, WORK_LEFT: desk.WORK_LEFT}


def ending(steps: Callable[[], dict[str, Any]]) -> State[Any]:
    """Run the steps of a flow and end in a state with a name: what was counted, or what a person must do.

    `steps` returns the counts; its key ``work_left`` says whether people should know of something.
    """
    try:
        counts = steps()
    except tuple(ENDINGS) as error:
        name = next(name for kind, (name, _) in ENDINGS.items() if isinstance(error, kind))
        return Failed(name=name, message=str(error))
    left = counts.get("work_left")
    return Completed(
        name=WORK_LEFT if left else DONE, message=left or "no check failed, nothing is in doubt", data=counts
    )
