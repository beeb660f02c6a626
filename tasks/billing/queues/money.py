"""Work about money that came or did not: underpayments, deposits, suspense, take-backs."""

from __future__ import annotations

import pandas as pd

from tasks.billing import deadlines, expected, suspense
from tasks.billing.money import dollars
from tasks.billing.queues.sources import Sources, replaced
from tasks.billing.remedies import REASSOCIATE


def underpayments(s: Sources) -> pd.DataFrame:
    """What was allowed below the contract, by more than its tolerance; a correction that pays right closes the item.

    The answer is part of the subject: who resolved one answer has not resolved the next. A claim that another
    replaces asks for nothing more, nor does a line that an appeal is running for.
    """
    rows = s.compared[(s.compared["state"] == "under") & ~s.compared["claim_id"].isin(replaced(s))]
    rows = rows[~rows["remitted_line_id"].fillna(rows["remitted_claim_id"]).isin(s.appealed)]
    rows = rows.merge(s.payers[["payer_id", "appeal_days", "payer_class"]], on="payer_id", how="left")
    dispute = pd.Series(deadlines.APPEAL, index=rows.index)
    figures = [
        f"{cause}: expected {dollars(due)}, allowed {dollars(allowed)}"
        for cause, due, allowed in rows[["cause", "expected_cents", "allowed_cents"]].itertuples(
            index=False, name=None
        )
    ]
    return rows.assign(
        queue="underpayments",
        subject_id=rows["remitted_line_id"].fillna(rows["remitted_claim_id"]),
        reason=pd.Series(figures, index=rows.index, dtype="str"),
        category=rows["cause"],
        amount_cents=-rows["variance_cents"],
        recoverable_cents=-rows["variance_cents"],
        opened_on=rows["since"],
        deadline=deadlines.response(dispute, rows["since"], rows["appeal_days"], rows["payer_class"]),
        next_action=rows["cause"].map(expected.NEXT_ACTION),
        source=rows["remittance_id"] + " segment " + rows["segment"].astype("str"),
    )


def deposits(s: Sources) -> pd.DataFrame:
    """Deposits and remittances that are due without each other, and pairs of them that differ in cents."""
    rows = s.reassociated[s.reassociated["due"]]
    amount = rows["difference_cents"].abs()
    action = rows["reason"].map(REASSOCIATE).fillna(rows["state"].map(REASSOCIATE))
    sides = [
        (f"{side} " + rows[column]).fillna("")
        for side, column in (("deposit", "deposit_id"), ("remittance", "remittance_id"))
    ]
    return rows.assign(
        queue="deposits",
        subject_id=(rows["deposit"].fillna("") + " " + rows["remittance_id"].fillna("")).str.strip(),
        category=rows["state"],
        amount_cents=amount,
        recoverable_cents=amount,
        next_action=action,
        source=(sides[0] + " " + sides[1]).str.strip(),
    )


def in_suspense(s: Sources) -> pd.DataFrame:
    """What stands in suspense and is work, by remittance and claim control or PLB reason; `takebacks` has the rest."""
    rows = s.suspense[~s.suspense["reason"].isin(suspense.NO_WORK)]
    # A PLB is named by its code; a claim stands there because it is unmatched or was not adjudicated.
    why = rows["code"].fillna(rows["account"].str.removeprefix("suspense_").str.upper())
    rows = rows.assign(subject_id=rows["remitted_claim_id"].fillna(rows["remittance_id"]) + " " + why)
    sums = rows.groupby("subject_id", sort=False)["cents"].sum()
    rows = rows.drop_duplicates("subject_id")
    cents = rows["subject_id"].map(sums.to_dict()).astype("Int64")
    return rows.assign(
        queue="suspense",
        reason=(rows["code"] + " ").fillna("") + rows["reason"],
        category=rows["account"],
        amount_cents=-cents,
        recoverable_cents=cents.abs(),
        opened_on=rows["payment_date"],
        deadline=rows["payment_date"] + pd.Timedelta(days=7),
        source=rows["remittance_id"]
        + (" segment " + rows["segment"].astype("str")).where(rows["segment"].notna(), ""),
    )


def takebacks(s: Sources) -> pd.DataFrame:
    """Provider adjustments that nothing explains, and those that wait for their other half."""
    rows = s.takebacks
    days = rows["waits"].map({True: 45, False: 7}).astype("int64")
    return rows.assign(
        queue="takebacks",
        subject_id=rows["adjustment_id"] + " " + rows["reason"],
        category=rows["kind"],
        reason=rows["code"] + " " + rows["reason"],
        amount_cents=rows["cents"].abs(),
        recoverable_cents=rows["cents"].clip(
            lower=0
        ),  # below zero the payer gave it, or has yet to collect it
        opened_on=rows["payment_date"],
        deadline=rows["payment_date"] + pd.to_timedelta(days, unit="D"),
        source=rows["remittance_id"] + " segment " + rows["segment"].astype("str"),
    )
