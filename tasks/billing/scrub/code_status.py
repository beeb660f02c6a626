"""The code must exist on the date of service, and belong on the form it goes out on.

Codes are born and deleted on January 1: the telephone visits 99441-99443 ended with 2024, the prolonged services
99354 and 99355 with 2022. The date of service decides, not the date of the claim (CARC 181, RARC M84). Codes of the
institutional form alone (partial hospital days, residential days, detox) cannot travel on an 837P; on the 837I they
may, and a revenue code may stand without any. A code the shipped table does not know is passed with a warning: the
table is behavioural health's, not the whole code set. Where the site loaded HCPCS level II (``cleanclaim load reference
hcpcs``), a level II code is judged by it for sure: it is there and in force on the day, or it is not.

Passes::

    encounter_id  code   service_date
    E1            99441  2024-12-31
    E2            98016  2025-01-01
    E3            90837  2026-01-05

Passes::

    encounter_id  code   form  revenue_code
    E1            H0035  837I  0912
    E2            1001   837I  1001

Fails::

    encounter_id  code   service_date  finds
    E1            99441  2025-01-02    CODE_NOT_VALID
    E2            99443  2025-01-02    CODE_NOT_VALID
    E3            98016  2024-12-31    CODE_NOT_VALID
    E4            H0035  2026-01-05    CODE_FORM
    E5            12345  2026-01-05    CODE_UNKNOWN

Fails::

    encounter_id  code   form  revenue_code  finds
    E1            H0018  837P  .             CODE_FORM
    E2            1001   837P  .             CODE_UNKNOWN
    E3            12345  837I  0919          CODE_UNKNOWN
    E4            90837  837I  0914          .
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd

from tasks.billing import references
from tasks.billing.references import OPEN, References
from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, Flags, found, join, lookup, member
from tasks.billing.scrub.institutional import lines as inst

ID = "CODE_STATUS"
VERSION = 2
SOURCE = "procedure_codes.tsv status and form columns (V:S20; K)"
DEFAULT_SEVERITY = {"CODE_NOT_VALID": "hold", "CODE_FORM": "hold", "CODE_UNKNOWN": "warn"}
FIX = {
    "CODE_NOT_VALID": "Use the code that is in force on the date of service.",
    "CODE_FORM": "Bill it on the institutional form, or use the professional code of the service.",
    "CODE_UNKNOWN": "Check the code; if it is right, add it to the code table.",
}
PREDICTS = {"CODE_NOT_VALID": "CARC181 M84"}
CHANGE = {"CODE_NOT_VALID": "code=one in force on the day"}
_FIRST, _LAST = date(1900, 1, 1), date(2262, 1, 1)
LEVEL_II = re.compile(r"[A-CE-V]\d{4}")  # D is the dentists' own code set and not in the file


def _official(lines: pd.DataFrame, known: References) -> tuple[Flags, Flags]:
    """(level II lines that a loaded file judges, those of them that are not in force)."""
    table = known.of_codes("hcpcs", lines["code"].cat.categories)
    if table is None:
        return np.zeros(len(lines), dtype=bool), np.zeros(len(lines), dtype=bool)
    day = lines["service_date"].to_numpy(dtype="datetime64[s]")
    codes = table[table["record"] == "code"].set_index("code")
    first: dict[str, pd.Timestamp] = codes["valid_from"].to_dict()  # type: ignore[assignment]
    last = codes["valid_to"].fillna(pd.Timestamp(OPEN)).to_dict()
    start = lookup(lines["code"], lambda c: first.get(c, OPEN), OPEN, "datetime64[s]")
    end = lookup(lines["code"], lambda c: last.get(c, _FIRST), _FIRST, "datetime64[s]")
    level_ii: Flags = lookup(lines["code"], lambda c: bool(LEVEL_II.fullmatch(c)), False, bool)
    # A code that a file has is judged on every day it speaks of; one that no file has, on the days files cover.
    judged = level_ii & (member(lines["code"], set(first)) | known.covers("hcpcs", day))
    return judged, judged & ~((day >= start) & (day <= end))


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose code is unknown, outside its dates, or of the institutional form on another."""
    known = codebook.codes()
    code, day = lines["code"], lines["service_date"].to_numpy(dtype="datetime64[s]")
    first = lookup(code, lambda c: (c in known and known[c].valid_from) or _FIRST, _FIRST, "datetime64[s]")
    last = lookup(code, lambda c: (c in known and known[c].valid_to) or _LAST, _LAST, "datetime64[s]")
    form = lookup(code, lambda c: c in known and known[c].form == "I", False, bool)
    facility = inst.is_institutional(lines)
    official = references.of(context)
    judged, gone = _official(lines, official)
    dead = ((day < first) | (day > last)) & ~judged
    message = {
        "CODE_NOT_VALID": "The code is not in force on the date of service.",
        "CODE_FORM": "The code belongs on the institutional form, not on an 837P.",
        "CODE_UNKNOWN": "The code is not in the code table.",
    }
    return join(
        found(lines, dead, "CODE_NOT_VALID", "code service_date", message["CODE_NOT_VALID"]),
        *_gone(lines, gone, official, message["CODE_NOT_VALID"]),
        found(lines, form & ~facility, "CODE_FORM", "code", message["CODE_FORM"]),
        found(
            lines,
            ~member(code, known) & ~judged & ~(facility & inst.alone(lines)),
            "CODE_UNKNOWN",
            "code",
            message["CODE_UNKNOWN"],
        ),
    )


def _gone(lines: pd.DataFrame, gone: Flags, official: References, message: str) -> list[pd.DataFrame]:
    """What the loaded files say, edition by edition; of a day before the first edition, the newest one says it."""
    if not gone.any():
        return []
    edition = official.judging("hcpcs", lines["service_date"].to_numpy(dtype="datetime64[s]"))
    edition[pd.isna(edition)] = official.version("hcpcs")
    return [
        found(lines, gone & (edition == label), "CODE_NOT_VALID", "code service_date", message).assign(
            reference_version=label, data_as_of=official.loaded("hcpcs", label)
        )
        for label in pd.unique(edition[gone])
    ]
