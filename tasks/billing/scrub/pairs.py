"""Codes that do not go together on one day.

An intake excludes psychotherapy by the same clinician; the stand-alone and the add-on psychotherapies exclude each
other; crisis psychotherapy excludes every other psychotherapy and evaluation of the day, and no modifier helps;
interactive complexity goes with neither crisis nor family sessions nor a bare visit; one level of care a day; a
programme's day rate swallows the therapy inside it; a quarter-hour code excludes its per-diem twin. Each row of
``code_pair_rules.tsv`` is a rule of its own: scope (person, day, and often clinician), the side that is refused, and
the modifiers that tell truly separate sessions apart. Earlier lines count: where one side is already billed, the
other is held whichever it is.

Passes::

    encounter_id  code   modifiers  rendering_id  patient_id
    E1            90791  .          CL1           P1
    E2            90834  .          CL2           P1
    E3            90847  .          CL1           P2
    E4            90834  59         CL1           P2
    E5            99214  25         CL1           P3
    E5            90833  .          CL1           P3
    E5            90785  .          CL1           P3
    E6            H2015  .          CL1           P4
    E7            H2018  .          CL1           P4

Fails::

    encounter_id  code   modifiers  rendering_id  patient_id  finds
    E1            90839  .          CL1           P1          .
    E2            90834  59         CL1           P1          PAIR_PR06
    E3            90847  .          CL1           P2          .
    E3            90785  .          CL1           P2          PAIR_PR10
    E4            90834  .          CL1           P3          .
    E5            90837  .          CL1           P3          PAIR_PR01
    E6            90791  .          CL1           P4          .
    E6            90834  .          CL1           P4          PAIR_PR03
    E7            99214  .          CL1           P5          .
    E7            90785  .          CL1           P5          PAIR_PR11
    E8            H0015  .          CL1           P6          .
    E9            90834  .          CL2           P6          PAIR_PR17
    E10           H0035  .          CL1           P7          .
    E11           H0015  .          CL1           P7          PAIR_PR16
    E12           H2015  .          CL1           P8          .
    E13           H2016  .          CL1           P8          PAIR_PR20
    E14           90791  .          CL1           P9          PAIR_PR03

History::

    encounter_id  code   rendering_id  patient_id
    E0            90834  CL1           P9
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import (
    Context,
    Flags,
    any_in_group,
    found,
    has_modifier,
    join,
    keys,
    member,
    together,
)

ID = "PAIR"
_ROWS = reference.by_key("code_pair_rules", "rule_id")

# Rows that rules of their own look after: the add-on alone (PR13), the visit's level beside psychotherapy (PR19).
ELSEWHERE = ("PR13", "PR19")
# The side that is refused is the right one, but for add-ons standing on the left.
LEFT_REFUSED = ("PR10", "PR11", "PR12", "PR18")
# Where the records do not show what the row is about (the same instrument), a person looks.
WARN = ("PR14",)
TWINS = "PR20"
UNLESS_BASE = "PR11"

DEFAULT_SEVERITY = {f"PAIR_{row}": "warn" if row in WARN else "hold" for row in _ROWS if row not in ELSEWHERE}
SOURCE = {
    rule_id: f"code_pair_rules.tsv {rule_id[5:]} ({_ROWS[rule_id[5:]]['prov']})"
    for rule_id in DEFAULT_SEVERITY
}


@dataclass(frozen=True)
class Pair:
    """One pair of code sets. `modifiers` tell separate sessions apart; `unless` are codes that make it right."""

    rule_id: str
    refused: frozenset[str]
    other: frozenset[str]
    same_clinician: bool
    modifiers: frozenset[str]
    unless: frozenset[str]


def _sides(row: reference.Row) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    left = codebook.expand(row["left"])
    right = left if row["right"].startswith("any of the same") else codebook.expand(row["right"])
    if row["rule_id"] == TWINS:
        # Each quarter-hour code excludes its own twin, not its neighbour's.
        yield from (
            (frozenset({b}), frozenset({a})) for a, b in zip(sorted(left), sorted(right), strict=True)
        )
    elif row["rule_id"] in LEFT_REFUSED:
        yield left, right
    else:
        yield right, left


@cache
def pairs() -> tuple[Pair, ...]:
    """The table's rows as code sets."""
    return tuple(
        Pair(
            rule_id=f"PAIR_{row['rule_id']}",
            refused=refused,
            other=other,
            same_clinician="clinician" in row["scope"],
            modifiers=frozenset(re.findall(r"\b(?:59|X[EPSU])\b", row["override"])),
            unless=codebook.codes()["90785"].primaries if row["rule_id"] == UNLESS_BASE else frozenset(),
        )
        for row in _ROWS.values()
        if row["rule_id"] not in ELSEWHERE
        for refused, other in _sides(row)
    )


def _fix(rule_id: str) -> str:
    allowed = sorted({m for pair in pairs() if pair.rule_id == rule_id for m in pair.modifiers})
    if not allowed:
        return "Bill one of the two; no modifier makes the pair payable."
    return (
        f"Bill one of the two, or document separate sessions and put {' or '.join(allowed)} on the held line."
    )


FIX = {rule_id: _fix(rule_id) for rule_id in DEFAULT_SEVERITY}


def _refused(pair: Pair, both: pd.DataFrame, new: Flags, groups: dict[bool, np.ndarray]) -> Flags:
    """Lines of `both` that the pair refuses."""
    group = groups[pair.same_clinician]
    refused, other = member(both["code"], pair.refused), member(both["code"], pair.other)
    if not refused.any() or not other.any():
        return np.zeros(len(both), dtype=bool)
    if pair.refused == pair.other:
        rows = np.flatnonzero(refused)
        hit = np.zeros(len(both), dtype=bool)
        hit[rows] = pd.Series(group[rows]).duplicated().to_numpy()
    else:
        # Of two new lines the refused side is held; where that side is already out, the new other side is.
        hit = (refused & any_in_group(group, other)) | (other & any_in_group(group, refused & ~new))
    if pair.modifiers:
        hit &= ~has_modifier(both, *pair.modifiers)
    if pair.unless:
        hit &= ~any_in_group(group, member(both["code"], pair.unless))
    return hit & new


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines refused beside another line of the same person and day."""
    both, new = together(lines, history)
    day = keys(both, "patient_id", "service_date")
    busy = np.bincount(day)[day] > 1
    if not busy.any():
        return join()
    both, new = both.loc[busy], new[busy]
    groups = {
        False: keys(both, "patient_id", "service_date"),
        True: keys(both, "patient_id", "service_date", "rendering_id"),
    }
    fields = {True: "code modifiers service_date rendering_id", False: "code modifiers service_date"}
    message = "The code does not go with another code of the same day."
    return join(
        *(
            found(both, _refused(pair, both, new, groups), pair.rule_id, fields[pair.same_clinician], message)
            for pair in pairs()
        )
    )
