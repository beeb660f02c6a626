"""Severities of gates and scrub rules, from ``rules.toml``; a home may carry its own ``rules.toml``.

The shipped file lists every rule once, in ``[gates]`` or ``[scrub]``. A home's file changes severities by rule
id in the same tables, and for one payer in ``[payers.PAYER_ID]``. Both may say from when to when a rule speaks
(``[dates]``, days of service, both inclusive) and give it parameters (``[parameters.RULE]``, those of `PARAMETERS`).
An id that the shipped file does not know is a mistake in the home's file, not a new rule.

A severity is hold (a person has to look), warn (it goes, with a note), shadow (it goes and nobody hears of it; the
rule is only counted, to see what it would do) or off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import ConfigurationError, read_toml

SHIPPED = Path(__file__).with_name("rules.toml")
SEVERITIES = ("hold", "warn", "shadow", "off")
GROUPS = ("gates", "scrub")
# Rules that cannot be turned down: the law in the first ones, a charge that cannot be written in the others.
FIXED = frozenset({"GATE_CONSENT", "GATE_EXCLUDED", "GATE_AMENDED", "CODING_INCOMPLETE"})

# Parameters that rules read, with their type: rule, then name. Anything else is a mistake, and would change nothing.
PARAMETERS: Mapping[str, Mapping[str, type]] = {
    "TIMELY_MARGIN": {"days": int},
    "INST_OVERLAP_NEAR": {"days": int},
}

Severities = dict[str, str]
Overrides = dict[tuple[str, str], str]
Span = tuple[dt.date | None, dt.date | None]
Parameters = dict[str, Any]


@dataclass(frozen=True)
class RuleBook:
    """What is configured of the rules: how heavily they weigh, from when to when, and with which numbers."""

    severities: Severities
    overrides: Overrides
    dates: dict[str, Span]
    parameters: dict[str, Parameters]


def _wrong(where: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"rules.toml: {where}: {why}")


def _table(where: str, table: object) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise _wrong(where, "must be a table")
    return table


def _checked(where: str, table: object, known: Mapping[str, str] | None) -> Severities:
    """The table with every id and severity checked; errors name the place and the rule, never the value."""
    found = _table(where, table)
    for rule, severity in found.items():
        if known is not None and rule not in known:
            raise _wrong(f"{where}.{rule}", "no such rule")
        if severity not in SEVERITIES:
            raise _wrong(f"{where}.{rule}", f"must be one of {', '.join(SEVERITIES)}")
        if rule in FIXED and severity != "hold":
            raise _wrong(f"{where}.{rule}", "always holds")
    return {rule: str(severity) for rule, severity in found.items()}


def _spans(table: object, known: Mapping[str, str]) -> dict[str, Span]:
    """``RULE = {from = DAY, to = DAY}``: from when to when a rule speaks."""
    spans: dict[str, Span] = {}
    for rule, given in _table("dates", table).items():
        where = f"dates.{rule}"
        if rule not in known:
            raise _wrong(where, "no such rule")
        if rule in FIXED:
            raise _wrong(where, "always holds")
        span = _table(where, given)
        if set(span) - {"from", "to"}:
            raise _wrong(where, "takes from and to")
        days = (span.get("from"), span.get("to"))
        if any(type(day) not in (dt.date, type(None)) for day in days):
            raise _wrong(where, "from and to are days, without quotes: 2026-01-01")
        if days[0] and days[1] and days[1] < days[0]:
            raise _wrong(where, "to is before from")
        spans[rule] = days
    return spans


def _parameters(table: object, known: Mapping[str, str]) -> dict[str, Parameters]:
    """``[parameters.RULE]``: what `PARAMETERS` lists, of its type."""
    given: dict[str, Parameters] = {}
    for rule, values in _table("parameters", table).items():
        if rule not in known:
            raise _wrong(f"parameters.{rule}", "no such rule")
        listed = PARAMETERS.get(rule, {})
        for name, value in _table(f"parameters.{rule}", values).items():
            where = f"parameters.{rule}.{name}"
            if name not in listed:
                raise _wrong(where, "no such parameter")
            if type(value) is not listed[name]:  # to Python a bool is an int
                raise _wrong(where, f"must be of type {listed[name].__name__}")
            if isinstance(value, int) and value < 0:
                raise _wrong(where, "must not be negative")
        given[rule] = dict(values)
    return given


def load_book(home: Path | None = None, config: Path | None = None) -> RuleBook:
    """Everything configured of the rules: the shipped file, the home's, then `config` where one is to be tried.

    Raises ConfigurationError naming the first entry that is wrong.
    """
    shipped = read_toml(SHIPPED)
    severities: Severities = dict.fromkeys(FIXED, "hold")
    for group in GROUPS:
        severities |= _checked(group, shipped[group], None)
    book = RuleBook(severities, {}, {}, {})
    book.dates.update(_spans(shipped.get("dates", {}), severities))
    book.parameters.update(_parameters(shipped.get("parameters", {}), severities))
    files = [home / "rules.toml"] if home and (home / "rules.toml").exists() else []
    for path in [*files, *([config] if config else [])]:
        _change(book, read_toml(path))
    return book


def _change(book: RuleBook, site: Mapping[str, Any]) -> None:
    """Put what a site's file says into the book."""
    for name in site:
        if name not in (*GROUPS, "payers", "dates", "parameters"):
            raise _wrong(name, "no such table")
    for payer, table in _table("payers", site.get("payers", {})).items():
        own = _checked(f"payers.{payer}", table, book.severities)
        book.overrides.update({(payer, rule): severity for rule, severity in own.items()})
    for group in GROUPS:
        book.severities.update(_checked(group, site.get(group, {}), book.severities))
    book.dates.update(_spans(site.get("dates", {}), book.severities))
    for rule, values in _parameters(site.get("parameters", {}), book.severities).items():
        book.parameters[rule] = book.parameters.get(rule, {}) | values


def load_rules(home: Path | None = None) -> tuple[Severities, Overrides]:
    """Severity by rule id, and severity by (payer_id, rule id) for payers that differ; see `load_book`."""
    book = load_book(home)
    return book.severities, book.overrides
