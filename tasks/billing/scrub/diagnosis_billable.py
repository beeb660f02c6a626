"""Every diagnosis must be billable on the date of service.

A header (F33) names a group and is refused (CARC 16 with M76, CARC 146); so is a code before its first fiscal year or
after it became a header (F50.02 from 2024-10-01), and one that chapter F does not have (F41.2). What lies outside the
shipped chapters is passed with a warning, unless the site loaded the order file of the date of service: then nothing
is unknown, and the finding names the edition.

Passes::

    encounter_id  diagnoses   service_date  code
    E1            F331        2026-01-05    90837
    E2            F32A        2021-10-01    90837
    E3            F5002       2024-09-30    90837
    E4            F411 Z630   2026-01-05    90837

Fails::

    encounter_id  diagnoses   service_date  code   finds
    E1            F33         2026-01-05    90837  DIAGNOSIS_NOT_BILLABLE
    E2            F32A        2021-09-30    90837  DIAGNOSIS_NOT_BILLABLE
    E3            F5002       2024-10-01    90837  DIAGNOSIS_NOT_BILLABLE
    E4            F411 F412   2026-01-05    90837  DIAGNOSIS_NOT_BILLABLE
    E5            F411 R45851  2026-01-05   90837  DIAGNOSIS_UNKNOWN
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import icd, references
from tasks.billing.scrub.common import Context, join

ID = "DIAGNOSIS_BILLABLE"
SOURCE = f"{icd.SOURCE}; icd10_header_traps.tsv (V:S07; V:S08)"
DEFAULT_SEVERITY = {"DIAGNOSIS_NOT_BILLABLE": "hold", "DIAGNOSIS_UNKNOWN": "warn"}
FIX = {
    "DIAGNOSIS_NOT_BILLABLE": "Use a code that is complete and in force on the date of service.",
    "DIAGNOSIS_UNKNOWN": "Check the code against the full ICD-10-CM of the date of service.",
}
PREDICTS = {"DIAGNOSIS_NOT_BILLABLE": "CARC16 CARC146 M76"}
CHANGE = {"DIAGNOSIS_NOT_BILLABLE": "diagnoses=a complete code in force on the day"}
_WHY = {
    icd.HEADER: "a header, not a complete code",
    icd.NOT_YET: "not yet in force on the date of service",
    icd.GONE: "no longer in force on the date of service",
    icd.INVALID: "not a code of the date of service",
    icd.UNKNOWN: "outside the shipped tables",
}


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Encounters with a diagnosis that is not billable, or not known; the first such position is named."""
    # Few lists and few days repeat over many lines: each combination is judged once.
    sets = lines[["diagnoses", "service_date"]].drop_duplicates().dropna()
    one = sets.assign(code=sets["diagnoses"].astype(object).str.split()).explode("code")
    one["place"] = one.groupby(level=0).cumcount() + 1
    known = references.of(context)
    said = icd.official_status(
        one["code"].reset_index(drop=True), one["service_date"].reset_index(drop=True), known
    )
    one["why"], one["reference_version"] = said["status"].to_numpy(), said["edition"].to_numpy()
    one = one[one["why"] != icd.BILLABLE]
    one["rule_id"] = (one["why"] == icd.UNKNOWN).map(
        {True: "DIAGNOSIS_UNKNOWN", False: "DIAGNOSIS_NOT_BILLABLE"}
    )
    one = one.drop_duplicates(["diagnoses", "service_date", "rule_id"])
    if one.empty:
        return join()
    some = lines.loc[lines["diagnoses"].isin(one["diagnoses"].unique())].drop_duplicates("encounter_id")
    some = some[["encounter_id", "payer_id", "diagnoses", "service_date"]].merge(
        one, on=["diagnoses", "service_date"]
    )
    message = "Diagnosis " + some["place"].astype("str") + " is " + some["why"].map(_WHY).astype("str") + "."
    return pd.DataFrame(
        {
            "encounter_id": some["encounter_id"].astype(object),
            "line": pd.array([pd.NA] * len(some), dtype="Int64"),
            "payer_id": some["payer_id"].astype(object),
            "rule_id": some["rule_id"],
            "fields": "diagnoses service_date",
            "message": message,
            "reference_version": some["reference_version"].astype(object),
            "data_as_of": some["reference_version"].map(
                {
                    label: known.loaded("icd10cm", label)
                    for label in some["reference_version"].dropna().unique()
                }
            ),
        }
    )
