"""Histories of a small office for tests of the ledger: claims, remittances, a payer's number, a contradiction, words of
people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random
from typing import Any

import pandas as pd

from connectors.ledger import Ledger, Transaction, schema
from tasks import recognising
from tasks.billing import remittances
from tests.support.remittance_frames import claim, claim_line, clp, codec, ledger, remit, svc

PAYERS = ledger("payers", {"payer_id": "ACME", "remit_ids": "1512345678"})


# Steps that are one row of a table.
ROWS = {
    "number": "acknowledgments",
    "word": "assignments",
    "decision": "quarantine_events",
    "write_off": "write_offs",
    "refund": "refunds",
}


class Crash(Exception):
    """The process died here; the transaction did not happen."""


def history(random: Random) -> list[tuple[str, Any]]:
    """Steps of one office: claims with their lines, remittances, a payer's number from a 277CA, a person's word."""
    steps: list[tuple[str, Any]] = []
    claims, remits = [], []
    for number in range(1, 6):
        charge = random.choice([9_999, 12_000, 33_334])
        name = f"C{number:09}"
        lines = [claim_line(f"L{number}-{at}", name, charge, position=at) for at in (1, 2)]
        claims.append((claim(name, 2 * charge), lines))
        remits += _answers(random, number, name, charge)
    disputed = _remit(clp("C000000001", "1", 100, 100, svc(100, 100)), trace="TWICE")
    remits += [disputed, _remit(clp("C000000002", "1", 100, 100, svc(100, 100)), trace="TWICE")]
    once, more = (clp(f"C00000000{n}", "1", 100, 100, svc(100, 100), icn=f"AGAIN-{n}") for n in (5, 4))
    # The same check with a claim more.
    remits += [_remit(once, trace="AGAIN"), _remit(once, more, trace="AGAIN")]
    steps += [("claim", one) for one in claims]
    steps += [("remit", one) for one in remits]
    steps.append(("number", {"ack_id": "A1", "payer_control": "ICN-3", "claim_id": "C000000003"}))
    return steps + OWN_MONEY


# Patients owe a cent a claim here. Payments with and without their encounter, one paid back, what is let go and given
# back: where each goes depends on what has been answered.
OWN_MONEY: list[tuple[str, Any]] = [
    ("payment", {"payment_id": "PP1", "amount_cents": 3}),
    ("payment", {"payment_id": "PP2", "amount_cents": 2, "encounter_id": "EL2-1"}),
    ("payment", {"payment_id": "PP3", "amount_cents": -1}),
    (
        "write_off",
        {"write_off_id": "W1", "claim_id": "C000000004", "account": "receivable_patient", "kind": "courtesy"},
    ),
    ("refund", {"refund_id": "RF1", "claim_id": "C000000001", "recipient": "payer", "amount_cents": 900}),
]


def _answers(random: Random, number: int, name: str, charge: int) -> list[dict[str, Any]]:
    """A payment, with lines or without; for some a reversal and a correction in later checks."""
    paid = charge * 2 - 1_001
    cas = (("CO", "45", 1_000), ("PR", "3", 1))
    named = {"control": name, "icn": f"ICN-{number}"}
    if number == 3:
        named["control"] = "LOST"  # only the payer's number tells whose it is
    if number == 4:
        lines = (
            svc(charge, charge, control=f"L{number}-1"),
            svc(charge, paid - charge, *cas, control=f"L{number}-2"),
        )
        first = {"status": "1", "lines": lines, "cas": ()}
    else:
        first = {"status": "1", "lines": (), "cas": cas}
    found = [_one(named, charge * 2, paid, **first)]
    if random.random() < 0.7:
        back = {"status": "22", "lines": (), "cas": tuple((g, c, -a) for g, c, a in cas)}
        found.append(_one(named, -charge * 2, -paid, **back))
        found.append(_one(named, charge * 2, paid - 500, status="1", lines=(), cas=(("CO", "45", 1_501),)))
    return [
        _remit(each, trace=f"EFT{number}-{at}", plb=(("WO", "X", 7),) if at else ())
        for at, each in enumerate(found)
    ]


def _one(
    named: dict[str, str], charge: int, paid: int, *, status: str, lines: Any, cas: Any
) -> dict[str, Any]:
    return clp(named["control"], status, charge, paid, *lines, cas=cas, icn=named["icn"])


def _remit(*claims: dict[str, Any], **more: Any) -> dict[str, Any]:
    return remit(*claims, day=dt.date(2026, 1, 21), **more)


def words(steps: Sequence[tuple[str, Any]], said: Sequence[tuple[int, int]]) -> list[tuple[str, Any]]:
    """What people say of answers in a history: (which remittance, which claim its first answer is for; 0 is none)."""
    remits = [one for kind, one in steps if kind == "remit"]
    told: list[tuple[str, Any]] = []
    for sequence, (number, claim_number) in enumerate(said, 1):
        found = remittances.facts(*codec(remits[number % len(remits)]), payers=PAYERS)
        answer = found.remitted_claims["remitted_claim_id"].iloc[0]
        word = {"remitted_claim_id": answer, "sequence": sequence, "person": "kim", "reason": "they called"}
        claim_id = f"C{claim_number:09}" if claim_number else None
        told.append(("word", {"assignment_id": f"W{sequence}", "claim_id": claim_id, **word}))
    return told


def decisions(steps: Sequence[tuple[str, Any]], actions: Sequence[str]) -> list[tuple[str, Any]]:
    """What people decide of the remittances of a history that contradict each other, the first of them first."""
    found = remittances.facts(*codec(*(one for kind, one in steps if kind == "remit")), payers=PAYERS)
    waiting = remittances.conflicts(found.remittances, found.remittances.iloc[:0], found.remitted_claims)[
        "quarantine_id"
    ]
    return [
        ("decision", {"event_id": f"D{number}", "quarantine_id": row, "sequence": 1, "action": action})
        for number, (row, action) in enumerate(zip(sorted(waiting), actions, strict=False))
    ]


def apply(book: Ledger, steps: list[tuple[str, Any]], crash: bool, *, adopt: bool = False) -> None:
    """One run: everything of it in one transaction, as a stage does it; a backfill's where it should `adopt`."""
    claims = [one for kind, one in steps if kind == "claim"]
    with book.transaction() as tx:
        if claims:
            tx.add("claims", filled("claims", *(one for one, _ in claims)))
            tx.add("claim_lines", filled("claim_lines", *(line for _, lines in claims for line in lines)))
        for kind, one in steps:
            if kind in ROWS:
                tx.add(ROWS[kind], filled(ROWS[kind], one))
            if kind == "payment":
                tx.load("patient_payments", filled("patient_payments", one | {"patient_id": "P0001"}))
        remits = [one for kind, one in steps if kind == "remit"]
        if remits:
            read_remittances(tx, remits, adopt=adopt)
        recognising.recognise(tx)
        if crash:
            raise Crash


def read_remittances(tx: Transaction, remits: Sequence[dict[str, Any]], *, adopt: bool = False) -> None:
    """Store and post remittances as the stage does, its suites aside."""
    existing = tx.read("remittances")
    found = remittances.facts(*codec(*remits), payers=PAYERS)
    waiting = recognising.contradicting(tx, found, existing)
    disputed = set(waiting["subject_id"])
    found = remittances.without(found, existing["remittance_id"])
    found, made = recognising.prepared(tx, found, disputed, adopt)
    recognising.store(tx, found, made, waiting, disputed)


def filled(table: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Rows with something in every column that must not be empty."""
    frame = ledger(table, *rows)
    kinds = {"TEXT": "-", "BIGINT": 1, "BOOLEAN": False, "DATE": pd.Timestamp("2026-01-05")}
    for column in schema.metadata.tables[table].columns:
        if not column.nullable:
            frame[column.name] = frame[column.name].fillna(kinds[str(column.type)])
    return frame
