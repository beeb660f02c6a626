"""What a file is, set by set, and the raw segment behind a row."""

from __future__ import annotations

import json
from pathlib import Path

import make_835 as make
import pytest

from connectors.x12 import decode_835, inspect, inspect_many, segment_text

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_a_remittance() -> None:
    found = inspect(sample("835_reversal_and_plb.edi"))
    all_balance = {"count": 0, "segment": None, "difference_cents": None}
    assert found == {
        "kind": "835",
        "looks_like": None,
        "interchanges": [
            {
                "sender_qualifier": "ZZ",
                "sender_id": "PAYER99999",
                "receiver_qualifier": "ZZ",
                "receiver_id": "SUBMIT123",
                "control": "000000077",
                "date": "260112",
                "time": "0930",
                "version": "00501",
                "usage": "T",
                "asks_ta1": False,
                "delimiters": {"element": "*", "component": ":", "repetition": "^", "segment": "~"},
                "ta1": [],
                "groups": [
                    {
                        "functional_id": "HP",
                        "control": "1",
                        "version": "005010X221A1",
                        "sender": "PAYER99999",
                        "receiver": "SUBMIT123",
                        "transactions": [0],
                    }
                ],
            }
        ],
        "transactions": [
            {
                "type": "835",
                "version": "005010X221A1",
                "control": "0001",
                "interchange": 0,
                "group_control": "1",
                "segments": 48,
                "intact": True,
                "claims": 4,
                "lines": 5,
                "charge_cents": 51000,
                "paid_cents": 15000,
                "bpr_cents": 14250,
                "plb_cents": 750,
                "balanced": True,
                "difference_cents": 0,
                "unbalanced": {"claims": all_balance, "lines": all_balance},
                "answers": None,
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
    assert first["problems"][1] == {
        "code": "CLAIM_BALANCE",
        "severity": "error",
        "loop": "2100",
        "segment": 16,
        "message": "CLP03 - adjustments - CLP04 is 1 cents, not 0",
        "file": 0,
    }
    assert (first["balanced"], second["balanced"]) == (False, True)
    assert first["unbalanced"]["claims"] == {"count": 1, "segment": 16, "difference_cents": 1}
    assert first["unbalanced"]["lines"]["count"] == second["unbalanced"]["claims"]["count"] == 0
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
    found = inspect(sample("ta1_duplicate.edi"))
    assert (found["kind"], found["transactions"], found["problems"]) == ("TA1", [], [])
    (interchange,) = found["interchanges"]
    assert interchange["groups"] == []
    assert [(answer["code"], answer["note"]) for answer in interchange["ta1"]] == [("R", "025")]
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


def test_what_acknowledgments_answer_is_counted() -> None:
    (answer,) = inspect(sample("999_byte_order_mark.edi"))["transactions"]
    assert answer["answers"] == {"A": 1, "R": 2}
    (statuses,) = inspect(sample("277ca_mixed.edi"))["transactions"]
    assert set(statuses["answers"]) <= {"A0", "A1", "A2", "A3", "A6", "A7"}


def test_values_are_shown_only_when_asked_for() -> None:
    data = sample("835_two_sets_one_claim_off_by_a_cent.edi")
    hidden = inspect(data)
    assert not any("trace" in each or "raw" in each["problems"][0] for each in hidden["transactions"])
    first, _ = inspect(data, show_values=True)["transactions"]
    assert first["trace"] == decode_835(data).transactions["trace"][0].as_py()
    assert first["problems"][1]["raw"].startswith("CLP*")
    stray = data.replace(b"GE*", b"NTE**SEEN~GE*")
    (problem,) = [
        each for each in inspect(stray, show_values=True)["problems"] if each["code"] == "STRAY_SEGMENT"
    ]
    assert problem["raw"] == "NTE**SEEN"
    assert "SEEN" not in json.dumps(inspect(stray))


def test_each_set_stands_in_its_group_and_each_group_in_its_interchange() -> None:
    one = make.interchange(make.transaction(*make.CLAIM), make.transaction(*make.CLAIM, control="0002"))
    two = make.interchange(make.transaction(*make.CLAIM), control=8)
    lost = make.transaction(*make.CLAIM, control="0009")
    found = inspect(make.written([*one[:-1], *lost, one[-1], *two]))
    assert [each["group_control"] for each in found["transactions"]] == ["1", "1", None, "1"]
    assert [each["interchange"] for each in found["transactions"]] == [0, 0, 0, 1]
    groups = [each["groups"] for each in found["interchanges"]]
    assert [[group["transactions"] for group in each] for each in groups] == [[[0, 1]], [[3]]]
    assert [each["balanced"] for each in found["transactions"]] == [True, True, False, True]


def test_a_set_is_judged_by_its_own_decoder_and_the_envelope_once() -> None:
    wrong = sample("835_two_sets_one_claim_off_by_a_cent.edi").replace(b"GE*2*", b"GE*3*")
    found = inspect(wrong + sample("277ca_mixed.edi").replace(b"\nSE*", b"\nZZZ*1~SE*"))
    assert [each["code"] for each in found["problems"]] == ["GE01_COUNT"]
    told = [[problem["code"] for problem in each["problems"]] for each in found["transactions"]]
    assert told == [
        ["NEGATIVE_PAYMENT", "CLAIM_BALANCE"],
        ["NEGATIVE_PAYMENT"],
        ["ELEMENT_ABSENT", "SEGMENT_UNKNOWN", "SE01_COUNT"],
    ]


def test_counts_are_those_of_the_tables() -> None:
    sets = [make.transaction(*make.CLAIM * n, bpr=str(120 * n), control=f"{n:04d}") for n in range(1, 30)]
    found = inspect(make.written(make.interchange(*sets)))["transactions"]
    assert [each["claims"] for each in found] == [each["lines"] for each in found] == list(range(1, 30))
    assert [each["charge_cents"] for each in found] == [20000 * n for n in range(1, 30)]
    assert all(each["balanced"] for each in found)


def test_many_files_in_one_pass_are_as_each_alone() -> None:
    data = [path.read_bytes() for path in sorted(SAMPLES.glob("*.edi"))]
    data[3:3] = [b"", b"no X12", data[0][:400]]
    data += [b"", data[1] + data[2]]
    together = inspect_many(data, first=10, show_values=True)
    for number, (each, found) in enumerate(zip(data, together, strict=True), start=10):
        for problems in (found["problems"], *(one["problems"] for one in found["transactions"])):
            assert {problem["file"] for problem in problems} <= {number}
            for problem in problems:
                problem["file"] = 0
        assert found == inspect(each, show_values=True), number
    assert inspect_many([]) == []


@pytest.mark.parametrize(
    ("data", "like"),
    [
        (b"", "empty"), (b" \r\n", "empty"), (b"%PDF-1.7\n\x00", "PDF"), (b"Dear Sir,\n", "text"),
        (b"\xef\xbb\xbf<html>", "XML or HTML"), (b'[{"a": 1}]', "JSON"), (b"ST*835*0001~", "X12 without its ISA"),
        ("ISA*00*".encode("utf-16"), "UTF-16 text"), ("ISA*00*".encode("cp037"), "EBCDIC text"),
        (b"\x89PNG\r\n", "picture"), (b"\x00\x01\x02", "binary"), (b"UNB+UNOA:1+", "EDIFACT"),
    ],
)  # fmt: skip
def test_what_is_no_x12_is_guessed(data: bytes, like: str) -> None:
    found = inspect(data)
    assert (found["kind"], found["looks_like"], found["interchanges"]) == (None, like, [])
    assert [each["code"] for each in found["problems"]] == ["NO_ISA"]
