"""Diagnoses and pointers: twelve at most, none twice, and every line points to what is there.

An 837P claim lists up to twelve diagnoses; each line points to one to four of them by position, the first pointer
being the reason for that line. A diagnosis listed twice, a pointer to a position that is not there or the same
pointer twice is refused at the front end.

Passes::

    encounter_id  diagnoses       pointers  code
    E1            F411            1         90837
    E2            F411 F331 Z630  1 2 3     90837

Fails::

    encounter_id  diagnoses                                               pointers   code   finds
    E1            F411 F331 F411                                          1 2        90837  DIAGNOSIS_REPEATED
    E2            F411                                                    2          90837  DIAGNOSIS_POINTER
    E3            F411 F331                                               1 1        90837  DIAGNOSIS_POINTER
    E4            F411 F331 Z630 Z600 Z550                                1 2 3 4 5  90837  DIAGNOSIS_POINTER
    E5            F411                                                    .          90837  DIAGNOSIS_POINTER
    E6            .                                                       1          90837  DIAGNOSIS_MISSING
    E7            F10 F11 F12 F13 F14 F15 F16 F17 F18 F19 F20 F21 F22     1          90837  DIAGNOSIS_COUNT
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub.common import Context, Flags, found, join, lookup

ID = "DIAGNOSIS"
SOURCE = "837P guide (005010X222A1) 2300 HI and 2400 SV107 (K)"
DEFAULT_SEVERITY = {
    "DIAGNOSIS_MISSING": "hold",
    "DIAGNOSIS_COUNT": "hold",
    "DIAGNOSIS_REPEATED": "hold",
    "DIAGNOSIS_POINTER": "hold",
}
FIX = {
    "DIAGNOSIS_MISSING": "Document the diagnosis that was treated.",
    "DIAGNOSIS_COUNT": "Keep the twelve that matter for the services.",
    "DIAGNOSIS_REPEATED": "List each diagnosis once.",
    "DIAGNOSIS_POINTER": "Point to one to four listed diagnoses, each once, the reason for the line first.",
}
MOST = 12
MOST_POINTERS = 4


def _highest(pointers: str) -> float:
    """The highest position pointed to; infinite where the pointers are not well formed."""
    words = pointers.split()
    well = (
        1 <= len(words) <= MOST_POINTERS and len(set(words)) == len(words) and all(w.isdigit() for w in words)
    )
    numbers = [int(w) for w in words] if well else [0]
    return float(max(numbers)) if min(numbers) > 0 else np.inf


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Encounters with too many, repeated or no diagnoses; lines that point to nothing."""
    listed = lookup(lines["diagnoses"], lambda d: len(d.split()), 0, np.int64)
    repeated: Flags = lookup(lines["diagnoses"], lambda d: len(set(d.split())) < len(d.split()), False, bool)
    astray = lookup(lines["pointers"], _highest, np.inf, float) > listed
    none = listed == 0
    return join(
        found(lines, none, "DIAGNOSIS_MISSING", "diagnoses", "No diagnosis.", encounter=True),
        found(
            lines,
            listed > MOST,
            "DIAGNOSIS_COUNT",
            "diagnoses",
            "More than twelve diagnoses.",
            encounter=True,
        ),
        found(
            lines, repeated, "DIAGNOSIS_REPEATED", "diagnoses", "A diagnosis is listed twice.", encounter=True
        ),
        found(
            lines,
            astray & ~none,
            "DIAGNOSIS_POINTER",
            "pointers diagnoses",
            "The pointers do not fit the diagnoses.",
        ),
    )
