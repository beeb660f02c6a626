"""The patient's money in the journal: payments, write-offs and refunds, posted as what is owed by now demands.

Runs after whatever changes what is owed or paid: answers, new claims, a load of payments, a person's word.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from connectors.ledger import Transaction
from connectors.ledger.sums import sums
from tasks import periods
from tasks.billing import families, posting
from tasks.billing.posting.patients import OWN
from tasks.billing.posting.places import PATIENT, RECEIVABLE
from tasks.billing.rows import within

FACTS = ("write_offs", "refunds")
CLAIM = ("claim_id", "patient_id", "payer_id", "payer_order", "replaces_claim_id", "service_from")


def settle(tx: Transaction) -> int:
    """Make the journal say what the practice's own money should say by now; returns how many entries that took."""
    if not any(tx.count(name) for name in ("patient_payments", *FACTS)):
        return 0
    tx.next_number("patient money")  # whoever settles at the same time waits for this row
    entries = posting.changes(_posted(tx), wanted(tx))
    return tx.add("journal", periods.booked(tx, entries))


def wanted(tx: Transaction) -> pd.DataFrame:
    """What should stand: every current payment, write-off and refund in its first turn."""
    payments, written, sent = tx.current("patient_payments"), *(tx.read(name) for name in FACTS)
    claims = tx.read("claims", columns=CLAIM)
    lines = tx.read("claim_lines", columns=["claim_id", "charge_id", "encounter_id"])
    first = families.firsts(claims, lines)
    # The first claim that carried an encounter speaks for it.
    carried = lines.sort_values("claim_id").drop_duplicates("encounter_id")
    of_encounter = dict(zip(carried["encounter_id"], carried["claim_id"].map(first), strict=True))
    payments["claim_id"] = payments["encounter_id"].map(of_encounter).astype("str")
    # A refund names any claim of the family; the credit is that of the whole.
    sent["claim_id"] = sent["claim_id"].map(first).astype("str").fillna(sent["claim_id"])
    parts = [
        posting.patient_payments(payments, _owed(tx, claims, first, payments, written, sent)),
        posting.write_offs(written, claims),
        posting.refunds(sent, claims, _overpaid(tx, claims, lines, first, written, sent)),
    ]
    return pd.concat(parts, ignore_index=True)


def _posted(tx: Transaction) -> pd.DataFrame:
    """Every entry of the postings in question; the last of each is in an account of theirs alone, and numbers them."""
    last = tx.read("journal", {"account": posting.own_accounts()}, ["posting_id", "position"])
    row, place = within(last["position"].to_numpy("int64"))
    posting_id = last["posting_id"].iloc[row].reset_index(drop=True)
    numbered = posting_id + ":" + pd.Series(place + 1).astype("str")
    return tx.read("journal", {"entry_id": numbered.tolist()})


def _owed(
    tx: Transaction,
    claims: pd.DataFrame,
    first: dict[str, str],
    payments: pd.DataFrame,
    written: pd.DataFrame,
    sent: pd.DataFrame,
) -> pd.DataFrame:
    """Frame[claim_id, patient_id, cents]: what patients owe of each family before they pay, oldest first.

    A family that a payment names is among them where nothing is owed, too: what was paid for it is a credit.
    """
    answered = _answered(tx, {"account": PATIENT})
    off = written[written["account"] == PATIENT]
    back = sent[sent["recipient"] == "patient"]
    found = _by_family(
        first,
        (answered["claim_id"], answered["amount_cents"]),
        (off["claim_id"], -off["amount_cents"]),
        (back["claim_id"], back["amount_cents"]),
        (payments["claim_id"], payments["amount_cents"] * 0),
    )
    known = claims[["claim_id", "patient_id", "service_from"]]
    rows = found.merge(known, on="claim_id").sort_values(["service_from", "claim_id"], ignore_index=True)
    return rows[["claim_id", "patient_id", "cents"]]


def _overpaid(
    tx: Transaction,
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    first: dict[str, str],
    written: pd.DataFrame,
    sent: pd.DataFrame,
) -> pd.DataFrame:
    """Frame[claim_id, cents]: what payers overpaid of the families that refunds are for, before those."""
    asked = sent.loc[sent["recipient"] == "payer", "claim_id"]
    family = claims.loc[claims["claim_id"].map(first).isin(asked), "claim_id"]
    carried = lines[lines["claim_id"].isin(family)].drop_duplicates("charge_id")
    by_claim = {"account": RECEIVABLE, "claim_id": family.tolist()}
    by_charge = {"account": RECEIVABLE, "claim_id": None, "charge_id": carried["charge_id"].tolist()}
    answers = _answered(tx, by_claim)
    charges = sums(tx, "journal", ("charge_id",), "amount_cents", by_charge)
    of_charge = charges["charge_id"].map(dict(zip(carried["charge_id"], carried["claim_id"], strict=True)))
    off = written[(written["account"] == RECEIVABLE) & written["claim_id"].isin(family)]
    return _by_family(
        first,
        (answers["claim_id"], -answers["amount_cents"]),
        (of_charge, -charges["amount_cents"]),
        (off["claim_id"], off["amount_cents"]),
    )


def _answered(tx: Transaction, where: Mapping[str, object]) -> pd.DataFrame:
    """Sums by claim of what answers left there; the practice's own postings are what is being worked out."""
    held = sums(tx, "journal", ("source", "claim_id"), "amount_cents", where)
    return held[~held["source"].isin(OWN)]


def _by_family(first: dict[str, str], *parts: tuple[pd.Series, pd.Series]) -> pd.DataFrame:
    """Sums by the first claim of each family: Frame[claim_id, cents]."""
    rows = pd.concat(
        [
            pd.DataFrame({"claim_id": claims.map(first).astype("str"), "cents": cents})
            for claims, cents in parts
        ],
        ignore_index=True,
    )
    return rows.dropna().groupby("claim_id")["cents"].sum().reset_index()
