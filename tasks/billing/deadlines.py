"""Until when something can still be done: filing limits, corrections, appeals.

One clock for scrub rules and worklists. A first claim's clock starts where the payer says (``filing_basis``): at the
service, at the last day of what the claim covers, or nowhere, because the limit is the 31 December of the year after
the service (``calendar_year``, the federal employees' plan). A corrected claim's clock starts at the remittance it
answers, a secondary claim's at the remittance of the payer before. An appeal's starts at receipt of the notice;
Medicare presumes receipt five days after the date. A payer's own days win; unknown means the shortest the dossier
knows (``timely_filing.tsv``, row default_unknown): 90 days to file, 60 for a secondary claim, 60 to appeal.
"""

from __future__ import annotations

import re

import pandas as pd

from configs import reference
from tasks.billing import families
from tasks.billing.context import Column

MEDICARE_RECEIPT_DAYS = 5
# Clocks of ``filing_basis`` that do not start at the service.
THROUGH_DATE, DISCHARGE_DATE, CALENDAR_YEAR = "through_date", "discharge_date", "calendar_year"
APPEAL = "appeal"  # step of an action (``denial_actions.tsv``) that has the payer's days of appeal
CORRECTING = ("7", "8")  # CLM05-3 of a claim that answers for another one
# What a payer's record says of its clocks.
CLOCK = (
    "timely_filing_days",
    "filing_basis",
    "corrected_filing_days",
    "secondary_filing_days",
    "appeal_days",
    "payer_class",
)


def unknown(column: str) -> int:
    """Days where the payer's are not on file: the number that leads the cell of ``default_unknown``."""
    said = re.match(r"\d+", reference.by_key("timely_filing", "payer")["default_unknown"][column])
    assert said is not None
    return int(said.group())


def _after(start: Column, days: Column, otherwise: int) -> Column:
    return start + pd.to_timedelta(days.fillna(otherwise).astype("int64"), unit="D")


def filing(
    service_from: Column, payer_days: Column, basis: Column | None = None, through: Column | None = None
) -> Column:
    """Last day to file a first claim.

    `basis` is the payer's ``filing_basis`` (missing is the date of service), `through` the last day of what is
    billed. The day of discharge is not on file: the last day billed stands for it.
    """
    if basis is None:
        return _after(service_from, payer_days, unknown("initial_days"))
    late = basis.isin([THROUGH_DATE, DISCHARGE_DATE])
    start = service_from if through is None else service_from.mask(late, through)
    limit = _after(start, payer_days, unknown("initial_days"))
    return limit.mask(basis == CALENDAR_YEAR, _december(service_from))


def _december(days: Column) -> Column:
    """The 31 December of the year after; missing where the day is."""
    year = (days.dt.year + 1).astype("Int64").astype("str")
    return pd.to_datetime((year + "-12-31").where(days.notna())).astype("datetime64[s]")


def filing_days(service_date: Column, payer_days: Column, basis: Column) -> Column:
    """Days from the service to the last day to file one session; missing where the payer's are not on file."""
    left = (_december(service_date) - service_date).dt.days
    return payer_days.astype("Int64").mask(basis == CALENDAR_YEAR, left.astype("Int64"))


def answered_on(
    claims: pd.DataFrame, claim_lines: pd.DataFrame, remitted_claims: pd.DataFrame, remittances: pd.DataFrame
) -> Column:
    """Day of the remittance that a claim's clock starts at, by claim_id; claims without one are left out.

    For a claim that corrects another (frequency 7, 8) the other's newest, for a claim to a later payer the newest
    of the claims that carried its charges to the payer before.
    """
    told = remitted_claims[["claim_id", "remittance_id"]].merge(
        remittances[["remittance_id", "payment_date"]], on="remittance_id"
    )
    newest = told.groupby("claim_id")["payment_date"].max()
    corrected = claims.loc[claims["frequency"].isin(CORRECTING), ["claim_id", "replaces_claim_id"]]
    corrected = corrected.rename(columns={"replaces_claim_id": "other"})
    before = families.earlier(claims, claim_lines)
    # A corrected secondary claim answers its own remittance.
    before = before[~before["claim_id"].isin(corrected["claim_id"])]
    pairs = pd.concat([corrected, before], ignore_index=True)
    days: Column = _dated(pairs["other"], newest).groupby(pairs["claim_id"]).max()
    return days.dropna()


def _dated(keys: Column, days: Column) -> Column:
    """Day of each key, missing where there is none."""
    known = days.to_dict()
    return pd.Series(
        pd.to_datetime([known.get(key, pd.NaT) for key in keys]), index=keys.index, dtype="datetime64[s]"
    )


def claims(rows: pd.DataFrame, answered: Column) -> Column:
    """Last day for each claim to reach its payer; `rows` are claims with ``CLOCK``, `answered` as `answered_on`."""
    first = filing(rows["service_from"], rows["timely_filing_days"], rows["filing_basis"], rows["service_to"])
    start = _dated(rows["claim_id"], answered)
    corrected = rows["frequency"].isin(CORRECTING)
    again = corrections(start, rows["corrected_filing_days"], rows["timely_filing_days"])
    later = _after(start, rows["secondary_filing_days"], unknown("secondary_rule"))
    limit = first.mask(rows["payer_order"].isin(families.LATER) & start.notna(), later)
    return limit.mask(corrected & start.notna(), again)


def corrections(noticed: Column, corrected_days: Column, payer_days: Column) -> Column:
    """Last day for a corrected claim, from the remittance it answers; blank takes the days of a first claim."""
    return _after(
        noticed, corrected_days.astype("Int64").fillna(payer_days.astype("Int64")), unknown("corrected_days")
    )


def response(
    step: Column,
    noticed: Column,
    appeal_days: Column,
    payer_class: Column,
    corrected_by: Column | None = None,
) -> Column:
    """Last day to answer a denial noticed on `noticed`: an appeal has the payer's days, a correction `corrected_by`.

    `step` is that of the denial's action, as the queues have it: whatever is no appeal is a correction here.

    Without `corrected_by` (see `corrections`) a correction has the days of ``default_unknown``.
    """
    days = appeal_days.fillna(unknown("appeal_days")).astype("int64")
    days = days + (payer_class == "medicare_ffs").astype("int64") * MEDICARE_RECEIPT_DAYS
    if corrected_by is None:
        corrected_by = noticed + pd.Timedelta(days=unknown("corrected_days"))
    last: Column = (noticed + pd.to_timedelta(days, unit="D")).where(step == APPEAL, corrected_by)
    return last


def urgency(deadline: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """How pressing a deadline is: 4 within a week, 2 within thirty days, 1 later or without one, 0 when missed."""
    left = (deadline - as_of).dt.days
    pressing = pd.Series(1, index=deadline.index)
    pressing = pressing.mask(left <= 30, 2).mask(left <= 7, 4).mask(left < 0, 0)
    return pressing.astype("Int64")
