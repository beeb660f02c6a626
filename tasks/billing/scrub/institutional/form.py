"""What belongs on the professional form does not go on the institutional one.

A clinician's own work goes on the 837P, beside the facility's bill where the contract says so. A hospital outpatient
department bills Medicare a clinic visit (G0463), not the clinician's 99202-99215, and in a programme the visit is the
clinician's alone. Codes of care management, of the community and of messages are the professional's and stand beside
no revenue code, but for professional fees (0960s) and the bills of clinics that are paid by the visit (71, 77) or of
an opioid treatment programme (87). A bed at an office, at home or by video is a place that no bed has.

Passes::

    encounter_id  code   revenue_code  type_of_bill  payer_class   place_of_service
    E1            G0463  0513          013           medicare_ffs  22
    E2            99214  0513          013           commercial    22
    E3            90834  0914          013           medicare_ffs  52
    E4            99214  0961          085           medicare_ffs  22
    E5            H2017  0911          013           medicaid      53
    E6            1001   1001          086           commercial    56
    E7            H0015  0906          013           commercial    11
    E9            99484  0900          077           medicare_ffs  50

Fails::

    encounter_id  code   revenue_code  type_of_bill  payer_class   place_of_service  finds
    E1            99214  0513          013           medicare_ffs  22                INST_FORM_VISIT
    E2            99484  0900          013           medicare_ffs  22                INST_FORM
    E3            T1016  0900          013           medicaid      53                INST_FORM
    E4            1001   1001          086           commercial    11                INST_FORM_PLACE
    E5            H0018  1002          086           commercial    10                INST_FORM_PLACE
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import Context, found, join, lookup, member
from tasks.billing.scrub.institutional import lines as inst
from tasks.billing.scrub.institutional.revenue_hcpcs import usual_codes

ID = "INST_FORM"
SINCE = date(2026, 11, 26)
SOURCE = {
    "INST_FORM": "claim_form_router.tsv; procedure_codes.tsv form (K)",
    "INST_FORM_VISIT": "procedure_codes.tsv G0463 (V:S52)",
    "INST_FORM_PLACE": "claim_form_router.tsv places (V:S17; K)",
}
DEFAULT_SEVERITY = {"INST_FORM": "warn", "INST_FORM_VISIT": "hold", "INST_FORM_PLACE": "warn"}
FIX = {
    "INST_FORM": "Bill the clinician's work on the professional form, or confirm that this payer takes it here.",
    "INST_FORM_VISIT": "Bill the hospital's clinic visit, G0463; a programme's visit goes on the professional form.",
    "INST_FORM_PLACE": "Correct the place of service: a bed is at the facility.",
}
PREDICTS = {"INST_FORM": "CARC282 N34", "INST_FORM_VISIT": "CARC16 M20", "INST_FORM_PLACE": "CARC5 M77"}
CHANGE = {
    "INST_FORM": "form=837P",
    "INST_FORM_VISIT": "code=G0463, or form=837P in a programme",
    "INST_FORM_PLACE": "place_of_service",
}
VISITS = codebook.expand("99202-99215")
HOSPITAL = "13"
BY_THE_VISIT = ("71", "77", "87")
PROFESSIONAL_FEES = "096"
NO_BED = ("02", "10", "11", "12")


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Institutional lines with a code, a visit or a place of the professional form."""
    some = inst.of(lines)
    if some.empty:
        return join()
    professional = {code for code, known in codebook.codes().items() if known.form == "P"} - usual_codes()
    revenue = text(some, "revenue_code")
    fee = lookup(revenue, lambda rev: rev.startswith(PROFESSIONAL_FEES), False, bool)
    alien = member(some["code"], professional) & ~fee & ~member(some["bill"], BY_THE_VISIT)
    visit = member(some["code"], VISITS) & inst.medicare(some) & member(some["bill"], [HOSPITAL]) & ~fee
    bed = inst.bed(some) & member(some["place_of_service"], NO_BED)
    return join(
        found(
            some,
            alien & ~visit,
            "INST_FORM",
            "form code revenue_code type_of_bill",
            "The code is a clinician's and goes on the professional form.",
        ),
        found(
            some,
            visit,
            "INST_FORM_VISIT",
            "code type_of_bill payer_class",
            "A hospital bills Medicare a clinic visit.",
        ),
        found(some, bed, "INST_FORM_PLACE", "place_of_service revenue_code", "No bed is at this place."),
    )
