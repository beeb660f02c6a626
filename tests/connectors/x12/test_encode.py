"""The 837P encoder: what an independent judge says of its files, and the bytes themselves."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.x12.writing.claims import (
    UnencodableError,
    encode_837,
    transaction_controls,
    unencodable,
)
from connectors.x12.writing.rendering import amounts
from tests.support.pyx12_judge import errors_of
from tests.support.tables837 import BILLING, CHILD, DAY, SUPERVISING, claim, envelope, line, tables

pytestmark = pytest.mark.usefixtures("both_engines")
# Synthetic file of the project's billing dossier: one patient insured himself, one child of a subscriber.
TWO_CLAIMS = Path(__file__).parent / "fixtures" / "encode_two_claims.edi"

TWELVE = "F411 F331 F4310 F902 F913 F1020 F840 F500 F603 F429 Z590 Z560"
LINE_CHANGES = {
    "four modifiers": {"modifiers": "25 59 HO 95"},
    "no modifier": {"modifiers": None},
    "several days": {"service_to": DAY(2026, 1, 9), "units": 5},
    "other place": {"place_of_service": "11", "modifiers": ""},
    "four pointers": {"pointers": "4 2 1 3"},
    "cents": {"charge_cents": 14205},
}
CLAIM_CHANGES: dict[str, dict[str, Any]] = {
    "self": {},
    "child": CHILD,
    "child whose subscriber's address is unknown": {
        **CHILD,
        **dict.fromkeys(f"subscriber_{p}" for p in ("street", "city", "state", "zip", "birth_date", "sex")),
    },
    "authorized": {"authorization": "AUTH12345"},
    "replacement": {"frequency": "7", "original_reference": "PAYERICN0001"},
    "void": {"frequency": "8", "original_reference": "PAYERICN0001", "authorization": "AUTH12345"},
    "supervised": SUPERVISING,
    "rendering is billing": {
        "rendering_npi": BILLING["billing_npi"],
        **dict.fromkeys(("rendering_last_name", "rendering_first_name", "rendering_taxonomy")),
    },
    "twelve diagnoses": {"diagnoses": TWELVE},
    "no group": {"group_number": None},
    "small letters and an apostrophe": {
        "subscriber_last_name": "o'tester-sample ",
        "subscriber_city": "Springfield",
    },
    "secondary payer": {"payer_order": "S", "filing_code": "MC"},
}


def segments(data: bytes) -> list[list[str]]:
    assert data.endswith(b"~")
    return [segment.split("*") for segment in data.decode("ascii").split("~")[:-1]]


@pytest.mark.parametrize("change", CLAIM_CHANGES.values(), ids=CLAIM_CHANGES)
def test_every_kind_of_claim_passes_the_judge(change: dict[str, Any]) -> None:
    assert errors_of(encode_837(tables([claim(1, **change)], [line(1)]), envelope())) == []


@pytest.mark.parametrize("change", LINE_CHANGES.values(), ids=LINE_CHANGES)
def test_every_kind_of_line_passes_the_judge(change: dict[str, Any]) -> None:
    whole = claim(1, charge_cents=change.get("charge_cents", 20000), diagnoses="F411 F331 F4310 F902")
    assert errors_of(encode_837(tables([whole], [line(1, **change)]), envelope())) == []


def test_a_file_with_everything_in_several_transactions_passes_the_judge() -> None:
    claims, lines = [], []
    for number in range(60):
        change = list(CLAIM_CHANGES.values())[number % len(CLAIM_CHANGES)]
        member = f"XYZ{number // 3:09d}"
        claims.append(claim(number, **{**change, "member_id": member, "charge_cents": 60000}))
        lines += [line(number, position) for position in (1, 2, 3)]
    data = encode_837(tables(claims, lines), envelope(claims_per_transaction=7, usage="P"))
    assert errors_of(data) == []
    assert data.count(b"~ST*") == 9
    assert data.count(b"~CLM*") == 60
    assert data.count(b"~LX*") == 180


def test_fifty_lines_and_a_hundred_and_one_claims_of_one_patient_pass_the_judge() -> None:
    claims = [claim(0, charge_cents=50 * 20000)] + [claim(number) for number in range(1, 102)]
    lines = [line(0, position) for position in range(1, 51)] + [line(number) for number in range(1, 102)]
    children = [claim(200 + number, **CHILD) for number in range(101)]
    lines += [line(200 + number) for number in range(101)]
    data = encode_837(tables(claims + children, lines), envelope())
    assert errors_of(data) == []
    levels = [segment[3] for segment in segments(data) if segment[0] == "HL"]
    assert levels == ["20", "22", "22", "22", "23", "23"]


def test_the_judge_finds_what_is_broken() -> None:
    data = encode_837(tables([claim(1)], [line(1)]), envelope())
    for right, wrong in [
        (b"SE*27", b"SE*28"),
        (b"*18*", b"*9999*"),
        (b"HL*2*1", b"HL*3*1"),
        (b"~HI*", b"~XX*"),
    ]:
        assert right in data
        assert errors_of(data.replace(right, wrong))
    assert errors_of(b"not an interchange")


def test_the_known_file_is_written_byte_for_byte() -> None:
    """The sample of the guide's commonest shapes, but for its line ends."""
    first = claim(1, authorization="AUTH12345")
    second = claim(
        2,
        **CHILD,
        group_number="GRP002",
        filing_code="BL",
        subscriber_first_name="SAM",
        member_id="ABC000000002",
        subscriber_street="2 SAMPLE RD",
        subscriber_zip="627010002",
        subscriber_birth_date=DAY(1980, 2, 2),
        payer_name="EXAMPLE BLUE",
        payer_id="88888",
        charge_cents=31000,
        place_of_service="11",
        diagnoses="F902 F913",
        rendering_last_name="ROE",
        rendering_first_name="JORDAN",
        rendering_npi="1003000126",
        rendering_taxonomy="2084P0804X",
    )
    day = {"service_from": DAY(2026, 1, 6), "service_to": DAY(2026, 1, 6), "place_of_service": "11"}
    lines = [
        line(
            2, 2, **day, code="90833", modifiers=None, charge_cents=12000, pointers="1", line_id="L0000000003"
        ),
        line(1, line_id="L0000000001"),
        line(2, 1, **day, code="99214", modifiers="25", charge_cents=19000, line_id="L0000000002"),
    ]
    expected = TWO_CLAIMS.read_bytes().replace(b"\n", b"")
    expected = expected.replace(b"90833*120*UN*1***1:2", b"90833*120*UN*1***1")
    assert encode_837(tables([first, second], lines), envelope()) == expected


