"""The rules, in the order they speak, and how they are run.

A rule is a module with ``ID``, ``SOURCE``, ``DEFAULT_SEVERITY``, ``FIX`` and ``check(lines, history, context)``. A
family (the pair rules, the telehealth table) has one module and one id a row of its reference table: there,
``DEFAULT_SEVERITY`` is a mapping from rule id, and ``FIX`` and ``SOURCE`` may be. Whether a rule holds, warns or is
off is the site's business (``configs/rules.toml``); what stands in the module is only the fallback.

A module may also say ``VERSION`` and ``SINCE`` (1 and the day the first rules came where it does not), ``REFERENCES``
(kinds of official files it judges by: its findings then name their edition and date), ``CHANGE`` (the smallest change
that passes, column=what) and ``PREDICTS`` (CARC and RARC a payer would answer with; else those of
``denial_rules.tsv``). A finding that brings these itself keeps its own.

To add a rule: write the module with its passing and failing sample (they run as tests), put it into RULES, and give
its ids a line in ``configs/rules.toml``. Rules of the institutional form stand in ``institutional/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any

import pandas as pd

from tasks.billing import denial_rules
from tasks.billing.findings import in_force
from tasks.billing.scrub import (
    add_on,
    charge,
    code_first,
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
    place,
    programme_week,
    prolonged,
    telehealth,
    timely_filing,
    units,
    who_may_bill,
)
from tasks.billing.scrub.common import FINDINGS, FOUND, Context, join, prepare
from tasks.billing.scrub.institutional import (
    attending,
    bed_day,
    bill_type,
    conditions,
    form,
    overlap,
    patient_status,
    programme_hours,
    revenue_code,
    revenue_hcpcs,
    stay_dates,
)

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
    code_first,
    diagnosis_pairing,
    duplicate,
    timely_filing,
    mue,
    place,
    code_payer,
    form,
    bill_type,
    revenue_code,
    revenue_hcpcs,
    conditions,
    programme_hours,
    overlap,
    bed_day,
    stay_dates,
    patient_status,
    attending,
)

SEVERITIES = ("hold", "warn", "shadow", "off")
FIRST = date(2026, 11, 23)  # the day the first rules came


@dataclass(frozen=True)
class Rule:
    """One rule id with its manual: severity is the module's fallback, `page` its docstring.

    `references` are kinds of official files it judges by; `predicts` what a payer would answer.
    """

    rule_id: str
    severity: str
    fix: str
    source: str
    page: str
    version: int = 1
    since: date = FIRST
    references: tuple[str, ...] = ()
    change: str | None = None
    predicts: str | None = None


def _of(value: Any, rule_id: str) -> Any:
    """What a module says of one of its ids: one thing for all, or a mapping."""
    return value.get(rule_id) if isinstance(value, Mapping) else value


def _page(module: ModuleType, rule_id: str) -> Rule:
    return Rule(
        rule_id,
        _of(module.DEFAULT_SEVERITY, rule_id),
        _of(module.FIX, rule_id),
        _of(module.SOURCE, rule_id),
        module.__doc__ or "",
        _of(getattr(module, "VERSION", 1), rule_id) or 1,
        _of(getattr(module, "SINCE", FIRST), rule_id) or FIRST,
        tuple(_of(getattr(module, "REFERENCES", ()), rule_id) or ()),
        _of(getattr(module, "CHANGE", None), rule_id),
        _of(getattr(module, "PREDICTS", None), rule_id) or denial_rules.predicted(rule_id),
    )


def manual(rules: Iterable[ModuleType] = RULES) -> dict[str, Rule]:
    """Every rule id with its manual, in registry order."""
    pages: dict[str, Rule] = {}
    for module in rules:
        default: str | Mapping[str, str] = module.DEFAULT_SEVERITY
        for rule_id in [module.ID] if isinstance(default, str) else default:
            if rule_id in pages:
                raise ValueError(f"two rules are called {rule_id}")
            pages[rule_id] = _page(module, rule_id)
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
    said = said.reindex(columns=[*FOUND, "severity"]).assign(severity=severities_of(said, context, pages))
    said = in_force(
        said, lines.drop_duplicates("encounter_id").set_index("encounter_id")["service_date"], context
    )
    said = said[said["severity"] != "off"].drop_duplicates(["encounter_id", "line", "rule_id"])
    ordered = _explained(said, pages, context).sort_values(
        ["encounter_id", "line", "rule_id"], na_position="first", kind="stable"
    )
    text = {name: "str" for name in FINDINGS if name not in ("line", "data_as_of")}
    typed = ordered[FINDINGS].astype({**text, "line": "Int64", "data_as_of": "datetime64[s]"})
    return typed.reset_index(drop=True)


def _explained(said: pd.DataFrame, pages: Mapping[str, Rule], context: Context) -> pd.DataFrame:
    """Findings with what their rule's page says; what a finding brings itself stays."""
    names = said["rule_id"].unique()
    known = context.references
    own: dict[str, dict[str, Any]] = {
        "reference_version": {name: known.version(*pages[name].references) or None for name in names},
        "change": {name: pages[name].change for name in names},
        "predicts": {name: pages[name].predicts for name in names},
        "data_as_of": {name: known.oldest(*pages[name].references) for name in names},
    }
    details = {
        name: said[name].astype(object).where(said[name].notna(), said["rule_id"].map(given))
        for name, given in own.items()
    }
    return said.assign(
        fix=said["rule_id"].map({name: pages[name].fix for name in names}),
        source=said["rule_id"].map({name: f"{pages[name].source}; v{pages[name].version}" for name in names}),
        **details,
    )
