"""Answers of payers about cover (271) as facts, and what the newest of them says of a day of service.

Facts are the segments: one row an EB or AAA, known again by its content. Whom an answer is about follows from the
policies on file: the payer's id, the member id and, where the answer gives one, the birth date. Of several answers
about one policy the newest counts; a question that failed (AAA) says nothing of the cover, so the one before stands.

What it says of a day, for mental health or substance use:

* inactive: EB 6, 7 or 8 for that service type, or for the whole plan (30) where the type itself is not told; with a
  last day (DTP 347, 357), days up to it were still covered;
* active: EB 1 to 5, from its first day to its last; an active plan does not prove mental health, but nothing is held
  for what an answer does not say;
* excluded: EB I for that service type; of another one it says nothing;
* carved out: EB U, MC or R for a behavioural service type that names another payer: the claim belongs there.

Source: 06 section 8 (how to read K); ``eb_codes.tsv``, ``service_type_codes.tsv``, ``aaa_rejects.tsv``.
"""

from __future__ import annotations

import re

import pandas as pd

from configs.identity import digest, digests
from tasks.billing import eligibility, shapes
from tasks.billing.context import Column, beside

FACTS = shapes.shape(
    "answer_id inquiry_id position:int payer_identifier member_id birth_date:day trace answered_on:day valid_from:day"
    " valid_to:day reject info level service_types time amount_cents percent_basis_points:int quantity_qualifier"
    " quantity:int authorization network entity"
)
MENTAL_HEALTH, SUBSTANCE_USE = "MH", "AI"
NUMBER = re.compile(r"-?\d*\.?\d+|\d+\.")
NUMBERS = (7, 8, 10)  # elements of an EB that are amounts, shares and counts
# What the newest answer about a policy says of a day.
INACTIVE, ENDED, NOT_YET, EXCLUDED, ELSEWHERE = "inactive", "ended", "not_yet", "excluded", "elsewhere"
SAID = shapes.shape("inquiry_id active:flag inactive:flag excluded:flag first:day last:day ended:day entity")


