"""What a patient is asked for, line by line: charge, what the insurer paid, what was taken off, what the patient paid.

A patient owes what the *last* payer in line called the patient's (group PR), less what was paid and what the practice
let go: never the charge less the payment. The journal has it by charge. What a later payer takes back from the patient
stands at the claim; it comes off the claim's charges, the oldest first, as payments without an encounter come off all
that the patient owes.

A debt is as old as the day the patient's share became known, so that nobody is overdue on the day of the first
statement. Words are plain, and neutral for substance-use services; a diagnosis is never among them.

Source: dossier 07 section 9; 42 CFR Part 2 (S35, S36); service_words.tsv.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from configs import reference
from tasks.billing import families, patient_share, shapes
from tasks.billing.context import Column, beside
from tasks.billing.posting.places import PATIENT, RECEIVABLE

ANSWERS = ("answer", "answer_withdrawn")
NEUTRAL = "Health service"
LINES = shapes.shape(
    "patient_id encounter_id charge_id payer_id service_date:day code charge_cents insurer_cents adjusted_cents"
    " waiting_cents share_cents paid_cents owed_cents since:day age_days:int bucket"
)
PAID = ["patient_id", "encounter_id", "amount_cents"]
CREDITS = shapes.shape("patient_id credit_cents")


def lines(
    charges: pd.DataFrame,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    journal: pd.DataFrame,
    payments: pd.DataFrame,
    write_offs: pd.DataFrame,
    refunds: pd.DataFrame,
    as_of: pd.Timestamp,
    unspoken: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every charge with a patient's share, columns `LINES`; and by patient what was paid beyond all that is owed.

    Frames are the ledger's ``charge_lines``, ``claims``, ``claim_lines``, ``journal``, current ``patient_payments``,
    ``write_offs`` and ``refunds``; what happened after `as_of` is left out. What stands at a claim is of its family,
    whose first claim is ``claim_id`` here. Of families that are `unspoken` (``patient_share.waits``) nothing is asked.
    Σ owed - credit = Σ share - payments + refunds.
    """
    first = families.firsts(claims, claim_lines)
    told = _of_family(journal[journal["source"].isin(ANSWERS) & ~(journal["effective_on"] > as_of)], first)
    of_charge = told[told["charge_id"].notna()]
    found = charges.copy()
    sums = {
        "insurer": -_sums(of_charge, "charge_id"),
        "share": _sums(of_charge[of_charge["account"] == PATIENT], "charge_id"),
        "adjusted": _sums(of_charge[~of_charge["account"].isin([PATIENT, RECEIVABLE])], "charge_id"),
    }
    for name, cents in sums.items():
        found[f"{name}_cents"] = beside(found["charge_id"], cents).astype("Int64").fillna(0)
    shared = of_charge[of_charge["account"] == PATIENT].groupby("charge_id")["effective_on"].max()
    found["since"] = beside(found["charge_id"], shared)
    found = found[found["since"].notna()].sort_values(["patient_id", "service_date", "charge_id"])
    carried = _of_family(claim_lines[["charge_id", "claim_id"]], first).groupby("charge_id")["claim_id"].min()
    found["claim_id"] = beside(found["charge_id"], carried)
    found = _less_taken_back(found, told)
    found = _less_written_off(found, _of_family(write_offs[~(write_offs["decided_on"] > as_of)], first))
    found["share_cents"] = found["share_cents"].mask(found["claim_id"].isin(unspoken), 0)
    paid = payments.loc[~(payments["received_on"] > as_of), PAID]
    back = _given_back(_of_family(refunds[~(refunds["sent_on"] > as_of)], first), claims, found)
    found, credit = _less_paid(found, pd.concat([paid, back], ignore_index=True))
    found["waiting_cents"] = (
        found["charge_cents"] - found["insurer_cents"] - found["adjusted_cents"] - found["share_cents"]
    )
    found["age_days"] = (as_of - found["since"]).dt.days.astype("Int64")
    found["bucket"] = patient_share.age(found["age_days"])
    return shapes.conform(found, LINES), credit


