"""Which codes a session earns, before modifiers and prices.

One deriver for each kind of session, listed in ``DERIVERS``: it takes the visits of its kind and gives items
(encounter_id, code, modifiers, units) in claim order, base code before its add-ons, and what it could not code.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tasks.billing import codes, explicit, findings, times
from tasks.billing.context import Column, beside
from tasks.billing.institutional import lines, programmes
from tasks.billing.visits import said

SOURCE = "coding v1: time_unit_algorithms.tsv"
ITEMS = {"encounter_id": "str", "code": "str", "modifiers": "str", "units": "Int64"}
EM_BY_LEVEL = {
    "straightforward": ("99202", "99212"),
    "low": ("99203", "99213"),
    "moderate": ("99204", "99214"),
    "high": ("99205", "99215"),
}  # level of decision making: new, established
COMPLEXITY = "90785"

Derived = tuple[list[pd.DataFrame], list[pd.DataFrame]]  # items and findings


def item(
    visits: pd.DataFrame, code: str | Column, units: int | Column = 1, modifiers: str = ""
) -> pd.DataFrame:
    """Items of `visits`; rows without a code or with no unit are left out."""
    frame = pd.DataFrame({"encounter_id": visits["encounter_id"]}, index=visits.index)
    frame["code"], frame["modifiers"], frame["units"] = code, modifiers, units
    frame = frame.astype(ITEMS)
    return frame[frame["code"].notna() & (frame["units"] > 0).fillna(False)]


def _finding(visits: pd.DataFrame, rule: str, message: str, fields: str, fix: str) -> pd.DataFrame:
    return findings.about(visits, rule, message, fields=fields, fix=fix, source=SOURCE)


def no_minutes(visits: pd.DataFrame, column: str = "minutes") -> pd.DataFrame:
    """Finding for visits whose minutes were not documented."""
    return _finding(
        visits[visits[column].isna()],
        "CODING_MINUTES_MISSING",
        "the code depends on minutes that are not documented",
        column,
        "document the minutes of the session",
    )


def too_short(visits: pd.DataFrame, earned: Column) -> pd.DataFrame:
    """Finding for visits whose minutes earn nothing."""
    return _finding(
        visits[visits["minutes"].notna() & ~earned],
        "CODING_TOO_SHORT",
        "the documented minutes are below the shortest billable session of this kind",
        "minutes service_kind",
        "correct the minutes if they are wrong; otherwise the session is not billable",
    )


def _session(code: str) -> Callable[[pd.DataFrame], Derived]:
    """A session code without a clock."""
    return lambda visits: ([item(visits, code)], [])


def _timed(code_of: Callable[[Column], Column]) -> Callable[[pd.DataFrame], Derived]:
    """One code that follows from the minutes."""

    def derive(visits: pd.DataFrame) -> Derived:
        code = code_of(visits["minutes"])
        return [item(visits, code)], [no_minutes(visits), too_short(visits, code.notna())]

    return derive


def _crisis(visits: pd.DataFrame) -> Derived:
    """First hour and further half hours; a shorter contact is psychotherapy (90839 starts at 30 minutes)."""
    first = times.crisis(visits["minutes"])
    code = first.fillna(times.psychotherapy(visits["minutes"]))
    short = _finding(
        visits[first.isna() & code.notna()],
        "CODING_CRISIS_SHORT",
        "under 30 minutes are not crisis psychotherapy; coded as psychotherapy",
        "minutes service_kind",
        "correct the minutes if they are wrong",
    )
    further = item(visits, "90840", times.crisis_addon_units(visits["minutes"]))
    return [item(visits, code), further], [no_minutes(visits), too_short(visits, code.notna()), short]


def _em_by_level(visits: pd.DataFrame) -> Column:
    new = visits["em_level"].map({level: pair[0] for level, pair in EM_BY_LEVEL.items()})
    established = visits["em_level"].map({level: pair[1] for level, pair in EM_BY_LEVEL.items()})
    return new.where(said(visits["new_patient"], False), established).astype("str")


def _no_level(visits: pd.DataFrame, unknown: Column) -> pd.DataFrame:
    return _finding(
        visits[unknown],
        "CODING_EM_LEVEL_MISSING",
        "the level of medical decision making is not documented",
        "em_level",
        "document straightforward, low, moderate or high",
    )


def _em(visits: pd.DataFrame) -> Derived:
    """E/M by decision making, else (or where the visit says so) by total time."""
    by_level = _em_by_level(visits).mask(visits["em_basis"] == "time")
    untimed = by_level.isna() & visits["minutes"].isna()
    code = by_level.fillna(times.em_by_time(visits["minutes"], visits["new_patient"]))
    return [item(visits, code)], [_no_level(visits, untimed), too_short(visits, code.notna())]


def _em_psychotherapy(visits: pd.DataFrame) -> Derived:
    """E/M by decision making only (therapy minutes are not E/M minutes), -25, and the add-on by therapy minutes."""
    base = _em_by_level(visits)
    therapy = visits["therapy_minutes"]
    addon = times.psychotherapy(therapy, with_em=True).where(base.notna())
    alone = therapy.notna() & addon.isna() & base.notna()
    conflict = (therapy > visits["minutes"]).fillna(False)
    items = [
        item(visits, base.mask(alone), modifiers="25"),
        item(visits, base.where(alone)),
        item(visits, addon),
    ]
    return items, [
        _no_level(visits, base.isna()),
        no_minutes(visits, "therapy_minutes"),
        _finding(
            visits[conflict],
            "CODING_MINUTES_CONFLICT",
            "more therapy minutes than minutes of the whole visit",
            "therapy_minutes minutes",
            "correct the minutes: the whole visit includes the therapy",
        ),
        _finding(
            visits[alone],
            "CODING_ADDON_TOO_SHORT",
            "under 16 minutes of psychotherapy are not billable; the E/M goes alone",
            "therapy_minutes",
            "correct the therapy minutes if they are wrong",
        ),
    ]


def _uncoded(visits: pd.DataFrame) -> Derived:
    """A kind that no rule derives a code for."""
    return [], [
        _finding(
            visits,
            "CODING_CODES_MISSING",
            "no code follows from this kind of session",
            "service_kind codes",
            "state the codes, or name the kind of session",
        )
    ]


def _programme(visits: pd.DataFrame) -> Derived:
    """A day of the substance-use programme, if it was as long as the payer wants it."""
    code = times.programme_day(visits["minutes"], visits["payer_programme_minutes"])
    return [item(visits, code)], [no_minutes(visits), too_short(visits, code.notna())]


DERIVERS: dict[str, Callable[[pd.DataFrame], Derived]] = {
    "intake": _session("90791"),
    "intake_medical": _session("90792"),
    "psychotherapy": _timed(times.psychotherapy),
    "crisis": _crisis,
    "family": _timed(times.family),
    "family_without_patient": _timed(lambda minutes: times.family(minutes, "90846")),
    "group": _session("90853"),
    "em": _em,
    "em_psychotherapy": _em_psychotherapy,
    "iop_sud": _programme,
}


def _complexity(visits: pd.DataFrame, derived: pd.DataFrame) -> Derived:
    """90785 once for a visit that documents it and has a code it may be added to."""
    able = derived.loc[derived["code"].isin(codes.primaries(COMPLEXITY)), "encounter_id"]
    documented = visits[said(visits["interactive_complexity"], False)]
    allowed = documented["encounter_id"].isin(able)
    coded = documented["encounter_id"].isin(derived["encounter_id"])
    refused = _finding(
        documented[coded & ~allowed],
        "CODING_COMPLEXITY",
        "interactive complexity cannot be added to these codes; it was left out",
        "interactive_complexity",
        "nothing to do unless the kind of session is wrong",
    )
    return [item(documented[allowed], COMPLEXITY)], [refused]


def items(visits: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Items of all visits in the order of `visits`, with what could not be coded."""
    day = visits["programme_line"] == programmes.DAY
    sessions = visits[~day]
    stated = sessions["codes"].fillna("").str.strip() != ""
    parts, found = explicit.items(sessions[stated]) if stated.any() else ([], [])
    if day.any():
        parts = [*parts, lines.days(visits[day])]
    pending = sessions[~stated]
    for kind in pending["service_kind"].unique():
        more, problems = DERIVERS.get(kind, _uncoded)(pending[pending["service_kind"] == kind])
        parts, found = parts + more, found + problems
    derived = pd.concat([*parts, item(visits[:0], "")])
    more, problems = _complexity(pending, derived)
    everything = pd.concat([derived, *more])
    # Items keep the order they were derived in; the visits give the order among encounters.
    order = pd.Series(range(len(visits)), index=visits["encounter_id"])
    everything = everything.assign(order=beside(everything["encounter_id"], order))
    everything = everything.sort_values("order", kind="stable").drop(columns="order").reset_index(drop=True)
    return everything, findings.together(found + problems)
