"""The doctor: what would stop the next run, or make it wrong, found before it is run.

Each module looks at one thing and returns `Finding`s; nothing is changed, nothing is sent, and no partner sees a login
unless it is asked for. What is wrong says what to do about it, in the words of the runbooks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from configs.settings import Settings
from tasks.checkup import house, partners, records
from tasks.checkup.finding import FAIL, OK, SKIPPED, WARN, Finding

__all__ = ["FAIL", "OK", "SKIPPED", "WARN", "Finding", "examine", "verdict"]


def examine(
    settings: Settings, now: dt.datetime, *, files: int, login: bool, offline: bool
) -> Iterator[Finding]:
    """Every check in turn, so that the first ones are read while the partner is still waited for.

    `now` is UTC; `files` is how many archived files are read again; `login` also logs in at each partner, once;
    `offline` leaves the partners out.
    """
    yield from house.settings(settings)
    yield from house.home(settings)
    yield from house.disk(settings)
    found, told = records.ledger(settings, now)
    yield from told
    if found:
        yield from records.clock(settings, now)
        yield from records.runs(settings, now)
        yield from records.payers(settings)
        yield from records.reference(settings, now.date())
        yield from records.archive(settings, files)
    if not offline:
        yield from partners.reach(settings, login)


def verdict(found: list[Finding]) -> str:
    """The worst of what was found."""
    return max(
        (one.verdict for one in found if one.verdict != SKIPPED), key=(OK, WARN, FAIL).index, default=OK
    )
