"""835: columns, the three balances, and what damages a verdict."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from make_835 import CLAIM, interchange, remittance, transaction, written

from connectors.x12 import decode_835, tables

pytestmark = pytest.mark.usefixtures("both_engines")
SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def problems(decoded: Any, severity: str = "error") -> list[str]:
    return [row["code"] for row in decoded.problems.to_pylist() if row["severity"] == severity]


def test_mixed_remittance_reads_every_table() -> None:
    decoded = decode_835(sample("835_reversal_and_plb.edi"))
    (remit,) = decoded.transactions.to_pylist()
    assert remit == {
        "transaction": 0,
        "handling": "I",
        "bpr_cents": 14250,
        "credit_debit": "C",
        "method": "ACH",
        "format": "CCP",
        "payer_bank": "999999992",
        "payer_account": "123456",
        "originator": "1512345678",
        "originator_supplement": None,
        "payee_bank": "999988880",
        "payee_account": "98765",
        "payment_date": date(2026, 1, 21),
        "trace": "EFT0000123",
        "payer_identifier": "1512345678",
        "supplemental": None,
        "receiver_id": None,
        "production_date": date(2026, 1, 20),
        "payer_name": "EXAMPLE HEALTH PLAN",
        "payer_additional_id": None,
        "payee_name": "EXAMPLE BEHAVIORAL GROUP",
        "payee_qualifier": "XX",
        "payee_id": "1234567893",
        "payee_tax_id": "123456789",
        "payee_additional_id": None,
        "claims": 4,
        "claim_paid_cents": 15000,
        "plb_cents": 750,
        "difference_cents": 0,
        "balanced": True,
    }
    claims = decoded.claims.to_pylist()
    assert [row["charge_cents"] for row in claims] == [20000, 31000, -15000, 15000]
    assert [row["patient_cents"] for row in claims] == [3000, None, None, None]
    assert [row["segment"] for row in claims] == [12, 21, 32, 40]
    assert [row["position"] for row in claims] == [1, 2, 3, 4]
    line = decoded.lines.to_pylist()[0]
    assert (line["qualifier"], line["code"], line["modifiers"]) == ("HC", "90837", "95")
    assert (line["line_control"], line["allowed_cents"]) == ("L0000000001", 15000)
    assert (line["units_paid_thousandths"], line["service_from"]) == (1000, date(2026, 1, 5))
    assert decoded.lines["claim"].to_pylist() == [0, 1, 1, 2, 3]
    assert decoded.lines["position"].to_pylist() == [1, 1, 2, 1, 1]
    assert decoded.adjustments["amount_cents"].to_pylist() == [5000, 3000, 19000, 12000, -4000, -2000, 3000]
    assert decoded.adjustments["line"].to_pylist() == [0, 0, 1, 2, 3, 3, 4]
    assert decoded.adjustments["position"].to_pylist() == [1, 2, 1, 1, 1, 2, 1]
    provider = decoded.provider_adjustments.to_pylist()
    assert [(row["code"], row["reference"], row["amount_cents"]) for row in provider] == [
        ("L6", "PAYERICN0001", -250),
        ("WO", "PAYERICN0500", 1000),
    ]
    assert provider[0]["fiscal_period_end"] == date(2026, 12, 31)
    assert decoded.names["entity"].to_pylist() == ["QC"] * 4
    assert decoded.problems.num_rows == 0


def test_every_table_has_its_schema() -> None:
    for data in (sample("835_reversal_and_plb.edi"), b"", [], sample("999_byte_order_mark.edi")):
        decoded = decode_835(data)
        assert decoded.interchanges.schema.equals(tables.INTERCHANGES)
        assert decoded.sets.schema.equals(tables.SETS)
        assert decoded.transactions.schema.equals(tables.TRANSACTIONS)
        assert decoded.claims.schema.equals(tables.REMITTED_CLAIMS)
        assert decoded.names.schema.equals(tables.REMITTED_NAMES)
        assert decoded.lines.schema.equals(tables.REMITTED_LINES)
        assert decoded.adjustments.schema.equals(tables.REMITTED_ADJUSTMENTS)
        assert decoded.provider_adjustments.schema.equals(tables.PROVIDER_ADJUSTMENTS)
        assert decoded.problems.schema.equals(tables.PROBLEMS)


@pytest.mark.parametrize(
    ("name", "balanced", "errors"),
    [
        ("835_isa_122_bytes.edi", [True], []),
        ("835_two_sets_one_claim_off_by_a_cent.edi", [False, True], ["CLAIM_BALANCE"]),
        ("835_line_unbalanced.edi", [False], ["LINE_BALANCE"]),
        ("835_institutional_no_lines.edi", [True], []),
        ("835_denied_with_remarks.edi", [True], []),
        ("835_nine_claims_crlf.edi", [True], []),
    ],
)
def test_verdicts_of_public_samples(name: str, balanced: list[bool], errors: list[str]) -> None:
    decoded = decode_835(sample(name))
    assert decoded.transactions["balanced"].to_pylist() == balanced
    assert problems(decoded) == errors


def test_claim_remarks_come_from_mia_and_moa_and_line_remarks_from_lq() -> None:
    data = remittance(
        "CLP*C1*1*200*200**12*ICN1",
        "MIA*0****MA01***************MA02*MA03",
        "MOA***MA18*N30",
        "SVC*HC:90837*200*200",
        "LQ*HE*N1",
        "LQ*RX*99",
        "LQ*HE*N2",
        bpr="200",
    )
    decoded = decode_835(data)
    assert decoded.claims["remarks"].to_pylist() == ["MA01 MA02 MA03 MA18 N30"]
    assert decoded.lines["remarks"].to_pylist() == ["N1 N2"]


def test_six_reasons_in_one_cas_and_six_pairs_in_one_plb() -> None:
    cas = "CAS*CO" + "".join(f"*{45 + n}*{n}.5*{n or ''}" for n in range(1, 7))
    plb = "PLB*1234567893*20261231" + "".join(f"*WO:R{n}*{n}" for n in range(1, 7))
    data = remittance("CLP*C1*1*224*200**12*ICN1", "SVC*HC:90837*224*200", cas, bpr="179", plb=[plb])
    decoded = decode_835(data)
    assert decoded.adjustments["amount_cents"].to_pylist() == [150, 250, 350, 450, 550, 650]
    assert decoded.adjustments["carc"].to_pylist() == ["46", "47", "48", "49", "50", "51"]
    assert decoded.adjustments["quantity_thousandths"].to_pylist() == [1000, 2000, 3000, 4000, 5000, 6000]
    assert decoded.adjustments["position"].to_pylist() == [1, 2, 3, 4, 5, 6]
    assert decoded.provider_adjustments["reference"].to_pylist() == [f"R{n}" for n in range(1, 7)]
    assert decoded.transactions["balanced"].to_pylist() == [True]


def test_modifiers_and_the_submitted_code() -> None:
    data = remittance(
        "CLP*C1*1*10*10**12*ICN1", "SVC*HC:H0015:HF::U1:TG*10*10*0906*1.5*HC:H0020:HQ*2", bpr="10"
    )
    (line,) = decode_835(data).lines.to_pylist()
    assert (line["code"], line["modifiers"], line["revenue_code"]) == ("H0015", "HF U1 TG", "0906")
    assert (line["submitted_code"], line["submitted_modifiers"]) == ("H0020", "HQ")
    assert (line["units_paid_thousandths"], line["units_submitted_thousandths"]) == (1500, 2000)


def test_service_dates_from_150_and_151() -> None:
    (line, *_) = decode_835(sample("835_denied_with_remarks.edi")).lines.to_pylist()
    assert (line["service_from"], line["service_to"]) == (date(2003, 11, 29), date(2003, 11, 29))


@pytest.mark.parametrize(
    ("segments", "bpr", "code", "difference"),
    [
        (("CLP*C1*1*200*120**12*I", "SVC*HC:90837*200*120", "CAS*CO*45*80.01"), "120", "LINE_BALANCE", -1),
        (("CLP*C1*1*200*120**12*I", "CAS*CO*45*79.99"), "120", "CLAIM_BALANCE", 1),
        (("CLP*C1*1*200*120**12*I", "CAS*CO*45*80"), "120.01", "TRANSACTION_BALANCE", 1),
    ],
)
def test_one_cent_is_found_at_its_level(
    segments: tuple[str, ...], bpr: str, code: str, difference: int
) -> None:
    decoded = decode_835(remittance(*segments, bpr=bpr))
    assert code in problems(decoded)
    messages = [row["message"] for row in decoded.problems.to_pylist() if row["code"] == code]
    assert f" {difference} cents" in messages[0]
    assert decoded.transactions["balanced"].to_pylist() == [False]


def test_debit_takes_money_back() -> None:
    reversal = ("CLP*C1*22*-200*-120**12*ICN1", "SVC*HC:90837*-200*-120", "CAS*CO*45*-80")
    decoded = decode_835(remittance(*reversal, bpr="120", direction="D"))
    assert decoded.transactions["balanced"].to_pylist() == [True]
    assert decode_835(remittance(*reversal, bpr="120")).transactions["difference_cents"].to_pylist() == [
        24000
    ]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("CAS*CO*45*50", "CAS*CO*45*5O", "AMOUNT"),
        ("CAS*CO*45*50", "CAS*CO*45*50.001", "AMOUNT"),
        ("CAS*CO*45*50", "CAS*CO*45*", "ELEMENT_MISSING"),
        ("CAS*CO*45*50", "CAS*CO*45*50**96", "ELEMENT_MISSING"),
        ("CAS*CO*45*50", "CAS*CO*45*50***1.00", "ELEMENT_MISSING"),
        ("CLP*C1*1*200*120", "CLP*C1*1*200*", "ELEMENT_MISSING"),
        ("CLP*C1*1*200*120", "CLP**1*200*120", "ELEMENT_MISSING"),
        ("*20260121", "*20260230", "DATE"),
        ("REF*6R*L1", "REG*6R*L1", "SEGMENT_UNKNOWN"),
        ("BPR*I*120*C", "BPR*I**C", "ELEMENT_MISSING"),
        ("BPR*I*120*C", "BPR*I*120*X", "CODE_UNKNOWN"),
        ("TRN*1*EFT1*1512345678", "REF*EV*X", "SEGMENT_MISSING"),
        ("REF*6R*L1", "TRN*1*X*Y", "SEGMENT_MISPLACED"),
        ("LX*1", "TRN*1*X*Y", "SEGMENT_MISPLACED"),
        ("LX*1", "CAS*CO*45*0", "SEGMENT_MISPLACED"),
        ("LX*1", "SVC*HC:90837*0*0", "SEGMENT_MISPLACED"),
        ("SVC*HC:90837:95*200*120**1", "SVC*HC:90837:95*200*120**x", "QUANTITY"),
    ],
)
def test_damage_is_a_problem_and_never_balanced(old: str, new: str, code: str) -> None:
    data = remittance().replace(old.encode(), new.encode(), 1)
    assert data != remittance()
    decoded = decode_835(data)
    assert code in problems(decoded)
    assert decoded.transactions["balanced"].to_pylist() == [False]


def test_a_segment_in_an_odd_place_is_a_warning_when_no_money_is_in_it() -> None:
    decoded = decode_835(remittance(*CLAIM, "PER*BL*X"))
    assert problems(decoded) == []
    assert problems(decoded, "warning") == ["SEGMENT_UNEXPECTED"]
    assert decoded.transactions["balanced"].to_pylist() == [True]


def test_lines_that_do_not_add_up_to_the_claim_are_a_warning() -> None:
    decoded = decode_835(remittance("CLP*C1*1*200*120**12*I", "CAS*CO*45*80", "SVC*HC:90837*120*120"))
    assert problems(decoded, "warning") == ["LINE_CHARGES"]
    assert decoded.transactions["balanced"].to_pylist() == [True]


def test_predetermination_and_empty_remittance_are_arithmetic_too() -> None:
    assert decode_835(remittance("CLP*C1*25*200*0**12*I", "CAS*OA*101*200", bpr="0")).transactions[
        "balanced"
    ].to_pylist() == [True]
    data = written(interchange(transaction(bpr="0")))
    assert decode_835(data).transactions["balanced"].to_pylist() == [True]


def test_rows_number_through_many_files_in_one_pass() -> None:
    one = remittance()
    two = written(interchange(transaction(*CLAIM), transaction(*CLAIM, control="0002")), end="\n~\r\n"[1:])
    decoded = decode_835([one, b"not x12", two])
    assert decoded.sets["file"].to_pylist() == [0, 2, 2]
    assert decoded.sets["transaction"].to_pylist() == [0, 1, 2]
    assert decoded.claims["transaction"].to_pylist() == [0, 1, 2]
    assert decoded.lines["claim"].to_pylist() == [0, 1, 2]
    assert decoded.adjustments["line"].to_pylist() == [0, 0, 1, 1, 2, 2]
    assert decoded.transactions["balanced"].to_pylist() == [True] * 3
    assert [(row["file"], row["code"]) for row in decoded.problems.to_pylist()] == [(1, "NO_ISA")]


def test_sets_of_other_kinds_in_between_leave_the_remittance_alone() -> None:
    decoded = decode_835([sample("277ca_mixed.edi"), remittance(), sample("837i_two_claims.edi")])
    assert decoded.transactions["transaction"].to_pylist() == [1]
    assert decoded.sets["kind"].to_pylist() == ["277CA", "835", "837I"]
    assert decoded.claims["transaction"].to_pylist() == [1]
    assert decoded.transactions["balanced"].to_pylist() == [True]


def test_one_bad_set_leaves_its_neighbours_balanced() -> None:
    bad = transaction("CLP*C1*1*200*120**12*I", "CAS*CO*45*1", control="0002")
    data = written(interchange(transaction(*CLAIM), bad, transaction(*CLAIM, control="0003")))
    decoded = decode_835(data)
    assert decoded.transactions["balanced"].to_pylist() == [True, False, True]


def test_amounts_near_the_limit_do_not_wrap_around() -> None:
    huge = str(2**63 // 100)
    decoded = decode_835(remittance(f"CLP*C1*1*{huge}*{huge}**12*I", bpr=huge))
    assert "AMOUNT" in problems(decoded)
    assert decoded.transactions["balanced"].to_pylist() == [False]


def test_a_repeated_segment_is_said_once() -> None:
    decoded = decode_835(remittance(CLAIM[0], "MOA***MA18", "MOA***N30", *CLAIM[1:]))
    assert problems(decoded, "warning") == ["ELEMENT_REPEATED"]
    assert decoded.claims["remarks"].to_pylist() == ["MA18"]


def test_no_problem_carries_a_value() -> None:
    data = remittance("CLP*SECRETID*1*SECRETAMT*120**12*I", "NM1*QC*1*SECRETNAME*A", "DTM*232*SECRETDT")
    texts = str(decode_835(data).problems.to_pylist())
    assert "SECRET" not in texts