def test_what_is_not_there_is_not_written() -> None:
    """No empty REF, no 2310B for the billing provider, no member id on the patient, REF*6R on every line."""
    self_pay = {**CLAIM_CHANGES["rendering is billing"], "original_reference": "UNUSED"}
    data = encode_837(tables([claim(1, **self_pay), claim(2, **CHILD)], [line(1), line(2)]), envelope())
    written = segments(data)
    assert not [s for s in written if s[:2] in (["REF", "G1"], ["REF", "F8"])]
    assert len([s for s in written if s[:2] == ["NM1", "82"]]) == 1
    assert [s for s in written if s[:2] == ["NM1", "QC"]] == [["NM1", "QC", "1", "TESTER", "KIM"]]
    assert [s[1:3] for s in written if s[0] == "SBR"] == [["P", "18"], ["P", ""]]
    assert len([s for s in written if s[:2] == ["REF", "6R"]]) == 2
    assert all(s[5] == "" for s in written if s[0] == "SV1")  # place of service is the claim's


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "0"),
        (5, ".05"),
        (50, ".5"),
        (100, "1"),
        (14250, "142.5"),
        (14205, "142.05"),
        (20000, "200"),
        (999, "9.99"),
    ],
)
def test_amounts_have_no_needless_zeros(cents: int, text: str) -> None:
    assert amounts(pa.array([cents])).to_pylist() == [text]


@given(st.integers(0, 99_999_999_99))
def test_amounts_are_the_cents(cents: int) -> None:
    text = amounts(pa.array([cents]))[0].as_py()
    dollars, _, rest = text.partition(".")
    assert int(dollars or 0) * 100 + int(rest.ljust(2, "0") or 0) == cents
    assert not rest.endswith("0")


def test_a_refusal_names_codes_and_columns_only() -> None:
    bad = claim(1, subscriber_last_name="S*CRET", member_id=None, charge_cents=1)
    with pytest.raises(UnencodableError) as caught:
        encode_837(tables([bad], [line(1)]), envelope())
    assert (
        str(caught.value) == "3 findings: CHARACTER subscriber_last_name, MISSING member_id, SUM charge_cents"
    )
    with pytest.raises(ValueError, match="no claim"):
        encode_837(tables([], []), envelope())


