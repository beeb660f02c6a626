"""Deposits from what banks send: BAI2 reports and NACHA files, whole ones and each way they come broken."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ledger import conform
from connectors.sources import bai2, bank, nacha
from connectors.sources.checks import Loaded
from connectors.sources.files import read_table
from tests.connectors.sources import bank_files
from tests.connectors.sources.bank_files import PAYER, Payment

GOLDEN = Path(__file__).parent / "bank"
REPORT, CREDITS = (GOLDEN / "report.bai").read_bytes(), (GOLDEN / "credits.ach").read_bytes()
ENDS = [b"\n", b"\r\n", b"\r"]


def said(loaded: Loaded) -> list[tuple[Any, ...]]:
    return list(loaded.problems[["row", "column", "code"]].itertuples(index=False, name=None))


def rows(loaded: Loaded) -> list[tuple[Any, ...]]:
    known = loaded.rows[["deposit_id", "trace", "payer_identifier", "amount_cents", "reference"]]
    known = known.astype(object).where(known.notna(), None)
    return list(known.itertuples(index=False, name=None))


def changed(data: bytes, old: str, new: str) -> bytes:
    assert old.encode() in data, old
    return data.replace(old.encode(), new.encode(), 1)


# --- BAI2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ENDS)
def test_a_report_with_continuations_every_funds_type_a_check_and_debits(end: bytes) -> None:
    """The trace runs over the edge of two records; a debit is a deposit taken back only with a payer's trace."""
    loaded = bai2.read(REPORT.replace(b"\n", end))
    assert said(loaded) == []
    assert rows(loaded) == [
        ("B0001", "EFT0000123", "1512345678", 14250, None),
        ("B0002", None, "1598765432", 1750, None),
        ("W0003", "WIRE77", "1512345678", 17000, None),
        ("0001234", None, None, 9000, "0001234"),
        ("B0004", "BACK9", "1512345678", -300, None),
    ]
    assert loaded.rows["deposited_on"].dt.date.unique().tolist() == [dt.date(2026, 1, 20)]
    assert loaded.rows["source"].unique().tolist() == ["bai2"]


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("49,1090050,12/", "49,1090051,12/", [(14, "total", "CONTROL_TOTAL")]),
        ("49,1090050,12/", "49,1090050,11/", [(14, "records", "RECORD_COUNT")]),
        ("98,1090050,1,14/", "98,1090050,2,14/", [(15, "accounts", "RECORD_COUNT")]),
        ("98,1090050,1,14/", "98,1090050,1,13/", [(15, "records", "RECORD_COUNT")]),
        ("99,1090050,1,16/", "99,1090050,,16/", [(16, "groups", "RECORD_COUNT")]),
        ("99,1090050,1,16/", "99,x,1,16/", [(16, "total", "CONTROL_TOTAL")]),
        ("16,142,14250", "16,142,142.50", [(5, "amount", "NOT_CENTS"), (14, "total", "CONTROL_TOTAL")]),
        ("16,142,14250,0", "16,142,14250,Q", [(5, "", "BROKEN_RECORD"), (14, "total", "CONTROL_TOTAL")]),
        ("16,142,14250", "17,142,14250", [(5, "", "UNKNOWN_RECORD")]),
        (",1,,,2/", ",1,,,1/", [(1, "version", "VERSION")]),
        ("03,0123456789,,010,500000,,,015,+512250,,/\n", "", [(4, "", "RECORD_ORDER")]),
        ("99,1090050,1,16/\n", "", [(15, "", "TRUNCATED")]),
        ("49,1090050,12/\n", "", [(14, "", "RECORD_ORDER")]),
    ],
)
def test_a_report_that_does_not_prove_gives_nothing(
    old: str, new: str, problems: list[tuple[int, str, str]]
) -> None:
    loaded = bai2.read(changed(REPORT, old, new))
    assert len(loaded.rows) == 0
    assert said(loaded)[: len(problems)] == problems


@pytest.mark.parametrize("lines", range(1, 16))
def test_a_report_cut_after_any_line_gives_nothing(lines: int) -> None:
    loaded = bai2.read(b"\n".join(REPORT.split(b"\n")[:lines]))
    assert len(loaded.rows) == 0
    assert "TRUNCATED" in loaded.problems["code"].tolist()


@pytest.mark.parametrize(
    ("old", "new", "code", "kept"),
    [
        (",1,260120,,USD", ",1,269920,,USD", "NOT_A_DATE", 0),
        (",1,260120,,USD", ",4,260120,,USD", "TEST_ONLY", 0),
        (",1,260120,,USD", ",2,260120,,USD", "DELETION", 0),
        (",1,260120,,USD", ",1,260120,,CAD", "CURRENCY", 0),
        ("16,165,", "16,140,", "NOT_A_DETAIL", 4),
    ],
)
def test_what_cannot_be_used_is_kept_out_and_the_rest_taken(old: str, new: str, code: str, kept: int) -> None:
    loaded = bai2.read(changed(REPORT, old, new))
    assert set(loaded.problems["code"]) == {code}
    assert len(loaded.rows) == kept


