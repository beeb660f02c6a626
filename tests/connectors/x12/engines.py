"""The codec without its compiled loops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.x12 import native


@contextmanager
def by_numpy() -> Iterator[None]:
    """NumPy does the work meanwhile."""
    compiled, native.compiled = native.compiled, None
    try:
        yield
    finally:
        native.compiled = compiled
