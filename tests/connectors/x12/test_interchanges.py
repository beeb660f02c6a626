"""Bytes and envelope: delimiters, line ends, counts, control numbers, truncation."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import slow_835
from make_835 import CLAIM, interchange, remittance, transaction, written

from connectors.x12 import decode_835, decode_835_windows, decode_acknowledgments, kinds
from connectors.x12.reading.interchanges import kind_of

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"


def codes(decoded: Any) -> list[str]:
    return decoded.problems["code"].to_pylist()


def with_delimiters(data: bytes, element: bytes, component: bytes, segment: bytes) -> bytes:
    table = bytes.maketrans(b"*:~", element + component + segment)
    return data.translate(table)


def renumbered(data: bytes, control: int) -> bytes:
    """The same interchange with another ISA13."""
    return data.replace(b"000000007", b"%09d" % control)


@pytest.mark.parametrize(
    "data",
    [
        remittance(),
        b"\xef\xbb\xbf" + remittance(),
        b"\r\n" + remittance() + b"\r\n\x1a",
        remittance().replace(b"~", b"~\r\n"),
        remittance().replace(b"~", b"~\n"),
        remittance().replace(b"~", b"~  \r\n\t "),
        remittance().replace(b"~", b"~" + b" " * 200),
        with_delimiters(remittance(), b"|", b">", b"\n"),
        with_delimiters(remittance(), b"|", b">", b"\n").replace(b"\nST", b"\r\nST"),
        remittance().replace(b"~SVC", b"~\r\n \tSVC"),
        with_delimiters(remittance(), b"\x1d", b"\x1f", b"\x1c"),
        with_delimiters(remittance(), b"+", b"-", b"'"),
        with_delimiters(remittance(), b"\xe1", b"\xbf", b"\xa6"),
    ],
)
def test_the_same_remittance_whatever_its_delimiters_and_line_ends(data: bytes) -> None:
    plain, decoded = decode_835(remittance()), decode_835(data)
    for name in ("transactions", "claims", "lines", "adjustments"):
        assert getattr(decoded, name).equals(getattr(plain, name)), name
    assert decoded.sets["content_sha256"].equals(plain.sets["content_sha256"])
    assert decoded.transactions["balanced"].to_pylist() == [True]
    assert codes(decoded) == []


def test_the_digest_is_of_the_content_alone() -> None:
    first = decode_835(remittance()).sets["content_sha256"].to_pylist()
    again = written(interchange(transaction(*CLAIM, control="0099"), control=12345))
    assert decode_835(again).sets["content_sha256"].to_pylist() == first
    other = remittance().replace(b"CLP*C1*", b"CLP*C2*")
    assert decode_835(other).sets["content_sha256"].to_pylist() != first


def test_a_file_wrapped_at_eighty_columns_reads_the_same() -> None:
    data = remittance()
    wrapped = b"\r\n".join(data[at : at + 80] for at in range(0, len(data), 80))
    decoded = decode_835([remittance(), wrapped])
    assert decoded.transactions["balanced"].to_pylist() == [True, True]
    assert codes(decoded) == ["LINE_BREAKS"]  # one of them inside the ISA
    assert decoded.claims["payer_control"].to_pylist() == ["ICN1", "ICN1"]


def test_latin_1_names_are_read_and_reported() -> None:
    segments = (*CLAIM[:1], "NM1*QC*1*MUÑOZ*X", *CLAIM[1:])
    latin = remittance(*segments).decode().encode("latin-1")
    decoded = decode_835([remittance(*segments), latin])
    assert decoded.names["last_name"].to_pylist() == ["MUÑOZ", "MUÑOZ"]
    assert codes(decoded) == ["CHARSET"]
    assert decoded.transactions["balanced"].to_pylist() == [True, True]


def test_an_isa_of_another_length_is_read_and_reported() -> None:
    data = remittance().replace(b"PAYER99999     *", b"PAYER99999*")
    decoded = decode_835(data)
    assert codes(decoded) == ["ISA_LENGTH"]
    assert decoded.interchanges["sender_id"].to_pylist() == ["PAYER99999"]
    assert decoded.transactions["balanced"].to_pylist() == [True]


def test_an_isa_without_its_sixteen_elements_is_never_balanced_silently() -> None:
    data = remittance().replace(b"*0*T*:~", b"*0*T~")
    decoded = decode_835(data)
    assert "ISA_ELEMENTS" in codes(decoded)
    assert decoded.transactions.num_rows == 1


HEAD, GROUP, *REST = interchange(transaction(*CLAIM))
HEADS = {
    "standard": HEAD,
    "short": HEAD.replace("PAYER99999     ", "PAYER99999"),
    "fifteen elements": HEAD.removesuffix("*:"),
}
# What may stand where the GS should, and what is said of it: the set is read in every case.
BEHIND_THE_ISA = {
    "ST": ([*REST], "GS_MISSING"),
    "ST, and the file ends": (REST[:-3], "GS_MISSING"),
    "a stray segment": (["CAS*CO*45*1", GROUP, *REST], "STRAY_SEGMENT"),
    "no segment at all": (["hello world", GROUP, *REST], "STRAY_SEGMENT"),
    "a separator": (["*", GROUP, *REST], "STRAY_SEGMENT"),
    "a damaged GS": ([GROUP.replace("GS", "G5"), *REST], "STRAY_SEGMENT"),
    "an empty segment": (["", GROUP, *REST], "EMPTY_SEGMENT"),
}


@pytest.mark.parametrize("before", [b"", with_delimiters(renumbered(remittance(), 6), b"|", b">", b"'")])
@pytest.mark.parametrize("behind", BEHIND_THE_ISA)
@pytest.mark.parametrize("head", HEADS)
def test_an_isa_without_its_group_behind_it_is_read_with_what_there_is(
    head: str, behind: str, before: bytes
) -> None:
    body, code = BEHIND_THE_ISA[behind]
    data = before + written([HEADS[head], *body])
    decoded = decode_835(data)
    whole = decode_835(before + remittance())
    assert code in codes(decoded)
    assert not {"ISA_UNREADABLE", "NO_ISA"} & set(codes(decoded))
    assert decoded.interchanges.num_rows == whole.interchanges.num_rows
    assert decoded.claims["paid_cents"].equals(whole.claims["paid_cents"])
    assert decoded.transactions["balanced"].to_pylist()[-1] is (
        code == "EMPTY_SEGMENT" and head != "fifteen elements"
    )
    if head != "fifteen elements":  # its component separator is not known
        assert decoded.lines.drop_columns("balanced").equals(whole.lines.drop_columns("balanced"))
    else:
        assert "ISA_ELEMENTS" in codes(decoded)
    windows = list(decode_835_windows([data], 50))
    assert sorted(code for part in windows for code in codes(part)) == sorted(codes(decoded))
    assert sum(part.claims.num_rows for part in windows) == decoded.claims.num_rows


@pytest.mark.parametrize(
    "data", [b"", b"   \r\n", b"hello", b"ISA", b"ISA*", b"PK\x03\x04rest", b"UNA:+.? 'UNB+"]
)
def test_what_is_no_interchange_is_one_problem(data: bytes) -> None:
    decoded = decode_835(data)
    assert codes(decoded) in (["NO_ISA"], ["ISA_UNREADABLE"])
    assert decoded.sets.num_rows == 0
    assert kinds(data) == []


def test_a_name_that_ends_in_isa_is_no_interchange() -> None:
    decoded = decode_835(remittance(CLAIM[0], "NM1*QC*1*DOE*LISA", "NM1*IL*1*DOE*ISA", *CLAIM[1:]))
    assert codes(decoded) == []
    assert decoded.names["first_name"].to_pylist() == ["LISA", "ISA"]


def test_several_interchanges_with_different_delimiters_in_one_file() -> None:
    other = with_delimiters(remittance(), b"|", b">", b"'")
    decoded = decode_835(remittance() + b"\n" + renumbered(other, 8) + renumbered(remittance(), 9))
    assert decoded.interchanges["interchange"].to_pylist() == [0, 1, 2]
    assert decoded.transactions["balanced"].to_pylist() == [True] * 3
    assert decoded.lines["code"].to_pylist() == ["90837"] * 3
    assert decoded.lines["modifiers"].to_pylist() == ["95"] * 3
    assert codes(decoded) == []


def test_a_truncated_file_before_a_whole_one_damages_only_itself() -> None:
    cut = remittance()[:-60]
    decoded = decode_835(cut + remittance())
    assert decoded.transactions["balanced"].to_pylist() == [False, True]
    assert {"SE_MISSING", "IEA_MISSING", "GE_MISSING"} <= set(codes(decoded))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("SE*12*0001", "SE*13*0001", "SE01_COUNT"),
        ("SE*12*0001", "SE*x*0001", "SE01_COUNT"),
        ("SE*12*0001", "SE*12*0002", "SE02_CONTROL"),
        ("SE*12*0001", "SE*12", "SE02_CONTROL"),
        ("GE*1*1", "GE*2*1", "GE01_COUNT"),
        ("GE*1*1", "GE*1*9", "GE02_CONTROL"),
        ("IEA*1*000000007", "IEA*2*000000007", "IEA01_COUNT"),
        ("IEA*1*000000007", "IEA*1*000000008", "IEA02_CONTROL"),
        ("IEA*1*000000007~", "", "IEA_MISSING"),
        ("GE*1*1~IEA*1*000000007~", "", "GE_MISSING"),
        ("SE*12*0001~GE*1*1~IEA*1*000000007~", "", "SE_MISSING"),
        ("SE*12*0001~", "", "SE_MISSING"),
        ("GE*1*1~", "", "GE_MISSING"),
        ("GE*1*1~", "GE*1*1~GE*1*1~", "GE_UNMATCHED"),
        ("SE*12*0001~", "SE*12*0001~SE*12*0001~", "SE_UNMATCHED"),
        ("SE*12*0001~", "SE*12*0001~CAS*CO*45*1~", "STRAY_SEGMENT"),
        ("~ST*", "~CAS*CO*45*1~ST*", "STRAY_SEGMENT"),
        ("~ST*", "~SE*1*0001~ST*", "SE_UNMATCHED"),
        ("~ST*", "~TA1*000000001*260112*0930*A*000~ST*", "STRAY_SEGMENT"),
        ("~GS*", "~CAS*CO*45*1~GS*", "STRAY_SEGMENT"),
        ("~GS*", "~GE*0*1~GS*", "GE_UNMATCHED"),
        ("GS*HP*PAYER99999*SUBMIT123*20260112*0930*1*X*005010X221A1~", "", "GS_MISSING"),
    ],
)
def test_every_fault_of_the_envelope_has_its_code(old: str, new: str, code: str) -> None:
    whole = remittance()
    data = whole.replace(old.encode(), new.encode())
    assert data != whole
    decoded = decode_835(data)
    assert code in codes(decoded)
    assert decoded.sets["intact"].to_pylist() == [False]
    assert decoded.transactions["balanced"].to_pylist() == [False]


@pytest.mark.parametrize("stray", ["CAS*CO*45*1", "SE*1*0001", "TA1*000000001*260112*0930*A*000", "GE*1*1"])
@pytest.mark.parametrize("behind", ["GS", "ST*835*0002", "SE*12*0003"])
def test_a_stray_segment_damages_the_sets_before_and_behind_it(stray: str, behind: str) -> None:
    """Nobody counted it, so it may have been cut off from any set of its interchange; others are none of its matter."""
    segments = interchange(*(transaction(*CLAIM, control=f"000{n}") for n in (1, 2, 3)))
    at = next(n for n, segment in enumerate(segments) if segment.startswith(behind))
    at += not behind.startswith("ST")
    damaged = written([*segments[:at], stray, *segments[at:]])
    whole = written(interchange(transaction(*CLAIM), control=8))
    decoded = decode_835([whole + damaged + whole.replace(b"000000008", b"000000009"), whole])
    assert decoded.transactions["balanced"].to_pylist() == [True, False, False, False, True, True]
    assert slow_835.verdicts(damaged) == [False, False, False]


# --- control numbers that come again ----------------------------------------------------------------------------


def twice(*, groups: bool = False, control: int = 7, second: str = "0001", gs06: str = "1") -> bytes:
    """Two sets in one group, or in two."""
    first, again = transaction(*CLAIM), transaction(*CLAIM, control=second)
    if not groups:
        return written(interchange(first, again, control=control))
    head, gs, *rest, iea = interchange(first, control=control)
    other = [gs.replace("*1*X", f"*{gs06}*X"), *again, f"GE*1*{gs06}"]
    return written([head, gs, *rest, *other, iea.replace("IEA*1", "IEA*2")])


MANY = [renumbered(remittance(), number) for number in range(100, 120)]  # so many are checked by the column


@pytest.mark.parametrize("others", [[], MANY], ids=["alone", "among many"])
@pytest.mark.parametrize(
    ("data", "code", "transaction", "segment", "kept"),
    [
        (twice(), "ST02_REPEATED", 1, 1, [True, False]),
        (twice(second="001"), None, None, None, [True, True]),  # ST02 is text
        (twice(groups=True), "GS06_REPEATED", None, 16, [True, False]),
        (twice(groups=True, gs06="01"), "GS06_REPEATED", None, 16, [True, False]),  # GS06 is a number
        (twice(groups=True, gs06="2"), None, None, None, [True, True]),  # another group may repeat ST02
        (remittance() * 2, "ISA13_REPEATED", None, 17, [True, True]),
        (remittance() + renumbered(remittance(), 8) + remittance(), "ISA13_REPEATED", None, 33, [True] * 3),
        (remittance() + remittance().replace(b"PAYER99999 ", b"PAYER88888 "), None, None, None, [True, True]),
    ],
)
def test_a_control_number_that_comes_again_is_told_where_it_does(
    data: bytes,
    code: str | None,
    transaction: int | None,
    segment: int | None,
    kept: list[bool],
    others: list[bytes],
) -> None:
    """What came first keeps its verdict; nothing is lost."""
    decoded = decode_835([data, *others])
    assert decoded.transactions["balanced"].to_pylist() == kept + [True] * len(others)
    assert decoded.claims.num_rows == len(kept) + len(others)
    told = [
        (row["code"], row["file"], row["transaction"], row["segment"]) for row in decoded.problems.to_pylist()
    ]
    assert told == ([(code, 0, transaction, segment)] if code else [])
    assert slow_835.verdicts(data) == kept


def test_the_same_interchange_in_two_files_is_no_repetition() -> None:
    assert codes(decode_835([remittance(), remittance()])) == []


def test_no_terminator_after_iea_is_a_warning() -> None:
    decoded = decode_835(remittance()[:-1])
    assert codes(decoded) == ["UNTERMINATED"]
    assert decoded.transactions["balanced"].to_pylist() == [True]


def test_an_empty_segment_is_a_warning() -> None:
    decoded = decode_835(remittance().replace(b"~CAS*CO", b"~~CAS*CO"))
    assert codes(decoded) == ["EMPTY_SEGMENT"]
    assert decoded.transactions["balanced"].to_pylist() == [True]


def test_every_truncation_is_damage() -> None:
    whole = remittance()
    for length in range(len(whole) % 3, len(whole) - 1, 3):
        assert True not in decode_835(whole[:length]).transactions["balanced"].to_pylist(), length


@pytest.mark.parametrize(
    ("set_id", "version", "kind"),
    [
        ("837", "005010X222A1", "837P"),
        ("837", "005010X223A3", "837I"),
        ("837", "005010X224A2", "837D"),
        ("837", "004010X098A1", "837P"),
        ("837", None, "837"),
        ("277", "005010X214", "277CA"),
        ("277", "005010X212", "277"),
        ("276", "005010X212", "276"),
        ("835", "005010X221A1", "835"),
        ("999", "005010X231A1", "999"),
    ],
)
def test_kinds_come_from_st01_and_the_version(set_id: str, version: str | None, kind: str) -> None:
    assert kind_of(set_id, version) == kind


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("837p_newline_terminator.edi", ["837P", "837P"]),
        ("837p_other_separators.edi", ["837P"]),
        ("837i_two_claims.edi", ["837I"]),
        ("999_byte_order_mark.edi", ["999"]),
        ("277ca_mixed.edi", ["277CA"]),
        ("ta1_duplicate.edi", ["TA1"]),
    ],
)
def test_kinds_of_files(name: str, found: list[str]) -> None:
    assert kinds((SAMPLES / name).read_bytes()) == found


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.edi")), ids=lambda path: path.stem)
def test_positions_of_64_bits_read_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs of 2 GB and more; here every input counts as one."""
    from connectors.x12.reading import index

    data = path.read_bytes()
    narrow = decode_835(data)
    monkeypatch.setattr(index, "WIDE", 0)
    wide = decode_835(data)
    for field in fields(narrow):
        assert getattr(wide, field.name).equals(getattr(narrow, field.name)), field.name


