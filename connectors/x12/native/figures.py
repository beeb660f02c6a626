"""Figures: one value of many rows as decimals or dates."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from connectors.x12.native import Flags, Ints, Where


def decimals(c: ModuleType, where: Where, places: int) -> tuple[Ints, Flags, Flags]:
    """X12 type R as whole numbers of ``10**-places``: values, which are present, which could be read."""
    count = len(where[1])
    values, present, valid = np.empty(count, np.int64), *np.empty((2, count), np.bool_)
    c.decimals(where, places, values, present, valid)
    return values, present, valid


def dates(c: ModuleType, where: Where) -> tuple[Ints, Flags, Flags]:
    """CCYYMMDD as days since 1970-01-01: values, which are present, which could be read."""
    count = len(where[1])
    values, present, valid = np.empty(count, np.int32), *np.empty((2, count), np.bool_)
    c.dates(where, values, present, valid)
    return values, present, valid
