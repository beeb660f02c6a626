"""What a file is, and the raw segment behind a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.x12 import inspect, segment_text

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_a_remittance() -> None:
    found = inspect(sample("835_reversal_and_plb.edi"))
    assert found == {
        "kind": "835",
        "transactions": [
            {
                "type": "835",
                "version": "005010X221A1",
                "control": "0001",
                "claims": 4,
                "lines": 5,
                "charge_cents": 51000,
                "paid_cents": 15000,
                "bpr_cents": 14250,
                "plb_cents": 750,
                "balanced": True,
                "problems": [],
            }
        ],
        "problems": [],
    }


def test_problems_stand_with_their_transaction() -> None:
    found = inspect(sample("835_two_sets_one_claim_off_by_a_cent.edi"))
    first, second = found["transactions"]
    assert [each["code"] for each in first["problems"]] == ["NEGATIVE_PAYMENT", "CLAIM_BALANCE"]
    assert first["problems"][1]["segment"] == 16
    assert (first["balanced"], second["balanced"]) == (False, True)
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("name", "kind", "claims", "lines", "charge"),
    [
        ("837i_two_claims.edi", "837I", 2, 3, 13995),
        ("837p_other_separators.edi", "837P", 2, 2, 100000),
        ("277ca_mixed.edi", "277CA", 2, 0, None),
        ("999_byte_order_mark.edi", "999", None, None, None),
    ],
)
def test_other_kinds_are_counted(name: str, kind: str, claims: int, lines: int, charge: int) -> None:
    found = inspect(sample(name))
    (one,) = found["transactions"]
    assert (found["kind"], one["claims"], one["lines"], one["charge_cents"]) == (kind, claims, lines, charge)
    assert one["balanced"] is None


def test_a_ta1_and_what_is_not_x12() -> None:
    assert inspect(sample("ta1_duplicate.edi")) == {"kind": "TA1", "transactions": [], "problems": []}
    nothing = inspect(b"%PDF-1.7")
    assert (nothing["kind"], [each["code"] for each in nothing["problems"]]) == (None, ["NO_ISA"])


def test_mixed_kinds() -> None:
    found = inspect(sample("835_reversal_and_plb.edi") + b"\n" + sample("277ca_mixed.edi"))
    assert found["kind"] == "mixed"
    assert [each["type"] for each in found["transactions"]] == ["835", "277CA"]


def test_the_segment_behind_a_row() -> None:
    data = sample("835_reversal_and_plb.edi")
    assert segment_text(data, 0, 1) == "ST*835*0001"
    assert segment_text(data, 0, 12) == "CLP*C000000001*1*200*120*30*12*PAYERICN0001"
    assert segment_text(data, 0, 48) == "SE*48*0001"
    for transaction, segment in ((0, 0), (0, 49), (1, 1), (-1, 1)):
        with pytest.raises(LookupError):
            segment_text(data, transaction, segment)
