"""Findings: what a rule said about an encounter or one of its lines, and how heavily it weighs.

A rule only says what it found. Whether that holds the encounter is configuration: `weigh` fills the severity in,
payer by payer, and drops what is switched off.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

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
}
COLUMNS = list(TYPES)


NONE = pd.DataFrame({name: pd.Series(dtype=type_) for name, type_ in TYPES.items()})


def none() -> pd.DataFrame:
    """No findings."""
    return NONE.copy()


def about(
    rows: pd.DataFrame, rule_id: str, message: str | Column, *, fields: str, fix: str, source: str
) -> pd.DataFrame:
    """One finding a row of `rows` (columns encounter_id and, for lines, position); severity still open.

    `message` is one text for all or a column aligned with `rows`; rows whose message is missing are passed over.
    Message and fix are given as plain words and stand in the finding as a sentence.
    """
    if rows.empty:  # most rules have nothing to say of most batches
        return none()
    frame = pd.DataFrame({"encounter_id": rows["encounter_id"]}, index=rows.index)
    frame["line"] = rows.get("position", pd.NA)
    frame["rule_id"], frame["severity"], frame["fields"] = rule_id, None, fields
    frame["message"], frame["fix"], frame["source"] = message, fix, source
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


def weigh(found: pd.DataFrame, payers: Column, context: JudgeContext) -> pd.DataFrame:
    """Findings with their severity, without those that are off.

    `payers` is payer_id by encounter_id (index). A rule that is configured nowhere holds.
    """
    payer = beside(found["encounter_id"], payers)
    severity = found["rule_id"].map({rule: context.severity(rule) for rule in found["rule_id"].unique()})
    for (payer_id, rule), own in context.overrides.items():
        severity = severity.mask((payer == payer_id) & (found["rule_id"] == rule), own)
    return found.assign(severity=severity.astype("str"))[severity != "off"].reset_index(drop=True)
