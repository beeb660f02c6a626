"""Severities of gates and scrub rules, from ``rules.toml``; a home may carry its own ``rules.toml``.

The shipped file lists every rule once, in ``[gates]`` or ``[scrub]``. A home's file changes severities by rule
id in the same tables, and for one payer in ``[payers.PAYER_ID]``. An id that the shipped file does not know is
a mistake in the home's file, not a new rule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from configs.settings import ConfigurationError

SHIPPED = Path(__file__).with_name("rules.toml")
SEVERITIES = ("hold", "warn", "off")
GROUPS = ("gates", "scrub")
# Rules that cannot be turned down: the law in the one case, a charge that cannot be written in the others.
FIXED = frozenset({"GATE_CONSENT", "GATE_AMENDED", "CODING_INCOMPLETE"})

Severities = dict[str, str]
Overrides = dict[tuple[str, str], str]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path.name} is not valid TOML: {error}") from None


def _checked(where: str, table: Mapping[str, object], known: Mapping[str, str] | None) -> Severities:
    """The table with every id and severity checked; errors name the place and the rule, never the value."""
    for rule, severity in table.items():
        if known is not None and rule not in known:
            raise ConfigurationError(f"rules.toml: {where}.{rule}: no such rule")
        if severity not in SEVERITIES:
            raise ConfigurationError(f"rules.toml: {where}.{rule}: must be one of {', '.join(SEVERITIES)}")
        if rule in FIXED and severity != "hold":
            raise ConfigurationError(f"rules.toml: {where}.{rule}: always holds")
    return {rule: str(severity) for rule, severity in table.items()}


def load_rules(home: Path | None = None) -> tuple[Severities, Overrides]:
    """Severity by rule id, and severity by (payer_id, rule id) for payers that differ.

    Raises ConfigurationError naming the first entry that is wrong.
    """
    severities: Severities = {}
    shipped = _read(SHIPPED)
    for group in GROUPS:
        severities |= _checked(group, shipped[group], None)
    site = _read(home / "rules.toml") if home and (home / "rules.toml").exists() else {}
    for name in site:
        if name not in (*GROUPS, "payers"):
            raise ConfigurationError(f"rules.toml: {name}: no such table")
    overrides = {
        (payer, rule): severity
        for payer, table in site.get("payers", {}).items()
        for rule, severity in _checked(f"payers.{payer}", table, severities).items()
    }
    for group in GROUPS:
        severities |= _checked(group, site.get(group, {}), severities)
    return severities, overrides
