"""Tests that ask for ``both_engines`` run twice: with the compiled loops, and with NumPy alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engines import by_numpy

from connectors.x12 import native


@pytest.fixture(scope="module", params=["compiled", "numpy"])
def both_engines(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "numpy":
        with by_numpy():
            yield
    elif native.compiled is None:
        pytest.skip("the loops were not compiled")
    else:
        yield
