"""Medically unlikely edits: the most units of a code that one clinician has with one person on one day.

CMS publishes a value for most codes each quarter. The adjudication indicator (MAI) says how it is judged: 1 looks at
each line by itself and denies the whole line; 2 (policy) and 3 (clinical) look at the sum of the day and deny what is
above it, so earlier lines of the day count too. Value 0 is not payable at all. A code that is not in the file is not
without a limit, some values are kept secret; there the shipped limits (``units``) speak. Professional lines are judged
by the practitioner set, those of the institutional form by the outpatient-hospital set, to which the facility is one
provider; a bill of a bed has no edit. Medicaid has its own values (32 units of 97151 where Medicare has 8), so a
Medicaid line is judged by Medicaid's set or not at all. Without a loaded file (``cleanclaim load reference mue``) the
rule is silent.

Passes::

    encounter_id  code   units
    E1            97151  90

Passes::

    encounter_id  code   units  form
    E1            90853  9      837I
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tasks.billing import references
from tasks.billing.references import References
from tasks.billing.scrub.common import Context, Flags, Numbers, found, join, keys, lookup, member, together
from tasks.billing.scrub.ncci import MEDICAID, biller, sets

ID = "MUE"
VERSION = 2
SOURCE = (
    "Medically unlikely edits as loaded by the site, practitioner and outpatient-hospital sets (V:S11; V:S44)"
)
DEFAULT_SEVERITY = {"MUE_LINE": "hold", "MUE_DAY": "hold", "MUE_ZERO": "hold"}
FIX = {
    "MUE_LINE": "Bill at most the units of the edit on a line; what was truly distinct goes on a line with a modifier.",
    "MUE_DAY": "Bill at most the units of the edit on one day; MAI 3 may be appealed with the record.",
    "MUE_ZERO": "Use a code that the payer pays.",
}
PREDICTS = "CARC151 N362"
CHANGE = {
    "MUE_LINE": "units=what the edit allows",
    "MUE_DAY": "units=what the edit allows",
    "MUE_ZERO": "code",
}
REFERENCES = ("mue",)


@dataclass(frozen=True)
class Limits:
    """For each line: the most units (infinite where there is no value), the MAI, and the edition that says so."""

    units: Numbers
    mai: Numbers
    edition: npt.NDArray[np.object_]

    @property
    def known(self) -> Flags:
        """Lines that an edition has a value for."""
        return np.isfinite(self.units)


def limits(lines: pd.DataFrame, known: References) -> Limits:
    """What the loaded editions say of each line: by code, day, and the set of form and payer."""
    count = len(lines)
    most, mai = np.full(count, np.inf), np.zeros(count)
    edition = np.full(count, None, dtype=object)
    table = known.of_codes("mue", lines["code"].cat.categories)
    if table is None or table.empty or not count:
        return Limits(most, mai, edition)
    day = lines["service_date"].to_numpy(dtype="datetime64[s]")
    medicaid = member(lines["payer_class"], MEDICAID)
    judging = [
        part
        for name, medicaids, mine in sets(lines)
        for part in ((name, mine & ~medicaid), (medicaids, mine & medicaid))
    ]
    for series, mine in judging:
        if not mine.any():
            continue
        for label, first, last in known.windows("mue", series):
            within = mine & (day >= first) & (day <= last)
            if not within.any():
                continue
            rows = table[(table["service"] == series) & (table["effective_from"] == first)].set_index("code")
            units, indicator = rows["units"].to_dict(), rows["mai"].to_dict()
            value = lookup(lines["code"], lambda c, u=units: u.get(c, np.inf), np.inf, float)  # type: ignore[misc]
            at = within & np.isfinite(value)
            if at.any():
                most[at], edition[at] = value[at], label
                mai[at] = lookup(lines["code"], lambda c, i=indicator: i.get(c, 0), 0, float)[at]  # type: ignore[misc]
    return Limits(most, mai, edition)


def _above(both: pd.DataFrame, limit: Limits) -> Flags:
    """Lines at which the day's running total passes the edit."""
    units = np.nan_to_num(both["units"].to_numpy())
    whose = both.assign(rendering_id=biller(both))
    day = keys(whose, "patient_id", "service_date", "code", "rendering_id")
    if not (np.bincount(day, units)[day] > limit.units).any():
        return np.zeros(len(both), dtype=bool)
    running = pd.Series(units).groupby(day).cumsum().to_numpy()
    above: Flags = running > limit.units
    return above


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines above an edit of the site's tables; nothing where the site has none."""
    known = references.of(context)
    if known.rows("mue") is None:
        return join()
    both, new = together(lines, history)
    limit = limits(both, known)
    units = np.nan_to_num(both["units"].to_numpy())
    zero = limit.known & (limit.units == 0)
    by_line = limit.known & ~zero & (limit.mai == 1) & (units > limit.units)
    by_day = limit.known & ~zero & (limit.mai != 1)
    by_day = by_day & _above(both, limit) if by_day.any() else by_day
    said = (
        (zero, "MUE_ZERO", "code", "The edit allows no unit of the code."),
        (
            by_line,
            "MUE_LINE",
            "code units",
            "More units on the line than the edit allows; the whole line is denied.",
        ),
        (by_day, "MUE_DAY", "code units service_date", "More units on the day than the edit allows."),
    )
    parts = []
    for mask, rule_id, fields, message in said:
        hit = mask & new
        for label in pd.unique(limit.edition[hit]):
            some = found(both, hit & (limit.edition == label), rule_id, fields, message)
            loaded = known.loaded("mue", label)
            parts.append(some.assign(reference_version=label, data_as_of=loaded))
    return join(*parts)
