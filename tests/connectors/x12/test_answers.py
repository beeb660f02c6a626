"""The 999 and TA1 we write: judged by pyx12, read back by our own decoder, and silent about what they answer."""

from __future__ import annotations

import csv
import datetime
import re
import xml.etree.ElementTree as ET
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

import make_835 as make
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.x12 import decode_acknowledgments
from connectors.x12.judging import judge
from connectors.x12.problems import ARITHMETIC, CODES, ERROR
from connectors.x12.reading.interchanges import read
from connectors.x12.writing import answer_tables as tables
from connectors.x12.writing.answers import Unanswerable, encode_999, encode_ta1, wants_ta1
from tests.support.pyx12_judge import errors_of

AT = datetime.datetime(2026, 3, 18, 9, 30)
SAMPLES = sorted(Path(__file__).parent.glob("*/**/*.edi"))
ACCEPTABLE = make.transaction(*make.CLAIM)


def answer_999(data: bytes, **more: Any) -> bytes:
    return encode_999(data, **{"interchange_control": "000000041", "group_control": "7", "at": AT, **more})


def answer_ta1(data: bytes, **more: Any) -> bytes:
    return encode_ta1(data, **{"interchange_control": "000000041", "at": AT, **more})


def said(data: bytes) -> list[dict[str, Any]]:
    """What our decoder reads back of the 999 for these bytes, after pyx12 has passed it."""
    answer = answer_999(data)
    assert errors_of(answer) == []
    decoded = decode_acknowledgments(answer)
    assert decoded.problems.to_pylist() == []
    assert all(decoded.sets["intact"].to_pylist())
    return decoded.set_acks.to_pylist()


def told(data: bytes) -> list[tuple[str, str]]:
    """TA104 and TA105 of the TA1s for these bytes."""
    answer = answer_ta1(data)
    assert errors_of(answer) == []
    decoded = decode_acknowledgments(answer)
    assert decoded.problems.to_pylist() == []
    return [(row["code"], row["note"]) for row in decoded.interchange_acks.to_pylist()]


def segments(answer: bytes) -> list[str]:
    return answer.decode("ascii").split("~")[:-1]


# --- the 999 -----------------------------------------------------------------------------------------------------


def test_all_of_an_accepting_999() -> None:
    data = make.written(make.interchange(ACCEPTABLE, control=7))
    assert segments(answer_999(data)) == [
        "ISA*00*          *00*          *ZZ*SUBMIT123      *ZZ*PAYER99999     *260318*0930*^*00501*000000041*0*T*:",
        "GS*FA*SUBMIT123*PAYER99999*20260318*0930*7*X*005010X231A1",
        "ST*999*0001*005010X231A1",
        "AK1*HP*1*005010X221A1",
        "AK2*835*0001",
        "IK5*A",
        "AK9*A*1*1*1",
        "SE*6*0001",
        "GE*1*7",
        "IEA*1*000000041",
    ]
    assert errors_of(answer_999(data)) == []


