"""Timed codes must agree with the documented minutes.

Psychotherapy goes by exact ranges: 16-37, 38-52, 53 and more; under 16 minutes nothing is billable, 50 minutes is not
an hour, and two half hours never add up to one longer code. The add-on family (90833, 90836, 90838) counts the
therapy minutes within the visit and not the visit's. Crisis psychotherapy begins at minute 30, family psychotherapy
at 26. Codes by the unit earn a unit once its midpoint is passed: 8 of 15 minutes, 16 of 30, 31 of 60; each further
unit needs all earlier ones in full. Quarter hours of H and T codes count from minute 8, or whole where the payer says
so (``quarter_hour_rule`` full); several lines of one such code on a day are judged together (rule MINUTES_DAY). A
code above its range is overbilling that audits take back with interest; below it the practice gives money away. A
psychotherapy code without documented minutes does not survive an audit at all.

Passes::

    encounter_id  code   units  minutes  therapy_minutes
    E1            90832  1      16       .
    E2            90832  1      37       .
    E3            90834  1      38       .
    E4            90837  1      53       .
    E5            90837  1      180      .
    E6            90833  1      55       30
    E7            90839  1      104      .
    E7            90840  1      104      .
    E8            90847  1      26       .
    E9            H0004  4      60       .
    E10           96131  1      150      .

Passes::

    encounter_id  code   units  minutes  payer_quarter_hour_rule  patient_id
    E1            H2015  1      29       full                     P1
    E2            H2015  2      23       midpoint                 P2
    E3            97153  2      23       full                     P3

Fails::

    encounter_id  code   units  minutes  therapy_minutes  finds
    E1            90832  1      15       .                MINUTES_RANGE
    E2            90837  1      52       .                MINUTES_RANGE
    E3            90834  1      53       .                MINUTES_RANGE
    E4            90838  1      60       30               MINUTES_RANGE
    E5            90839  1      29       .                MINUTES_RANGE
    E6            90840  2      104      .                MINUTES_UNITS
    E7            90840  1      74       .                MINUTES_RANGE
    E8            90847  1      25       .                MINUTES_RANGE
    E9            H0004  5      60       .                MINUTES_UNITS
    E10           90837  1      .        .                MINUTES_MISSING
    E11           90833  1      55       .                MINUTES_MISSING

Fails::

    encounter_id  code   units  minutes  payer_quarter_hour_rule  patient_id  finds
    E1            H2015  2      29       full                     P1          MINUTES_UNITS
    E2            H2015  1      14       full                     P2          MINUTES_RANGE
    E3            H2015  3      37       midpoint                 P3          MINUTES_UNITS
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub import codebook, columns
from tasks.billing.scrub.common import (
    Context,
    Flags,
    Keys,
    Numbers,
    found,
    join,
    keys,
    lookup,
    member,
    together,
)

ID = "MINUTES"
VERSION = 2
SOURCE = "procedure_codes.tsv min_min/max_min; time_unit_algorithms.tsv (V:S01; V:S02; K)"
DEFAULT_SEVERITY = {"MINUTES_RANGE": "hold", "MINUTES_UNITS": "hold", "MINUTES_MISSING": "hold"}
FIX = {
    "MINUTES_RANGE": "Use the code whose range holds the documented minutes, or correct the documented minutes.",
    "MINUTES_UNITS": "Bill the units the documented minutes earn.",
    "MINUTES_MISSING": "Document the minutes of the session.",
}
PREDICTS = {
    "MINUTES_RANGE": "CARC152 N163",
    "MINUTES_UNITS": "CARC151 N430",
    "MINUTES_MISSING": "CARC16 N443",
}
CHANGE = {
    "MINUTES_RANGE": "code=of the range that holds the minutes",
    "MINUTES_UNITS": "units=earned by the minutes",
    "MINUTES_MISSING": "minutes=document them",
}

THERAPY = ("psychotherapy_addon",)
NEEDS_MINUTES = ("psychotherapy", "psychotherapy_addon", "crisis", "crisis_addon")
_STEP = {"each_15": 15.0, "each_20": 20.0, "each_30": 30.0, "each_60": 60.0}
_RANGED = ("time_range", "first_30", "first_60", *_STEP)

# H and T codes count quarter hours over the day; CPT codes keep their own midpoint whatever the payer's rule.
_PROGRAMME_ROW = "per_diem"
QUARTER, FULL = 15.0, "full"


@cache
def quarter_hours() -> frozenset[str]:
    """H and T codes by the quarter hour, which a payer may want in full."""
    return frozenset(c for c, k in codebook.codes().items() if k.unit == "each_15" and c[0] in "HT")


@cache
def programme_days() -> frozenset[str]:
    """Day rates whose least length a payer may set."""
    row = reference.by_key("time_unit_algorithms", "algorithm")[_PROGRAMME_ROW]
    return codebook.expand(row["applies_to"])


def by_the_day(lines: pd.DataFrame) -> Keys:
    """The group of each line whose minutes count together: person, day, code and payer."""
    return keys(lines, "patient_id", "service_date", "code", "payer_id")


def first_minute(lines: pd.DataFrame) -> Numbers:
    """First minute of a quarter hour that counts at the line's payer: the eighth, or the last."""
    full = member(columns.text(lines, "payer_quarter_hour_rule"), [FULL])
    known = codebook.codes()
    usual = lookup(
        lines["code"], lambda c: known[c].minutes_min if c in quarter_hours() else np.nan, np.nan, float
    )
    return np.where(full & ~np.isnan(usual), QUARTER, usual)


