"""The patient's money, write-offs and refunds: what the practice itself takes, lets go and gives back.

* A **patient's payment** debits the practice's own till (``cash_patient``) and credits the patient's receivable of the
  claim of its encounter. One that names no encounter goes to what is owed longest; what nobody owes yet stands as the
  patient's credit without a claim, and finds its claim when an answer makes something owed.
* A **write-off** lowers a receivable into the account of its kind (``write_off_kinds.tsv``). What a payer denied under
  CO can only be let go; it never becomes the patient's.
* A **refund to a patient** leaves the till and closes the patient's credit.
* A **refund to a payer** leaves the practice's bank (``cash_refunds``) and stands in ``refund_payable`` until the payer
  confirms it (PLB 72). Until the payer takes the overpayment back in an 835, the credit that the claim shows is owed to
  the payer (``payer_overpayments``). A reversal takes the credit away by itself, so that part is then withdrawn; where
  the payer books WO and 72 instead, both accounts come to zero. Nothing is counted twice (takebacks, decision 12).

What is owed changes with every answer, so payments and refunds may be posted again in a next turn (``turns``); what
stands follows from the facts alone and not from their order. The account that tells the kind of posting comes last in
it: its position is the number of entries.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from configs import reference
from configs.identity import digests
from tasks.billing.posting.entries import Draft, first_turn, journal
from tasks.billing.posting.places import PATIENT, RECEIVABLE
from tasks.billing.posting.spread import spread
from tasks.billing.posting.turns import WITHDRAWN
from tasks.billing.rows import Cents, Rows, cents, days, rows_of, sums, taken, text

SOURCES = ("patient_payment", "write_off", "refund")
OWN = (
    *SOURCES,
    *(source + WITHDRAWN for source in SOURCES),
)  # sources of their entries, the withdrawn ones too
TILL, REFUNDED = "cash_patient", "cash_refunds"
OVERPAID, PAYABLE = "payer_overpayments", "refund_payable"


def own_accounts() -> list[str]:
    """Accounts that these postings and no others have; each posting has one of them, and it stands last."""
    return sorted({TILL, REFUNDED, *(row["account"] for row in reference.table("write_off_kinds"))})


def owners(source: str, ids: pd.Series[str]) -> pd.Series[str]:
    """Ids of the postings of payments, write-offs or refunds, without their turn."""
    return pd.Series(digests(f"posting {source}", ((one,) for one in ids)), index=ids.index, dtype="str")


def patient_payments(payments: pd.DataFrame, owed: pd.DataFrame) -> pd.DataFrame:
    """Journal entries of patients' payments.

    `payments` are current rows with the ``claim_id`` of their encounter (null where it has none yet); `owed` is
    Frame[claim_id, patient_id, cents], what each claim's patient owes before any payment, oldest first.
    """
    rows = payments.sort_values(["patient_id", "received_on", "payment_id"], ignore_index=True)
    payment, claim, amount = _allotted(rows, owed)
    draft = Draft()
    draft.add(payment, np.arange(len(payment)), PATIENT, -amount, claim=claim)
    draft.add(np.arange(len(rows)), len(payment), TILL, cents(rows["amount_cents"]))
    claims = text(pd.concat([owed["claim_id"], rows["claim_id"]]))
    return journal(
        draft,
        first_turn(owners("patient_payment", rows["payment_id"])),
        "patient_payment",
        {
            "claim_id": ("claim", claims),
            "patient_id": ("posting", text(rows["patient_id"])),
            "effective_on": ("posting", days(rows["received_on"])),
        },
    )


def _allotted(rows: pd.DataFrame, owed: pd.DataFrame) -> tuple[Rows, Rows, Cents]:
    """Parts of payments as (row of `rows`, row of ``owed`` followed by `rows`, cents); row -1 is no claim."""
    amount = cents(rows["amount_cents"])
    free = rows["encounter_id"].isna().to_numpy()
    named = np.flatnonzero(~free)
    place = np.where(rows["claim_id"].notna(), np.arange(len(rows)) + len(owed), -1)[named]
    left = cents(owed["cents"]) - sums(
        rows_of(rows["claim_id"].where(~free), owed["claim_id"]), amount, len(owed)
    )
    number = pd.factorize(pd.concat([rows["patient_id"], owed["patient_id"]]), sort=True)[0]
    payer, debtor = number[: len(rows)], number[len(rows) :]
    parts = [(named, place, amount[named])]
    order = np.argsort(debtor, kind="stable")
    # Money comes to what is owed, money that was paid back comes from what is a credit.
    for sign in (1, -1):
        given = np.flatnonzero(free & (sign * amount > 0))
        asked = order[sign * left[order] > 0]
        one, other, size = spread(payer[given], sign * amount[given], debtor[asked], sign * left[asked])
        parts.append((given[one], np.append(asked, -1)[other], sign * size))
    payment, claim, size = (np.concatenate(column) for column in zip(*parts, strict=True))
    return payment, claim, size


def write_offs(decided: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Journal entries of write-offs; `claims` names payer and patient of each claim."""
    rows = decided.reset_index(drop=True)
    every, amount = np.arange(len(rows)), cents(rows["amount_cents"])
    kinds = {row["kind"]: row["account"] for row in reference.table("write_off_kinds")}
    draft = Draft()
    draft.add(every, 0, text(rows["account"]), -amount)
    draft.add(every, 1, text(rows["kind"].map(kinds).astype("str")), amount)
    of_claim = _of_claim(rows, claims)
    return journal(
        draft,
        first_turn(owners("write_off", rows["write_off_id"])),
        "write_off",
        of_claim
        | {
            "charge_id": ("posting", text(rows["charge_id"])),
            "reason": ("posting", text(rows["kind"])),
            "effective_on": ("posting", days(rows["decided_on"])),
        },
    )


