"""The 837 as tables: what the professional and the institutional guide share, and the professional one (005010X222A1).

Each loop reads like the guide: its segments in wire order, ``condition | segment``. A loop or a segment without a
condition is always written, with ``?`` where one of its columns has a value; the named conditions are those of
`CONDITIONS`. `claim_837i` holds what is the institutional guide's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from connectors.x12.guides.templates import Loop, loop

# Named conditions. What else may stand before a segment is "" and "?".
CONDITIONS = {
    "organization": "the biller has no first name",
    "person": "the biller has one",
    "self": "the patient is the subscriber",
    "dependant": "the patient is not",
    "address": "the subscriber's address: required for self, else where given",
    "birth": "the subscriber's demographics: likewise",
    "correction": "the frequency says that the payer has decided about this claim before",
    "rendering": "the rendering provider is not the billing provider",
    "hour": "the hour of the admission is known",
    "no hour": "it is not",
    "numbered": "the service facility has an NPI",
    "unnumbered": "it has none",
    "controlled": "the attachment has a control number",
    "uncontrolled": "it has none",
    "days": "a service of several days",
    "one day": "a service of one day",
}


@dataclass(frozen=True)
class Guide837:
    """One of the two guides."""

    kind: str
    version: str
    claim: tuple[Loop, ...]  # 2300 and 2310, of one claim
    line: tuple[Loop, ...]  # 2400 and 2420, of one line
    payer: tuple[Loop, ...]  # 2320 and 2330, of one other payer
    payment: tuple[Loop, ...]  # 2430, of one line and payer
    first_codes: tuple[str, ...]  # HI of the claim's columns, in wire order …
    claim_codes: tuple[str, ...]  # … and of the claim_codes table
    most_lines: int
    most_diagnoses: int
    most_attachments: int = 10
    most_payers: int = 10
    most_payments: int = 15  # 2430 of one line
    most_adjustments: int = 5  # CAS of one loop

    @property
    def hierarchy(self) -> dict[str, tuple[Loop, ...]]:
        """The loops above the claim, by the level they belong to."""
        return LEVELS[self.kind]

    @cached_property
    def claim_columns(self) -> frozenset[str]:
        """Columns of `claims` that have a place in this guide."""
        loops = [*(each for level in self.hierarchy.values() for each in level), *self.claim]
        return frozenset(column for each in loops for column in each.columns) | set(HI_COLUMNS[self.kind])


def _billing(*names: str) -> tuple[Loop, ...]:
    """2000A to 2010AB; `names` are the NM1 of the biller, who may be a person in the professional guide alone."""
    pay_to = [
        f"{name.partition('|')[0]}| NM1*87*{entity}~" for name, entity in zip(names, "21", strict=False)
    ]
    return (
        loop("2000A", "", "PRV*BI*PXC*{billing_taxonomy}~"),
        loop(
            "2010AA",
            "",
            *names,
            "N3*{billing_street}*{billing_street_2?}~",
            "N4*{billing_city}*{billing_state}*{billing_zip}~",
            "REF*{billing_tax_qualifier=EI}*{billing_tax_id}~",
        ),
        loop(
            "2010AB",
            "?",
            *pay_to,
            "N3*{pay_to_street}*{pay_to_street_2?}~",
            "N4*{pay_to_city}*{pay_to_state}*{pay_to_zip}~",
        ),
    )


_SUBSCRIBER = (
    loop(
        "2010BA",
        "",
        "          NM1*IL*1*{subscriber_last_name}*{subscriber_first_name}*{subscriber_middle_name?}"
        "**{subscriber_suffix?}*MI*{member_id}~",
        "address | N3*{subscriber_street}*{subscriber_street_2?}~",
        "address | N4*{subscriber_city}*{subscriber_state}*{subscriber_zip}~",
        "birth   | DMG*D8*{subscriber_birth_date}*{subscriber_sex}~",
    ),
    loop(
        "2010BB",
        "",
        "    NM1*PR*2*{payer_name}*****PI*{payer_id}~",
        "? | N3*{payer_street}*{payer_street_2?}~",
        "? | N4*{payer_city}*{payer_state}*{payer_zip}~",
        "? | REF*G2*{billing_legacy_id}~",
    ),
)
_PATIENT = (
    loop("2000C", "dependant", "PAT*{relationship}~"),
    loop(
        "2010CA",
        "dependant",
        "NM1*QC*1*{patient_last_name}*{patient_first_name}*{patient_middle_name?}**{patient_suffix?}~",
        "N3*{patient_street}*{patient_street_2?}~",
        "N4*{patient_city}*{patient_state}*{patient_zip}~",
        "DMG*D8*{patient_birth_date}*{patient_sex}~",
    ),
)


def _levels(msp_type: str, *names: str) -> dict[str, tuple[Loop, ...]]:
    """The levels of the hierarchy; 2000B with SBR05 or without."""
    subscriber = loop(
        "2000B",
        "",
        f"self      | SBR*{{payer_order}}*18*{{group_number?}}*{{group_name?}}*{msp_type}****{{filing_code}}~",
        f"dependant | SBR*{{payer_order}}**{{group_number?}}*{{group_name?}}*{msp_type}****{{filing_code}}~",
    )
    return {"2000A": _billing(*names), "2000B": (subscriber, *_SUBSCRIBER), "2000C": _PATIENT}


_ORGANIZATION = "organization | NM1*85*2*{billing_name}*****XX*{billing_npi}~"
_PERSON = "person       | NM1*85*1*{billing_name}*{billing_first_name}****XX*{billing_npi}~"
LEVELS = {
    "837P": _levels("{msp_type?}", _ORGANIZATION, _PERSON),
    "837I": _levels("", _ORGANIZATION),
}


def person(prefix: str, entity: str, *more: str) -> tuple[str, ...]:
    """NM1 of a provider who is a person, and what follows it in the loop."""
    name = f"{{{prefix}_last_name}}*{{{prefix}_first_name}}*{{{prefix}_middle_name?}}**{{{prefix}_suffix?}}"
    return (f"NM1*{entity}*1*{name}*XX*{{{prefix}_npi}}~", *more)


FACILITY = (
    "NM1*77*2*{facility_name}*****XX*{facility_npi}~",
    "NM1*77*2*{facility_name}~",
    "N3*{facility_street}*{facility_street_2?}~",
    "N4*{facility_city}*{facility_state}*{facility_zip}~",
)


def facility(name: str) -> Loop:
    """The service facility; its NPI is not always known."""
    known, unknown, *address = FACILITY
    return loop(name, "?", f"numbered | {known}", f"unnumbered | {unknown}", *address)


ATTACHMENT = loop(
    "2300",
    "",
    "controlled   | PWK*{report_type}*{transmission}***AC*{control}~",
    "uncontrolled | PWK*{report_type}*{transmission}~",
)

CODES_IN_HI = 12
# HI segments of the claims table's own columns: qualifier -> (column, column of HI01-9). ABK is the first diagnosis.
CODE_LISTS = {
    "ABK": ("diagnoses", "present_on_admission"),
    "ABJ": ("admitting_diagnosis", ""),
    "APR": ("reason_diagnoses", ""),
    "ABN": ("external_causes", ""),
    "DR": ("drg", ""),
    "ABF": ("diagnoses", "present_on_admission"),
}
# HI segments of claim_codes: qualifier -> (what goes with the code, most codes of a claim).
CODE_TABLES = {
    "BBR": ("date", 1),
    "BBQ": ("date", 24),
    "BI": ("span", 24),
    "BH": ("date", 24),
    "BE": ("amount", 24),
    "BG": ("", 24),
    "TC": ("", 24),
}
HI_COLUMNS = {
    "837P": ("diagnoses",),
    "837I": (
        "diagnoses",
        "present_on_admission",
        "admitting_diagnosis",
        "reason_diagnoses",
        "external_causes",
        "drg",
    ),
}


def payer_loops(msp_type: str, *amounts: str) -> tuple[Loop, ...]:
    """2320 and 2330 of an other payer; CAS stands after SBR, from the adjustments table."""
    sbr = "SBR*{payer_order}*{relationship}*{group_number?}*{group_name?}"
    return (
        loop("2320", "", f"{sbr}*{msp_type}****{{filing_code}}~"),
        loop(
            "2320",
            "",
            *amounts,
            "OI***{benefits_assigned=Y}***{release=Y}~",
            "? | MOA***{remarks++5}~",
        ),
        loop(
            "2330A",
            "",
            "    NM1*IL*1*{insured_last_name}*{insured_first_name}*{insured_middle_name?}**{insured_suffix?}"
            "*MI*{member_id}~",
            "? | N3*{insured_street}*{insured_street_2?}~",
            "? | N4*{insured_city}*{insured_state}*{insured_zip}~",
        ),
        loop(
            "2330B",
            "",
            "    NM1*PR*2*{payer_name}*****PI*{payer_id}~",
            "? | DTP*573*D8*{adjudicated_date}~",
            "? | REF*F8*{payer_control}~",
        ),
    )


# What of 2300 stands between the patient's money and the HI, in both guides.
REFERENCES = (
    "?          | REF*9F*{referral}~",
    "?          | REF*G1*{authorization}~",
    "correction | REF*F8*{original_reference}~",
    "?          | REF*D9*{clearinghouse_trace}~",
    "?          | REF*EA*{medical_record}~",
    "?          | NTE*ADD*{note}~",
)
PAID, NOT_COVERED, REMAINING = (
    "? | AMT*D*{paid_cents}~",
    "? | AMT*A8*{noncovered_cents}~",
    "? | AMT*EAF*{remaining_cents}~",
)


def payment_loops(svd: str) -> tuple[Loop, ...]:
    """2430 of a line and payer; CAS stands after SVD, from the adjustments table."""
    return (
        loop("2430", "", svd),
        loop("2430", "", "DTP*573*D8*{adjudicated_date}~", "? | AMT*EAF*{remaining_cents}~"),
    )


PROFESSIONAL = Guide837(
    kind="837P",
    version="005010X222A1",
    claim=(
        loop(
            "2300",
            "",
            "             CLM*{claim_id}*{charge_cents}***{place_of_service}:B:{frequency}*Y*{accept_assignment=A}"
            "*{benefits_assigned=Y}*{release=Y}***********{delay_reason?}~",
            "?          | DTP*431*D8*{onset_date}~",
            "?          | DTP*454*D8*{initial_treatment_date}~",
            "?          | DTP*435*D8*{admission_date}~",
            "?          | DTP*096*D8*{discharge_date}~",
        ),
        loop(
            "2300",
            "",
            "?          | AMT*F5*{patient_paid_cents}~",
            *REFERENCES,
        ),
        loop("2310A", "?", *person("referring", "DN")),
        loop("2310B", "rendering", *person("rendering", "82", "PRV*PE*PXC*{rendering_taxonomy}~")),
        facility("2310C"),
        loop("2310D", "?", *person("supervising", "DQ")),
    ),
    line=(
        loop(
            "2400",
            "",
            "          LX*{position}~",
            "          SV1*HC:{code}:{modifiers..4?}:{description?}*{charge_cents}*{unit=UN}*{units}"
            "*{place_of_service?}**{pointers..4}~",
            "one day | DTP*472*D8*{service_from}~",
            "days    | DTP*472*RD8*{service_from}-{service_to}~",
            "?       | REF*G1*{authorization}~",
            "          REF*6R*{line_id}~",
            "?       | NTE*ADD*{note}~",
        ),
        loop("2420A", "?", *person("rendering", "82", "? | PRV*PE*PXC*{rendering_taxonomy}~")),
        loop("2420D", "?", *person("supervising", "DQ")),
        loop("2420E", "?", *person("ordering", "DK")),
    ),
    payer=payer_loops("{msp_type?}", PAID, NOT_COVERED, REMAINING),
    payment=payment_loops(
        "SVD*{payer_id}*{paid_cents}*HC:{code}:{modifiers..4?}:{description?}**{units}*{bundled_line?}~"
    ),
    first_codes=("ABK", "ABF"),
    claim_codes=("BG",),
    most_lines=50,
    most_diagnoses=12,
)