def _in_company(lines: pd.DataFrame, history: pd.DataFrame) -> Flags:
    """Quarter-hour lines with another line of their code, day and payer."""
    company = np.zeros(len(lines), dtype=bool)
    quarters = member(lines["code"], quarter_hours())
    if quarters.any():
        both, new = together(lines, history)
        rows = np.flatnonzero(member(both["code"], quarter_hours()))
        group = by_the_day(both.iloc[rows])
        company[quarters] = (np.bincount(group)[group] > 1)[new[rows]]
    return company


def earned_units(minutes: Numbers, first: Numbers, step: Numbers) -> Numbers:
    """Units earned: none before `first` minutes, then one, and one more each `step` (infinite: never more)."""
    return np.where(minutes < first, 0.0, np.floor((minutes - first) / step) + 1)


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines outside their code's range, with more units than earned, or without the minutes they need."""
    known, code = codebook.codes(), lines["code"]
    ranged = {c: k for c, k in known.items() if k.unit in _RANGED and k.minutes_min is not None}
    extended = codebook.extended()

    def latest(c: str) -> float:
        top = ranged[c].minutes_max if c in ranged else None
        return np.inf if top is None or c in extended else float(top)

    first = lookup(code, lambda c: ranged[c].minutes_min if c in ranged else np.nan, np.nan, float)
    quarter = first_minute(lines)
    first = np.where(np.isnan(quarter), first, quarter)
    last = lookup(code, latest, np.inf, float)
    step = lookup(code, lambda c: _STEP.get(ranged[c].unit, np.inf) if c in ranged else np.inf, np.inf, float)
    therapy = member(code, [c for c in ranged if ranged[c].family in THERAPY])
    spent = np.where(therapy, lines["therapy_minutes"], lines["minutes"]).astype(float)
    timed = member(
        code, [c for c in ranged if ranged[c].unit == "time_range" and ranged[c].family in NEEDS_MINUTES]
    )
    alone = ~_in_company(lines, history)
    # A comparison with an absent number is false, so that only documented minutes can be out of range.
    outside = ((spent < first) | (spent > last)) & alone
    many = alone & np.isfinite(step) & (lines["units"].to_numpy() > earned_units(spent, first, step))
    fields = "code minutes therapy_minutes"
    return join(
        found(
            lines,
            outside,
            "MINUTES_RANGE",
            fields,
            "The documented minutes are outside the code's range.",
        ),
        found(
            lines,
            many & ~outside,
            "MINUTES_UNITS",
            f"{fields} units",
            "More units than the documented minutes earn.",
        ),
        found(
            lines,
            timed & np.isnan(spent),
            "MINUTES_MISSING",
            fields,
            "A timed code without documented minutes.",
        ),
    )
