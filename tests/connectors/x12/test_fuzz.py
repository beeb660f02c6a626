"""Damaged files: a thousand on every run, as many as CLEANCLAIM_FUZZ says when asked; found ones are kept."""

from __future__ import annotations

import os
from pathlib import Path

import fuzz
import pytest
from make_835 import remittance

CASES = int(os.environ.get("CLEANCLAIM_FUZZ", "1000"))
START = int(os.environ.get("CLEANCLAIM_FUZZ_START", "0"))
CRASHERS = sorted((Path(__file__).parent / "crashers").glob("*.edi"))


def test_damaged_files_meet_every_demand() -> None:
    """A failure's seed is replayed by ``python tests/connectors/x12/fuzz.py --replay SEED``."""
    found = fuzz.run(CASES, START, processes=2 if CASES > 10_000 else 1)
    assert found == []


@pytest.mark.parametrize("path", CRASHERS, ids=lambda path: path.stem)
def test_what_was_found_once_is_not_found_again(path: Path) -> None:
    """Alone, and in one pass with a whole file before and behind it."""
    data, whole = path.read_bytes(), remittance()
    assert fuzz.judged([0], [data]) == []
    assert fuzz.judged([0, 0, 0], [whole, data, whole]) == []


def test_a_seed_always_makes_the_same_file() -> None:
    assert [fuzz.case(seed) for seed in range(50)] == [fuzz.case(seed) for seed in range(50)]
    assert len({fuzz.case(seed) for seed in range(50)}) > 45
