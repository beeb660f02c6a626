"""Nobody on the encounter is excluded from federal programmes.

An exclusion means that no federal money may pay for anything the person did, nor for the practice that employs them:
stop everything, and do not only hold the claim. The list of the Inspector General (``cleanclaim load reference leie``)
is judged on the business date, so a later reinstatement lets the encounter go. Most rows of the list have no NPI, so a
person is also found by last name, first name and date of birth; whose birth date is not on file is found by NPI only.
A waiver that lets one state pay is for compliance to judge. The gate always holds; its message names nobody.

Passes::

    leie.npi    leie.last_name  leie.first_name  leie.birth_date  leie.excluded_on  leie.reinstated_on  \
      providers.birth_date
    1003000126  ROE             SAM              1970-01-01       2020-01-20        .                   1980-03-04
    1245319599  DOE             PAT              1980-03-04       2020-01-20        2025-06-01          1980-03-04
    .           DOE             PAT              1979-03-04       2020-01-20        .                   1980-03-04
    .           DOE             PAT              1980-03-04       2020-01-20        .                   .
    1245319599  DOE             PAT              1980-03-04       2026-01-07        .                   .

Fails::

    leie.npi    leie.last_name  leie.first_name  leie.birth_date  leie.excluded_on  leie.reinstated_on  \
      providers.birth_date
    1245319599  OTHER           NAME             .                2020-01-20        .                   .
    .           Doe             pat              1980-03-04       2020-01-20        .                   1980-03-04
    0000000000  DOE             PAT              1980-03-04       2026-01-06        .                   1980-03-04
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.context import Column
from tasks.billing.gates.case import Case

ID = "GATE_EXCLUDED"
REFERENCES = ("leie",)
SOURCE = "excluded v1: claim_hold_checks.tsv H09 (K); LEIE, file_layouts.yaml leie"
FIX = "stop billing and payment for this person, and ask compliance"
FIELDS = "providers.npi providers.last_name providers.first_name providers.birth_date"
NO_NPI = "0000000000"


def _name(rows: pd.DataFrame) -> Column:
    """Last and first name as one key, in capitals."""
    names = rows["last_name"].str.upper().str.strip() + "\x1f" + rows["first_name"].str.upper().str.strip()
    return names.astype("str")


def excluded(providers: pd.DataFrame, leie: pd.DataFrame, today: pd.Timestamp) -> set[str]:
    """provider_id of everybody the list excludes on the day."""
    back = leie["reinstated_on"].notna() & (leie["reinstated_on"] <= today)
    out = leie[(leie["excluded_on"] <= today).fillna(False) & ~back]
    numbers = out["npi"].dropna()
    by_number = providers["npi"].isin(numbers[numbers != NO_NPI])
    named = pd.MultiIndex.from_arrays([_name(out), pd.to_datetime(out["birth_date"])])
    people = pd.MultiIndex.from_arrays([_name(providers), pd.to_datetime(providers["birth_date"])])
    by_name = providers["birth_date"].notna() & people.isin(named)
    return set(providers.loc[by_number | by_name, "provider_id"])


def check(case: Case) -> pd.DataFrame:
    """Encounters of somebody on the list, as clinician or as supervisor."""
    leie = case.context.references.rows("leie")
    if leie is None:
        return findings.none()
    hit = excluded(case.masters.providers, leie, case.context.today)
    rows = case.people[case.people["provider_id"].isin(hit)].drop_duplicates("encounter_id")
    message = "somebody on the encounter is excluded from federal programmes"
    return findings.about(rows, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
