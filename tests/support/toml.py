"""Settings as the lines of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def lines(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """A settings file; JSON's texts, numbers and lists are TOML's too."""
    tables = {k: v for k, v in values.items() if isinstance(v, dict)}
    yield from (f"{k} = {json.dumps(v)}" for k, v in values.items() if k not in tables)
    for name, table in tables.items():
        yield f"[{prefix}{name}]"
        yield from lines(table, f"{prefix}{name}.")