# What is wrong in the second of two claims -> IK501, IK502 …, details as the decoder reads them back.
FAULTS = {
    "nothing": ((), "A", None, None),
    "a cent off, which is no syntax": (("SVC*HC:90837*200*119.99**1",), "A", None, None),
    "amount": (("SVC*HC:90837*2OO*120**1",), "R", "5", "SVC:12:2110:8:2:6"),
    "two amounts of one segment": (("SVC*HC:90837*2OO*12O**1",), "R", "5", "SVC:12:2110:8:2:6 SVC:12:2110:8:3:6"),
    "date": (("DTM*472*20260231",), "R", "5", "DTM:12:2110:8:2:8"),
    "quantity": (("SVC*HC:90837*0*0**ONE",), "R", "5", "SVC:12:2110:8:5:6"),
    "required element": (("CAS*CO**50",), "R", "5", "CAS:12:2110:8:2:1"),
    "quantity of the second reason": (("CAS*CO*45*0**97*0*ONE",), "R", "5", "CAS:12:2110:8:7:6"),
    "second reason": (("CAS*CO*45*0***0",), "R", "5", "CAS:12:2110:8:5:1"),
    "reason code of a PLB": (("PLB*1*20261231*WO*0*:1*0",), "R", "5", "PLB:12::8:5-1:1"),
    "required component": (("SVC*HC*0*0",), "E", "5", "SVC:12:2110:8:1-2:1"),
    "too many elements": (("SVC*HC:90837*0*0**1***X",), "R", "5", "SVC:12:2110:8:8:3"),
    "unknown segment": (("ZZZ*1",), "R", "5", "UNK:12:2110:1"),
    "unknown segment that may be a name": (("LEE*ANN",), "R", "5", "UNK:12:2110:1"),
    "segment of another guide": (("CLM*1",), "R", "5", "CLM:12:2110:1"),
    "segment of another loop": (("MOA***MA01",), "E", "5", "MOA:12:2110:2"),
    "segment out of order": (("TRN*1*X*1512345678",), "R", "5", "TRN:12:2110:7"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_by_position_and_code(name: str) -> None:
    more, code, errors, details = FAULTS[name]
    (answer,) = said(make.remittance(*make.CLAIM, *more))
    assert (answer["code"], answer["error_codes"], answer["details"]) == (code, errors, details)
    assert answer["group_code"] == code


def test_a_missing_segment_is_named() -> None:
    body = [segment for segment in ACCEPTABLE if not segment.startswith("TRN")]
    body[-1] = f"SE*{len(body)}*0001"
    (answer,) = said(make.written(make.interchange(body)))
    assert (answer["code"], answer["details"]) == ("R", "TRN:1::3")


@pytest.mark.parametrize(
    ("change", "code", "errors"),
    [
        (lambda s: re.sub(rb"SE\*(\d+)", rb"SE*999", s), "R", "4"),
        (lambda s: re.sub(rb"SE\*(\d+)\*0001", rb"SE*\1*0009", s), "R", "3"),
        (lambda s: re.sub(rb"SE\*\d+\*0001~", b"", s), "R", "2"),
        (lambda s: re.sub(rb"SE\*\d+\*0001", b"SE*999*0009", s), "R", "3 4"),
    ],
)
def test_the_envelope_of_a_set(change: Any, code: str, errors: str) -> None:
    (answer,) = said(change(make.written(make.interchange(ACCEPTABLE))))
    assert (answer["code"], answer["error_codes"], answer["set_control"]) == (code, errors, "0001")


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        (lambda s: s.replace(b"GE*1*1~", b"GE*2*1~"), "5"),
        (lambda s: s.replace(b"GE*1*1~", b"GE*1*2~"), "4"),
        (lambda s: s.replace(b"GE*1*1~", b""), "3"),
        (lambda s: s.replace(b"IEA*1*", b"IEA*2*"), ""),
        (lambda s: s[: s.index(b"IEA")], ""),
    ],
)
def test_the_envelope_around_a_set_rejects_the_whole_group(change: Any, errors: str) -> None:
    data = change(make.written(make.interchange(ACCEPTABLE)))
    (closing,) = [each for each in segments(answer_999(data)) if each.startswith("AK9")]
    assert re.fullmatch(r"AK9\*R\*[12]\*1\*0\*?" + errors, closing)
    assert [row["group_code"] for row in said(data)] == ["R"]


def test_a_part_of_a_group() -> None:
    wrong = make.transaction(*make.CLAIM, "SVC*HC:90837*2OO*0", control="0002")
    data = make.written(make.interchange(ACCEPTABLE, wrong, make.transaction(*make.CLAIM, control="0003")))
    assert [(row["set_control"], row["code"], row["group_code"]) for row in said(data)] == [
        ("0001", "A", "P"),
        ("0002", "R", "P"),
        ("0003", "A", "P"),
    ]
    assert "AK9*P*3*3*2" in segments(answer_999(data))


def test_a_set_whose_control_number_was_there_before_is_rejected_and_the_first_is_not() -> None:
    data = make.written(make.interchange(ACCEPTABLE, ACCEPTABLE))
    assert [(row["code"], row["error_codes"]) for row in said(data)] == [("A", None), ("R", "23")]
    assert "AK9*P*2*2*1" in segments(answer_999(data))


def test_a_group_whose_control_number_was_there_before_is_rejected_and_the_first_is_not() -> None:
    head, *group, iea = make.interchange(ACCEPTABLE)
    data = make.written([head, *group, *group, iea.replace("IEA*1", "IEA*2")])
    closing = [each for each in segments(answer_999(data)) if each.startswith("AK9")]
    assert closing == ["AK9*A*1*1*1", "AK9*R*1*1*0*19"]


