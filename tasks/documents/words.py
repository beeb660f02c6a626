"""How a page writes what the ledger has: the practice's head, days, telephone numbers, ZIP codes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from configs.settings import Practice
from connectors.documents import Letterhead


def letterhead(practice: Practice) -> Letterhead:
    """The practice as it stands at the head of a page."""
    place = f"{practice.city}, {practice.state} {zip_code(practice.zip)}"
    return Letterhead(practice.name, (practice.street, place, telephone(practice.phone)))


def zip_code(digits: str) -> str:
    """A ZIP for people.

    >>> zip_code("627011234"), zip_code("62701")
    ('62701-1234', '62701')
    """
    return f"{digits[:5]}-{digits[5:]}" if len(digits) == 9 else digits


def telephone(digits: str) -> str:
    """A telephone number for people.

    >>> telephone("5555550100")
    '(555) 555-0100'
    """
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 and digits.isdigit() else digits


def short_day(day: Any) -> str:
    """A day in a table; blank where there is none.

    >>> short_day(dt.date(2026, 3, 5))
    '03/05/2026'
    """
    return "" if day is None or pd.isna(day) else f"{day:%m/%d/%Y}"


def address(patient: dict[str, Any]) -> tuple[str, ...]:
    """Street and place of a patient."""
    return (patient["street"], f"{patient['city']}, {patient['state']} {zip_code(patient['zip'])}")
