"""Opening a level: which one, whether it can be, and until when it may be filed.

Levels are used in order: a level is opened when the one before was decided and lost, in part at least. A level that
happened elsewhere is recorded here first, with its dates and its evidence; a plan that does not have its optional level
skips it. The first level appeals the remittance, each later one the decision before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from configs.identity import digest
from tasks.billing.appeals import levels
from tasks.billing.appeals.standing import LOST


@dataclass(frozen=True)
class Before:
    """The last level of the same denial that was opened."""

    level: int
    level_name: str
    state: str
    decided_on: date | None
    answer_due_on: date | None


@dataclass(frozen=True)
class Asked:
    """What a person asks for; None takes what follows from the facts."""

    level: int | None = None
    track: str | None = None
    received_on: date | None = None  # the day the notice came, where it is known
    due_on: date | None = None  # the last day as the notice says it


@dataclass(frozen=True)
class Opening:
    """A level that can be opened, or why not."""

    level: levels.Level | None
    due_on: date | None
    refusal: str | None = None


def plan(
    payer_class: str,
    noticed_on: date,
    before: Before | None,
    asked: Asked,
    *,
    payer_days: int | None,
    own_days: Sequence[int] = (),
    own_track: str = "",
) -> Opening:
    """The level to be opened and its last day to file.

    `noticed_on` is the day of the remittance; `payer_days` the payer's appeal_days, `own_days` and `own_track` are
    those of the settings. An appeal that began on a track goes on there.
    """
    earlier = levels.named(before.level, before.level_name) if before else None
    track = asked.track or (earlier.track if earlier else own_track or levels.TRACKS.get(payer_class))
    if track is None or not levels.levels_of(track):
        known = " ".join(levels.tracks())
        return _refused(f"no levels of appeal are on file for this payer; name a track: {known}")
    number = asked.level if asked.level is not None else (before.level + 1 if before else 1)
    one = levels.level(track, number)
    if one is None:
        return _refused(f"{track} has no level {number}")
    if why := _out_of_order(one, before):
        return _refused(why)
    if asked.due_on is not None:
        return Opening(one, asked.due_on)
    time = levels.time_to_file(one, payer_days, own_days)
    if time is None:
        return _refused(
            f"nothing on file says the days for {one.name}: give its last day as the notice says it (--due)"
        )
    return Opening(one, _last_day(one, noticed_on, before, asked.received_on, time))


def _refused(why: str) -> Opening:
    return Opening(None, None, why)


def _out_of_order(one: levels.Level, before: Before | None) -> str | None:
    """Why this level is not the next one."""
    if before is None:
        first = one.number <= 1
        return (
            None
            if first
            else f"level {one.number} follows level {one.number - 1}: record the levels before it first"
        )
    if one.number <= before.level:
        return f"level {before.level} was opened already"
    if before.level > 0 and before.state not in LOST:
        return f"level {before.level} is {before.state}: the next one follows a decision that was lost"
    between = [levels.level(one.track, number) for number in range(before.level + 1, one.number)]
    missing = [level for level in between if level is not None and not level.optional]
    return f"level {missing[0].number} comes before level {one.number}" if missing else None


def _last_day(
    one: levels.Level, noticed_on: date, before: Before | None, received_on: date | None, time: levels.Time
) -> date:
    notice = noticed_on
    if before is not None and before.level > 0:
        negotiated = one.clock_starts == levels.NEGOTIATION
        notice = (before.answer_due_on if negotiated else before.decided_on) or noticed_on
    start = pd.Series(pd.to_datetime([received_on or notice]).astype("datetime64[s]"))
    day: pd.Timestamp = levels.due(one, start, time, received=received_on is not None).iloc[0]
    return day.date()


def appeal_id(subject_id: str, level: int) -> str:
    """The identity of an appeal: the answer that is appealed, and the level."""
    return digest("appeals", subject_id, level)