def test_a_set_that_no_decoder_reads_is_not_supported() -> None:
    data = make.written(
        make.interchange(["ST*270*0001*005010X279A1", "SE*2*0001"], code="HS", version="005010X279A1")
    )
    (answer,) = said(data)
    assert (answer["set_kind"], answer["code"], answer["error_codes"]) == ("270", "R", "1")


def test_claims_are_answered_like_remittances() -> None:
    data = (Path(__file__).parent / "samples" / "837i_two_claims.edi").read_bytes()
    (good,) = said(data)
    assert good["code"] in ("A", "E")
    bad = re.sub(rb"CLM\*(\w+)\*[0-9.]+\*", rb"CLM*\1*12O*", data, count=1)
    (answer,) = said(bad)
    assert answer["code"] == "R"
    assert re.search(r"CLM:\d+:2300:8:2:6", answer["details"])


def test_several_groups_and_partners_are_answered_in_order_and_counted_on() -> None:
    one = make.interchange(ACCEPTABLE, control=7)
    two = [*one[:-1], *(s.replace("*1*X*", "*2*X*").replace("GE*1*1", "GE*1*2") for s in one[1:-1])]
    two.append("IEA*2*000000007")
    other = [
        segment.replace("PAYER99999", "PAYER11111") for segment in make.interchange(ACCEPTABLE, control=8)
    ]
    answer = answer_999(make.written([*two, *other]), interchange_control="999999999", group_control="099")
    assert errors_of(answer) == []
    decoded = decode_acknowledgments(answer)
    assert decoded.interchanges["control"].to_pylist() == ["999999999", "000000001"]
    assert decoded.interchanges["receiver_id"].to_pylist() == ["PAYER99999", "PAYER11111"]
    assert decoded.sets["group_control"].to_pylist() == ["099", "100", "101"]
    assert decoded.set_acks["group_control"].to_pylist() == ["1", "2", "1"]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"%PDF-1.7", make.written(make.interchange(code="FA", version="005010X231A1")),
        make.remittance().replace(b"*1*X*", b"*ONE*X*"), make.remittance().replace(b"GS*HP", b"GS*SMITH"),
        make.remittance().replace(b"GS*HP*PAYER99999", b"GS*HP*PAYER99999LONGER"),
        make.remittance().replace(b"*ZZ*PAYER99999", b"*HP*PAYER99999"),
    ],
    ids=["empty", "pdf", "acknowledgments", "group control", "functional id", "sender code", "qualifier"],
)  # fmt: skip
def test_what_a_999_cannot_answer(data: bytes) -> None:
    with pytest.raises(Unanswerable, match="no functional group"):
        answer_999(data)


def test_a_group_that_a_999_cannot_name_is_noted_in_the_ta1() -> None:
    assert told(make.remittance().replace(b"*1*X*", b"*ONE*X*").replace(b"GE*1*1", b"GE*1*ONE")) == [
        ("E", "024")
    ]


def test_a_control_number_that_may_be_a_name_is_not_copied() -> None:
    joined = make.remittance().replace(b"ST*835*0001", b"ST*835*00SMITH")
    assert b"SMITH" not in answer_999(joined)
    assert "AK9*R*1*1*0" in segments(answer_999(joined))
    assert errors_of(answer_999(joined)) == []


# --- the TA1 -----------------------------------------------------------------------------------------------------


def test_all_of_an_accepting_ta1() -> None:
    answer = answer_ta1(make.remittance(), usage="P")
    assert segments(answer) == [
        "ISA*00*          *00*          *ZZ*SUBMIT123      *ZZ*PAYER99999     *260318*0930*^*00501*000000041*0*P*:",
        "TA1*000000007*260112*0930*A*000",
        "IEA*0*000000041",
    ]


