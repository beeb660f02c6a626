"""What a patient owes: what the LAST payer in line left under group PR, less payments and what was let go.

Never charge less paid: CO stays off the patient, a qualified Medicare beneficiary owes nothing (RARC N781 to N783),
and while a payer in line is still to answer nobody knows the share. The journal has all of that: an answer moves its PR
into ``receivable_patient``, a later payer's answer takes back what it considered, QMB shares stay with the payer
(``adjustment_accounts.tsv``). So the balance is what that account holds for the family of claims (`families`), and
what is added here is who still has to speak, and since when the rest is due (dossier 07, section 9).

========  ==========================================================================================
waits     a payer in line has not answered: a secondary claim is out or still to be sent, the payer
          passed the claim on, an answer was taken back
due       the last payer has spoken, and something is left: a statement is due
settled   nothing is left
credit    the last payer has spoken, and the patient paid more than the share
========  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from tasks.billing import custody, families, shapes
from tasks.billing.context import Column
from tasks.billing.posting.patients import SOURCES
from tasks.billing.posting.places import PATIENT
from tasks.billing.posting.turns import WITHDRAWN

SHARES = shapes.shape(
    "claim_id patient_id payer_id service_from:day share_cents paid_cents written_off_cents refunded_cents"
    " balance_cents state since:day days:int age"
)
WAITS, DUE, SETTLED, CREDIT = "waits", "due", "settled", "credit"
ORDER = {"P": 0, "S": 1, "T": 2}
ORDER_OF_ANSWER = {
    "2": 1,
    "20": 1,
    "3": 2,
    "21": 2,
}  # CLP02: processed as secondary, as tertiary (clp02_status.tsv)
AGES = ((30, "0-30"), (60, "31-60"), (90, "61-90"))
OLDEST = "over 90"
BUCKETS = (*(name for _, name in AGES), OLDEST)


def owed(
    journal: pd.DataFrame,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    waiting: Collection[str],
    as_of: pd.Timestamp,
) -> pd.DataFrame:
    """`SHARES`: one row a family of claims that has entries in ``receivable_patient``, under its first claim.

    `journal` are the entries of that account (others are left aside), `waiting` what `waits` gives; the rest are the
    ledger's tables.
    """
    entries = journal[(journal["account"] == PATIENT) & journal["claim_id"].notna()]
    source = entries["source"].str.removesuffix(WITHDRAWN)
    first = entries["claim_id"].map(families.firsts(claims, claim_lines)).astype("str")
    part = source.where(source.isin(SOURCES), "answer")
    sums = entries["amount_cents"].groupby([first, part]).sum().unstack(fill_value=0)
    sums = sums.reindex(columns=["answer", *SOURCES], fill_value=0)
    told = entries["effective_on"][part == "answer"]
    found = pd.DataFrame(
        {
            "claim_id": sums.index,
            "share_cents": sums["answer"],
            "paid_cents": -sums["patient_payment"],
            "written_off_cents": -sums["write_off"],
            "refunded_cents": sums["refund"],
            "balance_cents": sums.sum(axis=1),
            "since": told.groupby(first).max().reindex(sums.index),
        }
    ).reset_index(drop=True)
    found = found.merge(claims[["claim_id", "patient_id", "payer_id", "service_from"]], on="claim_id")
    state = pd.Series(DUE, index=found.index).mask(found["balance_cents"] == 0, SETTLED)
    found["state"] = state.mask(found["balance_cents"] < 0, CREDIT).mask(
        found["claim_id"].isin(waiting), WAITS
    )
    found["days"] = (as_of - found["since"]).dt.days
    found["age"] = age(found["days"])
    return shapes.conform(found, SHARES)


def waits(
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    claim_states: pd.DataFrame,
    remitted_claims: pd.DataFrame,
    passing: Collection[str],
) -> set[str]:
    """First claims of families in which a payer in line is still to speak.

    `passing` are claims whose answer leaves something to the next payer, or may (``coordination.passing``): where it
    leaves nothing, no claim will go to the next one, and nobody is waited for.
    """
    first = claims["claim_id"].map(families.firsts(claims, claim_lines))
    state = claims["claim_id"].map(dict(zip(claim_states["claim_id"], claim_states["state"], strict=True)))
    live = ~state.isin(custody.OVER)
    # A policy that comes next and is left something needs an answer: to a claim that we sent, or of a payer that it was
    # passed on to.
    order = claims["payer_order"].map(ORDER).fillna(0).astype("int64")
    next_one = claims["secondary_coverage_id"].notna() & claims["claim_id"].isin(passing)
    told = (
        remitted_claims["status"]
        .map(ORDER_OF_ANSWER)
        .astype("float64")
        .groupby(remitted_claims["claim_id"])
        .max()
    )
    rows = pd.DataFrame(
        {
            "first": first,
            "open": live & ~state.isin(custody.ANSWERED),
            "needed": (order + next_one.astype("int64")).where(live, 0),
            "spoken": np.fmax(order.where(live, 0), claims["claim_id"].map(told.to_dict()).astype("float64")),
        }
    )
    of_family = rows.groupby("first").agg(
        open=("open", "any"), needed=("needed", "max"), spoken=("spoken", "max")
    )
    return set(of_family.index[of_family["open"] | (of_family["needed"] > of_family["spoken"])])


def age(days: Column) -> Column:
    """The bucket of each age in days."""
    found = pd.Series(OLDEST, index=days.index, dtype="str")
    for most, name in reversed(AGES):
        found = found.mask(days <= most, name)
    return found.where(days.notna())


def unapplied(journal: pd.DataFrame) -> pd.DataFrame:
    """Frame[patient_id, cents, effective_on]: patients' money that no claim has yet; credit is below zero."""
    rows = journal[(journal["account"] == PATIENT) & journal["claim_id"].isna()]
    sums = rows.groupby("patient_id").agg(cents=("amount_cents", "sum"), effective_on=("effective_on", "max"))
    return sums[sums["cents"] != 0].reset_index()
