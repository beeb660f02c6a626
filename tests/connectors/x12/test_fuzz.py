"""Damaged files: a thousand on every run, as many as CLEANCLAIM_FUZZ says when asked; found ones are kept."""

from __future__ import annotations

import os
from pathlib import Path

import fuzz
import pytest
from make_835 import CLAIM, interchange, remittance, transaction, written

from connectors.x12 import decode_835, decode_acknowledgments

CASES = int(os.environ.get("CLEANCLAIM_FUZZ", "1000"))
START = int(os.environ.get("CLEANCLAIM_FUZZ_START", "0"))
CRASHERS = sorted((Path(__file__).parent / "crashers").glob("*.edi"))

# Crashers of windows: the seed that says of which size.
WINDOWED = {
    "window_begins_after_the_st_behind_a_set_without_se.edi": 149,
    "window_begins_within_a_set_without_se.edi": 937,
}


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
    assert list(fuzz.windowed(WINDOWED.get(path.name, 0), data)) == []


def test_a_seed_always_makes_the_same_file() -> None:
    assert [fuzz.case(seed) for seed in range(50)] == [fuzz.case(seed) for seed in range(50)]
    assert len({fuzz.case(seed) for seed in range(50)}) > 45


# --- Found in passes over many files ---------------------------------------------------------------------------

WHOLE = remittance()
HEAD, GROUP, *REST = interchange(transaction(*CLAIM))
STRAY = written([HEAD, GROUP, "CAS*CO*45*50", *REST])
TA1_INSIDE = written(interchange(transaction(CLAIM[0], "TA1*000000001*260112*0930*A*000", *CLAIM[1:])))
ORPHAN = written(interchange(transaction("SVC*HC:90837*200*200", "SVC*HC:90837*200*200")))


def test_a_stray_segment_of_one_file_is_not_the_last_claims_of_the_file_before() -> None:
    decoded = decode_835([WHOLE, STRAY, TA1_INSIDE])
    assert decoded.transactions["balanced"].to_pylist()[0] is True
    assert decoded.claims["difference_cents"].to_pylist() == [0, 0, 0]


def test_lines_without_a_claim_are_numbered_in_their_set() -> None:
    assert decode_835([ORPHAN, ORPHAN]).lines["position"].to_pylist() == [1, 2, 1, 2]


def test_the_source_of_a_277ca_is_none_where_it_is_not_named() -> None:
    data = (Path(__file__).parent / "samples" / "277ca_mixed.edi").read_bytes()
    segments = data.split(b"~")
    nameless = b"~".join(each for each in segments if not each.strip().startswith((b"NM1*AY", b"NM1*PR")))
    assert set(decode_acknowledgments(nameless).claim_acks["source_entity"].to_pylist()) == {None}


def test_an_interchange_within_an_element_is_not_lost() -> None:
    """A file pasted into another: what surrounds it is damaged, and it is read."""
    data = (Path(__file__).parent / "crashers" / "interchange_within_an_element.edi").read_bytes()
    decoded = decode_835(data)
    assert decoded.interchanges.num_rows == 2
    assert decoded.transactions["balanced"].to_pylist() == [False, True]
