"""Postings before they enter the journal: each remittance whole, to the cent, on known accounts."""

from __future__ import annotations

from expectations.suite import Suite, between, columns, true, unique

COLUMNS = [
    "subject_id",
    "entries",
    "sum_cents",
    "unbalanced_postings",
    "cash_difference_cents",
    "accounts_known",
]

SUITE = Suite(
    name="postings",
    about=__doc__ or "",
    key="subject_id",
    subject="remittance",
    rules=(
        columns(COLUMNS, "the projection of postings has changed"),
        unique("subject_id", "the same subject came twice in one batch"),
        between("sum_cents", 0, 0, "debits and credits do not sum to zero"),
        between("unbalanced_postings", 0, 0, "a single posting does not sum to zero"),
        between("cash_difference_cents", 0, 0, "cash is not the amount of the payment (BPR02)"),
        true("accounts_known", "an entry names an account that is not in the chart"),
    ),
)