def refunds(sent: pd.DataFrame, claims: pd.DataFrame, credit: pd.DataFrame) -> pd.DataFrame:
    """Journal entries of refunds; `credit` is Frame[claim_id, cents]: what each claim's payer overpaid so far."""
    rows = sent.sort_values(["claim_id", "sent_on", "refund_id"], ignore_index=True)
    every, amount = np.arange(len(rows)), cents(rows["amount_cents"])
    to_payer = (rows["recipient"] == "payer").to_numpy()
    payers, patients = np.flatnonzero(to_payer), np.flatnonzero(~to_payer)
    overpaid = credit[credit["cents"] > 0]
    number = pd.factorize(pd.concat([rows["claim_id"].iloc[payers], overpaid["claim_id"]]), sort=True)[0]
    asking, asked = number[: len(payers)], number[len(payers) :]
    order = np.argsort(asked, kind="stable")
    one, other, size = spread(asking, amount[payers], asked[order], cents(overpaid["cents"])[order])
    closed = np.zeros(len(rows), np.int64)
    np.add.at(closed, payers[one[other >= 0]], size[other >= 0])
    draft = Draft()
    draft.add(every, 0, RECEIVABLE, closed)
    draft.add(every, 1, OVERPAID, -closed)
    draft.add(payers, 2, PAYABLE, amount[payers])
    draft.add(payers, 3, REFUNDED, -amount[payers])
    draft.add(patients, 2, PATIENT, amount[patients])
    draft.add(patients, 3, TILL, -amount[patients])
    return journal(
        draft,
        first_turn(owners("refund", rows["refund_id"])),
        "refund",
        _of_claim(rows, claims) | {"effective_on": ("posting", days(rows["sent_on"]))},
    )


def _of_claim(rows: pd.DataFrame, claims: pd.DataFrame) -> dict[str, tuple[str, pa.Array]]:
    """The claim of each posting, with its payer and patient."""
    known = rows_of(rows["claim_id"], claims["claim_id"])
    return {
        "claim_id": ("posting", text(rows["claim_id"])),
        "payer_id": ("posting", taken(text(claims["payer_id"]), known)),
        "patient_id": ("posting", taken(text(claims["patient_id"]), known)),
    }
