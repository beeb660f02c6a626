"""TA1, 999, 997, 277CA."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from make_835 import interchange, written

from connectors.x12 import decode_acknowledgments, tables

pytestmark = pytest.mark.usefixtures("both_engines")
SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def ack(*body: str, kind: str = "999", version: str = "005010X231A1") -> bytes:
    segments = [f"ST*{kind}*0001*{version}", *body, f"SE*{len(body) + 2}*0001"]
    return written(interchange(segments, code="FA", version=version))


def test_every_table_has_its_schema() -> None:
    for data in (b"", [], sample("277ca_mixed.edi"), sample("999_invalid.edi"), sample("ta1_duplicate.edi")):
        decoded = decode_acknowledgments(data)
        assert decoded.interchange_acks.schema.equals(tables.INTERCHANGE_ACKS)
        assert decoded.set_acks.schema.equals(tables.SET_ACKS)
        assert decoded.claim_acks.schema.equals(tables.CLAIM_ACKS)
        assert decoded.problems.schema.equals(tables.PROBLEMS)


def test_ta1_stands_alone_with_iea01_zero() -> None:
    decoded = decode_acknowledgments(sample("ta1_duplicate.edi"))
    assert decoded.interchange_acks.to_pylist() == [
        {
            "file": 0,
            "interchange": 0,
            "control": "000000001",
            "date": "260112",
            "time": "0930",
            "code": "R",
            "note": "025",
        }
    ]
    assert decoded.problems.num_rows == 0
    counted = sample("ta1_duplicate.edi").replace(b"IEA*0*", b"IEA*1*")
    assert decode_acknowledgments(counted).problems["code"].to_pylist() == ["TA1_IEA01_COUNT"]


def test_999_partly_accepted() -> None:
    decoded = decode_acknowledgments(sample("999_byte_order_mark.edi"))
    rows = decoded.set_acks.to_pylist()
    assert [(row["position"], row["set_control"], row["code"]) for row in rows] == [
        (1, "0001", "A"),
        (2, "0002", "R"),
        (3, "0003", "R"),
    ]
    assert {row["group_code"] for row in rows} == {"P"}
    assert [row["error_codes"] for row in rows] == [None, "5", "5"]
    assert [row["details"] for row in rows] == [None, "CLM:22::8:2:1", "REF:57::3"]
    assert decoded.problems.num_rows == 0


def test_a_999_that_contradicts_itself_is_not_believed() -> None:
    decoded = decode_acknowledgments(sample("999_invalid.edi"))
    assert decoded.set_acks["code"].to_pylist() == ["Q", "R", "R"]
    assert set(decoded.problems["code"].to_pylist()) == {
        "SE01_COUNT",
        "SEGMENT_MISPLACED",
        "SEGMENT_REPEATED",
        "CODE_UNKNOWN",
    }
    assert decoded.sets["intact"].to_pylist() == [False]


def test_the_bad_value_of_ik4_and_the_context_are_never_kept() -> None:
    data = ack(
        "AK1*HC*1*005010X222A1",
        "AK2*837*0001*005010X222A1",
        "IK3*NM1*45*2010BA*8",
        "CTX*CLM01:SECRETNAME",
        "IK4*3:2*1035*7*SECRETNAME",
        "IK4*9*67*6*SECRETNAME",
        "IK3*SECRETNAME*1*SECRETNAME*SECRETNAME",
        "IK5*R*5*I5",
        "AK9*R*1*1*0*3",
    )
    decoded = decode_acknowledgments(data)
    (row,) = decoded.set_acks.to_pylist()
    assert row["details"] == "NM1:45:2010BA:8:3-2:7 NM1:45:2010BA:8:9:6 ?:1:?:?"
    assert (row["error_codes"], row["group_code"]) == ("5 I5", "R")
    for table in (decoded.set_acks, decoded.problems):
        assert "SECRET" not in str(table.to_pylist())


def test_a_group_answered_alone_has_position_zero() -> None:
    data = ack(
        "AK1*HC*7*005010X222A1",
        "AK9*R*2*2*0*3*5",
        "AK1*HC*8*005010X222A1",
        "AK2*837*1",
        "IK5*A",
        "AK9*A*1*1*1",
    )
    rows = decode_acknowledgments(data).set_acks.to_pylist()
    assert [(row["position"], row["segment"], row["group_control"], row["code"]) for row in rows] == [
        (0, 2, "7", "R"),
        (1, 5, "8", "A"),
    ]
    assert [row["error_codes"] for row in rows] == ["3 5", None]
    assert [row["set_control"] for row in rows] == [None, "1"]


def test_997_says_ak3_ak4_ak5() -> None:
    data = ack(
        "AK1*HC*1",
        "AK2*837*0001",
        "AK3*CLM*22**8",
        "AK4*2**1",
        "AK5*R*5",
        "AK9*R*1*1*0",
        kind="997",
        version="004010",
    )
    decoded = decode_acknowledgments(data)
    (row,) = decoded.set_acks.to_pylist()
    assert (row["code"], row["details"], row["version"]) == ("R", "CLM:22::8:2:1", None)
    assert decoded.problems.num_rows == 0


def test_an_unanswered_set_is_a_problem() -> None:
    decoded = decode_acknowledgments(ack("AK1*HC*1", "AK2*837*0001", "AK2*837*0002", "IK5*A", "AK9*P*2*2*1"))
    assert decoded.set_acks["code"].to_pylist() == [None, "A"]
    assert "SEGMENT_MISSING" in decoded.problems["code"].to_pylist()


def test_ak2_does_not_borrow_the_group_of_another_set() -> None:
    first = ["ST*999*0001", "AK1*HC*1", "AK2*837*1", "IK5*A", "AK9*A*1*1*1", "SE*6*0001"]
    second = ["ST*999*0002", "AK2*837*2", "IK5*A", "SE*4*0002"]
    decoded = decode_acknowledgments(written(interchange(first, second, code="FA", version="005010X231A1")))
    assert decoded.set_acks["set_control"].to_pylist() == ["1"]
    assert "SEGMENT_MISPLACED" in decoded.problems["code"].to_pylist()


def test_277ca_levels_references_and_verdicts() -> None:
    decoded = decode_acknowledgments(sample("277ca_mixed.edi"))
    rows = decoded.claim_acks.to_pylist()
    assert [(row["level"], row["reference"], row["category"], row["action"]) for row in rows] == [
        ("receiver", "BATCH0001", "A1", "WQ"),
        ("provider", "1", "A1", "WQ"),
        ("claim", "C000000001", "A2", "WQ"),
        ("claim", "C000000002", "A7", "U"),
    ]
    assert [row["charge_cents"] for row in rows] == [51000, 51000, 20000, 31000]
    assert [row["payer_control"] for row in rows] == [None, None, "PAYERICN0001", None]
    assert rows[2]["service_from"] == rows[2]["service_to"] == date(2026, 1, 5)
    assert rows[3]["date"] == date(2026, 1, 12)
    assert (rows[3]["status"], rows[3]["entity"]) == ("562", "85")
    assert {row["source_entity"] for row in rows} == {"PR"}
    assert [row["severity"] for row in decoded.problems.to_pylist()] == ["warning"]


def test_277ca_components_are_read_by_the_files_own_separator() -> None:
    rows = decode_acknowledgments(sample("277ca_rejected_pipe_component.edi")).claim_acks.to_pylist()
    assert [(row["category"], row["status"], row["entity"]) for row in rows] == [
        ("A1", "20", None),
        ("A7", "562", "85"),
    ]


def test_277ca_rejected_line_and_further_statuses() -> None:
    body = [
        "ST*277*0001*005010X214",
        "BHT*0085*08*1*20260112*1200*TH",
        "HL*1**20*1",
        "NM1*AY*2*HOUSE*****46*HOUSE1",
        "HL*2*1*PT",
        "TRN*2*C1",
        "STC*A7:562:85*20260112*U*10******A8:21*A3:33:PR",
        "REF*1K*ICN9",
        "DTP*472*RD8*20260105-20260107",
        "SVC*HC:90837*10",
        "STC*A7:507**U",
        "REF*FJ*L77",
        "DTP*472*D8*20260106",
    ]
    data = written(interchange([*body, f"SE*{len(body) + 1}*0001"], code="HN", version="005010X214"))
    claim, line = decode_acknowledgments(data).claim_acks.to_pylist()
    assert (claim["level"], claim["further"]) == ("claim", "A8:21 A3:33:PR")
    assert (claim["service_from"], claim["service_to"]) == (date(2026, 1, 5), date(2026, 1, 7))
    assert (claim["line_control"], claim["source_entity"], claim["source_id"]) == (None, "AY", "HOUSE1")
    assert (line["level"], line["line_control"], line["reference"], line["payer_control"]) == (
        "line",
        "L77",
        "C1",
        "ICN9",
    )
    assert line["service_from"] == line["service_to"] == date(2026, 1, 6)


def test_many_files_in_one_pass() -> None:
    names = [
        "277ca_mixed.edi",
        "ta1_duplicate.edi",
        "999_byte_order_mark.edi",
        "277ca_rejected_pipe_component.edi",
    ]
    decoded = decode_acknowledgments([sample(name) for name in names])
    assert decoded.sets["kind"].to_pylist() == ["277CA", "999", "277CA"]
    assert decoded.claim_acks["transaction"].to_pylist() == [0, 0, 0, 0, 2, 2]
    assert decoded.claim_acks["entity"].to_pylist()[-1] == "85"
    assert decoded.interchange_acks["file"].to_pylist() == [1]
    assert decoded.set_acks["transaction"].to_pylist() == [1, 1, 1]
