"""A back-test makes ready what a rule names in its module and no more; with that it must see what it sees with all."""

from __future__ import annotations

from datetime import date
from types import ModuleType

import pandas as pd
import pytest
from test_scrub_official import KNOWN

from tasks.billing import backtest
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import common, registry, samples

JUDGE = JudgeContext(business_date=date(2026, 2, 1), timely_margin_days=15, references=KNOWN)


def everything(history: bool) -> pd.DataFrame:
    """The lines of all pages' samples, or those billed before, each with encounters of their own."""
    pages = [
        sample.lines.assign(
            encounter_id=f"{module.ID}/{number}/" + sample.lines["encounter_id"],
            patient_id=f"{module.ID}/" + sample.lines["patient_id"],
        )
        for module in registry.RULES
        for number, sample in enumerate(samples.read(module.__doc__ or ""))
        if (sample.kind == "History") == history
    ]
    return pd.concat(pages, ignore_index=True)


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return everything(history=False)


@pytest.fixture(scope="module")
def before() -> pd.DataFrame:
    return everything(history=True)


@pytest.fixture(scope="module")
def ready(lines: pd.DataFrame, before: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The lines with everything that any rule may ask for."""
    return common.prepare(lines, None, before, None)


@pytest.mark.parametrize("module", registry.RULES, ids=lambda module: module.ID)
def test_a_rule_asks_for_no_column_that_it_does_not_name(
    module: ModuleType, lines: pd.DataFrame, before: pd.DataFrame, ready: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    (named,) = {backtest.reads(rule_id) for rule_id in registry.manual([module])}
    assert named is not None
    assert named <= {*common.COLUMNS, *common.INSTITUTIONAL_COLUMNS}
    own = [sample.lines for sample in samples.read(module.__doc__ or "") if sample.kind == "Fails"]
    spoke = False
    for asked in (lines, *own):
        complete = ready if asked is lines else common.prepare(asked, None, before, None)
        whole, few = (
            module.check(*prepared, JUDGE).reset_index(drop=True)
            for prepared in (complete, common.prepare(asked, None, before, named))
        )
        pd.testing.assert_frame_equal(whole, few)
        spoke |= len(whole) > 0
    assert spoke


def test_columns_that_are_not_asked_for_are_not_made_ready(lines: pd.DataFrame) -> None:
    named = backtest.reads("CHARGE_AMOUNT")
    assert named is not None
    ready, _ = common.prepare(lines, None, None, named)
    assert {"charge_cents", "units"} <= set(ready.columns) <= named
    assert backtest.reads("GATE_COVERAGE") is None
