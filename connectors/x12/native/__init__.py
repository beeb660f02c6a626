"""The codec's inner loops in C, where they were compiled: the same answers as NumPy's, several times as fast.

The C files here are compiled when the package is installed, if there is a compiler. Where there is none ``compiled`` is
None, and the NumPy code beside each use does the work. That code is the definition: a test compares the two on
everything that the fuzzer makes. The modules beside this one give each loop its arrays: ``cutting``, ``choosing``,
``texts``, ``figures``, ``joining``.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    compiled: ModuleType | None = import_module("connectors.x12.native._compiled")
except ImportError:  # no compiler when the package was installed
    compiled = None

Ints = npt.NDArray[Any]
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]

# Where one value of each row stands in some bytes: where they begin and end, no marks and 0; or, of an element, the
# mark before the first element of each row, how many elements follow it, all marks, and which element.
Where = tuple[Octets, Ints, Ints, Ints | bytes, int]

# Bytes that are nobody's at both ends of every source and layout: words are read at and before any position.
PADDING = 32


def loops(*positions: Ints) -> ModuleType | None:
    """The compiled loops, None where there are none or these positions are not of 32 bits: those of 2 GB and more."""
    return compiled if all(each.dtype == np.int32 for each in positions) else None
