"""The rules, in the order they speak, and how they are run.

A rule is a module with ``ID``, ``SOURCE``, ``DEFAULT_SEVERITY``, ``FIX`` and ``check(lines, history, context)``. A
family (the pair rules, the telehealth table) has one module and one id a row of its reference table: there,
``DEFAULT_SEVERITY`` is a mapping from rule id, and ``FIX`` and ``SOURCE`` may be. Whether a rule holds, warns or is
off is the site's business (``configs/rules.toml``); what stands in the module is only the fallback.

To add a rule: write the module with its passing and failing sample (they run as tests), put it into RULES, and give
its ids a line in ``configs/rules.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType

import pandas as pd

from tasks.billing.scrub import (
    add_on,
    charge,
    code_payer,
    code_status,
    diagnosis_billable,
    diagnosis_list,
    diagnosis_pairing,
    duplicate,
    em_level,
    excludes1,
    intake_again,
    level_of_care,
    minutes,
    minutes_day,
    modifier_25,
    modifier_59,
    modifier_fit,
    modifiers,
    mue,
    ncci,
    otp_week,
    pairs,
    per_diem,
    programme_week,
    prolonged,
    place,
    telehealth,
    timely_filing,
    units,
    who_may_bill,
)
from tasks.billing.scrub.common import FINDINGS, Context, join, prepare

RULES: tuple[ModuleType, ...] = (
    charge,
    code_status,
    who_may_bill,
    minutes,
    minutes_day,
    units,
    per_diem,
    level_of_care,
    programme_week,
    otp_week,
    add_on,
    modifier_25,
    em_level,
    prolonged,
    intake_again,
    pairs,
    ncci,
    modifiers,
    modifier_fit,
    modifier_59,
    telehealth,
    diagnosis_list,
    diagnosis_billable,
    excludes1,
    diagnosis_pairing,
    duplicate,
    timely_filing,
    mue,
    place,
    code_payer,
)

SEVERITIES = ("hold", "warn", "off")


@dataclass(frozen=True)
class Rule:
    """One rule id with its manual: severity is the module's fallback, `page` its docstring."""

    rule_id: str
    severity: str
    fix: str
    source: str
    page: str


def _of(value: str | Mapping[str, str], rule_id: str) -> str:
    return value if isinstance(value, str) else value[rule_id]


def manual(rules: Iterable[ModuleType] = RULES) -> dict[str, Rule]:
    """Every rule id with its manual, in registry order."""
    pages: dict[str, Rule] = {}
    for module in rules:
        default: str | Mapping[str, str] = module.DEFAULT_SEVERITY
        for rule_id in [module.ID] if isinstance(default, str) else default:
            if rule_id in pages:
                raise ValueError(f"two rules are called {rule_id}")
            pages[rule_id] = Rule(
                rule_id,
                _of(default, rule_id),
                _of(module.FIX, rule_id),
                _of(module.SOURCE, rule_id),
                module.__doc__ or "",
            )
    return pages


def severities_of(said: pd.DataFrame, context: Context, pages: Mapping[str, Rule]) -> list[str]:
    """Severity of each finding: the payer's override, else the site's word, else the module's fallback."""
    usual = {rule_id: context.severities.get(rule_id, page.severity) for rule_id, page in pages.items()}
    if not context.overrides:
        return [usual[rule_id] for rule_id in said["rule_id"]]
    pairs_ = zip(said["payer_id"], said["rule_id"], strict=True)
    return [context.overrides.get((payer, rule_id), usual[rule_id]) for payer, rule_id in pairs_]


def run(
    lines: pd.DataFrame,
    visits: pd.DataFrame | None,
    history: pd.DataFrame | None,
    context: Context,
    rules: Iterable[ModuleType] = RULES,
) -> pd.DataFrame:
    """All findings about the lines, sorted by encounter, line and rule; columns FINDINGS of ``common``.

    `lines` are charge lines with what the brief columns of ``common.COLUMNS`` name; a column they lack is taken from
    `visits` by encounter, else it is null. `history` are earlier charge lines; those of the same encounters are
    left out, so that judging an encounter again never finds its own past. `line` is null where a finding is about
    the whole encounter. Rules switched off leave no findings.
    """
    if lines.empty:
        return pd.DataFrame(columns=FINDINGS)
    modules = tuple(rules)
    pages = manual(modules)
    ready, earlier = prepare(lines, visits, history)
    said = join(*(module.check(ready, earlier, context) for module in modules))
    said = said.assign(severity=severities_of(said, context, pages))
    said = said[said["severity"] != "off"].drop_duplicates(["encounter_id", "line", "rule_id"])
    said = said.assign(
        fix=said["rule_id"].map({rule_id: page.fix for rule_id, page in pages.items()}),
        source=said["rule_id"].map({rule_id: page.source for rule_id, page in pages.items()}),
    )
    ordered = said.sort_values(["encounter_id", "line", "rule_id"], na_position="first", kind="stable")
    text = {name: "str" for name in FINDINGS if name != "line"}
    return ordered[FINDINGS].astype({**text, "line": "Int64"}).reset_index(drop=True)
