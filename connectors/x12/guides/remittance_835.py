"""The 835 (005010X221A1, read for 004010X091A1 too) as tables: its loops, and where every column comes from."""

from __future__ import annotations

from connectors.x12.guides.notation import Guide, Loop

GUIDE = Guide(
    kinds=("835",),
    loops=(
        Loop("header", "ST", after="", segments="BPR NTE TRN CUR REF DTM"),
        Loop("1000A", "N1*PR", after="header 1000B", segments="N2 N3 N4 REF PER"),
        Loop("1000B", "N1*PE", after="header 1000A", segments="N2 N3 N4 REF RDM PER"),
        Loop("2000", "LX", after="header 1000A 1000B 2000 2100 2110", segments="TS3 TS2"),
        Loop(
            "2100",
            "CLP",
            after="header 1000A 1000B 2000 2100 2110",
            segments="CAS NM1 MIA MOA REF DTM PER AMT QTY",
        ),
        Loop("2110", "SVC", after="2100 2110", segments="DTM CAS REF AMT QTY LQ"),
        Loop("footer", "PLB", after="header 1000A 1000B 2000 2100 2110 footer"),
    ),
    money=("BPR", "TRN", "CLP", "CAS", "SVC", "PLB"),
    required="BPR02 BPR03 TRN02 CLP01 CLP02 CLP03 CLP04 SVC02 SVC03 CAS01 CAS02 CAS03 PLB03-1 PLB04",
    last="BPR21 CLP14 CAS19 SVC07 PLB14",
    expected="BPR01 BPR04 BPR16 TRN03 CLP07 SVC01-2 PLB01 PLB02",
)

# Table by table: column -> (loop, source).

TRANSACTIONS = {
    "handling": ("header", "BPR01"),
    "bpr_cents": ("header", "BPR02"),
    "credit_debit": ("header", "BPR03"),
    "method": ("header", "BPR04"),
    "format": ("header", "BPR05"),
    "payer_bank": ("header", "BPR07"),
    "payer_account": ("header", "BPR09"),
    "originator": ("header", "BPR10"),
    "originator_supplement": ("header", "BPR11"),
    "payee_bank": ("header", "BPR13"),
    "payee_account": ("header", "BPR15"),
    "payment_date": ("header", "BPR16"),
    "trace": ("header", "TRN02"),
    "payer_identifier": ("header", "TRN03"),
    "supplemental": ("header", "TRN04"),
    "receiver_id": ("header", "REF*EV 02"),
    "production_date": ("header", "DTM*405 02"),
}

PAYER = {
    "payer_name": ("1000A", "N102"),
    "payer_additional_id": ("1000A", "N104 | REF*2U 02"),
}

PAYEE = {
    "payee_name": ("1000B", "N102"),
    "payee_qualifier": ("1000B", "N103"),
    "payee_id": ("1000B", "N104"),
    "payee_tax_id": ("1000B", "REF*TJ 02"),
    "payee_additional_id": ("1000B", "REF*PQ 02"),
}

CLAIMS = {
    "claim_control": ("2100", "CLP01"),
    "status": ("2100", "CLP02"),
    "charge_cents": ("2100", "CLP03"),
    "paid_cents": ("2100", "CLP04"),
    "patient_cents": ("2100", "CLP05"),
    "filing_code": ("2100", "CLP06"),
    "payer_control": ("2100", "CLP07"),
    "facility": ("2100", "CLP08"),
    "frequency": ("2100", "CLP09"),
    "drg": ("2100", "CLP11"),
    "drg_weight": ("2100", "CLP12"),
    "discharge_fraction": ("2100", "CLP13"),
    "statement_from": ("2100", "DTM*232 02"),
    "statement_to": ("2100", "DTM*233 02"),
    "received": ("2100", "DTM*050 02"),
    "coverage_expires": ("2100", "DTM*036 02"),
    "coverage_cents": ("2100", "AMT*AU 02"),
    "interest_cents": ("2100", "AMT*I 02"),
    "patient_paid_cents": ("2100", "AMT*F5 02"),
    "group_number": ("2100", "REF*1L 02"),
    "covered_thousandths": ("2100", "QTY*CA 02"),
    "authorization": ("2100", "REF*G1 02"),
    "original_reference": ("2100", "REF*F8 02"),
    "medical_record": ("2100", "REF*EA 02"),
    "contract_class": ("2100", "REF*CE 02"),
    "crossover_name": ("2100", "NM1*TT 03"),
    "crossover_id": ("2100", "NM1*TT 09"),
    "corrected_payer_name": ("2100", "NM1*PR 03"),
    "corrected_payer_id": ("2100", "NM1*PR 09"),
}

CLAIM_REMARKS = "MIA05 MIA20 MIA21 MIA22 MIA23 MOA03 MOA04 MOA05 MOA06 MOA07"

LINES = {
    "qualifier": ("2110", "SVC01-1"),
    "code": ("2110", "SVC01-2"),
    "modifiers": ("2110", "SVC01-3..6"),
    "charge_cents": ("2110", "SVC02"),
    "paid_cents": ("2110", "SVC03"),
    "revenue_code": ("2110", "SVC04"),
    "units_paid_thousandths": ("2110", "SVC05"),
    "submitted_code": ("2110", "SVC06-2"),
    "submitted_modifiers": ("2110", "SVC06-3..6"),
    "units_submitted_thousandths": ("2110", "SVC07"),
    "service_from": ("2110", "DTM*472 02 | DTM*150 02"),
    "service_to": ("2110", "DTM*472 02 | DTM*151 02"),
    "line_control": ("2110", "REF*6R 02"),
    "authorization": ("2110", "REF*G1 02"),
    "location": ("2110", "REF*LU 02"),
    "allowed_cents": ("2110", "AMT*B6 02"),
}

LINE_REMARKS = ("LQ", "HE", 2)

# Rows that are segments, not loops: every column is an element of the row's own segment.

NAMES = {
    "entity": ("2100", "NM101"),
    "last_name": ("2100", "NM103"),
    "first_name": ("2100", "NM104"),
    "middle_name": ("2100", "NM105"),
    "suffix": ("2100", "NM107"),
    "id_qualifier": ("2100", "NM108"),
    "id": ("2100", "NM109"),
}

# Repetitions within a segment, up to six: first element, elements each. CAS02-04, PLB03-04.
CAS_REASONS = (2, 3)
PLB_CODES = (3, 2)

# Every segment with these tags that no column above reads is a row of the details, its second element in this column.
DETAILS = {
    "REF": ("reference", "REF02"),
    "DTM": ("date", "DTM02"),
    "AMT": ("amount_cents", "AMT02"),
    "QTY": ("quantity_thousandths", "QTY02"),
}
