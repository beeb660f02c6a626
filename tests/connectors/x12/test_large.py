"""A large 835 is read in windows, and what is told of it is what is told of the file read at once."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from make_835 import CLAIM, interchange, remittance, transaction, written

from connectors.x12 import decode_835, decode_acknowledgments, inspect, inspection, large
from connectors.x12.inspection import seen_in_windows

HERE = Path(__file__).parent
FILES = sorted([*HERE.glob("samples/*.edi"), *HERE.glob("public/835/*.edi"), *HERE.glob("crashers/*.edi")])
MANY = [segment for _ in range(40) for segment in CLAIM]
# Claims whose set is judged many windows later, among them one that is a cent off; and lines of no claim.
OFF = [segment.replace("*200*120*30", "*200*119.99*30") for segment in CLAIM]
WHOLE = written(
    interchange(
        transaction(*MANY, bpr="4800"),
        transaction(*MANY, *OFF, *MANY, bpr="9719.99", control="0002"),
        transaction("SVC*HC:90837*1*1", *MANY, bpr="4800", control="0003"),
        transaction(*MANY, bpr="4800", control="0004"),
    )
)
MADE = {
    "whole": WHOLE,
    "stray segments over windows": WHOLE.replace(b"~ST*", b"~" + b"CAS*CO*45*1~CLP*X~" * 50 + b"ST*", 1),
    "segments behind the end": WHOLE + b"CLP*C9*1*1*1~ST~" * 90,
    "cut off": WHOLE[:-9000],
    "two interchanges": WHOLE + remittance().replace(b"*:~", b"*>~").replace(b":95", b">95"),
    "the same number twice": WHOLE * 2,
    "a set that comes again": WHOLE.replace(b"0003~", b"0002~"),
    "latin-1": WHOLE.replace(b"EXAMPLE GROUP", b"EXAMPLE GRO\xdcP"),
}


@pytest.mark.parametrize("window", [50, 1000, 1 << 20])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_sample_is_inspected_as_at_once(path: Path, window: int) -> None:
    as_at_once(path.read_bytes(), window)


@pytest.mark.parametrize("window", [500, 4000, 1 << 20])
@pytest.mark.parametrize("name", MADE)
def test_what_goes_on_over_windows_is_told_as_at_once(name: str, window: int) -> None:
    as_at_once(MADE[name], window)


def as_at_once(data: bytes, window: int) -> None:
    for show_values in (False, True):
        whole = inspect(data, show_values=show_values)
        seen = seen_in_windows(data, show_values=show_values, window=window)
        if seen is None:
            assert whole["kind"] != "835"
            continue
        (told,) = inspection._reports([data], seen, 0)
        assert json.dumps(told) == json.dumps(whole)
    same_tables([data, remittance(), data], window)


def same_tables(inputs: list[bytes], window: int) -> None:
    found = large.decode_large_835(inputs, window)
    if found is None:
        return
    whole = decode_835(inputs)
    for each in fields(whole):
        left, right = getattr(found.decoded, each.name), getattr(whole, each.name)
        assert left.combine_chunks().equals(right.combine_chunks()), each.name
    envelope = decode_acknowledgments(inputs).problems
    assert found.envelope.combine_chunks().equals(envelope.combine_chunks())


def test_only_large_remittances_are_read_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = (HERE / "samples" / "837i_two_claims.edi").read_bytes()
    assert not large.wants_windows([remittance()])
    monkeypatch.setattr(large, "LARGE", 1000)
    assert not large.wants_windows([remittance()])
    assert large.wants_windows([WHOLE])
    assert large.wants_windows([remittance(), WHOLE])
    assert not large.wants_windows([claims, WHOLE])
    assert large.decode_large_835([WHOLE + claims]) is None


def test_a_large_file_with_something_else_in_it_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = WHOLE + (HERE / "samples" / "ta1_duplicate.edi").read_bytes()
    told = inspect(data)
    monkeypatch.setattr(large, "LARGE", 1000)
    assert inspect(data) == told
    assert told["kind"] == "mixed"


def test_a_large_file_is_inspected_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    told = inspect(WHOLE)
    monkeypatch.setattr(large, "LARGE", 1000)
    monkeypatch.setattr(inspection, "_seen", None)
    assert inspect(WHOLE) == told
