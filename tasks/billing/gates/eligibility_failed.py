"""The last question to the payer about the cover was answered.

Beside an AAA nothing of a 271 is a benefit: the question failed, and nobody knows whether the policy covers the day.
What to do about it follows from the code (``aaa_rejects.tsv``): most name what is wrong with the question.

Passes::

    eligibility_answers.reject  eligibility_answers.member_id
    .                           XYZ000000001
    75                          XYZ999999999

Fails::

    eligibility_answers.reject
    75
    42
    ZZ
"""

from __future__ import annotations

import pandas as pd

from configs import reference
from tasks.billing import eligibility_answers as told
from tasks.billing import findings
from tasks.billing.context import beside
from tasks.billing.gates.case import Case

ID = "GATE_ELIGIBILITY_FAILED"
SOURCE = "eligibility_failed v1: 06 section 8; aaa_rejects.tsv (K)"
FIX = "correct what the code names, and ask again (270)"
FIELDS = "eligibility_answers.reject"
DEFAULT_SEVERITY = "warn"
PREDICTS = "CARC31"


def check(case: Case) -> pd.DataFrame:
    """Encounters of whose policy the newest inquiry failed."""
    answers, masters = case.masters.eligibility_answers, case.masters
    if answers.empty or answers["reject"].isna().all():
        return findings.none()
    about = told.of_policies(answers, masters.coverages, masters.payers, masters.patients)
    newest = about.drop_duplicates("coverage_id", keep="last")
    failed = newest[newest["failed"]].set_index("coverage_id")["inquiry_id"]
    codes = answers.dropna(subset="reject").drop_duplicates("inquiry_id").set_index("inquiry_id")["reject"]
    rows = reference.by_key("aaa_rejects", "aaa03")
    said = {
        code: f"the question about the cover failed: AAA {code}"
        + (f", {rows[code]['own_words']} ({rows[code]['retry']})" if code in rows else "")
        for code in codes.unique()
    }
    message = beside(beside(case.visits["coverage_id"], failed), codes).map(said).astype("str")
    return findings.about(case.visits, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
