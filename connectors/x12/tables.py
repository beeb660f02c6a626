"""The codec's tables: Arrow schemas, fields in the guide's order, the segment or element beside each.

Amounts are int64 cents, quantities int64 thousandths, dates date32; absent is null. ``segment`` is the 1-based
ordinal of the row's segment within its transaction set (ST is 1), so that any row can be shown beside its raw
segment. ``file`` is the 0-based index into the inputs, ``transaction``, ``claim`` and ``line`` are 0-based row
numbers of the table they name. Lists (modifiers, remark codes) are text with single blanks between the items.
"""

from __future__ import annotations

import pyarrow as pa

TEXT = pa.string()
INT = pa.int32()
CENTS = pa.int64()
THOUSANDTHS = pa.int64()
DAY = pa.date32()
FLAG = pa.bool_()


def schema(*fields: tuple[str, pa.DataType, str]) -> pa.Schema:
    """An Arrow schema whose fields carry their meaning."""
    return pa.schema([pa.field(name, type_, metadata={"about": about}) for name, type_, about in fields])


PROBLEMS = schema(
    ("file", INT, "Input the problem is in."),
    ("transaction", INT, "Row of transactions; null for envelope problems."),
    ("segment", INT, "Ordinal within the transaction set, or within the file for envelope problems."),
    (
        "element",
        INT,
        "Position of the element at fault in that segment; null where it is about none, or several.",
    ),
    (
        "component",
        INT,
        "Position of the component in that element; null where it is about the whole element.",
    ),
    ("loop", TEXT, "Loop of the guide, e.g. 2110."),
    ("code", TEXT, "Short stable code, e.g. SE01_COUNT, CLAIM_BALANCE."),
    ("severity", TEXT, "error: what it is about cannot be trusted; warning: worth knowing."),
    (
        "message",
        TEXT,
        "What is wrong; names elements, never their values (differences in cents are allowed).",
    ),
)

INTERCHANGES = schema(
    ("file", INT, "Input."),
    ("interchange", INT, "0-based ISA within all inputs."),
    ("sender_qualifier", TEXT, "ISA05"),
    ("sender_id", TEXT, "ISA06, trailing blanks removed"),
    ("receiver_qualifier", TEXT, "ISA07"),
    ("receiver_id", TEXT, "ISA08, trailing blanks removed"),
    ("date", TEXT, "ISA09 as sent"),
    ("time", TEXT, "ISA10 as sent"),
    ("control", TEXT, "ISA13"),
    ("usage", TEXT, "ISA15"),
)

# One row for each ST of any kind.
SETS = schema(
    ("file", INT, "Input."),
    ("interchange", INT, "Row of interchanges."),
    ("transaction", INT, "0-based row of this table."),
    ("kind", TEXT, "835, 837P, 837I, 837D, 999, 997, 277CA, 277, 270, 271, 276 …: from ST01 and the version"),
    ("functional_id", TEXT, "GS01"),
    ("group_control", TEXT, "GS06"),
    ("version", TEXT, "GS08, or ST03 where present"),
    ("control", TEXT, "ST02"),
    ("segments", INT, "Segments counted, ST to SE"),
    ("intact", FLAG, "Whether envelope, counts and control numbers agree"),
    (
        "content_sha256",
        TEXT,
        "Digest of the segments between ST and SE, independent of envelope and line ends",
    ),
)

# --- 835 (005010X221A1) ----------------------------------------------------------------------------------------

TRANSACTIONS = schema(
    ("transaction", INT, "Row of sets."),
    ("handling", TEXT, "BPR01"),
    ("bpr_cents", CENTS, "BPR02"),
    ("credit_debit", TEXT, "BPR03"),
    ("method", TEXT, "BPR04"),
    ("format", TEXT, "BPR05"),
    ("payer_bank", TEXT, "BPR07"),
    ("payer_account", TEXT, "BPR09"),
    ("originator", TEXT, "BPR10"),
    ("originator_supplement", TEXT, "BPR11"),
    ("payee_bank", TEXT, "BPR13"),
    ("payee_account", TEXT, "BPR15"),
    ("payment_date", DAY, "BPR16"),
    ("trace", TEXT, "TRN02"),
    ("payer_identifier", TEXT, "TRN03"),
    ("supplemental", TEXT, "TRN04"),
    ("receiver_id", TEXT, "REF*EV"),
    ("production_date", DAY, "DTM*405"),
    ("payer_name", TEXT, "1000A N102"),
    ("payer_additional_id", TEXT, "1000A N104, else REF*2U"),
    ("payee_name", TEXT, "1000B N102"),
    ("payee_qualifier", TEXT, "1000B N103"),
    ("payee_id", TEXT, "1000B N104"),
    ("payee_tax_id", TEXT, "1000B REF*TJ"),
    ("payee_additional_id", TEXT, "1000B REF*PQ"),
    ("claims", INT, "CLP segments"),
    ("claim_paid_cents", CENTS, "Sum of CLP04"),
    ("plb_cents", CENTS, "Sum of PLB amounts"),
    ("difference_cents", CENTS, "BPR02 - (sum of CLP04 - sum of PLB); 0 when it balances"),
    ("balanced", FLAG, "Intact, no error, and line, claim and remittance levels all balance"),
)

