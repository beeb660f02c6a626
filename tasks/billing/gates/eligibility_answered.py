"""What the payer answered of the cover (271) does not speak against billing it.

A policy that is on file with its dates may have ended yesterday. The payer's own answer tells before the denial does
(CARC 27, 31, 22): the newest one about the policy that is to be billed says that mental health (for a substance-use
programme: substance abuse) is inactive on the day of service, or that another payer has it. Nothing is held for what
an answer does not say, nor for a question that failed (``GATE_ELIGIBILITY_FAILED`` tells of that).

Passes::

    eligibility_answers.info  eligibility_answers.service_types  eligibility_answers.valid_to
    1                         MH                                 .
    1                         30                                 .
    6                         30                                 2026-01-05
    I                         AI                                 .
    6                         UC                                 .

Passes::

    eligibility_answers.info  eligibility_answers.member_id  eligibility_answers.entity
    6                         XYZ999999999                   .
    1                         XYZ000000001                   66666

Fails::

    eligibility_answers.info  eligibility_answers.service_types  eligibility_answers.valid_to
    6                         MH                                 .
    7                         30                                 .
    I                         MH                                 .
    6                         30                                 2026-01-04
    1                         MH                                 2026-01-04

Fails::

    eligibility_answers.info  eligibility_answers.service_types  eligibility_answers.entity
    U                         CF                                 66666
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import eligibility_answers as told
from tasks.billing import findings
from tasks.billing.context import beside
from tasks.billing.gates.case import Case

ID = "GATE_ELIGIBILITY"
SOURCE = "eligibility_answered v1: 06 section 8; eb_codes.tsv 1 to 8, U (V:S46 meaning, K reading); carc.tsv 22, 27, 31"
FIX = "find the cover of the day: ask the payer again (271), record the right policy, or bill the payer named instead"
FIELDS = (
    "eligibility_answers.info eligibility_answers.service_types eligibility_answers.valid_from"
    " eligibility_answers.valid_to eligibility_answers.entity encounters.service_date"
)
PREDICTS = "CARC27 CARC31 CARC22"
MESSAGES = {
    told.INACTIVE: "the payer answered that the cover is not active",
    told.ENDED: "the payer answered that the cover ended before the day of service",
    told.NOT_YET: "the payer answered that the cover begins after the day of service",
    told.EXCLUDED: "the payer answered that it does not cover this kind of service",
    told.ELSEWHERE: "the payer answered that another payer has this benefit (a carve-out)",
}


def check(case: Case) -> pd.DataFrame:
    """Encounters whose newest answered inquiry says that this payer does not cover the day."""
    answers, masters = case.masters.eligibility_answers, case.masters
    if answers.empty:
        return findings.none()
    newest = told.newest_answered(answers, masters.coverages, masters.payers, masters.patients)
    visits = case.visits
    asked = pd.DataFrame(
        {
            "inquiry_id": beside(visits["coverage_id"], newest["inquiry_id"]),
            "service_date": visits["service_date"],
            "edi_payer_id": beside(visits["payer_id"], masters.payers.set_index("payer_id")["edi_payer_id"]),
        },
        index=visits.index,
    )
    programme = visits["part2"].fillna(False).astype(bool)
    message = pd.Series(None, index=visits.index, dtype="str")
    for kind, some in ((told.MENTAL_HEALTH, ~programme), (told.SUBSTANCE_USE, programme)):
        known = told.said(answers, kind).set_index("inquiry_id")
        rows = asked.assign(**{name: beside(asked["inquiry_id"], known[name]) for name in known.columns})
        message = message.mask(some, told.on_day(rows).map(MESSAGES))
    return findings.about(visits, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
