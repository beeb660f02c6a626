"""The 837's tables: what the encoder takes and the decoder gives back (005010X222A1 and 005010X223A2).

One row of ``claims`` is a CLM, one of ``lines`` an LX. The other tables hold what repeats within them and are found
by ``claim_id`` and, where they belong to a line or to another payer, by its position in the claim. Amounts are int64
cents, quantities of adjustments int64 thousandths, dates date32; absent is null. Lists (modifiers, diagnoses …) are
text with single blanks between the items. A column that the caller leaves out is all null; a column marked P or I
has its place in the professional or the institutional guide alone.
"""

from __future__ import annotations

import pyarrow as pa

from connectors.x12.tables import CENTS, DAY, INT, TEXT, THOUSANDTHS, schema

Field = tuple[str, pa.DataType, str]


def _person(prefix: str, loop: str, *, taxonomy: str = "") -> tuple[Field, ...]:
    """A provider: name, NPI and, where the guide has a PRV, taxonomy."""
    names: tuple[Field, ...] = (
        (f"{prefix}_last_name", TEXT, f"{loop} NM103"),
        (f"{prefix}_first_name", TEXT, f"{loop} NM104"),
        (f"{prefix}_middle_name", TEXT, f"{loop} NM105"),
        (f"{prefix}_suffix", TEXT, f"{loop} NM107"),
        (f"{prefix}_npi", TEXT, f"{loop} NM109"),
    )
    return (*names, (f"{prefix}_taxonomy", TEXT, f"{loop} {taxonomy}")) if taxonomy else names


def _address(prefix: str, loop: str) -> tuple[Field, ...]:
    return (
        (f"{prefix}_street", TEXT, f"{loop} N301"),
        (f"{prefix}_street_2", TEXT, f"{loop} N302"),
        (f"{prefix}_city", TEXT, f"{loop} N401"),
        (f"{prefix}_state", TEXT, f"{loop} N402"),
        (f"{prefix}_zip", TEXT, f"{loop} N403"),
    )