INTERCHANGES = {
    "control numbers differ": (lambda s: s.replace(b"IEA*1*000000007", b"IEA*1*000000008"), "R", "001"),
    "group count": (lambda s: s.replace(b"IEA*1*", b"IEA*3*"), "R", "021"),
    "cut off": (lambda s: s[: len(s) // 2], "R", "023"),
    "cut off before IEA": (lambda s: s[: s.index(b"IEA")], "R", "023"),
    "stray segment": (lambda s: s.replace(b"IEA*1", b"NTE**X~IEA*1"), "R", "022"),
    "SE without ST": (lambda s: s.replace(b"GE*1", b"SE*1*0001~GE*1"), "R", "022"),
    "date": (lambda s: s.replace(b"*260112*", b"*260231*"), "E", "014"),
    "time": (lambda s: s.replace(b"*0930*^", b"*0990*^"), "E", "015"),
    "version": (lambda s: s.replace(b"*00501*", b"*00999*"), "E", "017"),
    "acknowledgment requested": (lambda s: s.replace(b"*0*T*", b"*2*T*"), "E", "019"),
    "usage": (lambda s: s.replace(b"*0*T*", b"*0*X*"), "E", "020"),
    "width": (lambda s: s.replace(b"*PAYER99999     *", b"*PAYER99999*"), "E", "022"),
    "no component separator": (lambda s: s.replace(b"*0*T*:~", b"*0*T*~"), "R", "022"),
    "component separator of two bytes": (lambda s: s.replace(b"*0*T*:~", b"*0*T*:X~"), "R", "022"),
    "set without group": (lambda s: s.replace(b"IEA*1", b"ST*835*0002~SE*2*0002~IEA*1"), "E", "024"),
    "a fault inside a set": (lambda s: s.replace(b"BPR*I*120", b"BPR*I*12O"), "A", "000"),
}  # fmt: skip


@pytest.mark.parametrize("name", INTERCHANGES)
def test_a_fault_of_the_interchange(name: str) -> None:
    change, code, note = INTERCHANGES[name]
    assert told(change(make.remittance())) == [(code, note)]


def test_each_interchange_has_its_ta1_and_acknowledgments_have_none() -> None:
    data = make.remittance() + make.remittance().replace(b"IEA*1*", b"IEA*3*")
    assert told(make.remittance() * 2) == [("A", "000"), ("E", "025")]  # a duplicate control number
    assert told(data) == [("A", "000"), ("R", "021")]
    with pytest.raises(Unanswerable, match="no interchange"):
        answer_ta1(answer_ta1(data))


def test_who_wants_a_ta1() -> None:
    assert not wants_ta1(make.remittance())
    assert wants_ta1(make.remittance() + make.remittance().replace(b"*0*T*", b"*1*T*"))
    assert not wants_ta1(b"")


# --- arguments and tables ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [{"interchange_control": "12345"}, {"interchange_control": "000000000"}, {"group_control": "1A"},
     {"group_control": ""}, {"usage": "Q"}],
)  # fmt: skip
def test_an_argument_that_cannot_be_sent_is_named_without_its_value(more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(more))) as error:
        answer_999(make.remittance(), **more)
    assert not isinstance(error.value, Unanswerable)
    assert [value for value in more.values() if value and value in str(error.value)] == []


def test_every_error_of_ours_has_its_code_or_is_no_matter_of_syntax() -> None:
    told_of = {*tables.SYNTAX, *tables.SET_ENVELOPE, *tables.GROUP_ENVELOPE, *tables.INTERCHANGE}
    # No interchange to answer; no ISA that names two parties; an IEA in no interchange.
    silent = {"NO_ISA", "ISA_UNREADABLE", "ISA_ELEMENTS", "IEA_UNMATCHED", "ISA_MISSING", *ARITHMETIC}
    assert {code for code, severity in CODES.items() if severity == ERROR} <= told_of | silent
    assert told_of <= CODES.keys()


def test_the_notes_of_a_ta1_mean_what_the_reference_table_says() -> None:
    path = Path(__file__).parents[3] / "configs" / "reference" / "ack_mapping.tsv"
    with path.open(newline="", encoding="utf-8") as file:
        known = {row["code"] for row in csv.DictReader(file, delimiter="\t") if row["field"] == "TA105"}
    rejecting = {note for code, note in tables.INTERCHANGE.values() if code == tables.REJECTED}
    assert rejecting <= known


def test_element_numbers_are_those_of_pyx12s_maps() -> None:
    found: dict[tuple[str, int, int], set[str]] = {}
    maps = ("835.5010.X221.A1", "277.5010.X214", "837.5010.X222.A1", "837Q3.I.5010.X223.A1.v2")
    for name in (f"{each}.xml" for each in maps):
        root = ET.fromstring(resources.files("pyx12.map").joinpath(name).read_text(encoding="utf-8"))
        for segment in root.iter("segment"):
            tag = str(segment.get("xid"))
            for part in segment:
                if part.tag == "element":
                    found.setdefault((tag, int(part.findtext("seq", "0")), 0), set()).add(
                        part.findtext("data_ele", "")
                    )
                for inner in part.findall("element"):
                    place = (tag, int(part.findtext("seq", "0")), int(inner.findtext("seq", "0")))
                    found.setdefault(place, set()).add(inner.findtext("data_ele", ""))
    for name, listed in tables.NUMBERS.items():
        tag, element = (name[:3], int(name[3:])) if len(name) == 5 else (name, 0)
        for at, number in enumerate(listed.split(), start=1):
            place = (tag, element, at) if element else (tag, at, 0)
            if number != "-" and place in found:
                assert number in found[place], place
    checked = [place for place in found if place[0] in tables.NUMBERS]
    assert len(checked) > 100