def test_columns_of_another_type_are_refused_without_their_values() -> None:
    given_tables = tables([claim(1)], [line(1)])
    claims = given_tables["claims"]
    index = claims.column_names.index("charge_cents")
    wrong = {**given_tables, "claims": claims.set_column(index, "charge_cents", pa.array(["SECRET"]))}
    with pytest.raises(ValueError, match=r"^claims: column charge_cents is not int64$"):
        encode_837(wrong, envelope())
    with pytest.raises(ValueError, match=r"^lines: unknown column colour$"):
        unencodable(
            {**given_tables, "lines": given_tables["lines"].append_column("colour", pa.array(["RED"]))}
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender_id", "A" * 16),
        ("receiver_id", "A*B"),
        ("interchange_control", "1"),
        ("group_control", "X"),
        ("phone", "(555) 555-0100"),
        ("usage", "Z"),
        ("claims_per_transaction", 5001),
        ("sender_qualifier", "99"),
        ("submitter_name", ""),
    ],
)
def test_an_envelope_that_cannot_be_sent_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^the envelope cannot be sent: {field}$"):
        envelope(**{field: value})


def test_the_envelope_is_fixed_in_width_and_dated() -> None:
    data = encode_837(tables([claim(1)], [line(1)]), envelope(time=datetime.time(18, 30)))
    assert data[105:106] == b"~"
    assert data[106:].startswith(b"GS*HC*SUBMIT123*CLEARHSE*20260112*1830*1*X*005010X222A1~")
    assert b"~BHT*0019*00*BATCH0001*20260112*1830*CH~" in data


# --- numbers, whatever the batch ----------------------------------------------------------------------------------

BATCHES = st.lists(
    st.tuples(
        st.integers(0, 1),  # billing provider
        st.integers(0, 2),  # subscriber
        st.integers(0, 2),  # 0 is the subscriber, else a dependant
        st.lists(st.integers(0, 99_999), min_size=1, max_size=4),  # charges of the lines
    ),
    min_size=1,
    max_size=30,
)


def _batch(shapes: list[tuple[int, int, int, list[int]]]) -> dict[str, pa.Table]:
    claims, lines = [], []
    for number, (billing, subscriber, patient, charges) in enumerate(shapes):
        changes: dict[str, Any] = {"member_id": f"XYZ{subscriber}", "charge_cents": sum(charges)}
        changes["billing_npi"] = ("1234567893", "1679576722")[billing]
        if patient:
            changes |= {**CHILD, "patient_first_name": f"KIM{'AB'[patient - 1]}"}
        claims.append(claim(number, **changes))
        lines += [line(number, position + 1, charge_cents=cents) for position, cents in enumerate(charges)]
    return tables(claims, lines[::-1])  # the order of the lines does not matter


@settings(max_examples=60, deadline=None)
@given(BATCHES, st.integers(1, 12))
def test_numbers_and_sums_hold_for_any_batch(
    shapes: list[tuple[int, int, int, list[int]]], size: int
) -> None:
    batch, sent = _batch(shapes), envelope(claims_per_transaction=size)
    assert not len(unencodable(batch))
    data = encode_837(batch, sent)
    controls, seen, sums = transaction_controls(batch, sent), {}, {}
    written = segments(data)
    starts = [row for row, segment in enumerate(written) if segment[0] == "ST"]
    assert [written[row][2] for row in starts] == [f"{n + 1:04d}" for n in range(-(-len(shapes) // size))]
    for start in starts:
        end = next(row for row in range(start, len(written)) if written[row][0] == "SE")
        assert written[end][1:] == [str(end - start + 1), written[start][2]]
        _check_levels(written[start : end + 1])
        claim_id = ""
        for segment in written[start : end + 1]:
            if segment[0] == "CLM":
                claim_id = segment[1]
                seen[claim_id], sums[claim_id] = written[start][2], [segment[2]]
            elif segment[0] == "SV1":
                sums[claim_id].append(segment[2])
    assert seen == controls
    assert len(seen) == len(shapes)
    for total, *charges in sums.values():
        assert round(float(total) * 100) == sum(round(float(charge) * 100) for charge in charges)
    assert written[-2] == ["GE", str(len(starts)), "1"]
    assert re.fullmatch(rb"[A-Z0-9 !\"&'()+,\-./;?=*:~^]+", data)


def _check_levels(transaction: list[list[str]]) -> None:
    """HL01 counts from 1; each parent is the last of the level above; HL04 says whether a level comes below."""
    levels = [segment[1:] for segment in transaction if segment[0] == "HL"]
    assert [level[0] for level in levels] == [str(n + 1) for n in range(len(levels))]
    last: dict[str, str] = {"19": ""}
    above = {"20": "19", "22": "20", "23": "22"}
    for row, (number, parent, code, children) in enumerate(levels):
        assert parent == last[above[code]]
        last[code] = number
        below = levels[row + 1][1] == number if row + 1 < len(levels) else False
        assert children == ("1" if below else "0")
    names = [(s[0], *s[1:2]) for s in transaction if s[0] in ("HL", "CLM")]
    assert names[-1][0] == "CLM"
