"""Timed codes must agree with the documented minutes.

Psychotherapy goes by exact ranges: 16-37, 38-52, 53 and more; under 16 minutes nothing is billable, 50 minutes is not
an hour, and two half hours never add up to one longer code. The add-on family (90833, 90836, 90838) counts the therapy
minutes within the visit and not the visit's. Crisis psychotherapy begins at minute 30, family psychotherapy at 26.
Codes by the unit earn a unit once its midpoint is passed: 8 of 15 minutes, 16 of 30, 31 of 60; each further unit
needs all earlier ones in full. A code above its range is overbilling that audits take back with interest; below it
the practice gives money away. A psychotherapy code without documented minutes does not survive an audit at all.

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
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, Numbers, found, join, lookup, member

ID = "MINUTES"
SOURCE = "procedure_codes.tsv min_min/max_min; time_unit_algorithms.tsv (V:S01; V:S02; K)"
DEFAULT_SEVERITY = {"MINUTES_RANGE": "hold", "MINUTES_UNITS": "hold", "MINUTES_MISSING": "hold"}
FIX = {
    "MINUTES_RANGE": "Use the code whose range holds the documented minutes, or correct the documented minutes.",
    "MINUTES_UNITS": "Bill the units the documented minutes earn.",
    "MINUTES_MISSING": "Document the minutes of the session.",
}

THERAPY = ("psychotherapy_addon",)
NEEDS_MINUTES = ("psychotherapy", "psychotherapy_addon", "crisis", "crisis_addon")
_STEP = {"each_15": 15.0, "each_20": 20.0, "each_30": 30.0, "each_60": 60.0}
_RANGED = ("time_range", "first_30", "first_60", *_STEP)


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
    last = lookup(code, latest, np.inf, float)
    step = lookup(code, lambda c: _STEP.get(ranged[c].unit, np.inf) if c in ranged else np.inf, np.inf, float)
    therapy = member(code, [c for c in ranged if ranged[c].family in THERAPY])
    spent = np.where(therapy, lines["therapy_minutes"], lines["minutes"]).astype(float)
    timed = member(
        code, [c for c in ranged if ranged[c].unit == "time_range" and ranged[c].family in NEEDS_MINUTES]
    )
    # A comparison with an absent number is false, so that only documented minutes can be out of range.
    outside = (spent < first) | (spent > last)
    beyond = ~outside & (lines["units"].to_numpy() > earned_units(spent, first, step)) & np.isfinite(step)
    fields = "code minutes therapy_minutes"
    return join(
        found(
            lines, outside, "MINUTES_RANGE", fields, "The documented minutes are outside the code's range."
        ),
        found(
            lines, beyond, "MINUTES_UNITS", f"{fields} units", "More units than the documented minutes earn."
        ),
        found(
            lines,
            timed & np.isnan(spent),
            "MINUTES_MISSING",
            fields,
            "A timed code without documented minutes.",
        ),
    )
