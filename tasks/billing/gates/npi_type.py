"""A person's NPI is of a person, and it is in force.

NPIs come in two types: 1 for people, 2 for organisations. A clinician shown with the group's number, or with one that
was deactivated, is refused at the front end. Which type a number has stands in the NPPES file
(``cleanclaim load reference nppes``); without it the gate is silent, and so it is for numbers that a weekly file does
not have. One that the full file does not have is nobody's.

Passes::

    providers.npi  nppes.npi   nppes.found  nppes.entity_type  nppes.deactivated_on  nppes.reactivated_on
    1245319599     1245319599  true         1                  .                     .
    1245319599     1245319599  true         1                  2020-01-01            2020-03-01
    1245319599     1245319599  true         1                  2026-01-06            .
    1245319599     1003000126  true         2                  .                     .

Fails::

    providers.npi  nppes.npi   nppes.found  nppes.entity_type  nppes.deactivated_on  nppes.reactivated_on
    1245319599     1245319599  true         2                  .                     .
    1245319599     1245319599  true         1                  2025-12-31            .
    1245319599     1245319599  false        .                  .                     .
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import per_role

ID = "GATE_NPI_TYPE"
REFERENCES = ("nppes",)
SOURCE = "npi_type v1: claim_hold_checks.tsv H02 (K); NPPES, file_layouts.yaml nppes_npi"
FIX = "record the clinician's own NPI, one that is in force"
FIELDS = "providers.npi"
COLUMNS = ["npi", "found", "entity_type", "deactivated_on", "reactivated_on"]


def check(case: Case) -> pd.DataFrame:
    """Encounters whose clinician or supervisor has an organisation's NPI, or a deactivated one."""
    known = case.context.references.rows("nppes")
    if known is None:
        return findings.none()
    # A number stands in the full file, in weekly ones and in the list of deactivated ones: what each says last counts.
    listed = known[COLUMNS].groupby("npi", as_index=False).last()
    rows = case.people.merge(listed, on="npi", how="inner")
    gone = rows["deactivated_on"] <= rows["service_date"]
    back = rows["reactivated_on"] >= rows["deactivated_on"]
    message = pd.Series(None, index=rows.index, dtype="str")
    for wrong, what in (
        (~rows["found"].fillna(True).astype(bool), "NPI is nobody's in NPPES"),
        (rows["entity_type"] == "2", "NPI is of an organisation, not of a person"),
        (gone & ~back, "NPI was deactivated before the day of service"),
    ):
        said = per_role(rows, f"the clinician's {what}", f"the supervisor's {what}")
        message = message.fillna(said.where(wrong.fillna(False).astype(bool)))
    return findings.about(rows, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
