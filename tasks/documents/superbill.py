"""A superbill: what a patient hands to an insurer that the practice does not bill.

Fields: provider with credential, NPI, tax id and licence; patient with date of birth; each service with date, place,
code, modifiers, units, charge and diagnoses; what was paid; signature (dossier 07 section 9). Diagnoses are codes: the
insurer needs them, and words would tell more than asked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from configs.settings import Practice
from connectors.documents import Block, Column, Document, Fields, Grid, Heading, Signature, Text
from tasks.billing.appeals.letter import long_day, usd
from tasks.documents.words import letterhead, short_day, telephone


@dataclass(frozen=True)
class Clinician:
    """Who gave the service."""

    name: str
    credential: str
    npi: str
    license: str


@dataclass(frozen=True)
class Item:
    """A service; cents."""

    day: dt.date
    place: str
    code: str
    modifiers: str
    words: str
    pointers: str
    units: int
    charge: int


@dataclass(frozen=True)
class Visit:
    """What a superbill is made from."""

    encounter_id: str
    patient_id: str
    patient: str
    birth_date: dt.date
    lines_of_address: tuple[str, ...]
    clinician: Clinician
    supervisor: Clinician | None
    diagnoses: tuple[str, ...]
    items: tuple[Item, ...]
    paid: int


def superbill(visit: Visit, practice: Practice, on: dt.date, revision: int) -> Document:
    """The superbill of an encounter as made on a day."""
    who = visit.clinician
    provider = [
        ("PROVIDER", f"{who.name}, {who.credential}"),
        ("PROVIDER NPI", who.npi),
        ("LICENSE", who.license),
        ("PRACTICE, NPI", f"{practice.name}, {practice.npi}"),
        ("TAX ID", practice.tax_id.get_secret_value()),
        ("TELEPHONE", telephone(practice.phone)),
    ]
    if visit.supervisor:
        seen = visit.supervisor
        provider.append(("SUPERVISED BY", f"{seen.name}, {seen.credential}, NPI {seen.npi}"))
    whole = sum(item.charge for item in visit.items)
    blocks: list[Block] = [
        Heading("Superbill", level=1),
        Text("For the patient to send to an insurer that this practice does not bill. It is not a bill."),
        Fields(
            (
                ("PATIENT", visit.patient),
                ("DATE OF BIRTH", long_day(visit.birth_date)),
                ("ADDRESS", ", ".join(visit.lines_of_address)),
                ("ENCOUNTER, MADE ON", f"{visit.encounter_id}, {long_day(on)}"),
            )
        ),
        Fields(tuple(provider)),
        Heading("Diagnoses (ICD-10-CM)"),
        Text(
            ";  ".join(
                f"{letter} {code}" for letter, code in zip("ABCDEFGHIJKL", visit.diagnoses, strict=False)
            )
        ),
        Heading("Services"),
        _items(visit),
        Grid(
            (
                Column("Charges", 1, right=True),
                Column("Paid by the patient", 1, right=True),
                Column("Balance", 1, right=True),
            ),
            ((usd(whole), usd(visit.paid), usd(whole - visit.paid)),),
        ),
        Signature((f"{who.name}, {who.credential}", "Signature of the provider")),
        Text(
            "Please ask your insurer how to send this in and within how many days. What it pays, and to whom, depends "
            "on your plan.",
            small=True,
        ),
    ]
    footer = f"Superbill {visit.encounter_id} · revision {revision} · confidential"
    return Document(f"Superbill {visit.encounter_id}", letterhead(practice), footer, tuple(blocks))


def _items(visit: Visit) -> Grid:
    columns = (
        Column("Date", 0.95), Column("Place", 0.5), Column("Code", 0.7), Column("Modifiers", 0.8),
        Column("Service", 2.9), Column("Diagnoses", 0.85), Column("Units", 0.5, right=True),
        Column("Charge", 0.9, right=True),
    )  # fmt: skip
    rows = tuple(
        (
            short_day(item.day),
            item.place,
            item.code,
            item.modifiers,
            item.words,
            _letters(item.pointers),
            str(item.units),
            usd(item.charge),
        )
        for item in visit.items
    )
    return Grid(columns, rows)


def _letters(pointers: str) -> str:
    """Pointers as letters, as on a claim form.

    >>> _letters("1 3")
    'A C'
    """
    return " ".join("ABCDEFGHIJKL"[int(one) - 1] for one in pointers.split())
