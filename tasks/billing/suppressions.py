"""Suppression: a person says of one rule about one encounter, leave it be until a day, for a reason.

The rule still speaks, and its finding is kept with the severity ``suppressed``: it holds nothing and warns nobody. On
the day after the last one it speaks again as before, by itself. A suppression is a fact; taking it back is another
one. What the law or the ledger asks for (``configs.rules.FIXED``) cannot be suppressed.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from configs.rules import FIXED
from tasks.billing.shapes import shape

SUPPRESSED = "suppressed"
SUPPRESSIONS = shape(
    "suppression_id encounter_id line:int rule_id sequence:int action person reason expires_on:day"
)


def standing(suppressions: pd.DataFrame) -> pd.DataFrame:
    """The suppressions that nobody took back or replaced, expired ones too.

    A row replaces the one before it of the same encounter, rule and line. Taking back without a line takes back all
    of the encounter and rule.
    """
    rows = suppressions.sort_values(["encounter_id", "rule_id", "sequence"], kind="stable")
    kept: dict[tuple[str, str, int], int] = {}
    said = zip(
        rows.index, rows["encounter_id"], rows["rule_id"], rows["line"].fillna(0), rows["action"], strict=True
    )
    for index, encounter, rule, line, action in said:
        if action == "suppress":
            kept[encounter, rule, int(line)] = index
        elif line:
            kept.pop((encounter, rule, int(line)), None)
        else:
            kept = {place: at for place, at in kept.items() if place[:2] != (encounter, rule)}
    return rows.loc[sorted(kept.values())]


def active(suppressions: pd.DataFrame, today: date | pd.Timestamp) -> pd.DataFrame:
    """The suppressions that hold on a day; the last day is one of them."""
    rows = standing(suppressions)
    rows = rows[~rows["rule_id"].isin(FIXED)]
    return rows[rows["expires_on"] >= pd.Timestamp(today)]


def suppress(found: pd.DataFrame, suppressions: pd.DataFrame, today: date | pd.Timestamp) -> pd.DataFrame:
    """Findings (with their severity) with ``suppressed`` where a person said so.

    A suppression without a line is of every line of the encounter and of the encounter itself.
    """
    if found.empty or suppressions.empty:
        return found
    now = active(suppressions, today)
    whole = now[now["line"].isna()]
    lines = now[now["line"].notna()]
    pairs = set(zip(whole["encounter_id"], whole["rule_id"], strict=True))
    places = set(zip(lines["encounter_id"], lines["rule_id"], lines["line"].astype("int64"), strict=True))
    said = zip(found["encounter_id"], found["rule_id"], found["line"].fillna(0), strict=True)
    hit = [(e, r) in pairs or (e, r, int(n)) in places for e, r, n in said]
    weighs = found["severity"].isin(["hold", "warn"])
    return found.assign(
        severity=found["severity"].mask(pd.Series(hit, index=found.index) & weighs, SUPPRESSED)
    )
