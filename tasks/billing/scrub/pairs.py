"""Codes that do not go together on one day.

An intake excludes psychotherapy by the same clinician; the stand-alone and the add-on psychotherapies exclude each
other; crisis psychotherapy excludes every other psychotherapy and evaluation of the day, and no modifier helps;
interactive complexity goes with neither crisis nor family sessions nor a bare visit; one level of care a day; a
programme's day rate swallows the therapy inside it; a quarter-hour code excludes its per-diem twin. Each row of
``code_pair_rules.tsv`` is a rule of its own: scope (person, day, and often clinician), the side that is refused, and
the modifiers that tell truly separate sessions apart. Earlier lines count: where one side is already billed, the
other is held whichever it is.

A modifier of separate sessions needs sessions that are separate: where both have a beginning and an end
(``start_time``, ``end_time``) and these overlap, it does not help. A programme's day rate does not swallow what is not
the programme's: the work of a class that the payer pays beside it (``beside_programme``), of another location, and a
professional visit in another facility (place 21, 51, 52, 55 or 56) than the programme's own place.

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
    E10           90834  .          CL1           PR01
    E11           90837  59         CL1           PR01
    E12           90834  .          CL1           PR02
    E13           99214  25         CL2           PR02
    E13           90833  .          CL2           PR02
    E16           90791  .          CL1           PR04
    E17           90792  .          CL2           PR04
    E18           90792  .          CL1           PR05
    E19           99214  .          CL2           PR05
    E20           90839  .          CL1           PR06
    E21           90834  .          CL2           PR06
    E22           90846  .          CL1           PR07
    E23           90847  XE         CL1           PR07
    E26           90853  .          CL1           PR09
    E27           90834  XE         CL1           PR09
    E28           90837  .          CL1           PR10
    E28           90785  .          CL1           PR10
    E30           90832  .          CL1           PR12
    E30           90863  .          CL1           PR12
    E32           96127  .          CL1           PR14
    E33           90837  .          CL1           PR14
    E34           96156  .          CL1           PR15
    E35           90791  .          CL2           PR15
    E36           H0015  .          CL1           PR16
    E38           99215  .          CL1           PR18
    E38           99417  .          CL1           PR18

Passes::

    encounter_id  code   modifiers  start_time  end_time  patient_id
    E1            90834  .          0900        0945      PR01
    E2            90837  59         0945        1045      PR01
    E3            90847  .          0900        0950      PR08
    E4            90834  59         1000        1045      PR08
    E5            90846  .          0900        0950      PR07
    E6            90847  59         .           .         PR07

Passes::

    encounter_id  code   rendering_id  provider_class  payer_beside_programme  place_of_service  location_id  patient_id
    E1            H0015  CL1           LADC            MD PHD                  57                .            P1
    E2            90837  CL2           MD              MD PHD                  57                .            P1
    E3            H0035  CL1           .               .                       57                .            P2
    E4            90837  CL2           .               .                       52                .            P2
    E5            H0035  CL1           .               .                       11                MAIN         P3
    E6            90837  CL2           .               .                       11                NORTH        P3

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
    E20           90834  .          CL1           PR02        .
    E21           99214  25         CL1           PR02        .
    E21           90833  59         CL1           PR02        PAIR_PR02
    E22           90791  .          CL1           PR04        .
    E23           90792  .          CL1           PR04        PAIR_PR04
    E24           90792  .          CL1           PR05        .
    E25           99214  25         CL1           PR05        PAIR_PR05
    E26           90846  .          CL1           PR07        .
    E27           90847  .          CL2           PR07        PAIR_PR07
    E28           90847  .          CL1           PR08        .
    E29           90834  .          CL2           PR08        PAIR_PR08
    E30           90853  .          CL1           PR09        .
    E31           90834  .          CL2           PR09        PAIR_PR09
    E32           90863  .          CL1           PR12        PAIR_PR12
    E33           99214  .          CL2           PR12        .
    E34           96127  .          CL1           PR14        .
    E35           96146  .          CL1           PR14        PAIR_PR14
    E36           96156  .          CL1           PR15        .
    E37           90834  .          CL1           PR15        PAIR_PR15
    E38           99215  25         CL1           PR18        .
    E38           90833  .          CL1           PR18        .
    E38           99417  .          CL1           PR18        PAIR_PR18

Fails::

    encounter_id  code   modifiers  start_time  end_time  patient_id  finds
    E1            90834  .          0900        0945      PR01        .
    E2            90837  59         0930        1030      PR01        PAIR_PR01
    E3            90847  .          0900        0950      PR08        .
    E4            90834  XE         0910        0955      PR08        PAIR_PR08
    E5            90846  .          0900        0950      PR07        .
    E6            90847  59         0900        0950      PR07        PAIR_PR07
    E7            90853  .          1300        1430      PR09        .
    E8            90834  59         1400        1445      PR09        PAIR_PR09

Fails::

    encounter_id  code   rendering_id  provider_class  payer_beside_programme  place_of_service  patient_id  finds
    E1            H0015  CL1           LADC            MD PHD                  57                P1          .
    E2            90837  CL2           LCSW            MD PHD                  57                P1          PAIR_PR17
    E3            H0015  CL1           LADC            .                       57                P2          .
    E4            90837  CL2           MD              .                       10                P2          PAIR_PR17
    E5            H0035  CL1           .               .                       52                P3          .
    E6            90837  CL2           .               .                       52                P3          PAIR_PR17

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
from tasks.billing.scrub.columns import listed, text
from tasks.billing.scrub.common import (
    Context,
    Flags,
    Keys,
    Numbers,
    any_in_group,
    found,
    has_modifier,
    join,
    keys,
    lookup,
    member,
    together,
)

ID = "PAIR"
VERSION = 2
_ROWS = reference.by_key("code_pair_rules", "rule_id")

# Rows that rules of their own look after: the add-on alone (PR13), the visit's level beside psychotherapy (PR19).
ELSEWHERE = ("PR13", "PR19")
# The side that is refused is the right one, but for add-ons standing on the left.
LEFT_REFUSED = ("PR10", "PR11", "PR12", "PR18")
# Where the records do not show what the row is about (the same instrument), a person looks.
WARN = ("PR14",)
TWINS = "PR20"
UNLESS_BASE = "PR11"
BESIDE = "PR17"
# Places of another facility's care, where a clinician's professional work is not the programme's own.
FACILITIES = ("21", "51", "52", "55", "56")
PREDICTS = "CARC97 CARC231 CARC236 M80 N20"

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
    beside: bool  # whether work that is not the programme's stands beside it


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
            beside=row["rule_id"] == BESIDE,
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
CHANGE = {
    pair.rule_id: f"modifiers=add {min(pair.modifiers)}, or line=remove" if pair.modifiers else "line=remove"
    for pair in pairs()
}


def _minute(column: pd.Series) -> Numbers:
    """Minute of the day of ``0945``; NaN where there is none or it cannot be read."""

    def minute(value: str) -> float:
        return int(value[:2]) * 60.0 + int(value[2:]) if re.fullmatch(r"[0-2]\d[0-5]\d", value) else np.nan

    return lookup(column, lambda value: minute(value.replace(":", "")), np.nan, float)


def _overlapping(both: pd.DataFrame, asked: Flags, other: Flags, group: Keys) -> Flags:
    """Of the lines `asked`, those whose session overlaps in time with one of `other` of another encounter."""
    start, end = _minute(text(both, "start_time")), _minute(text(both, "end_time"))
    frame = pd.DataFrame(
        {
            "group": group,
            "row": np.arange(len(both)),
            "start": start,
            "end": end,
            "visit": both["encounter_id"].cat.codes.to_numpy(),
        }
    ).dropna()
    beside = frame[asked[frame["row"]]].merge(frame[other[frame["row"]]], on="group")
    beside = beside[beside["visit_x"] != beside["visit_y"]]  # the lines of one encounter share its times
    hit = beside[(beside["start_x"] < beside["end_y"]) & (beside["start_y"] < beside["end_x"])]
    overlapping = np.zeros(len(both), dtype=bool)
    overlapping[hit["row_x"].to_numpy()] = True
    return overlapping


def _not_the_programmes(both: pd.DataFrame, programme: Flags, group: Keys) -> Flags:
    """Lines that a programme's day rate does not swallow: classes paid beside it, other locations and facilities."""
    paid = listed(both["provider_class"], text(both, "payer_beside_programme"))

    def same(column: pd.Series) -> Flags:
        """Whether a programme line of the group has the line's own value."""
        pairs = keys(pd.DataFrame({"group": group, "value": column.cat.codes.to_numpy()}), "group", "value")
        return any_in_group(pairs, programme)

    location = text(both, "location_id")
    told = location.notna().to_numpy()
    elsewhere = told & any_in_group(group, programme & told) & ~same(location)
    guest = member(both["place_of_service"], FACILITIES) & ~same(both["place_of_service"])
    return paid | elsewhere | guest


