"""An 835 read in windows says what it says when it is read at once."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_835 import CLAIM, interchange, transaction, written

from connectors.x12 import Decoded835, decode_835, decode_835_windows

HERE = Path(__file__).parent
FILES = sorted([*HERE.glob("samples/*.edi"), *HERE.glob("public/835/*.edi"), *HERE.glob("crashers/*.edi")])


def pieces(data: bytes, seed: int) -> Iterator[bytes]:
    """The bytes, cut anywhere."""
    randomly = random.Random(seed)
    at = 0
    while at < len(data):
        size = randomly.randint(1, 400)
        yield data[at : at + size]
        at += size


def together(parts: list[Decoded835], name: str) -> pa.Table:
    return pa.concat_tables([getattr(part, name) for part in parts])


def rows(table: pa.Table, *, verdicts: bool = True) -> list[dict[str, Any]]:
    if not verdicts and "balanced" in table.column_names:
        table = table.drop_columns("balanced")
    return table.to_pylist()


def told(problems: pa.Table) -> list[str]:
    """The problems, in any order."""
    return sorted(map(repr, problems.to_pylist()))


def as_at_once(data: bytes, window: int, seed: int = 1) -> None:
    whole = decode_835(data)
    parts = list(decode_835_windows(pieces(data, seed), window))
    for field in fields(whole):
        name = field.name
        found, expected = together(parts, name), getattr(whole, name)
        if name == "problems":
            assert told(found) == told(expected)
        else:
            assert rows(found, verdicts=name in ("transactions", "sets")) == rows(
                expected, verdicts=name in ("transactions", "sets")
            ), name
    for name in ("claims", "lines"):
        found, expected = together(parts, name)["balanced"], getattr(whole, name)["balanced"]
        pairs = zip(found.to_pylist(), expected.to_pylist(), strict=True)
        assert all(mine is None or mine == verdict for mine, verdict in pairs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("window", [50, 700, 100_000])
def test_every_sample_in_windows_is_as_at_once(path: Path, window: int) -> None:
    as_at_once(path.read_bytes(), window)


SETS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["ok", "cents", "se01", "se02", "group", "iea"])), max_size=4
)


@settings(max_examples=60, deadline=None)
@given(SETS, st.integers(60, 1500), st.integers(0, 99))
def test_generated_files_in_windows_are_as_at_once(
    sets: list[tuple[int, str]], window: int, seed: int
) -> None:
    data = b""
    for count, defect in sets:
        body = [segment for _ in range(count) for segment in CLAIM]
        bpr = "120.01" if defect == "cents" else f"{120 * count}"
        text = written(interchange(transaction(*body, bpr=bpr)))
        if defect == "se01":
            text = text.replace(b"SE*", b"SE*9")
        if defect == "se02":
            text = text.replace(b"*0001~GE", b"*0002~GE").replace(b"*0001~\nGE", b"*0002~\nGE")
        if defect == "group":
            text = text.replace(b"GE*1*", b"GE*2*")
        if defect == "iea":
            text = text[: text.rindex(b"IEA")]
        data += text
    as_at_once(data, window, seed)


def test_a_set_over_many_windows_has_one_verdict_at_its_end() -> None:
    body = [segment for _ in range(50) for segment in CLAIM]
    data = written(interchange(transaction(*body, bpr=str(120 * 50))))
    parts = list(decode_835_windows(io.BytesIO(data), 600))
    assert len(parts) > 3
    assert [part.transactions.num_rows for part in parts[:-1]] == [0] * (len(parts) - 1)
    assert parts[-1].transactions["balanced"].to_pylist() == [True]
    assert parts[0].claims["balanced"].to_pylist()[0] is None
    assert parts[-1].claims["balanced"].to_pylist()[-1] is True
    assert together(parts, "claims")["claim"].to_pylist() == list(range(50))


def test_bytes_that_are_not_x12_are_told_once() -> None:
    parts = list(decode_835_windows([b"not x12 " * 1000, b"at all"], 100))
    assert together(parts, "problems")["code"].to_pylist() == ["NO_ISA"]


def test_nothing_at_all() -> None:
    assert [part.problems["code"].to_pylist() for part in decode_835_windows([])] == [["NO_ISA"]]
