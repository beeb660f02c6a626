"""Thresholds of the checks between stages, from ``checks.toml``; a home may carry its own ``checks.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).with_name("checks.toml")


@dataclass(frozen=True)
class Threshold:
    """The largest share of rows a suite may keep out, applied from `rows` rows on."""

    share: float
    rows: int

    def exceeded(self, quarantined: int, checked: int) -> bool:
        """Whether keeping out `quarantined` of `checked` rows must stop the stage."""
        return bool(quarantined) and checked >= self.rows and quarantined > self.share * checked


def thresholds(home: Path | None = None) -> dict[str, Threshold]:
    """Thresholds by suite; the home's file wins over the shipped one, suite by suite."""
    values = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    local = home / "checks.toml" if home else None
    if local and local.exists():
        values |= tomllib.loads(local.read_text(encoding="utf-8"))
    return {suite: Threshold(**limits) for suite, limits in values.items()}
