"""Thresholds of the checks between stages, from ``checks.toml``; a home may carry its own ``checks.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from configs.settings import ConfigurationError, read_toml

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
    """Thresholds by suite; the home's file wins over the shipped one, suite by suite.

    Raises ConfigurationError naming the suite of which the home's file says what cannot be used.
    """
    known = {suite: Threshold(**limits) for suite, limits in read_toml(SHIPPED).items()}
    local = home / "checks.toml" if home else None
    if local and local.exists():
        for suite, limits in read_toml(local).items():
            if suite not in known:
                raise ConfigurationError(f"checks.toml: {suite}: no such suite; there are {' '.join(known)}")
            known[suite] = _threshold(suite, limits)
    return known


def _threshold(suite: str, limits: object) -> Threshold:
    if not isinstance(limits, dict) or set(limits) != {"share", "rows"}:
        raise ConfigurationError(f"checks.toml: {suite}: share and rows are needed, and nothing else")
    share, rows = limits["share"], limits["rows"]
    if type(share) not in (int, float) or not 0 <= share <= 1:
        raise ConfigurationError(f"checks.toml: {suite}.share: a number from 0 to 1 is needed")
    if type(rows) is not int or rows < 0:
        raise ConfigurationError(f"checks.toml: {suite}.rows: a whole number from 0 on is needed")
    return Threshold(share, rows)