CLAIMS_837 = schema(
    ("claim_id", TEXT, "CLM01, at most 20 characters"),
    # 2000A, 2010AA, 2010AB
    ("billing_taxonomy", TEXT, "2000A PRV03"),
    ("billing_name", TEXT, "2010AA NM103"),
    ("billing_first_name", TEXT, "2010AA NM104, P; where it stands the biller is a person"),
    ("billing_npi", TEXT, "2010AA NM109"),
    *_address("billing", "2010AA"),
    ("billing_tax_qualifier", TEXT, "2010AA REF01: EI (null is EI), SY in P alone"),
    ("billing_tax_id", TEXT, "2010AA REF02"),
    *_address("pay_to", "2010AB"),
    # 2000B, 2010BA, 2010BB
    ("payer_order", TEXT, "SBR01"),
    ("relationship", TEXT, "18 when the patient is the subscriber (SBR02); else PAT01"),
    ("group_number", TEXT, "SBR03"),
    ("group_name", TEXT, "SBR04"),
    ("msp_type", TEXT, "SBR05, P: why Medicare is secondary"),
    ("filing_code", TEXT, "SBR09"),
    ("subscriber_last_name", TEXT, "2010BA NM103"),
    ("subscriber_first_name", TEXT, "2010BA NM104"),
    ("subscriber_middle_name", TEXT, "2010BA NM105"),
    ("subscriber_suffix", TEXT, "2010BA NM107"),
    ("member_id", TEXT, "2010BA NM109"),
    *_address("subscriber", "2010BA"),
    ("subscriber_birth_date", DAY, "2010BA DMG02"),
    ("subscriber_sex", TEXT, "2010BA DMG03"),
    ("payer_name", TEXT, "2010BB NM103"),
    ("payer_id", TEXT, "2010BB NM109"),
    *_address("payer", "2010BB"),
    ("billing_legacy_id", TEXT, "2010BB REF*G2: the biller's number with this payer"),
    # 2000C, 2010CA
    ("patient_last_name", TEXT, "2010CA NM103; null when the patient is the subscriber"),
    ("patient_first_name", TEXT, "2010CA NM104"),
    ("patient_middle_name", TEXT, "2010CA NM105"),
    ("patient_suffix", TEXT, "2010CA NM107"),
    *_address("patient", "2010CA"),
    ("patient_birth_date", DAY, "2010CA DMG02"),
    ("patient_sex", TEXT, "2010CA DMG03"),
    # 2300
    ("charge_cents", CENTS, "CLM02"),
    ("place_of_service", TEXT, "CLM05-1, P"),
    (
        "type_of_bill",
        TEXT,
        "CLM05-1, I: the two digits after the leading zero, e.g. 13; the next is frequency",
    ),
    ("frequency", TEXT, "CLM05-3"),
    ("accept_assignment", TEXT, "CLM07; null is A"),
    ("benefits_assigned", TEXT, "CLM08; null is Y"),
    ("release", TEXT, "CLM09; null is Y"),
    ("delay_reason", TEXT, "CLM20"),
    ("onset_date", DAY, "DTP*431, P"),
    ("initial_treatment_date", DAY, "DTP*454, P"),
    ("statement_from", DAY, "DTP*434, I"),
    ("statement_to", DAY, "DTP*434, I"),
    ("admission_date", DAY, "DTP*435"),
    ("admission_hour", TEXT, "DTP*435, I: HHMM"),
    ("discharge_date", DAY, "DTP*096, P"),
    ("discharge_hour", TEXT, "DTP*096, I: HHMM"),
    ("admission_type", TEXT, "CL101, I"),
    ("admission_source", TEXT, "CL102, I"),
    ("patient_status", TEXT, "CL103, I"),
    ("patient_paid_cents", CENTS, "AMT*F5, P"),
    ("patient_due_cents", CENTS, "AMT*F3, I: what the patient is expected to owe"),
    ("referral", TEXT, "REF*9F"),
    ("authorization", TEXT, "REF*G1"),
    ("original_reference", TEXT, "REF*F8; written where the frequency says that a claim went before"),
    ("clearinghouse_trace", TEXT, "REF*D9"),
    ("medical_record", TEXT, "REF*EA"),
    ("note", TEXT, "NTE*ADD"),
    ("diagnoses", TEXT, "HI ABK, ABF: no dots, principal first, up to 12 (P) or 25 (I)"),
    ("present_on_admission", TEXT, "HI ABK-9, ABF-9, I: Y N U W for each of diagnoses, - for exempt"),
    ("admitting_diagnosis", TEXT, "HI ABJ, I"),
    ("reason_diagnoses", TEXT, "HI APR, I: up to 3"),
    ("external_causes", TEXT, "HI ABN, I: up to 12"),
    ("drg", TEXT, "HI DR, I"),
    # 2310
    *_person("referring", "2310A (P) or 2310F (I)"),
    *_person("attending", "2310A, I:", taxonomy="PRV03"),
    *_person("operating", "2310B, I:"),
    ("rendering_last_name", TEXT, "2310B (P) or 2310D (I) NM103"),
    ("rendering_first_name", TEXT, "2310B or 2310D NM104"),
    ("rendering_middle_name", TEXT, "2310B or 2310D NM105"),
    ("rendering_suffix", TEXT, "2310B or 2310D NM107"),
    ("rendering_npi", TEXT, "2310B or 2310D NM109; in P left out when it equals the billing NPI"),
    ("rendering_taxonomy", TEXT, "2310B PRV03, P"),
    ("facility_name", TEXT, "2310C (P) or 2310E (I) NM103"),
    ("facility_npi", TEXT, "2310C or 2310E NM109"),
    *_address("facility", "2310C or 2310E"),
    *_person("supervising", "2310D, P:"),
)

