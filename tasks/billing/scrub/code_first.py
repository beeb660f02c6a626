"""A mental disorder due to a physical one comes after it.

Some codes of chapter F say what a physical disease did: dementia in Parkinson's disease, delirium, a mood disorder due
to a stroke, behaviour that affects asthma. ICD-10-CM notes at them that the physical condition is coded first; listed
first themselves, or without any such condition before them, they are refused or sent back for the missing half. What
comes first is any diagnosis from outside chapter F, for delirium a dementia (F01 to F03) as well. The notes are rows of
``icd10_code_first_bh.tsv``; a code that is never listed first is held, the others are told.

Passes::

    encounter_id  diagnoses       code
    E1            G20A1 F0280     90837
    E2            I6990 F0631     90837
    E3            F03A0 F05       90837
    E4            J4520 F411 F54  90837
    E5            F411 F331       90837

Fails::

    encounter_id  diagnoses    code   finds
    E1            F0280 G20A1  90837  CODE_FIRST_C02
    E2            F0631        90837  CODE_FIRST_C05
    E3            F411 F54     90837  CODE_FIRST_C08
    E4            F05 F03A0    90837  CODE_FIRST_C04
    E5            F0150 F0390  90837  CODE_FIRST_C01
    E6            F04          90837  CODE_FIRST_C03
    E7            F070 F411    90837  CODE_FIRST_C06
    E8            F09          90837  CODE_FIRST_C07
"""

from __future__ import annotations

from datetime import date
from functools import cache

import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, of_list

ID = "CODE_FIRST"
SINCE = date(2026, 11, 26)
_ROWS = reference.by_key("icd10_code_first_bh", "row")
DEFAULT_SEVERITY = {f"CODE_FIRST_{row}": values["severity"] for row, values in _ROWS.items()}
SOURCE = {
    f"CODE_FIRST_{row}": f"ICD-10-CM tabular list, note at {_ROWS[row]['code']}; icd10_code_first_bh.tsv {row} (K)"
    for row in _ROWS
}
FIX = {f"CODE_FIRST_{row}": f"Code first {_ROWS[row]['first']}." for row in _ROWS}
_CODES = {f"CODE_FIRST_{row}": values["code"].rstrip("-").replace(".", "") for row, values in _ROWS.items()}
_DELIRIUM, _DEMENTIA = "F05", ("F01", "F02", "F03")


def _physical(diagnosis: str, after: str) -> bool:
    """Whether `diagnosis` may be what the code `after` it comes from."""
    return not diagnosis.startswith("F") or (after == _DELIRIUM and diagnosis.startswith(_DEMENTIA))


@cache
def misplaced(diagnoses: str) -> frozenset[str]:
    """Rule ids of the codes in one list of diagnoses before which nothing physical stands."""
    codes = diagnoses.split()
    return frozenset(
        rule_id
        for at, code in enumerate(codes)
        for rule_id, prefix in _CODES.items()
        if code.startswith(prefix) and not any(_physical(before, code) for before in codes[:at])
    )


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Encounters in which a disorder stands before the physical condition that it comes from."""
    message = "A disorder due to a physical condition stands without that condition before it."
    return of_list(lines, "diagnoses", misplaced, message)
