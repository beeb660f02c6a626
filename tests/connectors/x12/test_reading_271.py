"""A 271 as rows that each say whom they are about; synthetic people, members and payers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from connectors.x12 import decode_271

SUBSCRIBER = (
    "HL*3*2*22*0", "TRN*2*ASKED1*9SUBMIT123", "NM1*IL*1*TESTER*ALEX****MI*XYZ000000001", "DMG*D8*19900101*U",
    "DTP*346*D8*20260101",
)  # fmt: skip
CARVED = (
    "EB*1**30^MH",
    "DTP*347*D8*20260630",
    "EB*B*IND*MH***27*30*****Y",
    "EB*U**CF",
    "LS*2120",
    "NM1*VN*2*EXAMPLE CARVEOUT*****PI*66666",
    "LE*2120",
)


def file(*body: str, element: str = "*", repetition: str = "^") -> bytes:
    """An interchange with one 271 around `body`, in any delimiters."""
    inside = ["ST*271*0001*005010X279A1", "BHT*0022*11*BATCH1*20260112*0700", "HL*1**20*1",
              "NM1*PR*2*EXAMPLE PLAN*****PI*99999", *body]  # fmt: skip
    parties = "ISA*00*          *00*          *ZZ*PAYER99999     *ZZ*SUBMIT123      "
    isa = f"{parties}*260112*0930*{repetition}*00501*000000007*0*T*:"
    tail = ["GE*1*1", "IEA*1*000000007"]
    gs = "GS*HB*PAYER99999*SUBMIT123*20260112*0930*1*X*005010X279A1"
    every = [isa, gs, *inside, f"SE*{len(inside) + 1}*0001", *tail]
    text = "~".join(every) + "~"
    return text.replace("^", repetition).replace("*", element).encode()


def rows(data: bytes) -> list[dict[str, Any]]:
    return decode_271(data).answers.to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(("element", "repetition"), [("*", "^"), ("|", "!")])
def test_a_benefit_says_whom_it_is_about_whatever_the_delimiters(element: str, repetition: str) -> None:
    found = rows(file(*SUBSCRIBER, *CARVED, element=element, repetition=repetition))
    assert [row["benefit"] for row in found] == ["EB*1**30^MH", "EB*B*IND*MH***27*30*****Y", "EB*U**CF"]
    assert {row["member_id"] for row in found} == {"XYZ000000001"}
    assert {row["payer_identifier"] for row in found} == {"99999"}
    assert {row["trace"] for row in found} == {"ASKED1"}
    assert {row["birth_date"] for row in found} == {dt.date(1990, 1, 1)}
    assert {row["answered_on"] for row in found} == {dt.date(2026, 1, 12)}
    assert [row["segment"] for row in found] == [10, 12, 13]
    assert [row["entity"] for row in found] == [None, None, "66666"]


def test_dates_are_the_benefits_own_or_the_persons() -> None:
    first, second, _ = rows(file(*SUBSCRIBER, *CARVED))
    assert (first["valid_from"], first["valid_to"]) == (dt.date(2026, 1, 1), dt.date(2026, 6, 30))
    assert (second["valid_from"], second["valid_to"]) == (dt.date(2026, 1, 1), None)
    (span,) = rows(file(*SUBSCRIBER, "DTP*291*RD8*20260101-20261231", "EB*1**30"))
    assert (span["valid_from"], span["valid_to"]) == (dt.date(2026, 1, 1), dt.date(2026, 12, 31))


@pytest.mark.parametrize("day", ["20261345", "2026", "", "2026010A"])
def test_a_date_that_is_none_is_not_said(day: str) -> None:
    (row,) = rows(file(*SUBSCRIBER[:-1], f"DTP*346*D8*{day}", "EB*1**30"))
    assert row["valid_from"] is None


def test_people_do_not_share_what_is_said_of_one() -> None:
    other = ("HL*4*2*22*1", "NM1*IL*1*TESTER*KIM****MI*XYZ000000002", "EB*6**30")
    child = ("HL*5*4*23*0", "NM1*03*1*TESTER*SAM", "DMG*D8*20150505*F", "EB*1**30")
    found = rows(file(*SUBSCRIBER, "EB*1**30", *other, *child))
    assert [row["member_id"] for row in found] == ["XYZ000000001", "XYZ000000002", "XYZ000000002"]
    assert [row["birth_date"] for row in found] == [dt.date(1990, 1, 1), None, dt.date(2015, 5, 5)]
    assert [row["subject"] for row in found] == [1, 2, 3]
    assert [row["valid_from"] for row in found] == [dt.date(2026, 1, 1), None, None]


def test_a_failed_question_is_its_code_at_any_level() -> None:
    (row,) = rows(file(*SUBSCRIBER, "AAA*N**75*C"))
    assert (row["reject"], row["benefit"], row["member_id"]) == ("75", None, "XYZ000000001")
    (row,) = rows(file("AAA*N**42*R"))
    assert (row["reject"], row["subject"], row["member_id"]) == ("42", 0, None)


@pytest.mark.parametrize("data", [b"", b"no X12", file(*SUBSCRIBER, *CARVED)[:-40], b"ST*271*1~EB*1~SE*3*1~"])
def test_damaged_bytes_raise_nothing_and_are_not_intact(data: bytes) -> None:
    found = decode_271(data)
    assert not any(found.sets["intact"].to_pylist())


def test_a_subscriber_without_a_trace_had_the_one_of_the_person_before() -> None:
    """An answer that names no question of ours was put to another patient's."""
    other = (
        "HL*4*2*22*1", "NM1*IL*1*SAMPLE*KIM****MI*XYZ000000002", "EB*1**30", "HL*5*4*23*0", "TRN*2*ASKED2*9SUBMIT123",
        "NM1*03*1*SAMPLE*LEE", "EB*1**30", "HL*6*4*23*0", "NM1*03*1*SAMPLE*SAM", "EB*1**30",
    )  # fmt: skip
    found = rows(file(*SUBSCRIBER, "EB*1**30", *other))
    assert [row["trace"] for row in found] == ["ASKED1", "BATCH1", "ASKED2", "BATCH1"]


def test_who_depends_on_a_subscriber_has_his_trace_where_there_is_no_other() -> None:
    found = rows(file(*SUBSCRIBER, "EB*1**30", "HL*4*3*23*0", "NM1*03*1*TESTER*LEE", "EB*1**30"))
    assert [row["trace"] for row in found] == ["ASKED1", "ASKED1"]
