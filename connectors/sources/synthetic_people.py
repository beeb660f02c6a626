"""Synthetic patients with their policies, authorizations and consents.

Names are words with TESTER in them, streets are called SAMPLE, numbers count up: nobody can be taken for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from configs.identity import opaque
from connectors.sources.synthetic_masters import FEES, PAYERS, Row

FIRST = (
    "AMBER", "BASIL", "CEDAR", "COBALT", "CORAL", "FERN", "FLINT", "GARNET", "HAZEL", "INDIGO", "JADE", "JUNIPER",
)  # fmt: skip
SECOND = (
    "ACORN", "BEACON", "CANYON", "DELTA", "EMBER", "FJORD", "GLACIER", "HARBOR", "ISLET", "LAGOON", "MEADOW",
)  # fmt: skip
MIDDLE = ("Q", "X", "Z", None)

# Diagnoses that may stand together, billable in fiscal years 2025 to 2027, most important first.
ADULT = (
    "F41.1", "F33.1 F41.1", "F43.10 F33.0", "F43.23", "F31.81 F41.1", "F60.3 F43.12", "F42.2 F41.1", "F32.A",
    "F40.10 F33.0", "F33.1 Z56.6", "F41.1 F43.12 Z60.2",
)  # fmt: skip
CHILD = ("F90.2", "F90.2 F91.3", "F41.1 F90.2", "F43.23 Z63.5")
SUBSTANCE = ("F10.20", "F11.20 F33.1", "F12.20 F41.1", "F10.20 F15.20")

DEPENDANTS_AT = ("EXHP", "EXBL", "EXCO")  # Medicare and Medicaid insure each person himself
NO_PROGRAMME = ("MCRB",)  # pays no substance-use programme here


def ident(seed: int, prefix: str, number: int, length: int = 12) -> str:
    """An opaque id, the same for the same seed."""
    return opaque(f"synthetic {seed}", prefix, number, length=length)


@dataclass(frozen=True)
class Person:
    """A patient of the plan, with what decides what can be billed."""

    number: int
    patient_id: str
    payer_id: str
    diagnoses: str
    child: bool
    dependant: bool
    substance: bool


def person(number: int, seed: int, random: Random, *, payer_id: str, substance: bool = False) -> Person:
    """Patient `number`; `substance` puts them into the substance-use programme, where the payer pays one."""
    in_programme = substance and payer_id not in NO_PROGRAMME
    dependant = payer_id in DEPENDANTS_AT and random.random() < 0.36
    child = not in_programme and dependant and random.random() < 0.6
    diagnoses = random.choice(SUBSTANCE if in_programme else CHILD if child else ADULT)
    return Person(number, ident(seed, "P", number), payer_id, diagnoses, child, dependant, in_programme)


def _born(who: Person, business_date: date) -> date:
    oldest = 8 if who.child else 66 if who.payer_id == "MCRB" else 22
    spread = 9 if who.child else 12 if who.payer_id == "MCRB" else 40
    return date(
        business_date.year - oldest - who.number * 7 % spread, who.number % 12 + 1, who.number % 28 + 1
    )


def patient_row(who: Person, business_date: date) -> Row:
    """A row of patients."""
    number = who.number
    return {
        "patient_id": who.patient_id,
        "last_name": f"TESTER-{SECOND[number % len(SECOND)]}",
        "first_name": FIRST[number * 5 % len(FIRST)],
        "middle_name": MIDDLE[number % len(MIDDLE)],
        "birth_date": _born(who, business_date),
        "sex": "FMU"[number % 3],
        "street": f"{number + 1} SAMPLE RD",
        "city": "SPRINGFIELD",
        "state": "IL",
        "zip": f"62701{number % 9000 + 1:04d}",
    }


_SUBSCRIBER = ("last_name", "first_name", "birth_date", "sex", "street", "city", "state", "zip")


def coverage_rows(who: Person, seed: int, business_date: date, random: Random) -> list[Row]:
    """Rows of coverages: the primary policy, and for about 15 % a secondary one."""
    home = patient_row(who, business_date)
    primary: dict[str, Any] = {
        "coverage_id": ident(seed, "V", 2 * who.number),
        "patient_id": who.patient_id,
        "payer_id": who.payer_id,
        "priority": "P",
        "member_id": f"{who.payer_id}{who.number + 1:09d}",
        "group_number": None if who.payer_id in ("MCRB", "EXMD") else f"GRP{who.number % 7 + 1:03d}",
        "relationship": "18",
        **{f"subscriber_{name}": None for name in _SUBSCRIBER},
        "effective_from": date(business_date.year - 1, 1, 1),
        "effective_to": None,
    }
    if who.dependant:
        primary |= {
            f"subscriber_{name}": home[name] for name in ("last_name", "street", "city", "state", "zip")
        }
        born = date(business_date.year - 45, who.number % 12 + 1, who.number % 28 + 1)
        primary |= {
            "subscriber_first_name": FIRST[(who.number * 5 + 1) % len(FIRST)],
            "subscriber_birth_date": born,
        }
        primary |= {"subscriber_sex": "UFM"[who.number % 3], "relationship": "19" if who.child else "01"}
    if random.random() >= 0.15:
        return [primary]
    second = "EXMD" if who.payer_id != "EXMD" else "EXCC"  # Medicaid pays last
    own = {**primary, **{f"subscriber_{name}": None for name in _SUBSCRIBER}, "relationship": "18"}
    own |= {"coverage_id": ident(seed, "V", 2 * who.number + 1), "payer_id": second, "priority": "S"}
    own |= {"member_id": f"{second}{who.number + 1:09d}", "group_number": None}
    return [primary, own]


def authorization_rows(who: Person, seed: int, business_date: date, **changes: Any) -> list[Row]:
    """Rows of authorizations for what the patient's payer wants approved, ample unless `changes` says otherwise."""
    needed = str(PAYERS[who.payer_id]["auth_codes"]).split()
    codes = list(FEES) if "*" in needed else needed
    outpatient = [code for code in codes if code != "H0015"]
    wanted = [("outpatient", outpatient, 60)] if outpatient else []
    if who.substance and "H0015" in codes:
        wanted.append(("iop", ["H0015"], 30))
    rows = []
    for position, (level, approved, units) in enumerate(wanted):
        row = {
            "authorization_id": ident(seed, "A", 2 * who.number + position),
            "patient_id": who.patient_id,
            "payer_id": who.payer_id,
            "number": f"AUTH{2 * who.number + position + 1:08d}",
            "codes": " ".join(approved),
            "level_of_care": level,
            "units_approved": units,
            "valid_from": business_date - timedelta(days=200),
            "valid_to": business_date + timedelta(days=90),
            "provider_id": None,
            "status": "approved",
        }
        rows.append({**row, **changes})
    return rows


def consent_rows(who: Person, seed: int, business_date: date, **changes: Any) -> list[Row]:
    """Rows of consents: one for a patient of the substance-use programme."""
    if not who.substance:
        return []
    row = {
        "consent_id": ident(seed, "O", who.number),
        "patient_id": who.patient_id,
        "recipient": "*" if who.number % 2 else who.payer_id,
        "signed_on": business_date - timedelta(days=300),
        "expires_on": business_date + timedelta(days=400) if who.number % 3 else None,
        "revoked_on": None,
    }
    return [{**row, **changes}]
