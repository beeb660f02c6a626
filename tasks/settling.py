"""What people, or a policy of the practice, let go and give back: write-offs and refunds, stored and posted at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pandas as pd

from configs import reference
from configs.identity import digest
from connectors.ledger import Ledger, Transaction
from connectors.ledger.sums import sums
from tasks import patients, people, timelines
from tasks.billing.money import dollars
from tasks.billing.posting.places import PATIENT, RECEIVABLE
from tasks.people import Refused

SIDES = {"payer": RECEIVABLE, "patient": PATIENT}


def write_off(
    ledger: Ledger,
    claim_id: str,
    amount_cents: int,
    kind: str,
    *,
    day: dt.date,
    person: str,
    reason: str,
    side: str | None = None,
    line: int | None = None,
) -> dict[str, object]:
    """Let go of an amount of a claim, or of a line of it (its position); below zero takes an earlier one back.

    `side` (payer or patient) is needed where the kind does not tell whose receivable it lowers. Raises
    `people.Refused` where there is no such claim, line or kind, or where the receivable does not hold so much.
    """
    with ledger.transaction() as tx:
        account = _lowered(kind, side)
        claim_id = _known(tx, claim_id)
        charge_id = _charge(tx, claim_id, line)
        family = timelines.family(tx, claim_id)
        owed = balances(tx, family)[account]
        if charge_id is not None:  # no more than the line's, and no more than the claim's as a whole
            owed = min(owed, _of_line(tx, family, charge_id, account))
        taken = _written(tx, family, account, kind, charge_id)
        if amount_cents == 0 or amount_cents > max(owed, 0) or -amount_cents > taken:
            what = "claim" if charge_id is None else "line"
            raise Refused(
                f"{account} holds {dollars(owed)} of this {what}, and {dollars(taken)} are written off as {kind}"
            )
        row: dict[str, object] = {"claim_id": claim_id, "charge_id": charge_id, "account": account}
        row["amount_cents"] = amount_cents
        row |= {"kind": kind, "person": person, "reason": reason, "decided_on": pd.Timestamp(day)}
        return {"write_off_id": store(tx, row), "posted": patients.settle(tx)}


def refund(
    ledger: Ledger,
    claim_id: str,
    recipient: str,
    amount_cents: int,
    *,
    day: dt.date,
    person: str,
    reason: str,
    reference_number: str | None = None,
) -> dict[str, object]:
    """Record money sent back to the payer or the patient; no more than what the claim's credit is."""
    with ledger.transaction() as tx:
        if recipient not in SIDES:
            raise Refused("a refund goes to the payer or to the patient")
        claim_id = _known(tx, claim_id)
        credit = -balances(tx, timelines.family(tx, claim_id))[SIDES[recipient]]
        if not 0 < amount_cents <= credit:
            raise Refused(f"the {recipient}'s credit of this claim is {dollars(max(credit, 0))}")
        sequence = tx.count("refunds", {"claim_id": claim_id, "recipient": recipient}) + 1
        row = {
            "refund_id": digest("refund", claim_id, recipient, sequence),
            "claim_id": claim_id,
            "recipient": recipient,
            "sequence": sequence,
            "amount_cents": amount_cents,
            "sent_on": pd.Timestamp(day),
            "reference": reference_number,
            "person": person,
            "reason": reason,
            "at": people.now(),
        }
        tx.add("refunds", pd.DataFrame([row]))
        return {"refund_id": row["refund_id"], "posted": patients.settle(tx)}


def store(tx: Transaction, row: dict[str, object]) -> str:
    """Store a write-off as the next one of its claim, charge and account; returns its id."""
    which = {name: row[name] for name in ("claim_id", "charge_id", "account")}
    sequence = tx.count("write_offs", which) + 1
    identity = digest("write_off", *which.values(), sequence)
    numbered = row | {"write_off_id": identity, "sequence": sequence, "at": people.now()}
    tx.add("write_offs", pd.DataFrame([numbered]))
    return identity


def balances(tx: Transaction, family: Collection[str]) -> dict[str, int]:
    """What both receivables hold of a family of claims."""
    lines = tx.read("claim_lines", {"claim_id": list(family)}, ["charge_id"])["charge_id"].unique()
    accounts = {"account": [*SIDES.values()]}
    by_claim = sums(tx, "journal", ("account",), "amount_cents", accounts | {"claim_id": list(family)})
    by_charge = accounts | {"claim_id": None, "charge_id": lines.tolist()}
    charged = sums(tx, "journal", ("account",), "amount_cents", by_charge)
    held = pd.concat([by_claim, charged]).groupby("account")["amount_cents"].sum()
    return {account: int(held.get(account, 0)) for account in SIDES.values()}


def _known(tx: Transaction, beginning: str) -> str:
    """The claim of this id, or the one that begins so."""
    ids = tx.read("claims", columns=["claim_id"])["claim_id"]
    found = ids[ids == beginning] if (ids == beginning).any() else ids[ids.str.startswith(beginning)]
    if len(found) != 1:
        raise Refused("no claim begins with that id" if found.empty else "several claims begin with that id")
    return str(found.iloc[0])


def _lowered(kind: str, side: str | None) -> str:
    """The receivable that a write-off of this kind lowers."""
    known = reference.by_key("write_off_kinds", "kind")
    if kind not in known:
        raise Refused(f"no such kind of write-off; one of: {' '.join(known)}")
    lowers = known[kind]["lowers"].split()
    if side is None and len(lowers) > 1:
        raise Refused(f"of whose receivable: a {kind} may be the payer's or the patient's")
    account = lowers[0] if side is None else SIDES.get(side, "")
    if account not in lowers:
        raise Refused(f"a write-off of kind {kind} lowers {' or '.join(lowers)} only")
    return account


def _charge(tx: Transaction, claim_id: str, line: int | None) -> str | None:
    if line is None:
        return None
    found = tx.read("claim_lines", {"claim_id": claim_id, "position": line}, ["charge_id"])
    if found.empty:
        raise Refused("the claim has no such line")
    return str(found["charge_id"].iloc[0])


def _of_line(tx: Transaction, family: Collection[str], charge_id: str, account: str) -> int:
    """What a receivable holds of a charge: the charge itself, what answers said of it, what was let go of it."""
    which = {"account": account, "charge_id": charge_id}
    parts = [
        sums(tx, "journal", ("account",), "amount_cents", which | {"claim_id": claims})
        for claims in (list(family), None)
    ]
    return int(pd.concat(parts)["amount_cents"].sum())


def _written(tx: Transaction, family: Collection[str], account: str, kind: str, charge_id: str | None) -> int:
    """What was written off of a family, or of one of its charges."""
    rows = tx.read("write_offs", {"claim_id": list(family), "account": account, "kind": kind})
    return int(rows.loc[(rows["charge_id"] == charge_id) | (charge_id is None), "amount_cents"].sum())
