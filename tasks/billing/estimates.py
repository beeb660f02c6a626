"""What a patient will have to pay: good-faith estimates for people who pay themselves, shares of those who are insured.

Whoever is not insured, or does not want it used, is to be told beforehand what care will cost. Scheduled ten business
days ahead or more, the estimate goes out within three business days; scheduled three to nine days ahead, within one;
asked for, within three. A bill of 400 dollars or more above the estimate may be disputed within 120 days.

Whoever is insured owes a share, and wants to know it beforehand: the contract says what is allowed, the payer's answer
(271) what of it is the patient's. Both are estimates: a 271 is no guarantee of payment.

Source: 07 (V:S37; the 120 days K); 45 CFR 149.610 and 149.620; shares: 06 section 8 (K).
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import banking_days, eligibility, fees
from tasks.billing import eligibility_answers as told
from tasks.billing.context import Column, Masters, beside
from tasks.billing.expected import price
from tasks.billing.scrub import codebook
from tasks.billing.shapes import conform, shape
from tasks.billing.visits import covers

FAR_AHEAD, NEAR = 10, 3  # business days between scheduling and the service
WITHIN_FAR, WITHIN_NEAR = 3, 1  # business days to send the estimate
DISPUTE_OVER_CENTS = 40_000


def days_to_send(days_ahead: int | None) -> int | None:
    """Business days to send the estimate, from the scheduling; `days_ahead` None is on request, without a date.

    None where the service is nearer than three business days and none is owed.

    >>> [days_to_send(days) for days in (12, 10, 9, 3, 2, None)]
    [3, 3, 1, 1, None, 3]
    """
    if days_ahead is None or days_ahead >= FAR_AHEAD:
        return WITHIN_FAR
    return WITHIN_NEAR if days_ahead >= NEAR else None


def send_by(scheduled_on: Column, days_ahead: Column) -> Column:
    """Last day to send each estimate; missing where none is owed."""
    counts = pd.Series(
        [days_to_send(None if pd.isna(days) else int(days)) for days in days_ahead],
        index=scheduled_on.index,
        dtype="Int64",
    )
    return banking_days.after(scheduled_on.where(counts.notna()), counts.fillna(0))


def disputable(billed_cents: int, estimated_cents: int) -> bool:
    """Whether the patient may dispute the bill.

    >>> disputable(90_000, 50_000), disputable(89_999, 50_000)
    (True, False)
    """
    return billed_cents - estimated_cents >= DISPUTE_OVER_CENTS


ESTIMATED = shape(
    "appointment_id service_date:day code units:int payer_id coverage_id answered_on:day active:flag allowed_cents"
    " copay_cents deductible_left_cents visits_left:int carve_out_payer due_cents"
)
SUBSTANCE_USE_FAMILY = "sud"  # ``procedure_codes.tsv`` family


def shares(schedule: pd.DataFrame, masters: Masters, today: pd.Timestamp) -> pd.DataFrame:
    """What each booked appointment from `today` on will cost the patient, by the payer's newest answer: `ESTIMATED`.

    The allowed amount is the contract's, the benefits are those in the network (06 section 8). Null where contract or
    answer do not say enough: nothing is guessed. Each is estimated by itself, as if it were the next to be paid; what
    earlier ones use of a deductible is not known before the payer answers.
    """
    booked = schedule[(schedule["status"] == "booked") & (schedule["service_date"] >= today)]
    rows = _insured(booked.reset_index(drop=True), masters.coverages)
    rows["allowed_cents"] = _allowed(rows, masters)
    answers = masters.eligibility_answers
    if len(answers):
        newest = told.newest_answered(answers, masters.coverages, masters.payers, masters.patients)
        for name in ("inquiry_id", "answered_on"):
            rows[name] = beside(rows["coverage_id"], newest[name])
        rows = _with_benefits(rows, answers)
    order = ["service_date", "appointment_id"]
    return conform(rows.sort_values(order), ESTIMATED)


def _insured(booked: pd.DataFrame, coverages: pd.DataFrame) -> pd.DataFrame:
    """Appointments with the primary policy of their payer on the day."""
    wanted = ["patient_id", "payer_id", "coverage_id", "group_number", "effective_from", "effective_to"]
    primary = coverages.loc[coverages["priority"] == "P", wanted]
    pairs = booked[["appointment_id", "patient_id", "payer_id", "service_date"]].merge(
        primary, on=["patient_id", "payer_id"]
    )
    pairs = pairs[covers(pairs["service_date"], pairs["effective_from"], pairs["effective_to"])]
    found = pairs.sort_values(["effective_from", "coverage_id"]).drop_duplicates(
        "appointment_id", keep="last"
    )
    known, names = found.set_index("appointment_id"), ("coverage_id", "group_number")
    return booked.assign(**{name: beside(booked["appointment_id"], known[name]) for name in names})


def _allowed(rows: pd.DataFrame, masters: Masters) -> Column:
    """What the contract comes to for each appointment; missing where no contract row is for it."""
    classes = masters.providers.set_index("provider_id")["provider_class"]
    nothing = pd.Series(None, index=rows.index, dtype="str")
    lines = rows.assign(
        claim_id=rows["appointment_id"],
        plan=rows["group_number"],
        modifiers=nothing,
        provider_class=beside(rows["provider_id"], classes),
        supervisor_class=nothing,
        place_group=nothing,
    )
    lines["charge_cents"] = fees.price(lines, masters.fees)
    return price(lines, masters.contracts)["expected_cents"]


def _with_benefits(rows: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Benefits of the service type of each appointment's code, and the patient's share by them."""
    families = {code: entry.family for code, entry in codebook.codes().items()}
    sud = rows["code"].map(families) == SUBSTANCE_USE_FAMILY
    rows["service_type"] = sud.map({True: told.SUBSTANCE_USE, False: told.MENTAL_HEALTH})
    by_inquiry = dict(tuple(answers[answers["inquiry_id"].isin(rows["inquiry_id"])].groupby("inquiry_id")))
    asked = rows[["inquiry_id", "service_type"]].dropna().drop_duplicates().itertuples(index=False, name=None)
    known = {(one, kind): eligibility.benefits(by_inquiry[one], kind) for one, kind in asked}
    said = [known.get(key) for key in zip(rows["inquiry_id"], rows["service_type"], strict=True)]
    for name in ("active", "copay_cents", "deductible_left_cents", "visits_left", "carve_out_payer"):
        rows[name] = [None if one is None else getattr(one, name) for one in said]
    rows["due_cents"] = [
        None if one is None or pd.isna(allowed) else eligibility.patient_due(int(allowed), one)
        for one, allowed in zip(said, rows["allowed_cents"], strict=True)
    ]
    return rows
