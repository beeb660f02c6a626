"""decode(encode(tables)) is tables, for both guides and every case; what no column holds is told of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.x12.reading.claims import Decoded837, decode_837
from connectors.x12.tables837 import DECODED_837, TABLES_837
from connectors.x12.writing.claims import encode_837, unencodable
from tests.support.cases837 import ASPECTS, batch, canonical, ordered, pairs
from tests.support.tables837 import claim, envelope, institutional, line, revenue_line, tables

KINDS = ("837P", "837I")
FILES = Path(__file__).parent / "fixtures"


def given_back(decoded: Decoded837) -> dict[str, pa.Table]:
    """The encoder's tables out of the decoder's."""
    return {name: getattr(decoded, name).select(schema.names) for name, schema in TABLES_837.items()}


def problems(decoded: Decoded837) -> list[tuple[Any, ...]]:
    return [(row["code"], row["loop"], row["segment"]) for row in decoded.problems.to_pylist()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_two_cases_together_come_back(kind: str) -> None:
    whole = batch(kind, pairs(kind, seed=5))
    decoded = decode_837(encode_837(whole, envelope(kind=kind, claims_per_transaction=20)))
    assert decoded.problems.to_pylist() == []
    assert ordered(given_back(decoded)) == canonical(whole, kind)
    for name, schema in DECODED_837.items():
        assert getattr(decoded, name).schema.equals(schema)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_back_is_written_as_it_was(kind: str) -> None:
    """The same bytes, and the same again of the tables that were read."""
    data = encode_837(batch(kind, pairs(kind, seed=6)[:40]), envelope(kind=kind))
    again = given_back(decode_837(data))
    assert unencodable(again, kind).to_pylist() == []
    assert encode_837(again, envelope(kind=kind)) == data


TEXT = (
    st.text("ABCXYZ019 !\"&'()+,-./;?=", min_size=2, max_size=20).map(str.strip).filter(lambda t: len(t) > 1)
)
ID = st.text("ABCXYZ0123456789-./", min_size=2, max_size=30)


@st.composite
def batches(draw: st.DrawFn, kind: str) -> dict[str, pa.Table]:
    sizes = [len(aspect) for aspect in ASPECTS[kind]]
    choices = draw(st.lists(st.tuples(*(st.integers(0, size - 1) for size in sizes)), min_size=1, max_size=6))
    changes = []
    for _ in choices:
        charge = draw(st.integers(7000, 9_999_999))
        names = draw(
            st.dictionaries(st.sampled_from(["subscriber_last_name", "payer_name", "group_name"]), TEXT)
        )
        ids = draw(st.dictionaries(st.sampled_from(["member_id", "payer_id", "group_number"]), ID))
        people = draw(
            st.dictionaries(st.sampled_from(["subscriber_middle_name", "subscriber_suffix"]), st.just("Q"))
        )
        changes.append(
            {
                "claims": {"charge_cents": charge, **names, **ids, **people},
                "lines": {"charge_cents": charge, "units": draw(st.integers(1, 99_999_999))},
            }
        )
    return batch(kind, choices, changes)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), size=st.integers(1, 7))
def test_any_batch_comes_back(kind: str, data: st.DataObject, size: int) -> None:
    whole = data.draw(batches(kind))
    assert unencodable(whole, kind).to_pylist() == []
    decoded = decode_837(encode_837(whole, envelope(kind=kind, claims_per_transaction=size)))
    assert decoded.problems.to_pylist() == []
    assert ordered(given_back(decoded)) == canonical(whole, kind)


# --- where rows stand, and what a file holds besides ---------------------------------------------------------------


def test_rows_name_their_set_their_claim_and_their_segment() -> None:
    data = encode_837(tables([claim(1), claim(2)], [line(1), line(2)]), envelope(claims_per_transaction=1))
    decoded = decode_837(
        [data, encode_837(tables([institutional(3)], [revenue_line(3)]), envelope(kind="837I"))]
    )
    assert decoded.claims.select(["transaction", "claim", "segment"]).to_pylist() == [
        {"transaction": 0, "claim": 0, "segment": 19},
        {"transaction": 1, "claim": 1, "segment": 19},
        {"transaction": 2, "claim": 2, "segment": 19},
    ]
    assert decoded.lines["claim"].to_pylist() == [0, 1, 2]
    assert decoded.sets["kind"].to_pylist() == ["837P", "837P", "837I"]
    assert decoded.transactions["reference"].to_pylist() == ["BATCH0001", "BATCH0002", "BATCH0001"]


def plain() -> bytes:
    return encode_837(tables([claim(1)], [line(1)]), envelope())


FOREIGN: list[tuple[bytes, bytes, tuple[str, str, int]]] = [
    (b"~REF*6R*", b"~REF*9B*X~REF*6R*", ("SEGMENT_NOT_READ", "2400", 26)),
    (b"~HI*", b"~CRC*ZZ*Y*AV~HI*", ("SEGMENT_NOT_READ", "2300", 20)),
    (b"~NM1*85*", b"~CUR*85*USD~NM1*85*", ("SEGMENT_NOT_READ", "2000A", 8)),
    (b"~LX*1", b"~NM1*DQ*1*POE*A~NM1*PW*2~N3*1 ST~N4*X*IL*62701~LX*1", ("SEGMENT_NOT_READ", "2310E", 24)),
    (b"*A*Y*Y~", b"*A*Y*Y*P*AA~", ("ELEMENT_NOT_READ", "2300", 19)),
    (b"~NM1*IL*1*", b"~NM1*IL*2*", ("ELEMENT_NOT_READ", "2010BA", 14)),
    (b"*XX*1245319599", b"*24*1245319599", ("ELEMENT_NOT_READ", "2310B", 21)),
    (b"~LX*1", b"~QQQ*1~LX*1", ("SEGMENT_UNKNOWN", "2310B", 23)),
    (b"~LX*1", b"~HL*9*2*24*0~LX*1", ("SEGMENT_MISPLACED", "2310B", 23)),
    (b"*200*UN", b"*2x0*UN", ("AMOUNT", "2400", 24)),
    (b"*UN*1*", b"*UN*1.5*", ("QUANTITY", "2400", 24)),
    (b"*D8*19900101*", b"*D8*19901301*", ("DATE", "2010BA", 17)),
    (b"*472*D8*20260105", b"*472*RD8*20260105-20260199", ("DATE", "2400", 25)),
    (b"~LX*1", b"~NM1*82*1*POE*DANA****XX*1003000126~LX*1", ("SEGMENT_NOT_READ", "2310B", 23)),
    (b"*10:B:1*", b"*10*", ("ELEMENT_ABSENT", "2300", 19)),
    (b"*10:B:1*", b"**", ("ELEMENT_ABSENT", "2300", 19)),
    (b"~NM1*82*", b"~NTE*ADD*X~NM1*82*", ("SEGMENT_ORDER", "2300", 21)),
    (b"~REF*6R*", b"~REF*6R*1~DTP*471*D8*20260105~REF*9B*", ("SEGMENT_ORDER", "2400", 27)),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "expected"), FOREIGN)
def test_what_no_column_holds_is_told_of(right: bytes, wrong: bytes, expected: tuple[str, str, int]) -> None:
    data = plain()
    assert right in data
    found = problems(decode_837(data.replace(right, wrong, 1)))
    assert expected in found
    assert all(code == "SE01_COUNT" or row == expected[2] or loop == expected[1] for code, loop, row in found)


def test_a_claim_that_is_not_the_sum_of_its_lines_is_told_of_by_the_difference() -> None:
    data = encode_837(tables([claim(1), claim(2)], [line(1), line(2)]), envelope())
    wrong = data.replace(b"*200*UN", b"*199.99*UN", 1)
    (row,) = decode_837(wrong).problems.to_pylist()
    assert (row["code"], row["severity"], row["loop"], row["segment"]) == (
        "LINE_CHARGES",
        "warning",
        "2300",
        19,
    )
    assert row["message"] == "CLM02 - SV102 is 1 cents, not 0"


def test_an_institutional_claim_that_is_not_the_sum_of_its_lines_is_told_of() -> None:
    data = encode_837(tables([institutional(1)], [revenue_line(1)]), envelope(kind="837I"))
    charge = revenue_line(1)["charge_cents"] // 100
    wrong = data.replace(b"*%d*UN" % charge, b"*%d*UN" % (charge + 1), 1)
    assert wrong != data
    (row,) = decode_837(wrong).problems.to_pylist()
    assert (row["code"], row["message"]) == ("LINE_CHARGES", "CLM02 - SV203 is -100 cents, not 0")


def test_charges_that_are_not_all_known_are_not_summed() -> None:
    for right, wrong in ((b"*200*UN", b"*2x0*UN"), (b"~SV1*", b"~SV5*"), (b"~LX*1", b"")):
        found = problems(decode_837(plain().replace(right, wrong, 1)))
        assert "LINE_CHARGES" not in [code for code, _, _ in found]


def test_the_order_of_segments_is_that_of_their_own_loop() -> None:
    """N3 of one party stands behind the REF of another, and a claim's DTP behind the HI of the claim before."""
    data = encode_837(tables([claim(1), claim(2)], [line(1), line(2)]), envelope())
    assert decode_837(data).problems.to_pylist() == []
    swapped = data.replace(b"~N3*", b"~N4*PLACE*IL*62701~N3*", 1)
    assert ("SEGMENT_ORDER", "2010AA", 10) in problems(decode_837(swapped))


