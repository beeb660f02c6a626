"""Quarter hours are counted over the day, not over the session.

A service by the quarter hour (H and T codes) is billed for the day's total of minutes of a person, code and payer: two
contacts of ten minutes are twenty minutes and one unit, not two; two of twenty-two are three units, not two. Rounding
every contact by itself is the overbilling that audits of these codes look for. Where the payer wants whole quarters
(``quarter_hour_rule`` full), fourteen minutes of the total are lost instead of rounded. What was billed before counts;
where its minutes are not known any more, they are taken as the most that its units can have been.

Passes::

    encounter_id  code   units  minutes  patient_id
    E1            H0004  1      10       P1
    E2            H0004  1      13       P1
    E3            H0004  1      22       P2
    E4            H0004  2      22       P2
    E5            H0004  1      5        P3
    E6            H0004  1      10       P4
    E7            H2014  1      10       P4
    E8            H0004  1      10       P9

Fails::

    encounter_id  code   units  minutes  patient_id  payer_quarter_hour_rule  finds
    E1            H0004  1      10       P1          .                        .
    E2            H0004  1      10       P1          .                        MINUTES_DAY
    E3            H0004  1      20       P2          full                     .
    E4            H0004  1      9        P2          full                     MINUTES_DAY
    E5            H0004  1      10       P5          .                        MINUTES_DAY

History::

    encounter_id  code   units  minutes  patient_id
    E0            H0004  1      .        P9
    E00           H0004  1      10       P5
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub.common import Context, Flags, found, join, member, together
from tasks.billing.scrub.minutes import QUARTER, by_the_day, earned_units, first_minute, quarter_hours

ID = "MINUTES_DAY"
SINCE = date(2026, 11, 26)
SOURCE = "time_unit_algorithms.tsv fifteen_minute_midpoint, fifteen_minute_full; payers.quarter_hour_rule (K)"
DEFAULT_SEVERITY = "hold"
FIX = "Bill the units that all minutes of the day earn together, less those already billed."
PREDICTS = "CARC151 N362"
CHANGE = "units=earned by the day's minutes and not billed yet"


def _beyond(some: pd.DataFrame) -> Flags:
    """Lines at which the day's running units pass what the day's minutes earn."""
    group, first = by_the_day(some), first_minute(some)
    units, minutes = np.nan_to_num(some["units"].to_numpy()), some["minutes"].to_numpy()
    most = QUARTER * units + first - 1  # one minute more would have been another unit
    spent = np.where(np.isnan(minutes), most, minutes)
    total = np.asarray(np.bincount(group, spent)[group], dtype=np.float64)
    running = pd.Series(units).groupby(group).cumsum().to_numpy()
    beyond: Flags = (np.bincount(group)[group] > 1) & (
        running > earned_units(total, first, np.full(len(some), QUARTER))
    )
    return beyond


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose units the day's minutes do not earn beside the lines before them."""
    if not member(lines["code"], quarter_hours()).any():
        return join()
    both, new = together(lines, history)
    quarters = member(both["code"], quarter_hours())
    some, new = both.loc[quarters], new[quarters]
    return found(
        some,
        _beyond(some) & new,
        ID,
        "code minutes units service_date",
        "The day's minutes of this code do not earn the units of all its lines.",
    )
