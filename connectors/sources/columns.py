"""What a column of a loaded table may hold, beyond its type: the rules the checks and the docs share.

Names and types are in ``catalogue``, which is written from the ledger's schema (connectors do not import one
another, and a test holds the two equal). What stands here is what a type cannot say: the words that are allowed,
the shape of an identifier, which key may be blank, which date may not come before which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from configs import reference

TEXT, NUMBER, CENTS, FLAG, DATE = "text", "number", "cents", "flag", "date"


@dataclass(frozen=True)
class Column:
    """A column of a kind: `type` is text, number, cents, flag or date."""

    name: str
    type: str
    required: bool
    meaning: str
    example: str = ""
    phi: bool = False


@dataclass(frozen=True)
class Kind:
    """What one file holds: `key` says which rows are the same thing."""

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        return {column.name: column for column in self.columns}[name]


SEXES = ("F", "M", "U")
LEVELS = tuple(row["loc"] for row in reference.table("level_of_care"))
CLASSES = (
    "MD",
    "NP",
    "PA",
    "CNS",
    "PHD",
    "LCSW",
    "LMFT",
    "MHC",
    "BCBA",
    "RBT",
    "RN",
    "PEER",
    "LADC",
    "INTERN",
)

# Words a column is limited to; case does not matter on the way in, the spelling here is what is stored.
ALLOWED: dict[tuple[str, str], tuple[str, ...]] = {
    ("payers", "payer_class"): (
        "commercial",
        "blue",
        "medicare_ffs",
        "medicare_advantage",
        "medicaid",
        "medicaid_mco",
        "tricare",
        "va",
        "eap",
        "other",
    ),
    ("payers", "filing_code"): tuple(row["sbr09"] for row in reference.table("sbr09_filing")),
    ("payers", "telehealth_rule"): ("none", "modifier_95", "modifier_gt", "pos11_95"),
    ("payers", "supervised_billing"): ("supervisor_npi", "supervisor_named", "not_allowed"),
    ("payers", "provider_classes"): ("*", *CLASSES),
    ("payers", "beside_programme"): CLASSES,
    ("payers", "modifier_order"): ("usual", "telehealth_first"),
    ("payers", "quarter_hour_rule"): ("midpoint", "full"),
    ("payers", "filing_basis"): ("service_date", "through_date", "discharge_date", "calendar_year"),
    ("payer_classes", "provider_class"): CLASSES,
    ("schedule", "status"): ("booked", "cancelled"),
    ("schedule", "level_of_care"): LEVELS,
    ("authorizations", "unit_type"): ("visit", "day", "unit", "hour"),
    ("encounters", "em_basis"): ("time", "mdm"),
    ("stays", "level_of_care"): LEVELS,
    ("stays", "admission_type"): ("1", "2", "3", "4", "5", "9"),
    ("programmes", "level_of_care"): LEVELS,
    ("programmes", "form"): ("837P", "837I"),
    ("programmes", "line"): ("day", "service"),
    ("programmes", "cycle"): ("stay", "month", "week"),
    ("patient_payments", "method"): ("card", "check", "cash", "portal", "other"),
    ("providers", "provider_class"): CLASSES,
    ("patients", "sex"): SEXES,
    ("coverages", "priority"): ("P", "S", "T"),
    ("coverages", "relationship"): ("18", "01", "19", "G8"),
    ("coverages", "subscriber_sex"): SEXES,
    ("authorizations", "status"): ("approved", "pended", "denied", "cancelled"),
    ("authorizations", "level_of_care"): LEVELS,
    ("contracts", "method"): ("fixed", "percent_of_fee", "per_diem", "case_rate"),
    ("contracts", "provider_class"): CLASSES,
    ("contracts", "place_group"): ("facility", "non_facility"),
    ("encounters", "service_kind"): (
        "intake",
        "intake_medical",
        "psychotherapy",
        "crisis",
        "family",
        "family_without_patient",
        "group",
        "em",
        "em_psychotherapy",
        "iop_sud",
        "programme_day",
        "other",
    ),
    ("encounters", "em_level"): ("straightforward", "low", "moderate", "high"),
    ("encounters", "modality"): ("in_person", "video", "audio"),
    ("encounters", "patient_location"): ("home", "office", "other"),
    ("encounters", "level_of_care"): LEVELS,
}

# Shapes, as a pattern and what it asks for in words.
NPI = (r"\d{10}", "ten digits")
STATE = (r"[A-Za-z]{2}", "two letters")
ZIP = (r"\d{5}(-?\d{4})?", "five or nine digits")
CODE = (r"[A-Za-z0-9]{4,5}", "four or five letters or digits")  # four: a revenue code
MODIFIER = (r"[A-Za-z0-9]{2}", "two letters or digits")
TAXONOMY = (r"[A-Za-z0-9]{10}", "ten letters or digits")
CLOCK = (r"([01]\d|2[0-3])[0-5]\d", "a time HHMM")
REVENUE = (r"\d{4}", "four digits")
DIAGNOSIS = (r"[A-Za-z]\d[A-Za-z0-9](\.?[A-Za-z0-9]{1,4})?", "an ICD-10-CM code")
SHAPES: dict[tuple[str, str], tuple[str, str]] = {
    ("payers", "taxonomies"): TAXONOMY,
    ("payers", "telehealth_codes"): CODE,
    ("payer_classes", "codes"): (r"\*|[A-Za-z0-9]{4,5}", "a code, or * for all"),
    ("licenses", "state"): STATE,
    ("schedule", "code"): CODE,
    ("enrollments", "tax_id"): (r"\d{9}", "nine digits"),
    ("authorizations", "facility_npi"): NPI,
    ("authorizations", "modifiers"): MODIFIER,
    ("encounters", "patient_state"): STATE,
    ("encounters", "start_time"): CLOCK,
    ("encounters", "end_time"): CLOCK,
    ("encounters", "revenue_code"): REVENUE,
    ("stays", "admission_hour"): CLOCK,
    ("stays", "discharge_hour"): CLOCK,
    ("stays", "admission_source"): (r"[A-Za-z0-9]", "one letter or digit"),
    ("stays", "patient_status"): (r"\d{2}", "two digits"),
    ("stays", "admitting_diagnosis"): DIAGNOSIS,
    ("programmes", "type_of_bill"): (r"0\d{2}", "three digits, the first of them 0"),
    ("programmes", "revenue_code"): REVENUE,
    ("programmes", "code"): (r"[A-Za-z0-9]{5}", "five letters or digits"),
    ("programmes", "condition_codes"): (r"[A-Za-z0-9]{2}", "two letters or digits"),
    ("providers", "npi"): NPI,
    ("providers", "taxonomy"): TAXONOMY,
    ("providers", "license_state"): STATE,
    ("patients", "state"): STATE,
    ("patients", "zip"): ZIP,
    ("coverages", "subscriber_state"): STATE,
    ("coverages", "subscriber_zip"): ZIP,
    ("authorizations", "codes"): CODE,
    ("fees", "code"): CODE,
    ("fees", "modifier"): MODIFIER,
    ("contracts", "code"): CODE,
    ("contracts", "modifier"): MODIFIER,
    ("encounters", "place_of_service"): (r"\d{2}", "two digits"),
    ("encounters", "codes"): (r"[A-Za-z0-9]{5}(-[A-Za-z0-9]{2}){0,4}", "a code and up to four modifiers"),
    ("encounters", "diagnoses"): DIAGNOSIS,
}

# Lists of items with single blanks between; ALLOWED and SHAPES are of one item, the number is the most items.
LISTS: dict[tuple[str, str], int] = {
    ("payers", "remit_ids"): 50,
    ("payers", "auth_codes"): 500,
    ("payers", "provider_classes"): 50,
    ("payers", "taxonomies"): 200,
    ("payers", "telehealth_codes"): 500,
    ("payers", "beside_programme"): 50,
    ("payer_classes", "codes"): 500,
    ("authorizations", "modifiers"): 4,
    ("authorizations", "codes"): 500,
    ("contracts", "modifier"): 4,
    ("programmes", "condition_codes"): 7,
    ("encounters", "codes"): 50,
    ("encounters", "diagnoses"): 12,
}

# Key columns in which blank means something ("no modifier", "every class") and is stored as an empty text.
BLANK_KEYS = {
    ("fees", "modifier"),
    ("contracts", "modifier"),
    ("contracts", "provider_class"),
    ("contracts", "plan"),
    ("contracts", "place_group"),
}

# A bank takes money back too, and a practice gives some back; every other amount and number is a count or a price.
MAY_BE_NEGATIVE = {("deposits", "amount_cents"), ("patient_payments", "amount_cents")}

# Pairs of dates of which the second is not before the first.
SPANS = (
    ("effective_from", "effective_to"),
    ("license_from", "license_to"),
    ("active_from", "active_to"),
    ("valid_from", "valid_to"),
    ("signed_on", "expires_on"),
    ("signed_on", "revoked_on"),
    ("admitted_on", "discharged_on"),
)

# What makes an otherwise optional column necessary: (kind, column): (other column, its values).
NEEDED_WHEN: dict[tuple[str, str], tuple[str, frozenset[str]]] = {
    ("contracts", "rate_cents"): ("method", frozenset({"fixed", "per_diem", "case_rate"})),
    ("programmes", "type_of_bill"): ("form", frozenset({"837I"})),
    ("contracts", "percent_basis_points"): ("method", frozenset({"percent_of_fee"})),
    ("coverages", "subscriber_last_name"): ("relationship", frozenset({"01", "19", "G8"})),
    ("coverages", "subscriber_first_name"): ("relationship", frozenset({"01", "19", "G8"})),
}


# Columns of charge lines that are judged and not loaded (``charges``) ask for what their namesakes ask for.
AS: dict[tuple[str, str], tuple[str, str]] = {
    ("charges", name): ("encounters", name)
    for name in (
        *(
            "place_of_service",
            "diagnoses",
            "level_of_care",
            "service_kind",
            "em_level",
            "em_basis",
            "modality",
        ),
        *("patient_location", "start_time", "end_time"),
    )
} | {
    ("charges", "code"): ("fees", "code"),
    ("charges", "modifiers"): ("contracts", "modifier"),
    ("charges", "payer_class"): ("payers", "payer_class"),
    ("charges", "provider_class"): ("providers", "provider_class"),
    ("charges", "form"): ("programmes", "form"),
    ("charges", "programme_line"): ("programmes", "line"),
    ("charges", "stay_level_of_care"): ("stays", "level_of_care"),
    ("charges", "stay_attending_class"): ("providers", "provider_class"),
}


@dataclass(frozen=True)
class Rule:
    """The rules of one text column, ready to use."""

    allowed: dict[str, str]
    shape: re.Pattern[str] | None
    most: int | None


def rule(kind: str, column: str) -> Rule:
    """The rule of a text column; one that allows everything where nothing is said here."""
    place = AS.get((kind, column), (kind, column))
    shape = SHAPES.get(place)
    return Rule(
        allowed={word.lower(): word for word in ALLOWED.get(place, ())},
        shape=re.compile(shape[0]) if shape else None,
        most=LISTS.get(place),
    )


def asked_for(kind: str, column: str) -> list[str]:
    """What a column asks for beyond its type, in words."""
    place = AS.get((kind, column), (kind, column))
    words = []
    if place in ALLOWED:
        words.append("one of " + ", ".join(ALLOWED[place]))
    if place in SHAPES:
        words.append(SHAPES[place][1])
    if place in LISTS:
        words.append(f"up to {LISTS[place]}, single blanks between")
    return words