def _refused(pair: Pair, both: pd.DataFrame, new: Flags, groups: dict[bool, Keys]) -> Flags:
    """Lines of `both` that the pair refuses."""
    group = groups[pair.same_clinician]
    refused, other = member(both["code"], pair.refused), member(both["code"], pair.other)
    if not refused.any() or not other.any():
        return np.zeros(len(both), dtype=bool)
    if pair.beside:
        refused &= ~_not_the_programmes(both, other, group)
    apart = np.zeros(len(both), dtype=bool)
    if pair.modifiers:
        apart = has_modifier(both, *pair.modifiers)
        for side, beside in ((refused, other), (other, refused)):
            asked = side & apart
            if asked.any():
                apart &= ~_overlapping(both, asked, beside, group)
    if pair.refused == pair.other:
        # A modifier on either of two sessions tells them apart: only one may go without.
        rows = np.flatnonzero(refused & ~apart)
        hit = np.zeros(len(both), dtype=bool)
        hit[rows] = pd.Series(group[rows]).duplicated().to_numpy()
    else:
        # Of two new lines the refused side is held; where that side is already out, the new other side is.
        hit = (refused & any_in_group(group, other)) | (other & any_in_group(group, refused & ~new))
        hit &= ~apart
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
    groups: dict[bool, Keys] = {
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
