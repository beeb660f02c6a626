"""The place of service must be one, on the date of service.

Two digits, ``02`` with its zero. 10 (telehealth at home) came into force in 2022, 27 (street outreach) on 2023-10-01,
66 (PACE centre) on 2024-08-01; what is not in force is refused at the front end (CARC 16 with M77). The shipped table
holds the places of behavioural health, so one that is not in it is passed with a warning; where the site loaded the
official set (``cleanclaim load reference pos``), it is judged for sure.

Passes::

    encounter_id  place_of_service  service_date
    E1            11                2026-01-05
    E2            02                2026-01-05
    E3            27                2023-10-01
    E4            .                 2026-01-05

Fails::

    encounter_id  place_of_service  service_date  finds
    E1            27                2023-09-30    PLACE_NOT_VALID
    E2            66                2024-07-31    PLACE_NOT_VALID
    E3            10                2021-12-31    PLACE_NOT_VALID
    E4            98                2026-01-05    PLACE_UNKNOWN
    E5            2                 2026-01-05    PLACE_UNKNOWN
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing import references
from tasks.billing.references import OPEN, References
from tasks.billing.scrub.common import Context, Flags, found, join, lookup, member

ID = "PLACE"
SOURCE = (
    "pos.tsv (V:S06; V:S20; K), first days of 10, 27, 58 and 66 (K); CMS place-of-service set where loaded"
)
DEFAULT_SEVERITY = {"PLACE_NOT_VALID": "hold", "PLACE_UNKNOWN": "warn"}
FIX = {
    "PLACE_NOT_VALID": "Use the place of service that was in force on the date of service.",
    "PLACE_UNKNOWN": "Check the place of service; if it is right, load the official set.",
}
# The first days of what was added lately; the official set has them where it is published with dates.
BORN = {
    "10": date(2022, 1, 1),
    "27": date(2023, 10, 1),
    "58": date(2020, 1, 1),
    "66": date(2024, 8, 1),
}
PREDICTS = "CARC16 M77"
CHANGE = "place_of_service=one in force on the day"
_FIRST = date(1900, 1, 1)


def _known(lines: pd.DataFrame, official: References, day: np.ndarray) -> tuple[Flags, Flags]:
    """(places that a table has, days outside its window)."""
    place = lines["place_of_service"]
    born = lookup(place, lambda p: BORN.get(p, _FIRST), _FIRST, "datetime64[s]")
    table = official.rows("pos")
    if table is None:
        return member(place, reference.by_key("pos", "pos")), day < born
    table = table.sort_values("effective_from").drop_duplicates("pos", keep="last").set_index("pos")
    first: dict[str, pd.Timestamp] = table["effective_from"].to_dict()  # type: ignore[assignment]
    last = table["effective_to"].fillna(pd.Timestamp(OPEN)).to_dict()
    start = lookup(place, lambda p: first.get(p, _FIRST), _FIRST, "datetime64[s]")
    end = lookup(place, lambda p: last.get(p, OPEN), OPEN, "datetime64[s]")
    return member(place, first), (day < np.maximum(start, born)) | (day > end)


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose place of service no table has, or none on the date of service."""
    official = references.of(context)
    day = lines["service_date"].to_numpy(dtype="datetime64[s]")
    known, outside = _known(lines, official, day)
    stated = lines["place_of_service"].notna().to_numpy()
    sure = official.rows("pos") is not None
    wrong = stated & ((known & outside) | (~known & sure))
    fields, message = (
        "place_of_service service_date",
        "The place of service is not in force on the date of service.",
    )
    invalid = found(lines, wrong, "PLACE_NOT_VALID", fields, message)
    if sure:
        invalid = invalid.assign(reference_version=official.version("pos"), data_as_of=official.loaded("pos"))
    unknown = stated & ~known & (not sure)
    return join(
        invalid,
        found(lines, unknown, "PLACE_UNKNOWN", fields, "The place of service is not in the table."),
    )