def test_the_same_loss_is_told_once_in_a_set() -> None:
    data = encode_837(tables([claim(1), claim(2)], [line(1), line(2)]), envelope())
    found = problems(decode_837(data.replace(b"~REF*6R*", b"~REF*9B*X~REF*6R*")))
    assert [row for row in found if row[0] == "SEGMENT_NOT_READ"] == [("SEGMENT_NOT_READ", "2400", 26)]


def test_a_payment_of_a_payer_that_is_not_there_has_no_payer() -> None:
    choice = [0, 0, 0, 1, 0, 0, 0, 0, 0]
    data = encode_837(batch("837P", [choice]), envelope()).replace(b"~SVD*88881", b"~SVD*77777")
    decoded = decode_837(data)
    assert [code for code, _, _ in problems(decoded)] == ["CODE_UNKNOWN"]
    assert decoded.line_payments["payer"].to_pylist() == [None]
    assert decoded.adjustments["payer"].to_pylist() == [None, None]


def test_the_older_guide_is_read_as_far_as_it_shares_segments() -> None:
    data = plain().replace(b"005010X222A1", b"004010X098A1").replace(b"*00501*", b"*00401*")
    data = data.replace(b"ABK:", b"BK:").replace(b"ABF:", b"BF:").replace(b"*PXC*", b"*ZZ*")
    decoded = decode_837(data.replace(b"~NM1*82*", b"~CR7*PT*12*10~HSD*VS*1~NM1*82*"))
    row = decoded.claims.to_pylist()[0]
    assert (row["diagnoses"], row["rendering_npi"]) == ("F411 F331", "1245319599")
    assert {code for code, _, _ in problems(decoded)} == {
        "SE01_COUNT",
        "SEGMENT_NOT_READ",
        "ELEMENT_NOT_READ",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_never_raises(kind: str) -> None:
    data = encode_837(batch(kind, pairs(kind, seed=7)[:3]), envelope(kind=kind))
    for end in range(0, len(data), 97):
        decoded = decode_837(data[:end])
        assert decoded.claims.num_rows <= 3
    for start in range(106, len(data), 211):
        decode_837(data[:106] + data[start:])


def test_nothing_and_other_kinds_have_no_claims() -> None:
    for data in (b"", b"not an interchange", plain().replace(b"005010X222A1", b"005010X999")):
        decoded = decode_837(data)
        assert decoded.claims.num_rows == decoded.lines.num_rows == decoded.transactions.num_rows == 0
        for name, schema in DECODED_837.items():
            assert getattr(decoded, name).schema.equals(schema)
