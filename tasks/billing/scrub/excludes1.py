"""Diagnoses that cannot be true together.

Excludes1 notes of ICD-10-CM name pairs that never stand on one claim: a single depressive episode beside a recurrent
one, depression beside bipolar disorder, abuse beside dependence of the same substance, agoraphobia with panic beside
panic disorder. The note's own resolution says which one stays. (Excludes2 pairs are fine and not listed.) Each row of
``icd10_excludes1_bh.tsv`` is a rule of its own; a dash stands for every code below.

Passes::

    encounter_id  diagnoses    code
    E1            F331 F411    90837
    E2            F1020 F1120  90837
    E3            F4001 F419   90837
    E4            F502 F411    90837

Fails::

    encounter_id  diagnoses    code   finds
    E1            F320 F331    90837  EXCLUDES1_X01
    E2            F331 F3181   90837  EXCLUDES1_X02
    E3            F3010 F3112  90837  EXCLUDES1_X03
    E4            F209 F250    90837  EXCLUDES1_X04 EXCLUDES1_X05
    E5            F22 F323     90837  EXCLUDES1_X06
    E6            F4001 F410   90837  EXCLUDES1_X07
    E7            F1010 F1020  90837  EXCLUDES1_X08 EXCLUDES1_X09
    E8            F1520 F1590  90837  EXCLUDES1_X09
    E9            F17210 Z720  90837  EXCLUDES1_X10
    E10           F50020 F5021  90837  EXCLUDES1_X11
    E11           F5083 R630   90837  EXCLUDES1_X12
    E12           F602 F911    90837  EXCLUDES1_X13 EXCLUDES1_X18
    E13           F630 Z726    90837  EXCLUDES1_X14
    E14           F641 F642    90837  EXCLUDES1_X15
    E15           F801 F802    90837  EXCLUDES1_X16
    E16           F840 F845    90837  EXCLUDES1_X17
    E17           F919 Z72810  90837  EXCLUDES1_X18
    E18           F980 R32     90837  EXCLUDES1_X19
    E19           F981 R159    90837  EXCLUDES1_X20
    E20           F440 R413    90837  EXCLUDES1_X21
    E21           F070 G3184   90837  EXCLUDES1_X22
    E22           F29 F99      90837  EXCLUDES1_X23
    E23           F0630 F03    90837  EXCLUDES1_X24
    E24           F71 R4183    90837  EXCLUDES1_X25
"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, of_list

ID = "EXCLUDES1"
_ROWS = reference.by_key("icd10_excludes1_bh", "pair_id")
# The row's own words ask for the current tabular list before it is believed.
_WARN = ("X17",)
DEFAULT_SEVERITY = {f"EXCLUDES1_{row}": "warn" if row in _WARN else "hold" for row in _ROWS}
SOURCE = {f"EXCLUDES1_{row}": f"icd10_excludes1_bh.tsv {row} ({_ROWS[row]['prov']})" for row in _ROWS}
FIX = {f"EXCLUDES1_{row}": f"Keep one side of the pair ({_ROWS[row]['resolution']})." for row in _ROWS}
# The ladder of abuse, dependence and use is written for alcohol and holds for every substance.
_LADDER = ("X08", "X09")
_SUBSTANCES = tuple(f"F{number}" for number in range(10, 20))


def _prefixes(text: str, substance: str) -> tuple[str, ...]:
    """Codes of one side as prefixes without dots; ``F70-F79`` is every category between."""
    prefixes: list[str] = []
    for word in text.replace("F10", substance).split():
        span = re.fullmatch(r"([A-Z])(\d\d)-[A-Z](\d\d)", word)
        if span:
            letter, first, last = span.groups()
            prefixes += [f"{letter}{number:02d}" for number in range(int(first), int(last) + 1)]
        else:
            prefixes.append(word.rstrip("-").replace(".", ""))
    return tuple(prefixes)


@cache
def sides() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """(rule id, left prefixes, right prefixes) of every pair, the ladder once a substance."""
    return tuple(
        (f"EXCLUDES1_{name}", _prefixes(row["left"], substance), _prefixes(row["right"], substance))
        for name, row in _ROWS.items()
        for substance in (_SUBSTANCES if name in _LADDER else ("F10",))
    )


@cache
def violated(diagnoses: str) -> frozenset[str]:
    """Rule ids of the pairs that one list of diagnoses breaks."""
    codes = diagnoses.split()
    if len(codes) < 2:
        return frozenset()
    return frozenset(
        rule_id
        for rule_id, left, right in sides()
        if any(a.startswith(left) and b.startswith(right) for a in codes for b in codes if a != b)
    )


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Encounters whose diagnoses exclude each other."""
    return of_list(lines, "diagnoses", violated, "Two diagnoses exclude each other.")
