"""What a suite is: a name, a key, and one line for each expectation with the reason a person reads.

A suite never sees protected data. Its frame is a projection made by the stage: ids, dates, cents, counts and
flags such as ``patient_known``, so that results, logs and Data Docs can be shown to anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rule:
    """One expectation: its Great Expectations class, its arguments, and the reason shown when it fails."""

    expectation: str
    arguments: Mapping[str, Any]
    reason: str

    @property
    def name(self) -> str:
        """Short stable name, e.g. ``ExpectColumnValuesToBeBetween(minutes)``."""
        return f"{self.expectation}({self.arguments.get('column', 'table')})"


@dataclass(frozen=True)
class Suite:
    """A named list of rules over a frame whose rows are identified by `key`."""

    name: str
    about: str
    key: str
    subject: str
    rules: tuple[Rule, ...] = field(default_factory=tuple)


def present(column: str, reason: str) -> Rule:
    """Rows must have a value."""
    return Rule("ExpectColumnValuesToNotBeNull", {"column": column}, reason)


def between(column: str, low: Any, high: Any, reason: str) -> Rule:
    """Values must lie between `low` and `high`, both included; None is open."""
    return Rule(
        "ExpectColumnValuesToBeBetween", {"column": column, "min_value": low, "max_value": high}, reason
    )


def one_of(column: str, values: list[Any], reason: str) -> Rule:
    """Values must be among `values`."""
    return Rule("ExpectColumnValuesToBeInSet", {"column": column, "value_set": values}, reason)


def true(column: str, reason: str) -> Rule:
    """A flag must be true."""
    return one_of(column, [True], reason)


def matches(column: str, regex: str, reason: str) -> Rule:
    """Text must match the regular expression."""
    return Rule("ExpectColumnValuesToMatchRegex", {"column": column, "regex": regex}, reason)


def unique(column: str, reason: str) -> Rule:
    """Values must not repeat."""
    return Rule("ExpectColumnValuesToBeUnique", {"column": column}, reason)


def columns(names: list[str], reason: str) -> Rule:
    """The table must have exactly these columns; a table-level rule, so a failure stops the stage."""
    return Rule("ExpectTableColumnsToMatchSet", {"column_set": names, "exact_match": True}, reason)
