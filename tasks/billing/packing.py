"""Which charge lines share a claim.

Three steps. Lines that must not be parted form an *atom*: the lines of an encounter, and the encounter of an add-on
together with the encounter of its base. Atoms with the same key (person, payer, policy, clinician, supervisor, place,
authorization, programme flag) share *windows* of consecutive days, counted from the first day on and, unless the
payer allows it, never over the end of a month (CARC 267, 268). Within a window claims are filled in order up to the
form's limits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tasks.billing.scrub import codebook

MOST_LINES = 50  # 2400 repeats at most 50 times in an 837P claim
MOST_DIAGNOSES = 12  # HI holds twelve

Numbers = npt.NDArray[np.int64]

# What all lines of a claim share before authorizations and windows are looked at.
SHARED = [
    "patient_id",
    "payer_id",
    "coverage_id",
    "secondary_coverage_id",
    "rendering_id",
    "supervising_id",
    "place_of_service",
    "replaces_claim_id",
]


def _number(frame: pd.DataFrame, columns: list[str]) -> Numbers:
    """A number for each distinct combination, in order of appearance; null equals null."""
    return np.asarray(frame.groupby(columns, dropna=False, sort=False).ngroup(), dtype=np.int64)


def _base_of(lines: pd.DataFrame, day: Numbers) -> dict[int, int]:
    """For each add-on line whose encounter lacks its base: the line of the base, elsewhere on the same day's key."""
    known = codebook.codes()
    encounter = _number(lines, ["day", "encounter_id"])
    bases: dict[int, int] = {}
    for code in (c for c in lines["code"].unique() if c in known and known[c].primaries):
        base = lines["code"].isin(known[code].primaries).to_numpy()
        beside = np.zeros(int(encounter.max(initial=-1)) + 1, dtype=bool)
        beside[encounter[base]] = True
        orphans = np.flatnonzero((lines["code"] == code).to_numpy() & ~beside[encounter])
        candidates = np.flatnonzero(base & np.isin(day, day[orphans]))
        first = {day[row]: int(row) for row in candidates[::-1]}
        bases |= {int(row): first[day[row]] for row in orphans if day[row] in first}
    return bases


def _atoms(lines: pd.DataFrame, bases: dict[int, int]) -> Numbers:
    """Number of each line's atom: its encounter, joined with the encounters its add-ons lean on."""
    atom = _number(lines, ["day", "encounter_id"])
    joined: dict[int, int] = {}

    def root(number: int) -> int:
        while number in joined:
            number = joined[number]
        return number

    for row, base in bases.items():
        mine, theirs = root(int(atom[row])), root(int(atom[base]))
        if mine != theirs:
            joined[mine] = theirs
    table = np.arange(int(atom.max(initial=-1)) + 1)
    for number in joined:
        table[number] = root(number)
    return np.asarray(table[atom], dtype=np.int64)


def _leans_on(row: int, lines: pd.DataFrame, rows: list[int], bases: dict[int, int]) -> int | None:
    """The line of the base of an add-on line among `rows`; None for a line that stands alone."""
    known, codes = codebook.codes(), {other: str(lines["code"].iat[other]) for other in rows}
    primaries = known[codes[row]].primaries if codes[row] in known else frozenset()
    beside = [other for other in rows if codes[other] in primaries]
    return bases.get(row, beside[0] if beside else None)


def _authorizations(lines: pd.DataFrame, atom: Numbers, bases: dict[int, int]) -> npt.NDArray[np.object_]:
    """The authorization each line goes out under.

    A line without one goes with its atom's. Where an atom has several, one claim cannot carry them: lines keep their
    own, add-ons take their base's, and the rest goes with the atom's first.
    """
    own = lines["authorization_id"].astype(object)
    groups = own.groupby(atom)
    settled = own.where(own.notna(), groups.transform("first")).to_numpy(dtype=object, copy=True)
    several = np.flatnonzero(groups.transform("nunique").to_numpy() > 1)
    for _, of_atom in pd.Series(several).groupby(atom[several]):
        rows = [int(row) for row in of_atom]
        for row in rows:
            base = _leans_on(row, lines, rows, bases)
            settled[row] = settled[row] if base is None else settled[base]
    return settled


