"""What an admission adds to its days: when it began and ended, who attends, how it goes on.

A bed is paid by the night: the day of discharge is not billed, unless it is the day of admission too (K). A programme
is paid by the day attended, the last one included. A person whose stay was not closed is *still a patient* (30), which
goes with the interim bills 2 and 3 alone (V:S13).
"""

from __future__ import annotations

import pandas as pd

from tasks.billing.context import Column, beside, words

OF_STAY = words(
    "admitted_on discharged_on patient_status weekly_hours level_of_care attending_id"
)  # columns of a stay that its visits and lines carry with the prefix stay_
STAY_COLUMNS = [f"stay_{name}" for name in OF_STAY]
# Levels of care with a bed (level_of_care.tsv: 24 hours); the other programmes are attended by day.
DAY_PROGRAMMES = frozenset({"iop", "php"})
ONE_DAY = pd.Timedelta(days=1)


def beside_visits(visits: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """`STAY_COLUMNS` for each visit (in its index); nulls outside of a stay, and for one that is not on file."""
    if stays.empty:
        types = {"admitted_on": "datetime64[s]", "discharged_on": "datetime64[s]", "weekly_hours": "Int64"}
        nothing = {f"stay_{name}": pd.Series(dtype=types.get(name, "str")) for name in OF_STAY}
        return pd.DataFrame(nothing).reindex(visits.index)
    known = stays.set_index("stay_id")
    return pd.DataFrame({f"stay_{name}": beside(visits["stay_id"], known[name]) for name in OF_STAY})


def in_bed(level_of_care: Column) -> Column:
    """Whether each level of care is one with a bed."""
    return level_of_care.notna() & ~level_of_care.isin(DAY_PROGRAMMES)


def last_billable(admitted_on: Column, discharged_on: Column, level_of_care: Column) -> Column:
    """The last day of a closed stay that can be billed; missing while it runs."""
    night_before = (discharged_on - ONE_DAY).where(discharged_on > admitted_on, discharged_on)
    return night_before.where(in_bed(level_of_care), discharged_on)
