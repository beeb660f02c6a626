"""A person's NPI is of a person, and it is in force.

NPIs come in two types: 1 for people, 2 for organisations. A clinician shown with the group's number, or with one that
was deactivated, is refused at the front end. Which type a number has stands in the NPPES file
(``cleanclaim load reference nppes``); without it, and for numbers the file does not have, the gate is silent.

Passes::

    providers.npi  nppes.npi   nppes.entity_type  nppes.deactivated_on  nppes.reactivated_on
    1245319599     1245319599  1                  .                     .
    1245319599     1245319599  1                  2020-01-01            2020-03-01
    1245319599     1003000126  2                  .                     .

Fails::

    providers.npi  nppes.npi   nppes.entity_type  nppes.deactivated_on  nppes.reactivated_on
    1245319599     1245319599  2                  .                     .
    1245319599     1245319599  1                  2025-12-31            .
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.gates.people import per_role

ID = "GATE_NPI_TYPE"
SOURCE = "npi_type v1: claim_hold_checks.tsv H02 (K); NPPES, file_layouts.yaml nppes_npi"
FIX = "record the clinician's own NPI, one that is in force"
FIELDS = "providers.npi"


def check(case: Case) -> pd.DataFrame:
    """Encounters whose clinician or supervisor has an organisation's NPI, or a deactivated one."""
    known = case.context.references.rows("nppes")
    if known is None:
        return findings.none()
    listed = known.drop_duplicates("npi", keep="last")
    rows = case.people.merge(
        listed[["npi", "entity_type", "deactivated_on", "reactivated_on"]], on="npi", how="inner"
    )
    gone = rows["deactivated_on"] <= rows["service_date"]
    back = rows["reactivated_on"] >= rows["deactivated_on"]
    group = rows["entity_type"].astype("str") == "2"
    message = per_role(
        rows,
        "the clinician's NPI is of an organisation, not of a person",
        "the supervisor's NPI is of an organisation, not of a person",
    ).where(group)
    ended = per_role(
        rows,
        "the clinician's NPI was deactivated before the day of service",
        "the supervisor's NPI was deactivated before the day of service",
    )
    message = message.fillna(ended.where(gone & ~back))
    return findings.about(rows, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