def facts(answers: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Rows of ``FACTS`` from the codec's answers, and how many EB were left out because a number is none.

    `answers` are of sets that are whole, columns ``connectors.x12`` gives them.
    """
    rows = answers.reset_index(drop=True)
    readable = pd.Series([_readable(text) for text in rows["benefit"]], index=rows.index, dtype="bool")
    rows = rows[readable].reset_index(drop=True)
    benefits = eligibility.segments(rows["benefit"].dropna())
    benefits.index = rows.index[rows["benefit"].notna()]
    told = rows.join(benefits.drop(columns="entity"))
    group = [told["transaction"], told["subject"]]
    told["position"] = told.groupby(group).cumcount() + 1
    content = [*(name for name in FACTS if name in told), "benefit"]
    texts = (
        told[content].astype("str").fillna("").agg("\x1f".join, axis=1)
        if len(told)
        else pd.Series(dtype="str")
    )
    inquiries = {key: digest("eligibility", *part) for key, part in texts.groupby(group)}
    keys = zip(told["transaction"], told["subject"], strict=True)
    told["inquiry_id"] = pd.Series([inquiries[key] for key in keys], index=told.index, dtype="str")
    named = zip(told["inquiry_id"], told["position"], strict=True)
    told["answer_id"] = pd.Series(digests("eligibility_answers", named), index=told.index, dtype="str")
    return shapes.conform(told, FACTS), int((~readable).sum())


def _readable(benefit: object) -> bool:
    if not isinstance(benefit, str):
        return True
    parts = benefit.split("*")
    return all(not parts[n] or NUMBER.fullmatch(parts[n]) for n in NUMBERS if n < len(parts))


def of_policies(
    answers: pd.DataFrame, coverages: pd.DataFrame, payers: pd.DataFrame, patients: pd.DataFrame
) -> pd.DataFrame:
    """Inquiries with the policy they are about: coverage_id, inquiry_id, answered_on, failed (AAA), newest last."""
    heads = answers.groupby("inquiry_id", as_index=False).agg(
        payer_identifier=("payer_identifier", "first"), member_id=("member_id", "first"),
        birth_date=("birth_date", "first"), answered_on=("answered_on", "first"), failed=("reject", "count"),
    )  # fmt: skip
    policies = coverages[["coverage_id", "patient_id", "payer_id", "member_id"]].assign(
        payer_identifier=beside(coverages["payer_id"], payers.set_index("payer_id")["edi_payer_id"]),
        born_on=beside(coverages["patient_id"], patients.set_index("patient_id")["birth_date"]),
    )
    pairs = heads.merge(policies, on=["payer_identifier", "member_id"])
    same = pairs["birth_date"].isna() | (pairs["birth_date"] == pairs["born_on"])
    found = pairs[same].assign(failed=pairs["failed"] > 0)
    columns = ["coverage_id", "inquiry_id", "answered_on", "failed"]
    return found.sort_values(["coverage_id", "answered_on", "inquiry_id"])[columns].reset_index(drop=True)


def newest_answered(
    answers: pd.DataFrame, coverages: pd.DataFrame, payers: pd.DataFrame, patients: pd.DataFrame
) -> pd.DataFrame:
    """The newest inquiry about each policy that did not fail, by coverage_id: inquiry_id, answered_on."""
    about = of_policies(answers, coverages, payers, patients)
    return about[~about["failed"]].drop_duplicates("coverage_id", keep="last").set_index("coverage_id")


def said(answers: pd.DataFrame, service_type: str) -> pd.DataFrame:
    """What each inquiry says of a service type, columns ``SAID``; ``entity`` is whom a carve-out names.

    ``first`` and ``last`` bound the active cover, ``ended`` is the last day of what is inactive; null is not said.
    """
    padded = " " + answers["service_types"].fillna("") + " "
    own = padded.str.contains(f" {service_type} ", regex=False)
    plan = padded.str.contains(f" {eligibility.WHOLE_PLAN} ", regex=False)
    is_active, is_not = answers["info"].isin(eligibility.ACTIVE), answers["info"].isin(eligibility.INACTIVE)
    behavioural = padded.str.contains(rf" (?:{'|'.join(eligibility.BEHAVIOURAL)}) ", regex=True)
    away = answers["info"].isin(eligibility.ELSEWHERE) & behavioural & answers["entity"].notna()
    by = answers["inquiry_id"]

    def any_of(flags: Column) -> Column:
        return flags.groupby(by).any()

    untold = ~any_of(own & (is_active | is_not))
    inactive = any_of(own & is_not) | (untold & any_of(plan & is_not) & ~any_of(plan & is_active))
    active = ~inactive & any_of((own | plan) & is_active)
    excluded = any_of(own & (answers["info"] == "I").fillna(False))
    on, off = answers[(own | plan) & is_active], answers[(own | plan) & is_not]
    rows = pd.DataFrame({"inquiry_id": active.index, "active": active.array, "inactive": inactive.array})
    rows["excluded"] = excluded.array
    for name, part, column in (
        ("first", on, "valid_from"),
        ("last", on, "valid_to"),
        ("ended", off, "valid_to"),
    ):
        rows[name] = beside(rows["inquiry_id"], part.groupby("inquiry_id")[column].max())
    rows["entity"] = beside(rows["inquiry_id"], answers[away].groupby("inquiry_id")["entity"].first())
    return shapes.conform(rows, SAID)


def on_day(rows: pd.DataFrame) -> Column:
    """Why each row is not covered by its payer on its day: INACTIVE, ENDED …; missing where it is.

    `rows` has the columns of ``SAID``, ``service_date`` and ``edi_payer_id``, the payer that is to be billed.
    """
    day = rows["service_date"]
    inactive = rows["inactive"].fillna(False).astype(bool)
    active = rows["active"].fillna(False).astype(bool)
    why = pd.Series(None, index=rows.index, dtype="str")
    for name, true in (
        (INACTIVE, inactive & rows["ended"].isna()),
        (ENDED, (inactive & (day > rows["ended"])) | (active & (day > rows["last"]))),
        (NOT_YET, active & (day < rows["first"])),
        (EXCLUDED, rows["excluded"]),
        (ELSEWHERE, rows["entity"].notna() & (rows["entity"] != rows["edi_payer_id"])),
    ):
        why = why.mask(why.isna() & true.fillna(False).astype(bool), name)
    return why
