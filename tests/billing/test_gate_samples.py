"""Every gate's manual page carries samples that pass and fail; here they are run."""

from __future__ import annotations

from types import ModuleType

import pandas as pd
import pytest
from judge_practice import run, said, world

from tasks.billing.gates import registry, samples
from tasks.billing.gates.case import Case
from tasks.billing.visits import assemble

GATES = (*registry.GATES, *registry.AUTHORIZATION_GATES)
NO_LINES = pd.DataFrame({"encounter_id": pd.Series(dtype="str")})
CASES = [
    pytest.param(gate, sample, id=f"{gate.ID}-{sample.kind}-{sample.number}")
    for gate in GATES
    for sample in samples.read(gate.__doc__ or "")
]


def speaks(gate: ModuleType, sample: samples.Sample) -> bool:
    """Whether the gate says anything of the sample's encounter."""
    made = world(sample)
    if gate in registry.AUTHORIZATION_GATES:
        judgement = run(made.met, made.practice, made.under, history=made.history, units=made.units)
        return gate.ID in said(judgement)
    visits = assemble(made.met, made.practice, made.under)
    found = gate.check(Case(visits, NO_LINES, made.practice, made.under, made.history))
    assert set(found["rule_id"]) <= {gate.ID}
    values = {cell for row in sample.world.values() for cell in row.values() if cell and len(cell) > 3}
    assert not [text for text in found["message"] for value in values if value in text.split()]
    return len(found) > 0


@pytest.mark.parametrize(("gate", "sample"), CASES)
def test_sample(gate: ModuleType, sample: samples.Sample) -> None:
    assert speaks(gate, sample) == (sample.kind == "Fails")


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.ID)
def test_every_page_shows_both(gate: ModuleType) -> None:
    assert {sample.kind for sample in samples.read(gate.__doc__ or "")} == {"Passes", "Fails"}


def test_a_row_of_another_length_than_its_header_is_refused() -> None:
    with pytest.raises(ValueError, match="2 columns and 1 cells"):
        samples.read("Passes::\n\n    a.b  a.c\n    1\n")
