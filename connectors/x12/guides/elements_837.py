"""What each column of the 837's tables may hold: length, characters, codes (005010X222A1 and 005010X223A2).

Lists are limited as a whole here; their items are counted and judged one by one by `LISTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

DIGITS, LETTERS = 1, 2  # classes of characters, see writing.columns


@dataclass(frozen=True)
class Element:
    """A text column. `text` ones (names, addresses, notes) are written trimmed and in capitals; all others exactly as
    given, since payers and matching compare them character by character."""

    column: str
    longest: int
    shortest: int = 1
    pattern: str = ""  # the whole value
    refused: str = ""  # what its beginning must not be
    simple: int = 0  # where `pattern` only says: these characters, `lengths` of them
    lengths: frozenset[int] = frozenset()
    allowed: frozenset[str] = frozenset()
    npi: bool = False
    text: bool = False


class Items(NamedTuple):
    """A list: at most `most` items, each matching, none twice unless `repeats`."""

    most: int
    pattern: str
    repeats: bool = False


class Amount(NamedTuple):
    """A whole number: cents, units, thousandths."""

    column: str
    most: int
    least: int = 0


def codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATES = codes(
    "AA AE AK AL AP AR AS AZ CA CO CT DC DE FL FM GA GU HI IA ID IL IN KS KY LA MA MD ME MH MI MN MO MP MS MT NC ND"
    " NE NH NJ NM NV NY OH OK OR PA PR PW RI SC SD TN TX UT VA VI VT WA WI WV WY"
)
FILING = codes("11 12 13 14 15 16 17 AM BL CH CI DS FI HM LM MA MB MC OF TV VA WC ZZ")
PAYER_ORDER = frozenset("PSTABCDEFGHU")
RELATIONSHIPS = codes("18 01 19 20 21 39 40 53 G8")  # SBR02, then PAT01
MSP_TYPES = codes("12 13 14 15 16 41 42 43 47")
DELAYS = codes("1 2 3 4 5 6 7 8 9 10 11 15")
REPORTS = codes(
    "03 04 05 06 07 08 09 10 11 13 15 21 A3 A4 AM AS B2 B3 B4 BR BS BT CB CK CT D2 DA DB DG DJ DS EB HC HR I5 IR LA M1"
    " MT NN OB OC OD OE OX OZ P4 P5 PE PN PO PQ PY PZ RB RR RT RX SG V5 XP"
)
TRANSMISSIONS = codes("AA BM EL EM FT FX")
GROUPS = codes("CO CR OA PI PR")

DIAGNOSIS = "[A-Z][0-9][0-9A-Z]{1,5}"
MODIFIER = "[A-Z0-9]{2}"
# A post office box belongs in 2010AB; the guide wants a street in 2010AA.
PO_BOX = r"(P(OST)?\.? *O(FFICE)?\.? *BOX)\b"

MOST_CLAIMS_OF_ONE_PATIENT = 100  # CLM within one 2000B or 2000C
MOST_CENTS = 99_999_999_99  # eight digits before the point
MOST_UNITS = 99_999_999
MOST_THOUSANDTHS = 99_999_999_999


def _zip(column: str, *lengths: int) -> Element:
    lengths = lengths or (5, 9)
    pattern = "|".join(f"[0-9]{{{length}}}" for length in lengths)
    return Element(column, 9, 5, pattern, simple=DIGITS, lengths=frozenset(lengths))


def _address(prefix: str, *zip_lengths: int, refused: str = "") -> tuple[Element, ...]:
    return (
        Element(f"{prefix}_street", 55, refused=refused, text=True),
        Element(f"{prefix}_street_2", 55, text=True),
        Element(f"{prefix}_city", 30, 2, text=True),
        Element(f"{prefix}_state", 2, 2, allowed=STATES, text=True),
        _zip(f"{prefix}_zip", *zip_lengths),
    )


def _name(prefix: str) -> tuple[Element, ...]:
    return (
        Element(f"{prefix}_last_name", 60, text=True),
        Element(f"{prefix}_first_name", 35, text=True),
        Element(f"{prefix}_middle_name", 25, text=True),
        Element(f"{prefix}_suffix", 10, text=True),
    )


def _taxonomy(column: str) -> Element:
    return Element(column, 10, pattern="[0-9A-Z]{9}X")


def _provider(prefix: str) -> tuple[Element, ...]:
    return (*_name(prefix), Element(f"{prefix}_npi", 10, npi=True))


def _digits(column: str, count: int) -> Element:
    return Element(column, count, pattern=f"[0-9]{{{count}}}", simple=DIGITS, lengths=frozenset((count,)))


def _diagnosis(column: str) -> Element:
    return Element(column, 7, pattern=DIAGNOSIS)


_HOUR = "([01][0-9]|2[0-3])[0-5][0-9]"
_CODE = Element("code", 5, pattern="[A-Z0-9]{5}", simple=DIGITS | LETTERS, lengths=frozenset((5,)))
_BENEFITS, _RELEASE = (
    Element("benefits_assigned", 1, allowed=codes("Y N W")),
    Element("release", 1, allowed=codes("Y I")),
)
_ID = Element("claim_id", 20)
_SBR = (
    Element("payer_order", 1, allowed=PAYER_ORDER),
    Element("relationship", 2, allowed=RELATIONSHIPS),
    Element("group_number", 50),
    Element("group_name", 60, text=True),
    Element("msp_type", 2, allowed=MSP_TYPES),
    Element("filing_code", 2, allowed=FILING),
)

ELEMENTS: dict[str, tuple[Element, ...]] = {
    "claims": (
        _ID,
        _taxonomy("billing_taxonomy"),
        Element("billing_name", 60, text=True),
        Element("billing_first_name", 35, text=True),
        Element("billing_npi", 10, npi=True),
        *_address("billing", 9, refused=PO_BOX),
        Element("billing_tax_qualifier", 2, allowed=codes("EI SY")),
        _digits("billing_tax_id", 9),
        *_address("pay_to"),
        *_SBR,
        *_name("subscriber"),
        Element("member_id", 80, 2),
        *_address("subscriber"),
        Element("subscriber_sex", 1, allowed=codes("F M U")),
        Element("payer_name", 60, text=True),
        Element("payer_id", 80, 2),
        *_address("payer"),
        Element("billing_legacy_id", 50),
        *_name("patient"),
        *_address("patient"),
        Element("patient_sex", 1, allowed=codes("F M U")),
        _digits("place_of_service", 2),
        Element("type_of_bill", 2, pattern="[1-9][0-9]"),
        Element("frequency", 1, allowed=frozenset("178")),
        Element("accept_assignment", 1, allowed=codes("A B C")),
        _BENEFITS,
        _RELEASE,
        Element("delay_reason", 2, allowed=DELAYS),
        Element("admission_hour", 4, pattern=_HOUR),
        Element("discharge_hour", 4, pattern=_HOUR),
        Element("admission_type", 1, pattern="[1-9]"),
        Element("admission_source", 1, pattern="[1-9A-Z]"),
        _digits("patient_status", 2),
        Element("referral", 50),
        Element("authorization", 50),
        Element("original_reference", 50),
        Element("clearinghouse_trace", 50),
        Element("medical_record", 50),
        Element("note", 80, text=True),
        Element("diagnoses", 500),
        Element("present_on_admission", 500),
        _diagnosis("admitting_diagnosis"),
        Element("reason_diagnoses", 500),
        Element("external_causes", 500),
        Element("drg", 4, 3, pattern="[0-9]{3,4}"),
        *_provider("referring"),
        *_provider("attending"),
        _taxonomy("attending_taxonomy"),
        *_provider("operating"),
        *_provider("rendering"),
        _taxonomy("rendering_taxonomy"),
        Element("facility_name", 60, text=True),
        Element("facility_npi", 10, npi=True),
        *_address("facility", 9),
        *_provider("supervising"),
    ),
    "lines": (
        _ID,
        _digits("revenue_code", 4),
        _CODE,
        Element("modifiers", 500),
        Element("description", 80, text=True),
        Element("unit", 2, allowed=codes("UN MJ")),
        _digits("place_of_service", 2),
        Element("pointers", 500),
        Element("authorization", 50),
        Element("line_id", 30),
        Element("note", 80, text=True),
        *_provider("rendering"),
        _taxonomy("rendering_taxonomy"),
        *_provider("supervising"),
        *_provider("ordering"),
    ),
    "other_payers": (
        _ID,
        *_SBR,
        _BENEFITS,
        _RELEASE,
        Element("remarks", 500),
        *_name("insured"),
        Element("member_id", 80, 2),
        *_address("insured"),
        Element("payer_name", 60, text=True),
        Element("payer_id", 80, 2),
        Element("payer_control", 50),
    ),
    "line_payments": (
        _ID,
        _CODE,
        Element("modifiers", 500),
        Element("description", 80, text=True),
        _digits("revenue_code", 4),
    ),
    "adjustments": (
        _ID,
        Element("group_code", 2, allowed=GROUPS),
        Element("carc", 5, pattern="[A-Z]?[0-9]{1,3}"),
    ),
    "claim_codes": (_ID, Element("qualifier", 3), Element("code", 7, pattern="[A-Z0-9]{1,7}")),
    "attachments": (
        _ID,
        Element("report_type", 2, allowed=REPORTS),
        Element("transmission", 2, allowed=TRANSMISSIONS),
        Element("control", 50, 2),
    ),
}

# What the institutional guide says otherwise.
_INSTITUTIONAL: dict[tuple[str, str], Element] = {
    ("claims", "frequency"): Element("frequency", 1, allowed=frozenset("01234578Q")),
    ("claims", "billing_tax_qualifier"): Element("billing_tax_qualifier", 2, allowed=codes("EI")),
    ("lines", "unit"): Element("unit", 2, allowed=codes("UN DA")),
}

LISTS: dict[tuple[str, str], Items] = {
    ("claims", "diagnoses"): Items(12, DIAGNOSIS),
    ("claims", "present_on_admission"): Items(25, "[YNUW-]", repeats=True),
    ("claims", "reason_diagnoses"): Items(3, DIAGNOSIS),
    ("claims", "external_causes"): Items(12, DIAGNOSIS, repeats=True),
    ("lines", "modifiers"): Items(4, MODIFIER),
    ("lines", "pointers"): Items(4, "[1-9]|1[0-2]"),
    ("other_payers", "remarks"): Items(5, "[A-Z]{1,2}[0-9]{1,3}"),
    ("line_payments", "modifiers"): Items(4, MODIFIER),
}

AMOUNTS: dict[str, tuple[Amount, ...]] = {
    "claims": (
        Amount("charge_cents", MOST_CENTS),
        Amount("patient_paid_cents", MOST_CENTS),
        Amount("patient_due_cents", MOST_CENTS),
    ),
    "lines": (
        Amount("charge_cents", MOST_CENTS),
        Amount("units", MOST_UNITS, 1),
        Amount("noncovered_cents", MOST_CENTS),
    ),
    "other_payers": (
        Amount("paid_cents", MOST_CENTS),
        Amount("noncovered_cents", MOST_CENTS),
        Amount("remaining_cents", MOST_CENTS),
    ),
    "line_payments": (
        Amount("paid_cents", MOST_CENTS),
        Amount("units", MOST_UNITS),
        Amount("bundled_line", 999, 1),
        Amount("remaining_cents", MOST_CENTS),
    ),
    "adjustments": (
        Amount("amount_cents", MOST_CENTS, -MOST_CENTS),
        Amount("quantity_thousandths", MOST_THOUSANDTHS, 0),
    ),
    "claim_codes": (Amount("amount_cents", MOST_CENTS),),
    "attachments": (),
}

DAYS: dict[str, tuple[str, ...]] = {
    "claims": (
        "subscriber_birth_date",
        "patient_birth_date",
        "onset_date",
        "initial_treatment_date",
        "statement_from",
        "statement_to",
        "admission_date",
        "discharge_date",
    ),
    "lines": ("service_from", "service_to"),
    "other_payers": ("adjudicated_date",),
    "line_payments": ("adjudicated_date",),
    "adjustments": (),
    "claim_codes": ("date_from", "date_to"),
    "attachments": (),
}


def elements_of(kind: str, table: str) -> tuple[Element, ...]:
    """The elements of a table as the guide of `kind` has them."""
    if kind == "837P":
        return ELEMENTS[table]
    return tuple(_INSTITUTIONAL.get((table, element.column), element) for element in ELEMENTS[table])


# Diagnoses differ between the guides by their number only.
def items_of(most_diagnoses: int, table: str) -> dict[str, Items]:
    """The lists of a table."""
    found = {column: items for (name, column), items in LISTS.items() if name == table}
    return {c: Items(most_diagnoses, i.pattern) if c == "diagnoses" else i for c, i in found.items()}
