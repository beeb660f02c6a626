"""The compiled loops: there where they can be, the same as NumPy, and safe from positions that are not."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path
from typing import Any

import fuzz
import numpy as np
import pyarrow as pa
import pytest
from engines import by_numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.x12 import decode_835, native
from connectors.x12.native import choosing, cutting, figures, texts
from connectors.x12.reading import numbers
from connectors.x12.reading.dates import dates
from connectors.x12.reading.spans import Spans
from connectors.x12.writing.rendering import join

OCTETS = np.frombuffer(bytes(32) + b"CAS*CO*45*12.50~" + bytes(32), np.uint8)


def ints(*values: int) -> Any:
    return np.array(values, np.int32)


def test_the_loops_are_compiled_where_there_is_a_compiler() -> None:
    headers = Path(sysconfig.get_path("include"), "Python.h").exists()
    assert native.compiled is not None or not (shutil.which("cc") and headers)


@pytest.mark.parametrize("first", [0, 3000])
def test_damaged_files_are_read_alike(first: int) -> None:
    assert fuzz.unlike_engines([fuzz.case(seed) for seed in range(first, first + 150)]) == []


@pytest.mark.skipif(native.compiled is None, reason="the loops were not compiled")
def test_the_comparison_sees_a_loop_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    right = figures.decimals

    def wrong(*args: Any) -> Any:
        values, present, valid = right(*args)
        return values + valid, present, valid

    monkeypatch.setattr(figures, "decimals", wrong)
    files = [fuzz.case(seed) for seed in range(20)]
    assert any("decode_835" in each for each in fuzz.unlike_engines(files))


@pytest.fixture
def loops() -> Any:
    if native.compiled is None:
        pytest.skip("the loops were not compiled")
    return native.compiled


@pytest.mark.parametrize(
    "where",
    [
        *(
            (OCTETS, ints(*start), ints(*end), b"", 0)
            for start, end in [((-1,), (5,)), ((40,), (400,)), ((40,), (2**31 - 1,)), ((0, 1), (5,))]
        ),
        # the mark before element 1, how many elements follow it, the marks, and which element
        (OCTETS, ints(1), ints(2), ints(35, 38), 1),
        (OCTETS, ints(-1), ints(2), ints(35, 38), 1),
        (OCTETS, ints(0), ints(-2), ints(35, 38), 1),
        (OCTETS, ints(0), ints(1), ints(35, 4000), 1),
        (OCTETS, ints(0), ints(1), ints(-9, 38), 1),
        (OCTETS, ints(0), ints(1), ints(35, 38), -1),
    ],
)
def test_positions_outside_of_the_bytes_are_refused(loops: Any, where: Any) -> None:
    for read in (
        lambda: texts.strings(loops, where),
        lambda: texts.codes(loops, where),
        lambda: texts.absent(loops, where),
        lambda: texts.components(loops, where, OCTETS[:1], 1, 1),
        lambda: figures.decimals(loops, where, 2),
        lambda: figures.dates(loops, where),
    ):
        with pytest.raises(ValueError, match=r"position|lengths"):
            read()
    if where[4] > 0:
        with pytest.raises(ValueError, match="position"):
            texts.filled(loops, where, bytes([1]))


def test_segments_and_marks_outside_are_refused(loops: Any) -> None:
    for begin, end in (
        (32, len(OCTETS) - 5),
        (40, 33),
    ):  # a terminator within the padding, one before its segment
        with pytest.raises(ValueError, match="position"):
            cutting.laid_out(loops, OCTETS, ints(begin), ints(end), [42], np.array([1]), 1, even=True)
    short, marks = np.empty(70, np.uint8), np.empty(9, np.int32)
    places = [np.empty(1, kind) for kind in (np.uint32, np.int64)]
    rest = [np.empty(1, np.int32) for _ in range(4)]
    with pytest.raises(ValueError, match="room"):
        loops.lay_out(OCTETS, ints(32), ints(47), 42, 0, 1, 32, 0, True, *places, short, marks, *rest)
    with pytest.raises(ValueError, match="lengths"):
        loops.lay_out(
            OCTETS, ints(32), ints(47), 42, 0, 1, 32, 0, True, *places, short, marks, *rest[1:], short
        )
    with pytest.raises(ValueError, match="marks"):
        choosing.edges(loops, ints(1, 2), ints(1), ints(3), 2)
    with pytest.raises(ValueError, match="not there"):
        choosing.pick(loops, ints(1), ints(1), np.array([1]))
    one = np.zeros(1, np.uint8)
    with pytest.raises(ValueError, match="lengths"):
        choosing.select(loops, (one, np.ones(256, np.uint8), None, 0), np.array([1, 2]), ints(1), ints(1))
    with pytest.raises(ValueError, match="position"):
        loops.positions(OCTETS, 0, len(OCTETS) + 1, 42, np.empty(9, np.int32))
    with pytest.raises(ValueError, match="offsets"):
        loops.join([(ints(0, 9), b"short")], 1, np.empty(2, np.int32), bytearray())
    with pytest.raises(ValueError, match="room"):
        loops.join([b"long enough"], 1, np.empty(2, np.int32), bytearray(3))


def test_what_has_no_room_is_counted_and_not_written(loops: Any) -> None:
    found = np.zeros(2, np.int32)
    assert loops.positions(OCTETS, 0, len(OCTETS), 42, found) == (3, False, False)
    assert found.tolist() == [35, 38]


@given(st.binary(max_size=200), st.sampled_from([0, 1, 33]))
def test_one_reading_finds_cuts_line_breaks_and_foreign_bytes(data: bytes, low: int) -> None:
    if native.compiled is None:
        pytest.skip("the loops were not compiled")
    low = min(low, len(data))
    found = cutting.positions(native.compiled, np.frombuffer(data, np.uint8), low, len(data), 0x7E)
    part = data[low:]
    assert found.at.tolist() == [low + at for at, byte in enumerate(part) if byte == 0x7E]
    assert (found.breaks, found.foreign) == (b"\n" in part or b"\r" in part, not part.isascii())


@given(st.lists(st.text("0123456789.- ", max_size=12) | st.text("019", min_size=8, max_size=8), max_size=30))
def test_figures_at_either_end_of_the_bytes(values: list[str]) -> None:
    """Eight bytes are read at a time where eight are there, and only there."""
    octets = np.frombuffer("".join(values).encode() or b"-", np.uint8).copy()
    end = np.cumsum([len(value) for value in values], dtype=np.int32).reshape(-1)
    start = np.array([*([0] * bool(values)), *end[:-1]], np.int32)
    if native.compiled is None:
        pytest.skip("the loops were not compiled")
    where = octets, start, end, b"", 0
    found, present, valid = figures.decimals(native.compiled, where, 2)
    exact = [numbers.decimal(value.encode(), 2) if value else None for value in values]
    assert [cents if ok else None for cents, ok in zip(found.tolist(), valid, strict=True)] == exact
    assert present.tolist() == [bool(value) for value in values]
    padded = np.concatenate([np.zeros(8, np.uint8), octets, np.zeros(8, np.uint8)])
    with by_numpy():
        plain = dates(Spans.between(padded, start + 8, end + 8))
    for ours, theirs in zip(figures.dates(native.compiled, where), plain, strict=True):
        np.testing.assert_array_equal(ours, theirs)


TEXTS = st.text("AB *é", max_size=20)


@settings(max_examples=60)
@given(
    st.integers(1, 6).flatmap(lambda rows: st.lists(TEXTS | st.lists(TEXTS, min_size=rows, max_size=rows)))
)
def test_texts_are_joined_alike(parts: list[str | list[str]]) -> None:
    given_ = [part if isinstance(part, str) else pa.array(part, pa.string()) for part in parts]
    ours = join(given_)
    with by_numpy():
        theirs = join(given_)
    assert ours == theirs if isinstance(theirs, str) else ours.equals(theirs)


def test_nothing_at_all() -> None:
    decoded = decode_835(b"")
    assert decoded.claims.num_rows == 0
    assert decode_835([]).problems.num_rows == 0