LINES_837 = schema(
    ("claim_id", TEXT, "Claim the line belongs to."),
    ("position", INT, "LX01"),
    ("revenue_code", TEXT, "SV201, I"),
    ("code", TEXT, "SV101-2 (P) or SV202-2 (I)"),
    ("modifiers", TEXT, "SV101-3 to 6 or SV202-3 to 6"),
    ("description", TEXT, "SV101-7 or SV202-7"),
    ("charge_cents", CENTS, "SV102 or SV203"),
    ("unit", TEXT, "SV103 or SV204: UN (null is UN), MJ in P, DA in I"),
    ("units", INT, "SV104 or SV205"),
    ("place_of_service", TEXT, "SV105, P; left out when it equals CLM05-1"),
    ("pointers", TEXT, "SV107, P"),
    ("noncovered_cents", CENTS, "SV207, I"),
    ("service_from", DAY, "DTP*472"),
    ("service_to", DAY, "DTP*472; null is service_from"),
    ("authorization", TEXT, "REF*G1, P"),
    ("line_id", TEXT, "REF*6R"),
    ("note", TEXT, "NTE*ADD, P"),
    *_person("rendering", "2420A (P) or 2420C (I)", taxonomy="PRV03, P"),
    *_person("supervising", "2420D, P:"),
    *_person("ordering", "2420E, P:"),
)

OTHER_PAYERS_837 = schema(
    ("claim_id", TEXT, "Claim that this payer shares in."),
    ("position", INT, "1-based 2320 within the claim."),
    ("payer_order", TEXT, "SBR01"),
    ("relationship", TEXT, "SBR02"),
    ("group_number", TEXT, "SBR03"),
    ("group_name", TEXT, "SBR04"),
    ("msp_type", TEXT, "SBR05, P"),
    ("filing_code", TEXT, "SBR09"),
    ("paid_cents", CENTS, "AMT*D; null where this payer has not decided"),
    ("noncovered_cents", CENTS, "AMT*A8: the claim was never sent to this payer, which covers none of it"),
    ("remaining_cents", CENTS, "AMT*EAF, only where no line tells it"),
    ("benefits_assigned", TEXT, "OI03; null is Y"),
    ("release", TEXT, "OI06; null is Y"),
    ("remarks", TEXT, "MOA03 to 07"),
    ("insured_last_name", TEXT, "2330A NM103"),
    ("insured_first_name", TEXT, "2330A NM104"),
    ("insured_middle_name", TEXT, "2330A NM105"),
    ("insured_suffix", TEXT, "2330A NM107"),
    ("member_id", TEXT, "2330A NM109"),
    *_address("insured", "2330A"),
    ("payer_name", TEXT, "2330B NM103"),
    ("payer_id", TEXT, "2330B NM109; SVD01 of the lines repeats it"),
    ("adjudicated_date", DAY, "2330B DTP*573, only where no line tells it"),
    ("payer_control", TEXT, "2330B REF*F8"),
)

LINE_PAYMENTS_837 = schema(
    ("claim_id", TEXT, "Claim of the line."),
    ("line", INT, "Position of the line."),
    ("payer", INT, "Position of the other payer, whose payer_id is SVD01."),
    ("paid_cents", CENTS, "SVD02"),
    ("code", TEXT, "SVD03-2, as this payer adjudicated it"),
    ("modifiers", TEXT, "SVD03-3 to 6"),
    ("description", TEXT, "SVD03-7"),
    ("revenue_code", TEXT, "SVD04, I"),
    ("units", INT, "SVD05"),
    ("bundled_line", INT, "SVD06: line that this payer paid it with"),
    ("adjudicated_date", DAY, "DTP*573"),
    ("remaining_cents", CENTS, "AMT*EAF"),
)

ADJUSTMENTS_837 = schema(
    ("claim_id", TEXT, "Claim adjusted."),
    ("payer", INT, "Position of the other payer that adjusted it."),
    ("line", INT, "Position of the line (2430); null for the claim (2320)."),
    ("position", INT, "1-based within its claim or line and payer; one group after the other"),
    ("group_code", TEXT, "CAS01"),
    ("carc", TEXT, "CAS02, 05, 08, 11, 14, 17"),
    ("amount_cents", CENTS, "CAS03, 06, 09, 12, 15, 18; positive reduces the payment"),
    ("quantity_thousandths", THOUSANDTHS, "CAS04, 07, 10, 13, 16, 19"),
)

