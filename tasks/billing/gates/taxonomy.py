"""The clinician's taxonomy is one of theirs, and one the payer takes.

The taxonomy code says what kind of clinician a claim shows (PRV*PE). Payers load it with the enrolment and deny what
differs (CARC 8): a code of another profession, of a facility, one that NUCC retired, or one outside the payer's list
(``payers.taxonomies``, blank is any). People in training bill under a supervisor, whose code counts. Codes outside the
shipped table of behavioural health are not judged unless the NUCC file was loaded.

Passes::

    providers.taxonomy  providers.provider_class  payers.taxonomies      nucc.code   nucc.deactivation
    1041C0700X          LCSW                      .                      1041C0700X  .
    1041C0700X          LCSW                      1041C0700X 2084P0800X  1041C0700X  2026-12-31
    207Q00000X          MD                        .                      207Q00000X  .
    101YA0400X          LADC                      .                      101YA0400X  .

Fails::

    providers.taxonomy  providers.provider_class  payers.taxonomies      nucc.code   nucc.deactivation
    2084P0800X          LCSW                      .                      2084P0800X  .
    261QM0801X          LCSW                      .                      261QM0801X  .
    1041C0700X          LCSW                      2084P0800X             1041C0700X  .
    207Q00000X          MD                        .                      1041C0700X  .
    1041C0700X          LCSW                      .                      1041C0700X  2025-12-31
"""

from __future__ import annotations

import pandas as pd

from configs import reference
from tasks.billing import findings
from tasks.billing.codes import listed
from tasks.billing.gates.case import Case

ID = "GATE_TAXONOMY"
REFERENCES = ("nucc",)
SOURCE = "taxonomy v1: claim_hold_checks.tsv H03 (CARC 8, V:S05); taxonomy_bh.tsv (V:S12)"
FIX = "record the taxonomy the clinician is enrolled under"
FIELDS = "providers.taxonomy providers.provider_class payers.taxonomies"
UNSAID = frozenset({"", "OTHER", "SW", "BCaBA"})  # rows of the table that name no class of ours
# Classes whose people also carry the codes of another class (addiction counsellors are counsellors to NUCC).
ALSO = {"LADC": "MHC", "CNS": "NP"}


def _agrees(taxonomies: pd.Series, classes: pd.Series) -> pd.Series:
    """Whether the class is the one the table has for the code; true where the table says nothing."""
    table = {row["code"]: row["provider_class"] for row in reference.table("taxonomy_bh")}
    expected = taxonomies.map(table)
    open_ = expected.isna() | expected.isin(UNSAID) | classes.isna() | (classes == "INTERN")
    return open_ | (expected == classes) | (expected == classes.map(ALSO))


def check(case: Case) -> pd.DataFrame:
    """Encounters whose credentialed clinician has a taxonomy that does not fit."""
    visits = case.visits
    own = visits["credentialed_id"] == visits["rendering_id"]
    code = visits["provider_taxonomy"].where(own, visits["supervisor_taxonomy"])
    known = code.notna()
    reasons = [
        (
            known & ~_agrees(code, visits["credentialed_class"]),
            "the taxonomy is of another kind of clinician than the class on file",
        ),
        (
            known & visits["payer_taxonomies"].notna() & ~listed(code, visits["payer_taxonomies"]),
            "the payer's list of taxonomies leaves this one out",
        ),
    ]
    nucc = case.context.references.rows("nucc")
    if nucc is not None:
        ended = code.map(nucc.groupby("code")["deactivation"].max().to_dict()).astype("datetime64[s]")
        reasons += [
            (known & ~code.isin(nucc["code"]), "the taxonomy is not in the NUCC code set"),
            (
                known & (ended <= visits["service_date"]),
                "NUCC retired the taxonomy before the day of service",
            ),
        ]
    message = findings.first_reason(visits.index, reasons)
    return findings.about(visits, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
