"""A day rate is one unit for one attended day, and only if the day was long enough.

Programme days (H0015, S9480, H0035, residential and detox days) are priced by the day. Counting the sessions within
the day as units (three groups, so three units) is overbilling of the kind that ends in fraud findings. Where the
code names a least length (three hours for intensive outpatient), a shorter day earns nothing. A payer's own least
length (``programme_minutes``) takes its place, also for partial hospital (S0201) and residential days, which have none.

Passes::

    encounter_id  code   units  minutes
    E1            H0015  1      180
    E2            H0015  1      .

Passes::

    encounter_id  code   units  minutes  payer_programme_minutes
    E1            H0015  1      150      150
    E2            S0201  1      240      240
    E3            H0018  1      60       .
    E4            H2016  1      60       240

Fails::

    encounter_id  code   units  minutes  finds
    E1            H0015  3      180      PER_DIEM_UNITS
    E2            H0015  1      170      PER_DIEM_MINIMUM
    E3            S9480  1      179      PER_DIEM_MINIMUM

Fails::

    encounter_id  code   units  minutes  payer_programme_minutes  finds
    E1            S0201  1      200      240                      PER_DIEM_MINIMUM
    E2            H0018  1      200      240                      PER_DIEM_MINIMUM
    E3            H0019  1      200      240                      PER_DIEM_MINIMUM
    E4            H2036  1      200      240                      PER_DIEM_MINIMUM
    E5            H0015  1      200      240                      PER_DIEM_MINIMUM
    E6            H0035  1      239      .                        PER_DIEM_MINIMUM
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.columns import number
from tasks.billing.scrub.common import Context, found, join, lookup, member
from tasks.billing.scrub.minutes import programme_days

ID = "PER_DIEM"
VERSION = 2
SOURCE = (
    "time_unit_algorithms.tsv per_diem; payers.programme_minutes; code_pair_rules.tsv PR16 (V:S54; V:S16; K)"
)
DEFAULT_SEVERITY = {"PER_DIEM_UNITS": "hold", "PER_DIEM_MINIMUM": "hold"}
FIX = {
    "PER_DIEM_UNITS": "Bill one unit a day attended, each day on its own line.",
    "PER_DIEM_MINIMUM": "Bill the single services where the contract allows, or correct the documented minutes.",
}
PREDICTS = {"PER_DIEM_UNITS": "CARC151 N362", "PER_DIEM_MINIMUM": "CARC152 N163"}
CHANGE = {"PER_DIEM_UNITS": "units=1", "PER_DIEM_MINIMUM": "line=remove"}


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Day-rate lines with more than one unit, or with fewer documented minutes than the day needs."""
    days = {c: k for c, k in codebook.codes().items() if k.unit == "per_diem"}
    own = lookup(lines["code"], lambda c: days[c].minutes_min or 0 if c in days else np.nan, np.nan, float)
    payers = number(lines, "payer_programme_minutes")
    least = np.where(member(lines["code"], programme_days()) & ~np.isnan(payers), payers, own)
    diem = ~np.isnan(own)
    many = diem & (lines["units"].to_numpy() > 1)
    short = diem & (lines["minutes"].to_numpy() < least)
    return join(
        found(lines, many, "PER_DIEM_UNITS", "code units", "A day rate is billed with more than one unit."),
        found(
            lines,
            short,
            "PER_DIEM_MINIMUM",
            "code minutes payer_programme_minutes",
            "The documented day is shorter than the rate requires.",
        ),
    )
