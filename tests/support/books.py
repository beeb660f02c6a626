"""A small ledger with everything a journal can hold, made as the stages make it.

Two charges are sent and a third is withdrawn. C000000001 is paid in January, reversed and paid again in February with a
recovery; C000000002 is answered under a number that is not ours, and recognised late. A second remittance under the
trace of a first one withdraws it. No real person.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from connectors.ledger import Ledger
from tasks import periods, recognising
from tasks.billing import posting
from tests.support.histories import filled, read_remittances
from tests.support.remittance_frames import claim, claim_line, clp, ledger, remit, svc

PAYERS = ledger("payers", {"payer_id": "ACME", "remit_ids": "1512345678"})
JANUARY, FEBRUARY = dt.date(2026, 1, 21), dt.date(2026, 2, 10)
TODAY = dt.date(2026, 3, 15)


def charge(number: int, cents: int) -> dict[str, Any]:
    """A charge line of the fifth of January."""
    named = {"charge_id": f"CHL{number}", "encounter_id": f"EL{number}", "patient_id": "P0001"}
    return named | {"payer_id": "ACME", "service_date": dt.date(2026, 1, 5), "charge_cents": cents}


CHARGES = filled("charge_lines", charge(1, 20_000), charge(2, 12_000), charge(3, 5_001))
CLAIMS = filled("claims", claim("C000000001", 20_000), claim("C000000002", 12_000))
CLAIM_LINES = filled(
    "claim_lines",
    claim_line("L1", "C000000001", 20_000),
    claim_line("L2", "C000000002", 12_000),
)
PAID = remit(
    clp(
        "C000000001",
        "1",
        20_000,
        12_000,
        svc(20_000, 12_000, ("CO", "45", 5_000), ("PR", "3", 3_000), control="L1"),
    ),
    trace="EFT1",
    day=JANUARY,
)
STRANGER = remit(
    clp("LOST", "1", 12_000, 9_999, cas=(("CO", "45", 2_001),), icn="ICN2"), trace="EFT2", day=JANUARY
)
CORRECTED = remit(
    clp(
        "C000000001",
        "22",
        -20_000,
        -12_000,
        svc(-20_000, -12_000, ("CO", "45", -5_000), ("PR", "3", -3_000), control="L1"),
    ),
    clp(
        "C000000001",
        "1",
        20_000,
        11_500,
        svc(20_000, 11_500, ("CO", "45", 5_500), ("PR", "3", 3_000), control="L1"),
    ),
    plb=(("WO", "ICN1", 37), ("L6", "ICN1", -3)),
    trace="EFT3",
    day=FEBRUARY,
)
TWICE = tuple(
    remit(clp(lost, "1", 700, 700, svc(700, 700)), trace="EFT4", day=JANUARY) for lost in ("LOST1", "LOST2")
)


def charged(book: Ledger) -> None:
    """Charges, one of them withdrawn; claims of the others."""
    with book.transaction() as tx:
        tx.add("charge_lines", CHARGES)
        tx.add("journal", periods.booked(tx, posting.post_charges(CHARGES)))
        tx.add("journal", periods.booked(tx, posting.withdraw_charges(CHARGES.iloc[2:])))
        tx.add("claims", CLAIMS)
        tx.add("claim_lines", CLAIM_LINES)


def read(book: Ledger, *remits: dict[str, Any]) -> None:
    """Remittances come in; what they teach is posted."""
    with book.transaction() as tx:
        read_remittances(tx, remits)
        recognising.recognise(tx)


def taught(book: Ledger) -> None:
    """A 277CA names the payer's number of C000000002: the stranger is recognised."""
    with book.transaction() as tx:
        tx.add(
            "acknowledgments",
            filled("acknowledgments", {"ack_id": "A1", "payer_control": "ICN2", "claim_id": "C000000002"}),
        )
        recognising.recognise(tx)


def remitted(book: Ledger, control: str) -> str:
    """The id of the one remitted claim under this CLP01."""
    (found,) = book.read("remitted_claims", {"claim_control": control})["remitted_claim_id"]
    return str(found)
