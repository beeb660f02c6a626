"""A programme's week: intensive outpatient has nine to nineteen hours, partial hospital twenty and more.

The hours make the level. A partial-hospital week below twenty hours is denied at Medicare (RARC N787), and an
intensive-outpatient week above nineteen belongs to partial hospital. A week below its hours speaks only when the person
came on as many days as the level plans (three; five): fewer days are an absence, which shortens no plan. A week that
still runs, or a day whose minutes are not in view, is too little to say that hours are missing; that there are too many
is certain as soon as they are.

Passes::

    encounter_id  code   level_of_care  minutes  service_date  patient_id
    E1            H0015  iop            180      2026-01-05    P1
    E2            H0015  iop            180      2026-01-07    P1
    E3            H0015  iop            180      2026-01-09    P1
    E4            H0015  iop            180      2026-01-05    P2
    E5            H0015  iop            180      2026-01-07    P2
    E6            H0035  php            240      2026-01-05    P3
    E7            H0035  php            240      2026-01-06    P3
    E8            H0035  php            240      2026-01-07    P3
    E9            H0035  php            240      2026-01-08    P3
    E10           H0035  php            240      2026-01-09    P3

Fails::

    encounter_id  code   level_of_care  minutes  service_date  patient_id  finds
    E1            H0015  iop            150      2026-01-05    P1          PROGRAMME_WEEK_SHORT
    E2            H0015  iop            180      2026-01-07    P1          PROGRAMME_WEEK_SHORT
    E3            H0015  iop            180      2026-01-09    P1          PROGRAMME_WEEK_SHORT
    E4            H0015  iop            300      2026-01-05    P2          PROGRAMME_WEEK_LONG
    E5            H0015  iop            300      2026-01-06    P2          PROGRAMME_WEEK_LONG
    E6            H0015  iop            300      2026-01-07    P2          PROGRAMME_WEEK_LONG
    E7            H0015  iop            300      2026-01-08    P2          PROGRAMME_WEEK_LONG
    E8            H0035  php            239      2026-01-05    P3          PROGRAMME_WEEK_SHORT
    E9            H0035  php            240      2026-01-06    P3          PROGRAMME_WEEK_SHORT
    E10           H0035  php            240      2026-01-07    P3          PROGRAMME_WEEK_SHORT
    E11           H0035  php            240      2026-01-08    P3          PROGRAMME_WEEK_SHORT
    E12           H0035  php            240      2026-01-09    P3          PROGRAMME_WEEK_SHORT
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, Flags, found, join, keys, lookup, member, together

ID = "PROGRAMME_WEEK"
SINCE = date(2026, 11, 26)
SOURCE = "level_of_care.tsv hours_week, typical_day (V:S14; V:S61); rarc.tsv N787 (V:S05)"
DEFAULT_SEVERITY = {"PROGRAMME_WEEK_SHORT": "warn", "PROGRAMME_WEEK_LONG": "warn"}
FIX = {
    "PROGRAMME_WEEK_SHORT": "Check the plan's hours: bill the level that the week's hours make.",
    "PROGRAMME_WEEK_LONG": "Check the level: above nineteen hours a week it is partial hospital.",
}
PREDICTS = {
    "PROGRAMME_WEEK_SHORT": "CARC150 N787",
    "PROGRAMME_WEEK_LONG": "CARC186 N188",
}
CHANGE = {
    "PROGRAMME_WEEK_SHORT": "level_of_care=that the week's hours make",
    "PROGRAMME_WEEK_LONG": "level_of_care=that the week's hours make",
}
LEVELS = ("iop", "php")


@dataclass(frozen=True)
class Week:
    """Least minutes of a level's week, the minutes from which it is the next level's, and the days it plans."""

    least: float
    beyond: float
    days: float


@cache
def weeks() -> dict[str, Week]:
    """Levels with a week: ``9-19 adult; …`` and ``>=20`` hours, ``3 h x 3-5 d`` days."""
    rows, known = reference.by_key("level_of_care", "loc"), {}
    for level in LEVELS:
        hours = re.findall(r"\d+", rows[level]["hours_week"].partition(" ")[0])
        days = re.search(r"x (\d+)", rows[level]["typical_day"])
        beyond = 60.0 * (int(hours[1]) + 1) if len(hours) > 1 else np.inf
        known[level] = Week(60.0 * int(hours[0]), beyond, float(days.group(1)) if days else np.inf)
    return known


def _weeks(some: pd.DataFrame, context: Context) -> tuple[Flags, Flags]:
    """(short, long) for each line of a programme level."""
    day = some["service_date"].to_numpy().astype("datetime64[D]").astype("int64")
    monday = day - (day + 3) % 7  # day 0 was a Thursday
    group = keys(some.assign(monday=monday), "patient_id", "payer_id", "level_of_care", "monday")
    # A session's lines carry its minutes each: one line an encounter and day speaks for them.
    once = ~some.duplicated(["encounter_id", "service_date"]).to_numpy()
    minutes = some["minutes"].to_numpy()
    total = np.bincount(group, np.where(once, np.nan_to_num(minutes), 0))[group]
    unknown = np.bincount(group, np.isnan(minutes))[group] > 0
    days = some.assign(group=group).groupby("group")["service_date"].nunique().to_numpy()[group]

    def of(name: str) -> np.ndarray:
        return lookup(
            some["level_of_care"],
            lambda v: getattr(weeks()[v], name) if v in weeks() else np.nan,
            np.nan,
            float,
        )

    over = monday + 7 <= np.datetime64(context.business_date, "D").astype("int64")
    return over & ~unknown & (days >= of("days")) & (total < of("least")), total >= of("beyond")


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Programme lines of a week with too few or too many hours for the level."""
    if not member(lines["level_of_care"], LEVELS).any():
        return join()
    both, new = together(lines, history)
    programme = member(both["level_of_care"], LEVELS)
    some, new = both.loc[programme], new[programme]
    short, long = _weeks(some, context)
    fields = "level_of_care minutes service_date"
    return join(
        found(
            some,
            short & new,
            "PROGRAMME_WEEK_SHORT",
            fields,
            "The week has fewer hours than the level plans.",
        ),
        found(
            some,
            long & new,
            "PROGRAMME_WEEK_LONG",
            fields,
            "The week has more hours than the level has.",
        ),
    )
