"""NPI check digits; the numbers are published examples of the check digit rule."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.billing import npi

VALID = ["1234567893", "1245319599", "1003000126", "1679576722"]
INVALID = ["1234567890", "2234567892", "0234567893", "123456789"]


@pytest.mark.parametrize("number", VALID)
def test_numbers_whose_check_digit_agrees(number: str) -> None:
    assert npi.is_valid(number)
    assert npi.validate(number) == number


@pytest.mark.parametrize("number", [*INVALID, "", "12345678934", "123456789A", "١234567893"])
def test_numbers_that_are_none(number: str) -> None:
    assert not npi.is_valid(number)


def test_an_error_never_repeats_the_number() -> None:
    for number in INVALID:
        with pytest.raises(npi.InvalidNpi) as error:
            npi.validate(number)
        assert number not in str(error.value)


def test_blanks_and_hyphens_are_taken_out_of_a_single_number_only() -> None:
    assert npi.validate(" 1234-567 893") == "1234567893"
    assert npi.valid(pd.Series(["1234-567893"], dtype="str")).tolist() == [False]


def test_columns_keep_their_index_and_missing_is_not_valid() -> None:
    numbers = pd.Series([VALID[0], None, INVALID[0]], index=[7, 8, 9], dtype="str")
    answer = npi.valid(numbers)
    assert answer.to_dict() == {7: True, 8: False, 9: False}
    assert npi.valid(pd.Series([], dtype="str")).tolist() == []


@given(st.from_regex(r"[12][0-9]{8}", fullmatch=True))
def test_exactly_one_check_digit_fits(stem: str) -> None:
    column = pd.Series([f"{stem}{digit}" for digit in range(10)], dtype="str")
    assert int(npi.valid(column).sum()) == 1


@given(st.sampled_from(VALID), st.integers(0, 9), st.integers(1, 9))
def test_any_single_wrong_digit_is_found(number: str, place: int, shift: int) -> None:
    wrong = str((int(number[place]) + shift) % 10)
    assert not npi.is_valid(number[:place] + wrong + number[place + 1 :])
