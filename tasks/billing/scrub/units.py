"""Units: one a session, and no more a day than the code allows.

Session codes, range codes and day rates are billed once however long they last; two units of an hour's psychotherapy
are not two hours. Each code has a most units a person may have of it on a day from one clinician (day rates: from
anyone), counted over all lines and what was billed before; the line that passes it is the one that is held. Values
differ between programmes (Medicaid allows more units of some), so a payer's own severity may override. Where the site
loaded the medically unlikely edits, their value for a code and day goes before the shipped one (``mue``) where they
judge the day: one that looks at each line by itself (MAI 1) does not, so the day may have what it allows a line or the
shipped most, whichever is more; nor does one of a day rate, which it counts by clinician.

Passes::

    encounter_id  code   units
    E1            90837  1
    E2            H0004  8
    E3            97153  32

Fails::

    encounter_id  code   units  rendering_id  finds
    E1            90837  2      CL1           UNITS_PER_LINE
    E2            H0004  9      CL1           UNITS_PER_DAY
    E3            90853  1      CL1           .
    E4            90853  1      CL1           UNITS_PER_DAY
    E5            90791  1      CL1           UNITS_PER_DAY
    E6            90791  1      CL2           .

History::

    encounter_id  code   units  rendering_id
    E0            90791  1      CL1
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing import references
from tasks.billing.scrub import codebook, mue
from tasks.billing.scrub.common import Context, Flags, found, join, keys, lookup, member, together

ID = "UNITS"
SOURCE = "procedure_codes.tsv max_day; time_unit_algorithms.tsv (V:S16; V:S50; K)"
DEFAULT_SEVERITY = {"UNITS_PER_LINE": "hold", "UNITS_PER_DAY": "hold"}
FIX = {
    "UNITS_PER_LINE": "Bill one unit.",
    "UNITS_PER_DAY": "Bill at most the units the code allows on one day.",
}
_SINGLE = ("session", "time_range", "time_min", "first_30", "first_60", "per_week", "per_month")


def _over_the_day(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> Flags:
    """Lines at which the day's running total passes the code's most units."""
    known = codebook.codes()
    both, new = together(lines, history)
    most = lookup(both["code"], lambda c: (c in known and known[c].units_per_day) or np.inf, np.inf, float)
    by_day = keys(both, "patient_id", "service_date", "code")
    diem = member(both["code"], [c for c in known if known[c].unit == "per_diem"])
    edit = mue.limits(both, references.of(context))
    by_line = edit.known & (edit.mai == 1)
    most = np.where(edit.known & ~by_line & ~diem, np.inf, most)
    most = np.where(by_line & ~diem, np.maximum(most, edit.units), most)
    group = np.where(
        diem,
        by_day,
        by_day.max(initial=0) + 1 + keys(both, "patient_id", "service_date", "code", "rendering_id"),
    )
    units = np.nan_to_num(both["units"].to_numpy())
    if not (np.bincount(group, units)[group] > most).any():
        return np.zeros(len(lines), dtype=bool)
    running = pd.Series(units).groupby(group).cumsum().to_numpy()
    over: Flags = (running > most)[new]
    return over


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines with more units than a line, or a day, may have."""
    known = codebook.codes()
    single = member(lines["code"], [c for c in known if known[c].unit in _SINGLE])
    many = single & (lines["units"].to_numpy() > 1)
    over = _over_the_day(lines, history, context)
    return join(
        found(
            lines, many, "UNITS_PER_LINE", "code units", "The code is billed once a session, not by units."
        ),
        found(
            lines,
            over & ~many,
            "UNITS_PER_DAY",
            "code units service_date",
            "More units than the code allows on a day.",
        ),
    )