# --- every sample, and damage of every kind ----------------------------------------------------------------------


def answers(data: bytes) -> list[bytes]:
    """Both answers, where there is one; nothing but Unanswerable may be raised."""
    given_: list[bytes] = []
    for answer in (answer_999, answer_ta1):
        try:
            given_.append(answer(data))
        except Unanswerable:
            continue
    return given_


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_answers_to_every_sample_pass_pyx12(path: Path) -> None:
    for answer in answers(path.read_bytes()):
        assert errors_of(answer) == []


# Values that must never be in an answer: they look like nothing that may be copied, or are longer.
NAME, MEMBER, AMOUNT = "QUIXOTIC", "W99887766554", "31415.92"
SECRETS = [NAME, MEMBER, AMOUNT]
SECRET = make.written(
    make.interchange(
        make.transaction(
            f"CLP*{MEMBER}*1*{AMOUNT}*0*{AMOUNT}*12*{MEMBER}", f"CAS*PR*1*{AMOUNT}",
            f"NM1*QC*1*{NAME}*{NAME}****MI*{MEMBER}",
            f"SVC*HC:90837*{AMOUNT}*0**1", f"CAS*PR*1*{AMOUNT}", f"REF*6R*{MEMBER}", bpr="0",
        ),
        make.transaction(f"CLP*{MEMBER}*1*{AMOUNT}*0**12*{MEMBER}", f"NM1*QC*1*{NAME}", bpr="0", control="0002"),
    )
)  # fmt: skip

_CUT = st.tuples(
    st.sampled_from(["delete", "insert", "replace", "repeat"]),
    st.integers(0, len(SECRET) - 1),
    st.integers(0, 40),
    st.binary(max_size=3)
    | st.sampled_from([b"~", b"*", b"ISA", b"~ST*835*0003~", b"~SE*1*0001~", b"GS*HP", b"\n"]),
)


def damaged(data: bytes, cuts: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, at, length, more in cuts:
        at %= max(len(data), 1)
        if kind == "delete":
            data = data[:at] + data[at + length :]
        elif kind == "insert":
            data = data[:at] + more + data[at:]
        elif kind == "replace":
            data = data[:at] + more + data[at + len(more) :]
        else:
            data = data[: at + length] + data[at:]
    return data


@settings(max_examples=120, deadline=None)
@given(st.lists(_CUT, max_size=4))
@example([("replace", 29, 0, b"GS*HP")])  # a qualifier of parties that is none
@example([("delete", SECRET.index(b"0001"), 30, b"")])
@example([("delete", 104, 1, b"")])  # ISA16
@example([("insert", SECRET.index(NAME.encode()), 0, b"~")])
def test_an_answer_to_damage_is_sound_silent_and_true(cuts: list[tuple[str, int, int, bytes]]) -> None:
    data = damaged(SECRET, cuts)
    for answer in answers(data):
        assert errors_of(answer) == []
        text = answer.decode("ascii")
        assert [secret for secret in SECRETS if secret in text] == []
        assert not re.search(r"IK4\*[^*]*\*[^*]*\*[^*~]*\*", text)
    _accepted_is_taken(data)


def _accepted_is_taken(data: bytes) -> None:
    """What a 999 accepts is a set that is intact, and whose segments could be read."""
    try:
        rows = decode_acknowledgments(answer_999(data)).set_acks.to_pylist()
    except Unanswerable:
        return
    reading = read(data)
    judged = judge(reading).problems.to_pylist()
    wrong = {
        row["transaction"] for row in judged if row["severity"] == ERROR and row["code"] not in ARITHMETIC
    }
    sound = [
        found.control for number, found in enumerate(reading.sets) if found.intact and number not in wrong
    ]
    accepted = [row["set_control"] for row in rows if row["code"] in ("A", "E") and row["group_code"] != "R"]
    assert not Counter(accepted) - Counter(sound)