def _of_family(rows: pd.DataFrame, first: dict[str, str]) -> pd.DataFrame:
    """The rows under the first claims of their families."""
    return rows.assign(claim_id=rows["claim_id"].map(first).astype("str").fillna(rows["claim_id"]))


def _sums(rows: pd.DataFrame, key: str) -> Column:
    sums: Column = rows.groupby(key)["amount_cents"].sum()
    return sums


def _applied(open_: Column, group: Column, pool: Column) -> Column:
    """What a pool of each group pays of its open amounts, in the order of the rows."""
    before = open_.groupby(group).cumsum() - open_
    left = (beside(group, pool).astype("Int64").fillna(0) - before).clip(lower=0)
    return left.where(left < open_, open_)


def _less_taken_back(found: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """What stands at a claim as a whole: a later payer took it back from the patient before it answered."""
    whole = told[told["charge_id"].isna() & (told["account"] == PATIENT) & told["claim_id"].notna()]
    back = -_sums(whole, "claim_id")
    taken = _applied(found["share_cents"].clip(lower=0), found["claim_id"], back)
    return found.assign(share_cents=found["share_cents"] - taken)


def _less_written_off(found: pd.DataFrame, write_offs: pd.DataFrame) -> pd.DataFrame:
    """What the practice let go of the patient's share is no longer asked for: it counts as taken off."""
    own = write_offs[write_offs["account"] == PATIENT]
    of_charge = own[own["charge_id"].notna()].groupby("charge_id")["amount_cents"].sum()
    of_claim = own[own["charge_id"].isna()].groupby("claim_id")["amount_cents"].sum()
    off = beside(found["charge_id"], of_charge).astype("Int64").fillna(0)
    off = off + _applied((found["share_cents"] - off).clip(lower=0), found["claim_id"], of_claim)
    return found.assign(share_cents=found["share_cents"] - off, adjusted_cents=found["adjusted_cents"] + off)


def _given_back(refunds: pd.DataFrame, claims: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Refunds to patients, as payments below zero."""
    own = refunds[refunds["recipient"] == "patient"]
    visits = found.drop_duplicates("claim_id").set_index("claim_id")["encounter_id"]
    people = claims.set_index("claim_id")["patient_id"]
    return pd.DataFrame(
        {
            "patient_id": beside(own["claim_id"], people),
            "encounter_id": beside(own["claim_id"], visits).astype("str"),
            "amount_cents": -own["amount_cents"],
        }
    )


def _less_paid(found: pd.DataFrame, paid: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Payments for an encounter go to it; what is left of them, and all others, to the oldest that is owed.

    A pool below zero (more was paid back than came in) is no payment of any line: it is a credit below zero.
    """
    owed = found["share_cents"].clip(lower=0)
    # A share below zero is money the patient is owed: a payment like any other.
    over = (-found["share_cents"]).clip(lower=0).groupby(found["patient_id"]).sum()
    named = paid[paid["encounter_id"].isin(found["encounter_id"])]
    by_encounter = named.groupby("encounter_id")["amount_cents"].sum()
    first = _applied(owed, found["encounter_id"], by_encounter)
    used = first.groupby(found["patient_id"]).sum()
    pool = paid.groupby("patient_id")["amount_cents"].sum().astype("Int64")
    pool = pool.sub(used, fill_value=0).add(over, fill_value=0).astype("Int64")
    second = _applied(owed - first, found["patient_id"], pool)
    applied = first + second
    left = pool.sub(second.groupby(found["patient_id"]).sum(), fill_value=0).astype("Int64")
    credit = left[left != 0].rename("credit_cents").rename_axis("patient_id").reset_index()
    rows = found.assign(paid_cents=applied, owed_cents=owed - applied)
    return rows, shapes.conform(credit, CREDITS)


def words(codes: Column, part2: Column) -> Column:
    """What each service is called on a statement; neutral where it tells of substance use."""
    families = {row["code"]: row["family"] for row in reference.table("procedure_codes")}
    spoken = reference.by_key("service_words", "family")
    named = {code: spoken[family]["patient_words"] for code, family in families.items()}
    told = codes.map(named).fillna("Service").astype("str")
    return told.mask(part2.astype("boolean").fillna(False).astype(bool), NEUTRAL)
