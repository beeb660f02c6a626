"""Money and time of the synthetic practice: what patients pay at the desk, what a bank says, what runs out.

None of it is drawn: the rows follow from the practice's own, so that they change nothing else of it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.sources.synthetic_masters import Row
from connectors.sources.synthetic_people import ident
from connectors.sources.synthetic_problems import Book

COPAY, TOO_MUCH = 1_500, 60_000
EVERY = 5  # encounter pays at the desk
# A programme that no session of the practice bills: its authorization runs out untouched.
PROGRAMME, CODE = "php", "H0035"
SEEN = ("trace", "payer_identifier", "payment_date", "bpr_cents")  # of a remittance, by the bank


def payments(book: Book) -> list[Row]:
    """Copays at the desk for some clean sessions; one patient pays far too much, one pays without saying for what."""
    rows = []
    for number, session in enumerate(book.originals[::EVERY]):
        row = {
            "payment_id": ident(book.seed, "PP", number),
            "patient_id": session["patient_id"],
            "received_on": session["service_date"],
            "amount_cents": TOO_MUCH if number == 0 else COPAY,
            "encounter_id": None if number == 1 else session["encounter_id"],
            "method": "card",
        }
        rows.append(row)
    return rows


def running_out(book: Book) -> tuple[list[Row], list[Row]]:
    """An authorization that ends nine weeks after the business day, and appointments after its end."""
    if not book.originals:
        return [], []
    who = book.originals[0]["patient_id"]
    policy = next(row for row in book.rows["coverages"] if row["patient_id"] == who)
    ends = book.business_date + timedelta(days=65)
    authorization = {
        "authorization_id": ident(book.seed, "A", 9_999),
        "patient_id": who,
        "payer_id": policy["payer_id"],
        "number": "AUTH99999999",
        "codes": CODE,
        "level_of_care": PROGRAMME,
        "units_approved": 20,
        "valid_from": book.business_date - timedelta(days=30),
        "valid_to": ends,
        "status": "approved",
    }
    appointments = [
        {
            "appointment_id": ident(book.seed, "AP", number),
            "patient_id": who,
            "payer_id": policy["payer_id"],
            "service_date": ends + timedelta(days=number),
            "code": CODE,
            "units": 1,
            "level_of_care": PROGRAMME,
            "status": "booked",
        }
        for number in (0, 1)
    ]
    return [authorization], appointments


def statement(path: Path, remittances: Iterable[Mapping[str, Any]]) -> Path:
    """Write what the bank saw of these remittances (trace, payer, day, cents): all but the last, and a stranger's."""
    paid = [row for row in remittances if row["bpr_cents"] > 0]
    seen = [
        [f"DEP{number:04d}", _day(row), row["trace"], row["payer_identifier"], row["bpr_cents"]]
        for number, row in enumerate(paid[:-1], start=1)
    ]
    stranger = [["DEP9999", _day(row), "EFTSTRANGER", row["payer_identifier"], 4_321] for row in paid[:1]]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["deposit_id", "deposited_on", "trace", "payer_identifier", "amount_cents"])
        writer.writerows([*seen, *stranger])
    return path


def _day(row: Mapping[str, Any]) -> str:
    return str(row["payment_date"])[:10]
