"""From charges of stays to claims: one stay, one payer and policy, one programme, one period.

The last digit of the type of bill says what a claim is within its stay (tob_frequency.tsv, V:S13): 1 the whole of it, 2
its first part, 3 a further one, 4 the last. Whether there are earlier and later days is asked of all days that were
charged, on whatever claim; later ones will come as long as nobody discharged the person. A person who is still there is
patient status 30, which goes with 2 and 3 alone.

The statement runs from the first day billed to the last. An interim one ends with its period; that of a bed ends with
the day of discharge, which it does not bill (K).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from tasks.billing.context import Masters, words
from tasks.billing.institutional import periods, stays
from tasks.billing.shapes import conform, shape

MOST_LINES = 999  # 2400 repeats at most 999 times in an 837I claim
STILL_A_PATIENT, HOME = "30", "01"
WHOLE, FIRST, FURTHER, LAST = "1", "2", "3", "4"
INTERIM = (FIRST, FURTHER)
ORIGINALS = (WHOLE, FIRST, FURTHER, LAST)  # what no payer has adjudicated before

# What all lines of a claim share, besides its authorization.
SHARED = words(
    "patient_id payer_id coverage_id secondary_coverage_id stay_id type_of_bill condition_codes level_of_care"
    " replaces_claim_id part2 period_from"
)
ORDER = words("service_date encounter_id position charge_id")
DAYS = words("stay_id level_of_care service_date")
WAITING = shape("charge_id encounter_id stay_id awaits charge_cents")

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Packed:
    """Lines in the order they stand on claims with the claim's columns, the number of the claim of each line, and the
    charges that wait (`WAITING`)."""

    lines: pd.DataFrame
    claim: Numbers
    waiting: pd.DataFrame


def pack(
    charges: pd.DataFrame,
    masters: Masters,
    built_on: date,
    *,
    stay_days: pd.DataFrame | None = None,
    open_days: pd.DataFrame | None = None,
) -> Packed:
    """Which charges of stays share a claim on `built_on`, and what that claim is.

    `charges` are charge_lines of an 837I with ``part2``, ``authorization_number`` and ``replaces_claim_id``.
    `stay_days` (DAYS) are all days charged, on a claim or not; `open_days` those that are documented and not charged.
    """
    dated = periods.with_periods(charges, masters)
    awaits = periods.awaited(dated, built_on)
    if open_days is not None and len(open_days):
        held = periods.held_back(dated, open_days, built_on)
        awaits = awaits.mask((awaits == periods.NOTHING) & held, periods.HELD_DAYS)
    waiting = conform(dated.assign(awaits=awaits)[awaits != periods.NOTHING], WAITING)
    ready = dated[awaits == periods.NOTHING].sort_values([*SHARED, *ORDER], kind="stable")
    lines, claim = _numbered(ready.reset_index(drop=True))
    return Packed(_within_stay(lines, claim, charges if stay_days is None else stay_days), claim, waiting)


def _numbered(lines: pd.DataFrame) -> tuple[pd.DataFrame, Numbers]:
    """Lines in the order of their claims; a claim carries one authorization number and so many lines at most."""
    period = lines.groupby(SHARED, dropna=False, sort=False).ngroup()
    number = lines["authorization_number"]
    only = number.groupby(period).transform("nunique") == 1
    number = number.fillna(number.groupby(period).transform("first").where(only))
    keys = pd.DataFrame({"period": period, "number": number})
    part = keys.groupby(["period", "number"], dropna=False).cumcount() // MOST_LINES
    keys = keys.assign(part=part)
    claim = keys.groupby(["period", "number", "part"], dropna=False, sort=False).ngroup().to_numpy()
    order = np.argsort(claim, kind="stable")
    settled = lines.assign(authorization_number=number)
    return settled.iloc[order].reset_index(drop=True), np.asarray(claim[order], dtype=np.int64)


def _within_stay(lines: pd.DataFrame, claim: Numbers, stay_days: pd.DataFrame) -> pd.DataFrame:
    """Lines with the frequency, patient status and statement dates of their claim."""
    of_claim = lines["service_date"].groupby(claim)
    first, last = of_claim.transform("min"), of_claim.transform("max")
    known = stay_days[DAYS].groupby(["stay_id", "level_of_care"])["service_date"].agg(["min", "max"])
    at = pd.MultiIndex.from_frame(lines[["stay_id", "level_of_care"]])
    begun = pd.Series(known["min"].reindex(at).array, index=lines.index)
    gone_on = pd.Series(known["max"].reindex(at).array, index=lines.index)
    ends = stays.last_billable(lines["stay_admitted_on"], lines["stay_discharged_on"], lines["level_of_care"])
    bed, closed = stays.in_bed(lines["level_of_care"]), lines["stay_discharged_on"].notna()
    earlier = begun < first
    later = (gone_on > last) | ~closed | (bed & (ends > last))
    interim_to = lines["period_to"].mask(_more_in_period(lines, last, stay_days)).fillna(last)
    statement_to = last.mask(bed & closed, lines["stay_discharged_on"]).mask(later, interim_to)
    frequency = np.select([~earlier & ~later, ~earlier, later], [WHOLE, FIRST, FURTHER], LAST)
    return lines.assign(
        frequency=pd.Series(frequency, index=lines.index, dtype="str"),
        patient_status=lines["stay_patient_status"].fillna(HOME).mask(later, STILL_A_PATIENT),
        statement_from=first,
        statement_to=statement_to,
    )


def _more_in_period(lines: pd.DataFrame, last: pd.Series, stay_days: pd.DataFrame) -> pd.Series:
    """Whether a later day of the same stay and period is charged, on another claim."""
    row = np.arange(len(lines))
    rows = lines[["stay_id", "level_of_care", "period_to"]].assign(row=row, last=last)
    pairs = rows.merge(stay_days[DAYS].drop_duplicates(), on=["stay_id", "level_of_care"])
    more = (pairs["service_date"] > pairs["last"]) & ~(pairs["service_date"] > pairs["period_to"])
    return pd.Series(np.isin(row, pairs.loc[more, "row"]), index=lines.index)