def test_a_lockbox_is_its_items_where_they_add_up() -> None:
    def file(items: int) -> bytes:
        head = b"01,1,2,260121,0600,1,,,2/\n02,2,1,1,260120,,,2/\n03,9,,/\n"
        body = f"16,115,5000,Z,L1,,LOCKBOX\n16,116,3000,Z,L2,1001,\n16,116,{items},Z,L3,1002,\n".encode()
        total = 8000 + items
        return head + body + f"49,{total},5/\n98,{total},1,7/\n99,{total},1,9/\n".encode()

    assert [row[4] for row in rows(bai2.read(file(2000)))] == ["1001", "1002"]
    assert [row[0] for row in rows(bai2.read(file(1500)))] == ["L1"]


def test_two_alike_in_every_respect_are_two_and_the_same_report_is_none() -> None:
    twice = bai2.read(bank_files.bai2(Payment(500, None, reference=""), Payment(500, None, reference="")))
    assert twice.rows["deposit_row_id"].nunique() == 2
    assert twice.rows["deposit_id"].nunique() == 2
    again = bai2.read(bank_files.bai2(Payment(500, None, reference=""), Payment(500, None, reference="")))
    assert again.rows.equals(twice.rows)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["TRN*1*ABC*15~"], ("ABC", "15")),
        (["x TRN*1*ABC\\"], ("ABC", None)),
        (["TRN*1*A", "BC*15~ y"], ("ABC", "15")),
        (["TRN*1*ABC*15*99~"], ("ABC", "15")),
        (["TRN*1*ABC*15 and more"], ("ABC", "15")),
        (["TRN*1*ABC"], ("ABC", None)),
        (["TRN*1*ABC*15~", "TRN*1*DEF*15~"], None),
        (["TRN*1*ABC*15~", "TRN*1*ABC*15~"], ("ABC", "15")),
        (["TRN*2*ABC*15~", "no trace"], None),
    ],
)
def test_the_trace_in_a_text(pieces: list[str], expected: tuple[str, str | None] | None) -> None:
    assert bank.segment(pieces) == expected


# --- NACHA ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [*ENDS, b""])
def test_credits_with_addenda_a_prenote_and_debits(end: bytes) -> None:
    loaded = nacha.read(CREDITS.replace(b"\n", end))
    assert said(loaded) == []
    assert rows(loaded) == [
        ("122099990000001", "EFT0000123", "1512345678", 14250, None),
        ("122099990000002", None, "9EXAMPLE01", 4000, None),
        ("122099990000005", "BACK9", "1512345678", -300, None),
    ]
    assert loaded.rows["deposited_on"].dt.date.unique().tolist() == [dt.date(2026, 1, 20)]


BATCH_TRAILER, FILE_TRAILER = 10, 11


@pytest.mark.parametrize(
    ("line", "place", "text", "problem"),
    [
        (BATCH_TRAILER, 5, "000008", (10, "entries", "RECORD_COUNT")),
        (BATCH_TRAILER, 11, "0061049996", (10, "hash", "ENTRY_HASH")),
        (BATCH_TRAILER, 21, "000000000001", (10, "debits", "CONTROL_TOTAL")),
        (BATCH_TRAILER, 33, "000000000001", (10, "credits", "CONTROL_TOTAL")),
        (BATCH_TRAILER, 88, "0000002", (10, "batch_number", "BATCH_NUMBER")),
        (FILE_TRAILER, 2, "000002", (11, "batches", "RECORD_COUNT")),
        (FILE_TRAILER, 8, "000001", (11, "blocks", "RECORD_COUNT")),
        (FILE_TRAILER, 14, "00000009", (11, "entries", "RECORD_COUNT")),
        (FILE_TRAILER, 22, "          ", (11, "hash", "ENTRY_HASH")),
        (FILE_TRAILER, 44, "000000000001", (11, "credits", "CONTROL_TOTAL")),
        (3, 30, "00000142.5", (3, "amount", "NOT_CENTS")),
        (3, 1, "4", (3, "", "UNKNOWN_RECORD")),
        (3, 1, "9", (3, "", "RECORD_ORDER")),
        (4, 88, "0000009", (4, "entry_number", "RECORD_ORDER")),
    ],
)
def test_a_file_that_does_not_prove_gives_nothing(
    line: int, place: int, text: str, problem: tuple[int, str, str]
) -> None:
    lines = CREDITS.decode().split("\n")
    lines[line - 1] = lines[line - 1][: place - 1] + text + lines[line - 1][place - 1 + len(text) :]
    loaded = nacha.read("\n".join(lines).encode())
    assert len(loaded.rows) == 0
    assert said(loaded)[0] == problem


@pytest.mark.parametrize("lines", range(1, 11))
def test_a_file_cut_after_any_record_gives_nothing(lines: int) -> None:
    loaded = nacha.read(b"\n".join(CREDITS.split(b"\n")[:lines]))
    assert len(loaded.rows) == 0
    assert said(loaded)[-1][2] == "TRUNCATED"


