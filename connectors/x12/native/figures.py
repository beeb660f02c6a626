"""Figures: one element of many rows as decimals or dates."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from connectors.x12.native import Flags, Ints, Octets


def decimals(c: ModuleType, octets: Octets, start: Ints, end: Ints, places: int) -> tuple[Ints, Flags, Flags]:
    """X12 type R as whole numbers of ``10**-places``: values, which are present, which could be read."""
    values, present, valid = np.empty(len(start), np.int64), *np.empty((2, len(start)), np.bool_)
    c.decimals(octets, np.ascontiguousarray(start), np.ascontiguousarray(end), places, values, present, valid)
    return values, present, valid


def dates(c: ModuleType, octets: Octets, start: Ints, end: Ints) -> tuple[Ints, Flags, Flags]:
    """CCYYMMDD as days since 1970-01-01: values, which are present, which could be read."""
    values, present, valid = np.empty(len(start), np.int32), *np.empty((2, len(start)), np.bool_)
    c.dates(octets, np.ascontiguousarray(start), np.ascontiguousarray(end), values, present, valid)
    return values, present, valid
