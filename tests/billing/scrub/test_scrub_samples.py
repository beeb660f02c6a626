"""Every rule's manual page carries samples that pass and fail; here they are run."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import configs
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import registry, samples

JUDGE = JudgeContext(business_date=date(2026, 2, 1), timely_margin_days=15)

# Judged by nothing but official files that a site loads; their own tests show them failing.
OFFICIAL = ("NCCI_PTP", "MUE")

CASES = [
    pytest.param(module, number, sample, id=f"{module.ID}-{sample.kind}-{number}")
    for module in registry.RULES
    for number, sample in enumerate(samples.read(module.__doc__ or ""))
    if sample.kind != "History"
]


def history_of(module: ModuleType) -> pd.DataFrame | None:
    tables = [s.lines for s in samples.read(module.__doc__ or "") if s.kind == "History"]
    return pd.concat(tables) if tables else None


def said(findings: pd.DataFrame) -> set[tuple[str, int, str]]:
    lines = findings["line"].fillna(1).astype(int)
    return set(zip(findings["encounter_id"], lines, findings["rule_id"], strict=True))


@pytest.mark.parametrize(("module", "number", "sample"), CASES)
def test_sample(module: ModuleType, number: int, sample: samples.Sample) -> None:
    findings = registry.run(sample.lines, None, history_of(module), JUDGE, [module])
    assert said(findings) == set(sample.expected)


@pytest.mark.parametrize("module", registry.RULES, ids=lambda module: module.ID)
def test_page_is_complete(module: ModuleType) -> None:
    kinds = {sample.kind for sample in samples.read(module.__doc__ or "")}
    assert "Passes" in kinds
    assert "Fails" in kinds or module.ID in OFFICIAL
    for page in registry.manual([module]).values():
        assert page.severity in registry.SEVERITIES
        assert page.fix.endswith(".")
        assert page.source


def test_every_failing_id_is_shown_to_fail() -> None:
    shown = {
        rule
        for module in registry.RULES
        for s in samples.read(module.__doc__ or "")
        for _, _, rule in s.expected
    }
    assert {rule for rule in registry.manual() if not rule.startswith(OFFICIAL)} <= shown


def test_rules_toml_lists_every_rule_with_its_severity() -> None:
    table = tomllib.loads((Path(configs.__file__).parent / "rules.toml").read_text(encoding="utf-8"))["scrub"]
    assert list(table) == list(registry.manual())
    assert set(table.values()) <= set(registry.SEVERITIES)