@pytest.mark.parametrize("cut", [1, 30])
def test_a_record_that_is_too_short_gives_nothing(cut: int) -> None:
    lines = CREDITS.decode().split("\n")
    lines[2] = lines[2][:-cut]
    loaded = nacha.read("\n".join(lines).encode())
    assert (len(loaded.rows), said(loaded)[0]) == (0, (3, "", "RECORD_LENGTH"))


def test_header_and_trailer_without_their_last_blanks_and_no_filler_are_whole() -> None:
    lines = [line.rstrip() for line in CREDITS.decode().split("\n")][:11]
    assert rows(nacha.read("\n".join(lines).encode())) == rows(nacha.read(CREDITS))


def test_international_entries_are_told_and_a_batch_without_a_date_is_kept_out() -> None:
    loaded = nacha.read(bank_files.nacha(Payment(14250), entry_class="IAT"))
    assert (len(loaded.rows), said(loaded)) == (0, [(3, "entry_class", "CLASS_NOT_READ")])
    undated = changed(bank_files.nacha(Payment(14250)), "HCCLAIMPMT260120260120", "HCCLAIMPMT260120      ")
    assert said(nacha.read(undated)) == [(2, "effective_date", "NOT_A_DATE")]


@pytest.mark.parametrize(
    ("effective", "settled", "expected"),
    [
        ("260119", "020", dt.date(2026, 1, 20)),  # a holiday: settled on the day after
        ("251231", "002", dt.date(2026, 1, 2)),
        ("260102", "365", dt.date(2025, 12, 31)),
        ("260120", "000", dt.date(2026, 1, 20)),
        ("260120", "   ", dt.date(2026, 1, 20)),
    ],
)
def test_a_deposit_has_the_day_it_settled(effective: str, settled: str, expected: dt.date) -> None:
    data = changed(bank_files.nacha(Payment(14250)), "260120260120   1", f"260120{effective}{settled}1")
    assert nacha.read(data).rows["deposited_on"].dt.date.tolist() == [expected]


# --- both ------------------------------------------------------------------------------------------

payments = st.builds(
    Payment,
    cents=st.integers(1, 9_999_999_999),
    trace=st.none() | st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789-", min_size=1, max_size=30),
    payer=st.just(PAYER) | st.from_regex(r"1[0-9]{9}", fullmatch=True),
    reference=st.from_regex(r"[A-Z][0-9]{4,12}", fullmatch=True),
    debit=st.booleans(),
)


def expected(payment: Payment) -> tuple[str | None, int]:
    return payment.trace, -payment.cents if payment.debit else payment.cents


@given(st.lists(payments, max_size=12), st.integers(24, 200), st.sampled_from(["\n", "\r\n"]))
def test_a_report_says_what_the_bank_wrote(written: list[Payment], width: int, end: str) -> None:
    loaded = bai2.read(bank_files.bai2(*written, width=width, end=end))
    assert said(loaded) == []
    kept = [one for one in written if not (one.debit and one.trace is None)]
    assert [(trace, cents) for _, trace, _, cents, _ in rows(loaded)] == [expected(one) for one in kept]
    assert [payer for _, trace, payer, _, _ in rows(loaded) if trace] == [
        one.payer for one in kept if one.trace
    ]
    conform("deposits", loaded.rows)


@given(st.lists(payments, max_size=12), st.sampled_from(["\n", "\r\n", ""]))
def test_a_file_says_what_the_payers_wrote(written: list[Payment], end: str) -> None:
    loaded = nacha.read(bank_files.nacha(*written, end=end))
    assert said(loaded) == []
    kept = [one for one in written if not (one.debit and one.trace is None)]
    assert [(trace, cents) for _, trace, _, cents, _ in rows(loaded)] == [expected(one) for one in kept]
    conform("deposits", loaded.rows)


@given(st.binary(max_size=300), st.sampled_from([REPORT, CREDITS]), st.integers(0, 900), st.integers(0, 300))
def test_no_bytes_are_beyond_the_readers(noise: bytes, whole: bytes, at: int, length: int) -> None:
    """Whatever a file holds comes back as rows or problems; no message repeats a value of it."""
    data = whole[:at] + noise + whole[at + length :]
    for reader in (bai2, nacha):
        loaded = reader.read(data)
        assert set(loaded.problems["message"]) <= set(bank.MESSAGES.values())


def test_the_format_follows_from_the_content(tmp_path: Path) -> None:
    path = tmp_path / "deposits.csv"  # the name says nothing
    table = (
        b"deposit_id,deposited_on,trace,payer_identifier,amount_cents\nB0001,2026-01-20,EFT0000123,,14250\n"
    )
    for data, source in ((REPORT, "bai2"), (b"\xef\xbb\xbf\r\n" + REPORT, "bai2"), (CREDITS, "nacha")):
        path.write_bytes(data)
        assert read_table("deposits", path).rows["source"].unique().tolist() == [source]
    path.write_bytes(table)
    assert "source" not in read_table("deposits", path).rows
    path.write_bytes(REPORT)
    assert read_table("payers", path).problems["code"].tolist() == ["NO_HEADER"]


def test_problems_never_repeat_what_the_file_says() -> None:
    for message in bank.MESSAGES.values():
        assert not re.search(r"[{}]|%s", message)