ANSWERED = [path for kind in ("835", "999", "277CA", "TA1") for path in HERE.glob(f"public/{kind}/*.edi")]


@pytest.mark.parametrize("path", sorted([*SAMPLES.glob("*.edi"), *ANSWERED]), ids=lambda path: path.stem)
def test_a_few_segments_read_the_same_as_many(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tables are read value by value, large ones by the column: the answer is one."""
    from connectors.x12.reading import few

    data = path.read_bytes()
    one_by_one = decode_835(data), decode_acknowledgments(data)
    monkeypatch.setattr(few, "FEW", 0)
    by_the_column = decode_835(data), decode_acknowledgments(data)
    for left, right in zip(one_by_one, by_the_column, strict=True):
        for field in fields(left):
            assert getattr(right, field.name).equals(getattr(left, field.name)), field.name


def test_interchanges_with_other_delimiters_between_stood_out_of_order() -> None:
    """The last tag of one group of delimiters and the first of the next lay side by side and were taken to ascend."""
    head = remittance()[:106]
    answer = head + b"TA1*000000001*260112*0930*A*000~"
    bars = with_delimiters(head + b"IEA*0*000000001~", b"|", b">", b"~")
    found = decode_acknowledgments([answer, bars, answer])
    assert found.interchanges["file"].to_pylist() == [0, 1, 2]
    assert found.interchange_acks["interchange"].to_pylist() == [0, 2]
