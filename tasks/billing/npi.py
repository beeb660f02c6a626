"""National Provider Identifier: ten digits, the first 1 or 2, the last a Luhn check digit.

The check digit is computed over the number with the prefix 80840 (a US health card issuer), which adds the
constant 24 when the prefix is left out. An NPI says nothing about its holder: whether it is a person (type 1)
or an organisation (type 2) is known to the registry only.

Source: 45 CFR 162.406; CMS NPI check digit rule (S41 of ``configs/reference/sources.tsv``).

>>> is_valid("1234567893")
True
>>> is_valid("1234567890")
False
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from tasks.billing.context import Column

PATTERN = re.compile(r"[12][0-9]{9}")
PREFIX_SUM = 24  # what 80840 contributes to the Luhn sum


class InvalidNpi(ValueError):
    """Not an NPI; the message says what is wrong and never repeats the number."""


def compact(number: str) -> str:
    """The number without blanks and hyphens."""
    return number.replace(" ", "").replace("-", "").strip()


def validate(number: str) -> str:
    """The compact number; raises InvalidNpi."""
    number = compact(number)
    if not PATTERN.fullmatch(number):
        raise InvalidNpi("an NPI has ten digits and starts with 1 or 2")
    if not bool(valid(pd.Series([number], dtype="str")).iloc[0]):
        raise InvalidNpi("the check digit of the NPI does not agree")
    return number


def is_valid(number: str) -> bool:
    """Whether `number` is an NPI."""
    try:
        validate(number)
    except InvalidNpi:
        return False
    return True


def valid(numbers: Column) -> Column:
    """Whether each of the text values is an NPI; missing is not (Luhn over whole columns)."""
    shaped = numbers.astype("str").str.fullmatch(PATTERN.pattern).fillna(False).to_numpy(dtype=bool)
    result = np.zeros(len(numbers), dtype=bool)
    if shaped.any():
        digits = np.array([list(number) for number in numbers[shaped]], dtype=np.int64)
        digits[:, 0::2] *= 2  # every second digit from the right, the check digit not counted
        digits[digits > 9] -= 9
        result[shaped] = (digits.sum(axis=1) + PREFIX_SUM) % 10 == 0
    return pd.Series(result, index=numbers.index)
