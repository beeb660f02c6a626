"""Codes that the source states itself: ``99214-25 90833`` is two items, the first with a modifier.

The codes stand as stated; only units are counted, from the documented minutes and the code's own clock. Minutes
can be counted once: where two codes that do not belong together (or the same one twice) would each count all
minutes of the session, the encounter waits for a person.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import codes, findings, times
from tasks.billing.context import Column, beside
from tasks.billing.scrub.minutes import programme_days, quarter_hours

SOURCE = "coding v1: procedure_codes.tsv unit, time_unit_algorithms.tsv"
PATTERN = r"(?P<code>[0-9A-Z]{5})(?P<mods>(?:-[0-9A-Z]{2})*)"
STEPS = {"each_15": 15, "each_20": 20, "each_30": 30, "each_60": 60}
FIRST = ("first_30", "first_60")  # one unit from min_min on
DAY = "per_diem"  # one unit if the programme's minimum was met
NO_STEP = 1_000_000  # a first-hour code earns one unit however long the session


def _split(visits: pd.DataFrame) -> pd.DataFrame:
    """One row a stated item: encounter_id, minutes, code, modifiers; code missing where it cannot be read."""
    ways = ["payer_quarter_hour_rule", "payer_programme_minutes"]
    rows = visits[["encounter_id", "minutes", *ways]].assign(text=visits["codes"].str.upper().str.split())
    rows = rows.explode("text").reset_index(drop=True)
    parts = rows["text"].astype("str").str.extract(f"^{PATTERN}$")
    rows["code"] = parts["code"].astype("str")
    rows["modifiers"] = parts["mods"].fillna("").str.replace("-", " ").str.strip().astype("str")
    return rows


def _clocks(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with ``first`` and ``step`` minutes of their code's clock (missing: no clock) and its ``chain``."""
    table = codes.clocks()
    unit = beside(rows["code"], table["unit"])
    step = unit.map(STEPS | dict.fromkeys((*FIRST, DAY), NO_STEP)).astype("Int64")
    first = beside(rows["code"], table["first"]).where(step.notna())
    full = rows["code"].isin(quarter_hours()) & (rows["payer_quarter_hour_rule"] == times.FULL_QUARTERS)
    first = first.mask(full.fillna(False).astype(bool), times.QUARTER)
    payers = rows["payer_programme_minutes"].astype("Int64").where(rows["code"].isin(programme_days()))
    first = payers.fillna(first)
    return rows.assign(
        first=first, step=step.where(first.notna()), chain=beside(rows["code"], table["chain"]), unit=unit
    )


def _prolonged(rows: pd.DataFrame) -> Column:
    """Units of prolonged visits over the top E/M of the same encounter."""
    tops = rows[rows["code"].isin({base for _, base in times.PROLONGED})].drop_duplicates("encounter_id")
    base = beside(rows["encounter_id"], tops.set_index("encounter_id")["code"])
    return times.prolonged_units(rows["code"], base, rows["minutes"])


def count_units(rows: pd.DataFrame) -> Column:
    """Units by the code's clock; 1 for codes without one, missing where minutes are needed and missing."""
    clocked = rows["first"].notna()
    units = times.stepped_units(rows["minutes"], rows["first"].fillna(0), rows["step"].fillna(1))
    units = units.where(clocked, 1)
    prolonged = rows["code"].isin({code for code, _ in times.PROLONGED})
    return units.mask(prolonged, _prolonged(rows).fillna(1)).astype("Int64")


def _shared(rows: pd.DataFrame) -> Column:
    """Whether an item's encounter counts its minutes more than once."""
    clocked = rows[rows["first"].notna() & (rows["unit"] != DAY)]
    chains = clocked.groupby("encounter_id")["chain"].nunique()
    repeated = clocked[clocked.duplicated(["encounter_id", "code"])]["encounter_id"]
    return rows["encounter_id"].isin({*chains.index[chains > 1], *repeated})


def _finding(rows: pd.DataFrame, rule: str, message: str, fields: str, fix: str) -> pd.DataFrame:
    once = rows.drop_duplicates("encounter_id")[["encounter_id"]]
    return findings.about(once, rule, message, fields=fields, fix=fix, source=SOURCE)


def items(visits: pd.DataFrame) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Items and findings of visits whose codes are stated."""
    rows = _split(visits)
    unread = rows["code"].isna()
    bad, rows = rows[unread], _clocks(rows[~unread])
    rows = rows.assign(units=count_units(rows))
    found = [
        _finding(
            bad, "CODING_CODES_UNREADABLE", "a stated code is not five characters with modifiers of two",
            "codes", "state codes as CODE or CODE-MODIFIER, blanks between",
        ),
        _finding(
            rows[rows["units"].isna()], "CODING_MINUTES_MISSING",
            "the units depend on minutes that are not documented", "minutes codes",
            "document the minutes of the session",
        ),
        _finding(
            rows[(rows["units"] == 0).fillna(False)], "CODING_TOO_SHORT",
            "the documented minutes do not earn one unit of a stated code", "minutes codes",
            "correct the minutes, or remove the code that was not earned",
        ),
        _finding(
            rows[_shared(rows)], "CODING_MINUTES_AMBIGUOUS",
            "stated codes would each count all minutes of the session", "codes minutes",
            "send one encounter for each timed service with its own minutes",
        ),
    ]  # fmt: skip
    kept = rows[(rows["units"] > 0).fillna(False)]
    return [kept[["encounter_id", "code", "modifiers", "units"]].astype({"modifiers": "str"})], found
