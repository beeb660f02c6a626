"""Problems say in columns where the element at fault stands, so that nobody has to read it out of their messages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from make_835 import CLAIM, interchange, remittance, transaction, written

from connectors.x12 import decode_835, decode_837, decode_acknowledgments, encode_837
from connectors.x12.problems import CODES
from tests.support.tables837 import claim, envelope, line, tables

HERE = Path(__file__).parent
FILES = sorted([*HERE.glob("samples/*.edi"), *HERE.glob("public/*/*.edi"), *HERE.glob("crashers/*.edi")])
# SVC01-2 is missing; CAS has more elements than 19; SE01_COUNT
NAMED = re.compile(r"^(?:REF\*\w+ )?([A-Z][A-Z0-9]{1,2}?)([0-9]{2})(?:-([0-9]))?(?:\.\.[0-9])? (?!stood|-)")
MORE = re.compile(r"has more elements than ([0-9]+)")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_element_that_a_message_names_is_in_its_column(path: Path) -> None:
    data = path.read_bytes()
    for decode in (decode_835, decode_837, decode_acknowledgments):
        for row in decode(data).problems.to_pylist():
            assert (row["element"], row["component"]) == expected(row), row["message"]


def expected(row: dict[str, Any]) -> tuple[int | None, int | None]:
    if more := MORE.search(row["message"]):
        return int(more[1]) + 1, None
    named = NAMED.match(row["message"])
    if named:
        return int(named[2]), int(named[3]) if named[3] else None
    return row["element"], row["component"]  # told in other words, or none


def places(decoded: Any) -> list[tuple[str, int, int | None, int | None]]:
    columns = ("code", "segment", "element", "component")
    return [tuple(row[name] for name in columns) for row in decoded.problems.to_pylist()]


@pytest.mark.parametrize(
    ("segment", "element", "component"),
    [
        ("CAS*CO*45*0*X", ("QUANTITY", 4), None),
        ("CAS*CO*45*0**97*0*X", ("QUANTITY", 7), None),
        ("CAS*CO*45*0***0", ("ELEMENT_MISSING", 5), None),
        ("CAS*CO*45*0**97", ("ELEMENT_MISSING", 6), None),
        ("CAS*CO*45*0**97*X", ("AMOUNT", 6), None),
        ("PLB*1*20261231*WO*0*:1*0", ("ELEMENT_MISSING", 5), 1),
        ("PLB*1*20261331*WO*0", ("DATE", 2), None),
        ("SVC*HC*0*0", ("ELEMENT_ABSENT", 1), 2),
    ],
)
def test_the_element_at_fault_in_a_remittance(
    segment: str, element: tuple[str, int], component: int | None
) -> None:
    code, number = element
    assert places(decode_835(remittance(*CLAIM, segment))) == [(code, 12, number, component)]


@pytest.mark.parametrize(
    ("right", "wrong", "code", "element"),
    [
        ("SE*12", "SE*13", "SE01_COUNT", 1),
        ("SE*12*0001", "SE*12*0002", "SE02_CONTROL", 2),
        ("GE*1*1", "GE*1*2", "GE02_CONTROL", 2),
        ("IEA*1", "IEA*2", "IEA01_COUNT", 1),
        ("CAS*CO*45*50", "CAS*CO*45*51", "LINE_BALANCE", None),
        ("SE*12*0001~", "", "SE_MISSING", None),
    ],
)
def test_the_element_at_fault_in_an_envelope(right: str, wrong: str, code: str, element: int | None) -> None:
    found = places(decode_835(remittance().replace(right.encode(), wrong.encode())))
    assert [row[2] for row in found if row[0] == code] == [element]


def test_control_numbers_that_come_again_name_their_element() -> None:
    one = interchange(transaction(*CLAIM), transaction(*CLAIM))
    group = one[1:-1]
    data = written([*one[:-1], *group, one[-1].replace("IEA*1", "IEA*2")])
    told = {(row[0], row[2]) for row in places(decode_835(data * 2)) if row[0].endswith("REPEATED")}
    assert told == {("ISA13_REPEATED", 13), ("GS06_REPEATED", 6), ("ST02_REPEATED", 2)}
    assert {code for code, _ in told} <= CODES.keys()


@pytest.mark.parametrize(
    ("right", "wrong", "code", "place", "tag"),
    [
        (b"~HI*ABK:F411*ABF:F331", b"~HI*ABK:F411*ABF:", "ELEMENT_MISSING", (2, 2), "HI"),
        (b"*10:B:1*", b"*10*", "ELEMENT_ABSENT", (5, 3), "CLM"),
        (b"*D8*19900101*", b"*D8*19901301*", "DATE", (2, None), "DMG"),
        (b"*UN*1*", b"*UN*9999999999*", "QUANTITY", (4, None), "SV1"),
        (b"*A*Y*Y~", b"*A*Y*Y*P~", "ELEMENT_NOT_READ", (10, None), "CLM"),
    ],
)
def test_the_element_at_fault_in_a_claim(
    right: bytes, wrong: bytes, code: str, place: tuple[int, int | None], tag: str
) -> None:
    data = encode_837(tables([claim(1)], [line(1)]), envelope())
    assert right in data
    broken = data.replace(right, wrong, 1)
    (row,) = [row for row in places(decode_837(broken)) if row[0] == code]
    assert row[2:] == place
    assert segment(broken, row[1]).startswith(tag + "*")


def segment(data: bytes, ordinal: int) -> str:
    segments = data.decode().split("~")
    first = next(at for at, each in enumerate(segments) if each.startswith("ST*"))
    return segments[first + ordinal - 1]
