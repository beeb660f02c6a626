"""Levels of appeal: which a payer has, until when each may be filed, and by when it must be answered.

A payer's class decides the track: Medicare has five levels by law, a health plan of an employer has its own two and an
external review, a provider's dispute with a commercial payer has what the contract says. Levels go in order, and a
level that was not used to its end kills those after it.

The clock of a level starts at *receipt* of the notice it appeals: the remittance for the first level, the decision for
each later one. Medicare presumes receipt five days after the date of the notice; whoever knows the day itself says so.
The negotiation of the No Surprises Act is counted in business days, and its second level starts when the first one's
thirty days are over. What the payer's record or the settings say of days wins over the table; a level by contract
without either has the shortest days the dossier knows (``timely_filing.tsv``, row default_unknown).

The last day stays what the rule says. What a billing office can do on a day without mail or an open portal is nothing,
so it works towards the business day before (`file_by`). Business days are those of ``banking_days``: where a federal
holiday falls on a Saturday, agencies keep the Friday and banks do not, so a count of them ends a day early, never late.

Source: ``appeal_levels.tsv`` (S31, S32, S34; the rest K), dossier 5.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pandas as pd

from configs import reference
from tasks.billing import banking_days, deadlines
from tasks.billing.context import Column

# The track of each class of payer; a person or the settings may name another one (``erisa`` for a self-funded plan).
TRACKS = {
    "medicare_ffs": "medicare_ffs",
    "medicare_advantage": "medicare_advantage",
    "medicaid": "medicaid_ffs",
    "medicaid_mco": "medicaid_mco",
    "commercial": "contract",
    "blue": "contract",
    "other": "contract",
    "tricare": "tricare",
    "va": "va",
}
CONTRACT = "contract"
DAYS = "days"
NEGOTIATION = "negotiation"


@dataclass(frozen=True)
class Level:
    """A row of ``appeal_levels.tsv``; ``file_days`` is None where the notice or the contract says them.

    An ``optional`` level may be left out where the plan does not have it.
    """

    track: str
    number: int
    name: str
    file_days: int | None
    file_unit: str
    clock_starts: str
    receipt_days: int
    decider: str
    decision_days: int | None
    decision_unit: str
    minimum_cents: int | None
    optional: bool
    notes: str
    source: str


class Time(NamedTuple):
    """So many days, business days or months."""

    length: int
    unit: str


@cache
def tracks() -> dict[str, tuple[Level, ...]]:
    """The levels of each track, in order; level 0 is no appeal (a reopening for a clerical error)."""
    found: dict[str, list[Level]] = {}
    for row in reference.table("appeal_levels"):
        level = Level(
            track=row["track"],
            number=int(row["level"]),
            name=row["name"],
            file_days=_number(row["file_days"]),
            file_unit=row["file_unit"],
            clock_starts=row["clock_starts"],
            receipt_days=int(row["receipt_days"]),
            decider=row["decider"],
            decision_days=_number(row["decision_days"]),
            decision_unit=row["decision_unit"],
            minimum_cents=_number(row["minimum_cents"]),
            optional=row["optional"] == "Y",
            notes=row["notes"],
            source=row["prov"],
        )
        found.setdefault(level.track, []).append(level)
    return {track: tuple(sorted(levels, key=lambda level: level.number)) for track, levels in found.items()}


def _number(text: str) -> int | None:
    return int(text) if text else None


def levels_of(track: str) -> tuple[Level, ...]:
    """The levels of a track; none for a track that is not on file."""
    return tracks().get(track, ())


def level(track: str, number: int) -> Level | None:
    """One level of a track."""
    return next((one for one in levels_of(track) if one.number == number), None)


@cache
def named(number: int, name: str) -> Level | None:
    """The level of this number and name; no two tracks have the same pair."""
    every = (one for levels in tracks().values() for one in levels)
    return next((one for one in every if (one.number, one.name) == (number, name)), None)


def following(one: Level) -> Level | None:
    """The level after this one; None after the last."""
    return level(one.track, one.number + 1)


def time_to_file(one: Level, payer_days: int | None = None, own_days: Sequence[int] = ()) -> Time | None:
    """Time to file: of the settings (`own_days`, level by level), of the payer's record (first level), of the table.

    Settings and records say days, whatever the table counts the level in.
    """
    if 0 < one.number <= len(own_days):
        return Time(own_days[one.number - 1], DAYS)
    if one.number == 1 and payer_days is not None:
        return Time(payer_days, DAYS)
    if one.number == 1 and one.track == CONTRACT:
        return Time(deadlines.unknown("appeal_days"), DAYS)
    return None if one.file_days is None else Time(one.file_days, one.file_unit)


def due(one: Level, noticed: Column, time: Time | None, *, received: bool = False) -> Column:
    """Last day to file after each notice; missing where the time is not known.

    `noticed` is the date of the notice (of a level that starts at the end of a negotiation, that end), or the day it
    came, where `received`.
    """
    start = noticed if received else noticed + pd.Timedelta(days=one.receipt_days)
    return later(start, time.length if time else None, time.unit if time else DAYS)


def answer_due(one: Level, filed: Column) -> Column:
    """Last day on which the decision is due; missing where no time is set."""
    return later(filed, one.decision_days, one.decision_unit)


def later(start: Column, count: int | None, unit: str) -> Column:
    """So many days, business days or months after each day."""
    if count is None:
        return pd.Series(pd.NaT, index=start.index, dtype="datetime64[s]")
    if unit == "business_days":
        return banking_days.after(start, pd.Series(count, index=start.index))
    step = pd.DateOffset(months=count) if unit == "months" else pd.Timedelta(days=count)
    return (start + step).astype("datetime64[s]")


def file_by(last_day: Column) -> Column:
    """The last business day that is not after the last day to file."""
    return banking_days.on_or_before(last_day)
