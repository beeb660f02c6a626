"""Trying again at a partner, with growing pauses; never after a refusal that could lock an account."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from configs.settings import Partner
from connectors.clearinghouse.errors import (
    PartnerBusy,
    PartnerUnreachable,
    TransferDamaged,
    UploadInterrupted,
)

T = TypeVar("T")

LONGEST_PAUSE = 60.0
_PASSING = (PartnerUnreachable, PartnerBusy, TransferDamaged)


def pause(attempt: int) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): 1, 2, 4 … at most 60."""
    return min(2.0 ** min(attempt - 1, 10), LONGEST_PAUSE)


def retrying(partner: Partner, action: Callable[[], T], *, sleep: Callable[[float], None] = time.sleep) -> T:
    """The result of `action`, tried up to `partner.attempts` times; raises what the last try raised.

    Only passing faults are tried again. A refused login or host key, an answer of "no", and an upload cut off
    past its point of no return come back at once.
    """
    for attempt in range(1, partner.attempts + 1):
        try:
            return action()
        except UploadInterrupted:
            raise
        except _PASSING:
            if attempt == partner.attempts:
                raise
            sleep(pause(attempt))
    raise AssertionError("attempts is at least 1")
