"""Identity by content: parts cannot run together, absence is not emptiness, a day is a day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from configs.identity import digest, opaque

PARTS = st.lists(st.one_of(st.none(), st.text(), st.integers(), st.dates()), max_size=4)


@given(PARTS, PARTS)
def test_only_the_same_parts_have_the_same_digest(first, second):
    texts = [[None if p is None else p.isoformat() if isinstance(p, dt.date) else str(p) for p in parts]
             for parts in (first, second)]  # fmt: skip
    assert (digest("k", *first) == digest("k", *second)) == (texts[0] == texts[1])


def test_absent_values_are_one_and_differ_from_empty_text():
    absent = {digest("k", value) for value in (None, float("nan"), pd.NA, pd.NaT, np.nan)}
    assert len(absent) == 1
    assert digest("k", "") not in absent


def test_a_day_is_the_same_as_date_and_as_timestamp():
    assert digest("k", dt.date(2026, 1, 5)) == digest("k", pd.Timestamp("2026-01-05"))
    assert digest("k", pd.Timestamp("2026-01-05 10:00")) != digest("k", pd.Timestamp("2026-01-05"))


def test_numbers_of_any_library_are_the_same_number():
    assert digest("k", 7) == digest("k", np.int64(7)) == digest("k", pd.array([7], dtype="Int64")[0])
    assert digest("k", True) == digest("k", np.bool_(True)) != digest("k", 1)


def test_an_opaque_id_has_the_length_and_needs_the_key():
    first = opaque("key", "C", "a", length=20)
    assert (len(first), first[0], first.isalnum(), first.isupper()) == (20, "C", True, True)
    assert opaque("other", "C", "a", length=20) != first