REMITTED_CLAIMS = schema(
    ("transaction", INT, "Row of sets."),
    ("claim", INT, "0-based row of this table."),
    ("position", INT, "1-based CLP within the transaction."),
    ("segment", INT, "Ordinal of CLP."),
    ("claim_control", TEXT, "CLP01"),
    ("status", TEXT, "CLP02"),
    ("charge_cents", CENTS, "CLP03"),
    ("paid_cents", CENTS, "CLP04"),
    ("patient_cents", CENTS, "CLP05"),
    ("filing_code", TEXT, "CLP06"),
    ("payer_control", TEXT, "CLP07"),
    ("facility", TEXT, "CLP08"),
    ("frequency", TEXT, "CLP09"),
    ("drg", TEXT, "CLP11"),
    ("drg_weight", TEXT, "CLP12"),
    ("discharge_fraction", TEXT, "CLP13"),
    ("remarks", TEXT, "MIA05/20-23 and MOA03-07"),
    ("statement_from", DAY, "DTM*232"),
    ("statement_to", DAY, "DTM*233"),
    ("received", DAY, "DTM*050"),
    ("coverage_expires", DAY, "DTM*036"),
    ("coverage_cents", CENTS, "AMT*AU"),
    ("interest_cents", CENTS, "AMT*I, information only"),
    ("patient_paid_cents", CENTS, "AMT*F5"),
    ("group_number", TEXT, "REF*1L"),
    ("covered_thousandths", THOUSANDTHS, "QTY*CA, covered days"),
    ("authorization", TEXT, "REF*G1"),
    ("original_reference", TEXT, "REF*F8"),
    ("medical_record", TEXT, "REF*EA"),
    ("contract_class", TEXT, "REF*CE"),
    ("crossover_name", TEXT, "NM1*TT 03, the carrier that the claim was passed on to"),
    ("crossover_id", TEXT, "NM1*TT 09"),
    ("corrected_payer_name", TEXT, "NM1*PR 03, the payer that should have been billed first"),
    ("corrected_payer_id", TEXT, "NM1*PR 09"),
    ("difference_cents", CENTS, "CLP03 - adjustments - CLP04"),
    ("balanced", FLAG, "Claim and all its lines balance, in an intact set whose segments could all be read"),
)

REMITTED_NAMES = schema(
    ("transaction", INT, "Row of sets."),
    ("claim", INT, "Row of remitted claims."),
    ("segment", INT, "Ordinal of NM1."),
    ("entity", TEXT, "NM101: QC IL 74 82 TT PR GB"),
    ("last_name", TEXT, "NM103"),
    ("first_name", TEXT, "NM104"),
    ("middle_name", TEXT, "NM105"),
    ("suffix", TEXT, "NM107"),
    ("id_qualifier", TEXT, "NM108"),
    ("id", TEXT, "NM109"),
)

REMITTED_LINES = schema(
    ("transaction", INT, "Row of sets."),
    ("claim", INT, "Row of remitted claims."),
    ("line", INT, "0-based row of this table."),
    ("position", INT, "1-based SVC within the claim."),
    ("segment", INT, "Ordinal of SVC."),
    ("qualifier", TEXT, "SVC01-1"),
    ("code", TEXT, "SVC01-2, adjudicated"),
    ("modifiers", TEXT, "SVC01-3 to 6"),
    ("charge_cents", CENTS, "SVC02"),
    ("paid_cents", CENTS, "SVC03"),
    ("revenue_code", TEXT, "SVC04"),
    ("units_paid_thousandths", THOUSANDTHS, "SVC05"),
    ("submitted_code", TEXT, "SVC06-2"),
    ("submitted_modifiers", TEXT, "SVC06-3 to 6"),
    ("units_submitted_thousandths", THOUSANDTHS, "SVC07"),
    ("service_from", DAY, "DTM*472, else DTM*150"),
    ("service_to", DAY, "DTM*472, else DTM*151"),
    ("line_control", TEXT, "REF*6R"),
    ("authorization", TEXT, "REF*G1"),
    ("location", TEXT, "REF*LU"),
    ("allowed_cents", CENTS, "AMT*B6"),
    ("remarks", TEXT, "LQ*HE"),
    ("difference_cents", CENTS, "SVC02 - adjustments - SVC03"),
    ("balanced", FLAG, "SVC02 - adjustments = SVC03, in an intact set whose segments could all be read"),
)