def window_starts(days: Numbers, months: Numbers, width: int, across_months: bool) -> Numbers:
    """First day of the window each day falls into; `days` sorted, whole days since an epoch, `width` in days."""
    starts = np.empty_like(days)
    start, month = None, None
    for index, (day, in_month) in enumerate(zip(days.tolist(), months.tolist(), strict=True)):
        if start is None or day >= start + width or (in_month != month and not across_months):
            start, month = day, in_month
        starts[index] = start
    return starts


def _windows(lines: pd.DataFrame, key: Numbers, widths: Numbers, across_months: bool) -> Numbers:
    """First day of each line's window, counted within its key."""
    day = lines["service_date"].to_numpy(dtype="datetime64[D]")
    days, months = day.astype(np.int64), day.astype("datetime64[M]").astype(np.int64)
    starts = days.copy()
    wide = np.flatnonzero(widths > 1)
    for _, rows in pd.Series(wide).groupby(key[wide]):
        at = rows.to_numpy()
        at = at[np.argsort(days[at], kind="stable")]
        starts[at] = window_starts(days[at], months[at], int(widths[at[0]]), across_months)
    return starts


def _parts(lines: pd.DataFrame, group: Numbers, unit: Numbers) -> Numbers:
    """0 for a group that fits one claim; else the number of the claim within the group that each unit fits into."""
    parts = np.zeros(len(lines), dtype=np.int64)
    length = {text: len(text.split()) for text in lines["diagnoses"].unique()}
    lists = pd.DataFrame({"group": group, "diagnoses": lines["diagnoses"].astype(object)}).drop_duplicates()
    most = np.bincount(
        lists["group"], lists["diagnoses"].map(length), minlength=int(group.max(initial=-1)) + 1
    )
    full = (np.bincount(group)[group] > MOST_LINES) | (most[group] > MOST_DIAGNOSES)
    rows = np.flatnonzero(full)
    for _, of_group in pd.Series(rows).groupby(group[rows], sort=False):
        part, held, codes = 0, 0, set[str]()
        at = of_group.to_numpy()
        for _, of_unit in pd.Series(at).groupby(unit[at], sort=False):
            more = {code for text in lines["diagnoses"].iloc[of_unit] for code in text.split()}
            if held and (held + len(of_unit) > MOST_LINES or len(codes | more) > MOST_DIAGNOSES):
                part, held, codes = part + 1, 0, set[str]()
            held, codes = held + len(of_unit), codes | more
            parts[of_unit.to_numpy()] = part
    return parts


def pack(
    charges: pd.DataFrame, practice_window_days: int, across_months: bool
) -> tuple[pd.DataFrame, Numbers]:
    """Lines in the order they stand on claims, and the number of the claim each stands on (0, 1, … in that order).

    `charges` are charge_lines with part2 (bool), window_days and replaces_claim_id. The given order plays no part.
    """
    first = ["service_date", "encounter_id", "position", "charge_id"]
    lines = charges.sort_values([*SHARED, *first], kind="stable").reset_index(drop=True)
    lines["day"] = _number(lines, [*SHARED, "service_date"])
    bases = _base_of(lines, lines["day"].to_numpy())
    atom = _atoms(lines, bases)
    lines["authorization_id"] = _authorizations(lines, atom, bases)
    unit = _number(lines.assign(atom=atom), ["atom", "authorization_id"])
    lines["part2"] = lines["part2"].groupby(unit).transform("any")
    known = codebook.codes()
    added = lines["code"].map({code: code in known and known[code].add_on for code in lines["code"].unique()})
    key = _number(lines, [*SHARED, "authorization_id", "part2"])
    widths = np.asarray(lines["window_days"].astype("Float64").fillna(practice_window_days), dtype=np.int64)
    window = _windows(lines, key, widths, across_months)
    order = np.lexsort((np.arange(len(lines)), added.to_numpy(bool), unit, lines["day"], window, key))
    lines, key, window, unit = (
        lines.iloc[order].reset_index(drop=True),
        key[order],
        window[order],
        unit[order],
    )
    group = _number(pd.DataFrame({"key": key, "window": window}), ["key", "window"])
    part = _parts(lines, group, unit)
    claim = _number(pd.DataFrame({"group": group, "part": part}), ["group", "part"])
    return lines, claim
