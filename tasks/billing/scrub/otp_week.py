"""An opioid treatment programme is paid by the week: one bundle in seven days, at its own place.

The weekly bundles (G2067-G2075) hold the drug, the counselling and the tests of seven days in a row; a second one of
the same person that begins within them is denied as already paid. Their place is 58, the non-residential opioid
treatment facility. The add-ons (intake, take-home doses, further counselling) are the add-on rule's question.

Passes::

    encounter_id  code   place_of_service  service_date  patient_id
    E1            G2067  58                2026-01-05    P1
    E2            G2067  58                2026-01-12    P1
    E3            G2074  58                2026-01-05    P2

Fails::

    encounter_id  code   place_of_service  service_date  patient_id  finds
    E1            G2067  58                2026-01-05    P1          .
    E2            G2068  58                2026-01-11    P1          OTP_WEEK
    E3            G2067  11                2026-01-05    P2          OTP_PLACE
    E4            G2074  58                2026-01-08    P3          OTP_WEEK
    E5            G2074  58                2026-01-05    P4          OTP_WEEK

History::

    encounter_id  code   service_date  patient_id
    E0            G2074  2026-01-08    P3
    E00           G2074  2026-01-08    P4
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, found, join, keys, member, together

ID = "OTP"
SINCE = date(2026, 11, 26)
SOURCE = "procedure_codes.tsv G2067 notes: one bundle per 7 contiguous days, place 58 (K)"
DEFAULT_SEVERITY = {"OTP_WEEK": "hold", "OTP_PLACE": "warn"}
FIX = {
    "OTP_WEEK": "Bill one bundle for seven days in a row; the next one begins on the eighth.",
    "OTP_PLACE": "Use place 58, the opioid treatment facility.",
}
PREDICTS = {
    "OTP_WEEK": "CARC18 CARC119 M86",
    "OTP_PLACE": "CARC5 M77",
}
CHANGE = {
    "OTP_WEEK": "line=remove",
    "OTP_PLACE": "place_of_service=58",
}
BUNDLES = codebook.expand("G2067-G2075")
WEEK, PLACE = pd.Timedelta(days=7), "58"


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Weekly bundles within seven days of an earlier one, and bundles at another place."""
    if not member(lines["code"], BUNDLES).any():
        return join()
    both, new = together(lines, history)
    bundle = member(both["code"], BUNDLES)
    some, new = both.loc[bundle], new[bundle]
    order = np.argsort(some["service_date"].to_numpy(), kind="stable")
    days, people = some["service_date"].iloc[order], keys(some, "patient_id")[order]
    soon = np.zeros(len(some), dtype=bool)
    before, after = days.groupby(people).shift(), days.groupby(people).shift(-1)
    billed_after = pd.Series(~new[order], index=days.index).groupby(people).shift(-1, fill_value=False)
    soon[order] = ((days - before < WEEK) | ((after - days < WEEK) & billed_after)).to_numpy(dtype=bool)
    place = ~member(some["place_of_service"], [PLACE]) & some["place_of_service"].notna().to_numpy()
    return join(
        found(
            some,
            soon & new,
            "OTP_WEEK",
            "code service_date",
            "Another weekly bundle of this person begins within seven days.",
        ),
        found(
            some,
            place & new,
            "OTP_PLACE",
            "code place_of_service",
            "A weekly bundle at another place.",
        ),
    )