REMITTED_ADJUSTMENTS = schema(
    ("transaction", INT, "Row of sets."),
    ("claim", INT, "Row of remitted claims."),
    ("line", INT, "Row of remitted lines; null at claim level."),
    ("position", INT, "1-based within its claim or line."),
    ("segment", INT, "Ordinal of CAS."),
    ("group_code", TEXT, "CAS01"),
    ("carc", TEXT, "CAS02, 05, 08, 11, 14, 17"),
    ("amount_cents", CENTS, "CAS03, 06, 09, 12, 15, 18"),
    ("quantity_thousandths", THOUSANDTHS, "CAS04, 07, 10, 13, 16, 19"),
)

# Every REF, DTM, AMT and QTY that is no column of another table: other qualifiers, and repetitions.
DETAILS = schema(
    ("transaction", INT, "Row of sets."),
    ("claim", INT, "Row of remitted claims; null before the first."),
    ("line", INT, "Row of remitted lines; null at claim level."),
    ("segment", INT, "Ordinal of the segment."),
    ("loop", TEXT, "Loop it stands in: header, 1000A, 1000B, 2100, 2110."),
    ("tag", TEXT, "REF, DTM, AMT or QTY"),
    ("qualifier", TEXT, "REF01, DTM01, AMT01, QTY01"),
    ("reference", TEXT, "REF02"),
    ("date", DAY, "DTM02"),
    ("amount_cents", CENTS, "AMT02"),
    ("quantity_thousandths", THOUSANDTHS, "QTY02"),
)

# What `balance` says of one 835 table set; see there.
DIFFERENCES = schema(
    ("level", TEXT, "line, claim or transaction"),
    ("transaction", INT, "Row of sets."),
    ("claim", INT, "Row of remitted claims; null for a transaction."),
    ("line", INT, "Row of remitted lines; null for a claim or transaction."),
    ("segment", INT, "Ordinal of the SVC, CLP or BPR; null where that is not known."),
    ("difference_cents", CENTS, "By how much it does not balance; null where an amount could not be read."),
)

PROVIDER_ADJUSTMENTS = schema(
    ("transaction", INT, "Row of sets."),
    ("position", INT, "1-based pair within the transaction."),
    ("segment", INT, "Ordinal of PLB."),
    ("provider_id", TEXT, "PLB01"),
    ("fiscal_period_end", DAY, "PLB02"),
    ("code", TEXT, "PLB03-1, 05-1 …"),
    ("reference", TEXT, "PLB03-2, 05-2 …"),
    ("amount_cents", CENTS, "PLB04, 06 …; positive reduces the payment"),
)

# --- TA1, 999 (005010X231A1), 997, 277CA (005010X214) ----------------------------------------------------------

INTERCHANGE_ACKS = schema(
    ("file", INT, "Input."),
    ("interchange", INT, "Row of interchanges."),
    ("control", TEXT, "TA101: ISA13 of what it answers"),
    ("date", TEXT, "TA102"),
    ("time", TEXT, "TA103"),
    ("code", TEXT, "TA104: A, E or R"),
    ("note", TEXT, "TA105"),
)

SET_ACKS = schema(
    ("transaction", INT, "Row of sets."),
    ("position", INT, "1-based AK2 within the 999; 0 where only the group is answered"),
    ("segment", INT, "Ordinal of AK2 (AK1 where only the group is answered)"),
    ("functional_id", TEXT, "AK101"),
    ("group_control", TEXT, "AK102"),
    ("version", TEXT, "AK103"),
    ("group_code", TEXT, "AK901: A E P R M W X"),
    ("set_kind", TEXT, "AK201"),
    ("set_control", TEXT, "AK202"),
    ("code", TEXT, "IK501 (AK501 in a 997); AK901 where only the group is answered"),
    ("error_codes", TEXT, "IK502-06"),
    (
        "details",
        TEXT,
        "IK3/IK4 as 'segment:position:loop:code[:element:code]' separated by blanks; no IK404 values",
    ),
)

CLAIM_ACKS = schema(
    ("transaction", INT, "Row of sets."),
    ("segment", INT, "Ordinal of STC."),
    ("level", TEXT, "source, receiver, provider, claim or line (HL03 20, 21, 19, PT; 2220D)"),
    ("source_entity", TEXT, "NM101 of 2100A: AY clearinghouse, PR payer"),
    ("source_id", TEXT, "NM109 of 2100A"),
    ("reference", TEXT, "TRN02: batch reference or our CLM01"),
    ("category", TEXT, "STC01-1"),
    ("status", TEXT, "STC01-2"),
    ("entity", TEXT, "STC01-3"),
    ("further", TEXT, "STC10 and STC11 as 'category:status:entity' separated by blanks"),
    ("date", DAY, "STC02"),
    ("action", TEXT, "STC03: WQ or U"),
    ("charge_cents", CENTS, "STC04"),
    ("payer_control", TEXT, "REF*1K"),
    ("line_control", TEXT, "2220D REF*FJ"),
    ("service_from", DAY, "DTP*472"),
    ("service_to", DAY, "DTP*472"),
)
