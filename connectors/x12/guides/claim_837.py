"""The 837P as tables: which segments each loop writes and when, and what each element may hold (005010X222A1).

`LOOPS` reads like the guide: segments in wire order, ``{column}`` where a column of CLAIMS_837 or LINES_837
stands. The condition beside a segment says for which rows it is written; a column that a written segment names
must be there unless it is in `OPTIONAL`. `ELEMENTS` holds each column's limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Condition = Literal[
    "always",
    "self",  # the patient is the subscriber
    "dependant",  # the patient is not
    "address",  # the subscriber's address: required for self, else where given
    "birth",  # the subscriber's demographics: likewise
    "authorized",
    "correction",  # frequency 7 or 8
    "rendering",  # the rendering provider is not the billing provider
    "supervised",
    "one_day",
    "days",
]

Segment = tuple[Condition, str]

LOOPS: dict[str, tuple[Segment, ...]] = {
    "2000A": (
        ("always", "PRV*BI*PXC*{billing_taxonomy}~"),
        ("always", "NM1*85*2*{billing_name}*****XX*{billing_npi}~"),
        ("always", "N3*{billing_street}~"),
        ("always", "N4*{billing_city}*{billing_state}*{billing_zip}~"),
        ("always", "REF*EI*{billing_tax_id}~"),
    ),
    "2000B": (
        ("self", "SBR*{payer_order}*18*{group_number}******{filing_code}~"),
        ("dependant", "SBR*{payer_order}**{group_number}******{filing_code}~"),
        ("always", "NM1*IL*1*{subscriber_last_name}*{subscriber_first_name}****MI*{member_id}~"),
        ("address", "N3*{subscriber_street}~N4*{subscriber_city}*{subscriber_state}*{subscriber_zip}~"),
        ("birth", "DMG*D8*{subscriber_birth_date}*{subscriber_sex}~"),
        ("always", "NM1*PR*2*{payer_name}*****PI*{payer_id}~"),
    ),
    "2000C": (
        ("dependant", "PAT*{relationship}~"),
        ("dependant", "NM1*QC*1*{patient_last_name}*{patient_first_name}~"),
        ("dependant", "N3*{patient_street}~"),
        ("dependant", "N4*{patient_city}*{patient_state}*{patient_zip}~"),
        ("dependant", "DMG*D8*{patient_birth_date}*{patient_sex}~"),
    ),
    "2300": (
        ("always", "CLM*{claim_id}*{charge_cents}***{place_of_service}:B:{frequency}*Y*A*Y*Y~"),
        ("authorized", "REF*G1*{authorization}~"),
        ("correction", "REF*F8*{original_reference}~"),
        ("always", "HI*ABK:{diagnoses}~"),
        ("rendering", "NM1*82*1*{rendering_last_name}*{rendering_first_name}****XX*{rendering_npi}~"),
        ("rendering", "PRV*PE*PXC*{rendering_taxonomy}~"),
        ("supervised", "NM1*DQ*1*{supervising_last_name}*{supervising_first_name}****XX*{supervising_npi}~"),
    ),
    "2400": (
        ("always", "LX*{position}~"),
        ("always", "SV1*HC:{code}{modifiers}*{charge_cents}*UN*{units}*{place_of_service}**{pointers}~"),
        ("one_day", "DTP*472*D8*{service_from}~"),
        ("days", "DTP*472*RD8*{service_from}-{service_to}~"),
        ("always", "REF*6R*{line_id}~"),
    ),
}
CLAIM_LOOPS = ("2000A", "2000B", "2000C", "2300")

# Columns that a written segment may leave empty. Line place of service is empty when it equals the claim's.
OPTIONAL = frozenset(("group_number", "modifiers", "place_of_service"))
REQUIRED_ANYWAY = frozenset(
    ("relationship", "place_of_service", "rendering_npi")
)  # of the claim, beyond LOOPS


@dataclass(frozen=True)
class Element:
    """What a text column may hold. `text` ones (names, addresses) are written trimmed and in capitals; all others
    exactly as given, since payers and matching compare them character by character."""

    column: str
    longest: int
    shortest: int = 1
    pattern: str = ""  # RE2, the whole value
    allowed: frozenset[str] = frozenset()
    npi: bool = False
    text: bool = False


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATES = _codes(
    "AA AE AK AL AP AR AS AZ CA CO CT DC DE FL FM GA GU HI IA ID IL IN KS KY LA MA MD ME MH MI MN MO MP MS MT NC ND"
    " NE NH NJ NM NV NY OH OK OR PA PR PW RI SC SD TN TX UT VA VI VT WA WI WV WY"
)
FILING = _codes("11 12 13 14 15 16 17 AM BL CH CI DS FI HM LM MA MB MC OF TV VA WC ZZ")
PAYER_ORDER = frozenset("PSTABCDEFGHU")
RELATIONSHIPS = frozenset(("18", "01", "19", "20", "21", "39", "40", "53", "G8"))  # SBR02, then PAT01
SEX = frozenset("FMU")
ZIP = "[0-9]{5}([0-9]{4})?"
TAXONOMY = "[0-9A-Z]{9}X"
PLACE = "[0-9]{2}"
# A post office box belongs in 2010AB; the guide wants a street here.
PO_BOX = r"(?i)^(P(OST)?\.? *O(FFICE)?\.? *BOX)\b"


def _address(prefix: str, zip_pattern: str = ZIP) -> tuple[Element, ...]:
    return (
        Element(f"{prefix}_street", 55, text=True),
        Element(f"{prefix}_city", 30, 2, text=True),
        Element(f"{prefix}_state", 2, 2, allowed=STATES, text=True),
        Element(f"{prefix}_zip", 9, 5, pattern=zip_pattern),
    )


def _name(prefix: str) -> tuple[Element, ...]:
    return Element(f"{prefix}_last_name", 60, text=True), Element(f"{prefix}_first_name", 35, text=True)


CLAIM_ELEMENTS = (
    Element("claim_id", 20),
    Element("billing_name", 60, text=True),
    Element("billing_npi", 10, npi=True),
    Element("billing_tax_id", 9, pattern="[0-9]{9}"),
    Element("billing_taxonomy", 10, pattern=TAXONOMY),
    *_address("billing", "[0-9]{9}"),
    Element("payer_order", 1, allowed=PAYER_ORDER),
    Element("relationship", 2, allowed=RELATIONSHIPS),
    Element("group_number", 50),
    Element("filing_code", 2, allowed=FILING),
    *_name("subscriber"),
    Element("member_id", 80, 2),
    *_address("subscriber"),
    Element("subscriber_sex", 1, allowed=SEX),
    Element("payer_name", 60, text=True),
    Element("payer_id", 80, 2),
    *_name("patient"),
    *_address("patient"),
    Element("patient_sex", 1, allowed=SEX),
    Element("place_of_service", 2, pattern=PLACE),
    Element("frequency", 1, allowed=frozenset("178")),
    Element("authorization", 50),
    Element("original_reference", 50),
    Element("diagnoses", 500),  # counted and checked one by one
    *_name("rendering"),
    Element("rendering_npi", 10, npi=True),
    Element("rendering_taxonomy", 10, pattern=TAXONOMY),
    *_name("supervising"),
    Element("supervising_npi", 10, npi=True),
)

LINE_ELEMENTS = (
    Element("claim_id", 20),
    Element("code", 5, pattern="[A-Z0-9]{5}"),
    Element("modifiers", 500),  # counted and checked one by one
    Element("place_of_service", 2, pattern=PLACE),
    Element("pointers", 500),
    Element("line_id", 30),
)

MOST_LINES, MOST_DIAGNOSES, MOST_MODIFIERS, MOST_POINTERS = 50, 12, 4, 4
MOST_CLAIMS_OF_ONE_PATIENT = 100  # CLM within one 2000B or 2000C
MOST_CENTS = 99_999_999_99  # eight digits before the point
MOST_UNITS = 99_999_999
