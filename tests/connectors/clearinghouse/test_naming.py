"""Outbound names: safe, stable, short, and about nobody."""

from __future__ import annotations

import re
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clearinghouse.naming import outbound_name

DAY, CUTOFF = date(2026, 1, 5), time(18, 30)


def test_the_name():
    assert outbound_name("PRACTICE1", "837P", DAY, CUTOFF, "000000007") == (
        "PRACTICE1_837P_20260105183000_000000007.edi"
    )
    assert outbound_name("PRACTICE1", "837I", DAY, CUTOFF, 7) == "PRACTICE1_837I_20260105183000_000000007.edi"


@given(st.text(max_size=20), st.dates(date(2000, 1, 1)), st.integers(0, 999_999_999))
def test_safe_and_short_whatever_the_sender_is_called(sender, day, control):
    try:
        name = outbound_name(sender, "837P", day, CUTOFF, control)
    except ValueError:
        assert not re.search("[A-Za-z0-9-]", sender)
        return
    assert re.fullmatch(r"[A-Za-z0-9-]{1,15}_837P_[0-9]{14}_[0-9]{9}\.edi", name)
    assert len(name) <= 49


@pytest.mark.parametrize(
    ("sender", "form", "control"),
    [
        ("..", "837P", 1),
        ("", "837P", 1),
        ("A", "835", 1),
        ("A", "837P", "1234567890"),
        ("A", "837P", "x"),
        ("A", "837P", -1),
    ],
)
def test_what_cannot_be_named(sender, form, control):
    with pytest.raises(ValueError, match=r"sender_id|form|interchange_control"):
        outbound_name(sender, form, DAY, CUTOFF, control)
