"""Money is integer cents, made in one place.

A charge, an allowed amount, a rate times a percentage: each becomes an amount once, rounded half up to the cent,
and from then on only whole numbers are added and compared. A split (a payment over lines, a case rate over days)
gives every part its floor and the cents that are left to the largest remainders, so that the parts always sum to
the whole. Floats are refused: 0.1 + 0.2 is not 0.3 in them, and one cent is enough for a payer to refuse a file.

>>> cents("0.1") + cents("0.2") == cents("0.30")
True
>>> allocate(10000, [1, 1, 1])
[3334, 3333, 3333]
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
ONE = Decimal(1)


def cents(amount: Decimal | str | int) -> int:
    """Integer cents of an amount in dollars, rounded half up (away from zero); `int` is whole dollars.

    Raises TypeError for a float or a bool, ValueError for text that is no amount; neither repeats the value.

    >>> cents("115.7175"), cents("-0.005"), cents(Decimal("142.5"))
    (11572, -1, 14250)
    """
    if isinstance(amount, bool) or not isinstance(amount, Decimal | str | int):
        raise TypeError("an amount is Decimal, text or whole dollars, never a float")
    try:
        exact = Decimal(amount.strip() if isinstance(amount, str) else amount)
        return int(exact.quantize(CENT, rounding=ROUND_HALF_UP).scaleb(2))
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError("not an amount of money") from None


def share(amount_cents: int, ratio: Decimal) -> int:
    """`ratio` of an amount, rounded half up once.

    >>> share(15429, Decimal("0.75"))  # clinical social worker: 75 % of the physician fee schedule
    11572
    """
    return int((amount_cents * ratio).quantize(ONE, rounding=ROUND_HALF_UP))


def allocate(amount_cents: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by whole-number weights (at least one positive); the parts sum to the amount.

    Cents left over go to the largest remainders, the earlier part first where they tie. A negative amount
    splits as its positive twin with the signs turned, so that a reversal undoes its original part by part.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights are not negative and at least one is positive")
    sign = -1 if amount_cents < 0 else 1
    parts = [divmod(abs(amount_cents) * weight, total) for weight in weights]
    left = abs(amount_cents) - sum(floor for floor, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))[:left]
    extra = set(by_remainder)
    return [sign * (floor + (i in extra)) for i, (floor, _) in enumerate(parts)]


def shortfall(allowed_cents: int, expected_cents: int, tolerance_cents: int = 1) -> int:
    """What an allowed amount falls short of the expected one; 0 within the tolerance.

    >>> shortfall(15000, 15555), shortfall(15554, 15555)
    (555, 0)
    """
    missing = expected_cents - allowed_cents
    return missing if missing > tolerance_cents else 0


def dollars(amount_cents: int) -> str:
    """An amount as text with two decimals, for people.

    >>> dollars(-5)
    '-0.05'
    """
    whole, part = divmod(abs(amount_cents), 100)
    return f"{'-' if amount_cents < 0 else ''}{whole}.{part:02d}"