CLAIM_CODES_837 = schema(
    ("claim_id", TEXT, "Claim the code belongs to."),
    (
        "qualifier",
        TEXT,
        "HI01-1: BBR BBQ procedure, BI span, BH occurrence, BE value, BG condition, TC treatment",
    ),
    ("position", INT, "1-based within claim and qualifier."),
    ("code", TEXT, "HI01-2"),
    ("date_from", DAY, "HI01-4 of BBR, BBQ, BH and BI"),
    ("date_to", DAY, "HI01-4 of BI"),
    ("amount_cents", CENTS, "HI01-5 of BE"),
)

ATTACHMENTS_837 = schema(
    ("claim_id", TEXT, "Claim the paper belongs to."),
    ("position", INT, "1-based within the claim."),
    ("report_type", TEXT, "PWK01"),
    ("transmission", TEXT, "PWK02"),
    ("control", TEXT, "PWK06; not with AA, available on request"),
)

TABLES_837: dict[str, pa.Schema] = {
    "claims": CLAIMS_837,
    "lines": LINES_837,
    "other_payers": OTHER_PAYERS_837,
    "line_payments": LINE_PAYMENTS_837,
    "adjustments": ADJUSTMENTS_837,
    "claim_codes": CLAIM_CODES_837,
    "attachments": ATTACHMENTS_837,
}

FINDINGS = schema(
    ("claim_id", TEXT, "Claim that cannot be encoded."),
    ("position", INT, "Row of its table within the claim, null for the claim."),
    ("column", TEXT, "Column at fault."),
    ("code", TEXT, "MISSING, TOO_LONG, CHARACTER, TOO_MANY, SUM, BALANCE or INVALID."),
    ("message", TEXT, "What is wrong, without the value."),
    ("table", TEXT, "Table of the column."),
)

# --- what the decoder adds -----------------------------------------------------------------------------------------

TRANSACTIONS_837 = schema(
    ("transaction", INT, "Row of sets."),
    ("segment", INT, "Ordinal of BHT."),
    ("purpose", TEXT, "BHT02"),
    ("reference", TEXT, "BHT03"),
    ("date", DAY, "BHT04"),
    ("time", TEXT, "BHT05"),
    ("type", TEXT, "BHT06: CH claims, RP encounters"),
    ("submitter_name", TEXT, "1000A NM103"),
    ("submitter_id", TEXT, "1000A NM109"),
    ("contact", TEXT, "1000A PER02"),
    ("phone", TEXT, "1000A PER04"),
    ("receiver_name", TEXT, "1000B NM103"),
    ("receiver_id", TEXT, "1000B NM109"),
)

PLACE = schema(
    ("transaction", INT, "Row of sets."),
    ("claim", INT, "Row of claims."),
    ("segment", INT, "Ordinal of the row's first segment in its set."),
)
DECODED_837: dict[str, pa.Schema] = {
    name: pa.schema([*PLACE, *columns]) for name, columns in TABLES_837.items()
}


def complete(table: pa.Table, columns: pa.Schema) -> pa.Table:
    """The table with every column of `columns`, in their order and types; what it does not have is null.

    Raises ValueError naming a column that is not one of them or cannot be of that type.
    """
    unknown = [name for name in table.column_names if name not in columns.names]
    if unknown:
        raise ValueError("unknown column " + ", ".join(unknown))
    arrays = []
    for field in columns:
        if field.name not in table.column_names:
            arrays.append(pa.nulls(table.num_rows, field.type))
            continue
        try:
            arrays.append(table.column(field.name).cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # their messages repeat values
            raise ValueError(f"column {field.name} is not {field.type}") from None
    return pa.Table.from_arrays(arrays, schema=columns)
