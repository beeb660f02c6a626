"""From documented minutes to codes and units: the clocks of behavioural-health billing.

Minutes are exact and are never rounded up to the next code: 37 minutes are a 30-minute session, 52 a 45-minute
one. A unit of a stepped code is earned once the midpoint of its step is passed, which is why the tables give the
first billable minute of each code instead of its nominal length.

Every function takes and returns whole columns: minutes are ``Int64``, missing stays missing, a code that is not
earned is missing, a unit that is not earned is 0.

Source: ``configs/reference/time_unit_algorithms.tsv`` (S01 psychotherapy ranges, S02-S04 crisis).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.context import Column

Bands = tuple[tuple[int, str], ...]  # (first minute, code), longest first

PSYCHOTHERAPY: Bands = ((53, "90837"), (38, "90834"), (16, "90832"))
PSYCHOTHERAPY_WITH_EM: Bands = ((53, "90838"), (38, "90836"), (16, "90833"))
FAMILY_MINUTES = 26
CRISIS_MINUTES, CRISIS_ADDON_MINUTES, CRISIS_STEP = 30, 75, 30
PROGRAMME_MINUTES = 180
QUARTER, MIDPOINT = 15, 8  # a quarter hour, and the minute at which it counts unless the payer wants it whole
FULL_QUARTERS = "full"  # payers.quarter_hour_rule
EM_NEW_BY_TIME: Bands = ((60, "99205"), (45, "99204"), (30, "99203"), (15, "99202"))
EM_ESTABLISHED_BY_TIME: Bands = ((40, "99215"), (30, "99214"), (20, "99213"), (10, "99212"))
# First minute at which one prolonged unit is earned, by prolonged code and the E/M it extends.
PROLONGED = {("99417", "99205"): 75, ("99417", "99215"): 55, ("G2212", "99205"): 89, ("G2212", "99215"): 69}
PROLONGED_STEP = 15


def by_band(minutes: Column, bands: Bands) -> Column:
    """Code of the longest band whose first minute is reached."""
    whole = minutes.astype("Int64")
    reached = [(whole >= first).fillna(False).to_numpy(dtype=bool) for first, _ in bands]
    codes = np.select(reached, [code for _, code in bands], default="")
    return pd.Series(codes, index=minutes.index, dtype="str").where(lambda code: code != "")


def psychotherapy(minutes: Column, *, with_em: bool = False) -> Column:
    """16-37, 38-52 and 53+ minutes; under 16 nothing is billable. `with_em` gives the add-on family."""
    return by_band(minutes, PSYCHOTHERAPY_WITH_EM if with_em else PSYCHOTHERAPY)


def family(minutes: Column, code: str = "90847") -> Column:
    """Family therapy from 26 minutes on."""
    return by_band(minutes, ((FAMILY_MINUTES, code),))


def stepped_units(minutes: Column, first: Column | int, step: Column | int) -> Column:
    """One unit at minute `first` and another one each `step` minutes from there; 0 before."""
    whole = minutes.astype("Int64")
    units = (whole - first) // step + 1
    return units.where(units.isna() | (units > 0), 0).astype("Int64")


def crisis(minutes: Column) -> Column:
    """Code of the first hour of crisis psychotherapy, from minute 30."""
    return by_band(minutes, ((CRISIS_MINUTES, "90839"),))


def crisis_addon_units(minutes: Column) -> Column:
    """Units of 90840: 1 from minute 75, another one each 30 minutes."""
    return stepped_units(minutes, CRISIS_ADDON_MINUTES, CRISIS_STEP)


def fifteen_minute_units(minutes: Column, *, full: bool = False) -> Column:
    """Units of quarter hours over the day's total: the midpoint rule, or full quarters where a payer insists."""
    return stepped_units(minutes, QUARTER if full else MIDPOINT, QUARTER)


def programme_day(minutes: Column, least: Column, code: str = "H0015") -> Column:
    """A programme's day, from the payer's least minutes on; where it states none, three hours."""
    whole = minutes.astype("Int64")
    earned = (whole >= least.astype("Int64").fillna(PROGRAMME_MINUTES)).fillna(False).to_numpy(dtype=bool)
    return pd.Series(np.where(earned, code, ""), index=minutes.index, dtype="str").where(earned)


def em_by_time(minutes: Column, new_patient: Column) -> Column:
    """Office E/M by total time, for visits without psychotherapy and without a level of decision making."""
    new = new_patient.fillna(False).astype(bool)
    return by_band(minutes, EM_NEW_BY_TIME).where(new, by_band(minutes, EM_ESTABLISHED_BY_TIME))


def prolonged_units(code: Column, base: Column, minutes: Column) -> Column:
    """Units of a prolonged-visit code over its base E/M; missing where the pair is not in the table."""
    pairs = pd.Series(list(zip(code, base, strict=True)), index=code.index, dtype="object")
    return stepped_units(minutes, pairs.map(PROLONGED).astype("Int64"), PROLONGED_STEP)
