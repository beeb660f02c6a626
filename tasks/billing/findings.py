"""Findings: what a rule said about an encounter or one of its lines, and how heavily it weighs.

A rule only says what it found. Whether that holds the encounter is configuration: `weigh` fills the severity in,
payer by payer, and drops what is switched off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

import pandas as pd

from tasks.billing import denial_rules
from tasks.billing.context import Column, JudgeContext, beside

TYPES = {
    "encounter_id": "str",
    "line": "Int64",
    "rule_id": "str",
    "severity": "str",
    "fields": "str",
    "message": "str",
    "fix": "str",
    "source": "str",
    "reference_version": "str",
    "change": "str",
    "predicts": "str",
    "data_as_of": "datetime64[s]",
}
COLUMNS = list(TYPES)


NONE = pd.DataFrame({name: pd.Series(dtype=type_) for name, type_ in TYPES.items()})


def none() -> pd.DataFrame:
    """No findings."""
    return NONE.copy()


def about(
    rows: pd.DataFrame,
    rule_id: str,
    message: str | Column,
    *,
    fields: str,
    fix: str,
    source: str,
    **details: Any,
) -> pd.DataFrame:
    """One finding a row of `rows` (columns encounter_id and, for lines, position); severity still open.

    `message` is one text for all or a column aligned with `rows`; rows whose message is missing are passed over.
    Message and fix are given as plain words and stand in the finding as a sentence. `details` are
    reference_version, change, predicts and data_as_of, each one for all or a column aligned with `rows`.
    """
    if rows.empty:  # most rules have nothing to say of most batches
        return none()
    frame = pd.DataFrame({"encounter_id": rows["encounter_id"]}, index=rows.index)
    frame["line"] = rows.get("position", pd.NA)
    frame["rule_id"], frame["severity"], frame["fields"] = rule_id, None, fields
    frame["message"], frame["fix"], frame["source"] = message, fix, source
    for name in ("reference_version", "change", "predicts", "data_as_of"):
        frame[name] = details.get(name)
    frame = frame[frame["message"].notna()].astype(TYPES)
    for name in ("message", "fix"):
        frame[name] = frame[name].str[:1].str.upper() + frame[name].str[1:] + "."
    return frame


def together(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several frames of findings as one."""
    kept = [part[COLUMNS] for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else none()


def first_reason(index: pd.Index, reasons: Iterable[tuple[Column, str]]) -> Column:
    """Message of the first condition that is true, row by row; missing where none is."""
    message = pd.Series(None, index=index, dtype="str")
    for condition, text in reasons:
        message = message.mask(message.isna() & condition.fillna(False).astype(bool), text)
    return message


def weigh(
    found: pd.DataFrame, payers: Column, context: JudgeContext, days: Column | None = None
) -> pd.DataFrame:
    """Findings with their severity, without those that are off or not in force.

    `payers` is payer_id by encounter_id (index), `days` the day of service likewise. A rule that is configured
    nowhere holds. What a payer would answer is filled in where the rule did not say it.
    """
    payer = beside(found["encounter_id"], payers)
    rules = found["rule_id"].unique()
    severity = found["rule_id"].map({rule: context.severity(rule) for rule in rules})
    for (payer_id, rule), own in context.overrides.items():
        severity = severity.mask((payer == payer_id) & (found["rule_id"] == rule), own)
    expected = found["rule_id"].map({rule: denial_rules.predicted(rule) for rule in rules}).astype("str")
    weighed = found.assign(severity=severity.astype("str"), predicts=found["predicts"].fillna(expected))
    kept = weighed[severity != "off"]
    return (kept if days is None else in_force(kept, days, context)).reset_index(drop=True)


class Dated(Protocol):
    """Whatever says from when to when rules speak (`JudgeContext`)."""

    @property
    def dates(self) -> Mapping[str, tuple[date | None, date | None]]:
        """First and last day of service by rule id."""


def in_force(found: pd.DataFrame, days: Column, context: Dated) -> pd.DataFrame:
    """Findings without those about days of service that their rule does not speak of.

    `days` is the day of service by encounter_id (index); where it is missing, the rule speaks.
    """
    for rule, (first, last) in context.dates.items():
        mine = found["rule_id"] == rule
        if not mine.any():
            continue
        day = pd.to_datetime(beside(found["encounter_id"], days))
        early = day < pd.Timestamp(first) if first else mine & False
        late = day > pd.Timestamp(last) if last else mine & False
        found = found[~(mine & (early | late))]
    return found


def apart(found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What rules said, and what those in shadow mode would have said."""
    shadow = (found["severity"] == "shadow").fillna(False).astype(bool)
    return found[~shadow].reset_index(drop=True), found[shadow].reset_index(drop=True)
