"""What has to be said of a remittance is said of it, and nothing better: the decoder beside an independent judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_835 import CLAIM, interchange, remittance, transaction, written
from random_835 import File, Verdict, file
from slow_835 import judge, verdicts

from connectors.x12 import decode_835, decode_acknowledgments, inspect

pytestmark = pytest.mark.usefixtures("both_engines")
HERE = Path(__file__).parent
REMITTANCES = [*sorted(HERE.glob("samples/835_*.edi")), *sorted(HERE.glob("public/835/*.edi"))]
# The slow judge reads no dates: BPR16 of these is no day.
BAD_DATES = ("LinuxForHealth-x12__managed-care.edi",)
# Sums that do not agree; and, wrongly, an ISA whose end is at the 80th column (see the test of wrapping below).
EXPECTED = ("LINE_BALANCE", "CLAIM_BALANCE", "TRANSACTION_BALANCE", "ISA_UNREADABLE", "ISA_ELEMENTS")


@pytest.mark.parametrize("path", REMITTANCES, ids=lambda path: path.stem)
def test_the_judge_agrees_on_published_remittances(path: Path) -> None:
    data = path.read_bytes()
    said = decode_835(data).transactions["balanced"].to_pylist()
    assert verdicts(data) == ([True] if path.name in BAD_DATES else said)


# --- Generated files -------------------------------------------------------------------------------------------


@st.composite
def files(draw: st.DrawFn) -> File:
    return file(lambda low, high: draw(st.integers(low, high)))


def told(table: Any) -> list[Verdict]:
    columns = (table["difference_cents"].to_pylist(), table["balanced"].to_pylist())
    return [Verdict(*row) for row in zip(*columns, strict=True)]


@settings(max_examples=60, deadline=None)
@given(st.lists(files(), min_size=1, max_size=2))
def test_generated_remittances_balance_exactly_when_they_should(generated: list[File]) -> None:
    """Sets, claims and lines of several files in one pass, with delimiters and line ends of every kind."""
    decoded = decode_835([each.data for each in generated])
    sets = [each for one in generated for each in one.sets]
    assert told(decoded.transactions) == [each.verdict for each in sets]
    assert told(decoded.claims) == [verdict for each in sets for verdict in each.claims]
    assert told(decoded.lines) == [verdict for each in sets for verdict in each.lines]
    problems = [row for row in decoded.problems.to_pylist() if row["severity"] == "error"]
    assert [row["code"] for row in problems if row["code"] not in EXPECTED] == []


@settings(max_examples=60, deadline=None)
@given(files())
def test_the_judge_says_the_same_of_generated_remittances(generated: File) -> None:
    judged = judge(generated.data)
    claims = [claim for each in judged for claim in each.claims]
    lines = [line for claim in claims for line in claim.lines]
    assert [Verdict(_cents(each.difference), each.balanced) for each in judged] == [
        each.verdict for each in generated.sets
    ]
    assert [Verdict(_cents(claim.difference), claim.balanced) for claim in claims] == [
        verdict for each in generated.sets for verdict in each.claims
    ]
    assert [_cents(line.difference) for line in lines] == [
        verdict.difference for each in generated.sets for verdict in each.lines
    ]


def _cents(value: Any) -> int:
    assert value is not None
    return int(value * 100)


def test_a_control_character_separates_beside_a_delimiter_above_ascii() -> None:
    data = remittance().translate(bytes.maketrans(b"*:~", b"\x02\xe9\xa6"))
    assert verdicts(data) == [True]
    assert decode_835(data).transactions["balanced"].to_pylist() == [True]


@pytest.mark.parametrize("at", [1, 2, 3, 50, 104, 105, 106, 107])
def test_a_line_break_anywhere_in_an_isa(at: int) -> None:
    """Files wrapped at 80 columns break the ISA of a later interchange wherever it stands."""
    whole = remittance()
    data = whole + whole[:at] + b"\r\n" + whole[at:]
    errors = [row["code"] for row in decode_835(data).problems.to_pylist() if row["severity"] == "error"]
    assert errors == []


# --- Any bytes -------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: remittance()[:106] + tail))
def test_any_bytes_at_all(data: bytes) -> None:
    inspect(data)
    decode_acknowledgments(data)


# --- The judge itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("BPR*I*120", "BPR*I*120.01"),
        ("*120*C*", "*120*D*"),
        ("*120*C*", "*120**"),
        ("BPR*", "BPX*"),
        ("TRN*1*EFT1", "TRN*1*"),
        ("CLP*C1*1*200", "CLP*C1*1*200.01"),
        ("CLP*C1", "CLP*"),
        ("*200*120*", "*200*1_20*"),
        ("CAS*CO*45*50", "CAS*CO*45*50.001"),
        ("CAS*CO*45*50", "CAS*CO**50"),
        ("CAS*CO*45*50", "CAS*CO*45*25~CAS*CO*45*25"),
        ("SVC*", "LX*2~SVC*"),
        ("CAS*PR", "PLB*1*2*L6*0~CAS*PR"),
        ("SE*12", "SE*13"),
        ("SE*12*0001", "SE*12*0002"),
        ("SE*12*0001~", ""),
        ("GE*1", "GE*2"),
        ("GE*1*1", "GE*1*2"),
        ("GE*1*1~", ""),
        ("IEA*1", "IEA*0"),
        ("IEA*1*000000007", "IEA*1*8"),
        ("IEA*1*000000007~", ""),
        ("GS*HP*PAYER99999*SUBMIT123*20260112*0930*1*X*005010X221A1~", ""),
        ("~GS*", "~CAS*CO*45*1~GS*"),
        ("~ST*", "~CAS*CO*45*1~ST*"),
        ("~GE*", "~CAS*CO*45*1~GE*"),
        ("~IEA*", "~CAS*CO*45*1~IEA*"),
        ("~ST*", "~SE*1*0001~ST*"),
        ("~ST*", "~TA1*000000001*260112*0930*A*000~ST*"),
        ("~IEA*", "~GE*1*1~IEA*"),
    ],
)
def test_the_judge_can_say_no(old: str, new: str) -> None:
    data = remittance().decode()
    assert old in data
    assert verdicts(data.encode()) == [True]
    assert True not in verdicts(data.replace(old, new, 1).encode())


def test_the_judge_says_no_of_the_one_set_that_is_damaged() -> None:
    bad = transaction("CLP*C1*1*200*120**12*I", "CAS*CO*45*1", control="0002")
    data = written(interchange(transaction(*CLAIM), bad, transaction(*CLAIM, control="0003")))
    assert verdicts(data) == [True, False, True]
    assert verdicts(data + data[:-30] + data) == [True, False, True, False, False, False, True, False, True]
