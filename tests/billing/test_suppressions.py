"""A person's word on a rule holds until its day, and rules in shadow mode are counted and heard by nobody.

The encounter under test is unsigned: GATE_NOTE_SIGNED holds it, and nothing else does.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from judge_practice import context, encounters, masters, nothing, outcomes, said

from connectors.ledger.schema import metadata
from tasks.billing import suppressions
from tasks.billing.judge import Judgement, judge

RULE = "GATE_NOTE_SIGNED"


def word(**changes: Any) -> dict[str, Any]:
    usual = {"encounter_id": "E1", "rule_id": RULE, "sequence": 1, "action": "suppress", "line": None}
    return usual | {"expires_on": date(2026, 1, 6)} | changes


def words(*given: dict[str, Any]) -> pd.DataFrame:
    return nothing("suppressions").reindex(range(len(given))).assign(
        **{
            name: pd.array([row.get(name) for row in given], dtype=dtype)
            for name, dtype in (("encounter_id", "str"), ("rule_id", "str"), ("action", "str"), ("sequence", "Int64"),
                                ("line", "Int64"))
        },
        expires_on=pd.to_datetime([row["expires_on"] for row in given]),
    )  # fmt: skip


def run(met: pd.DataFrame, said_before: pd.DataFrame | None = None, **under: Any) -> Judgement:
    return judge(
        met,
        masters(),
        context(**under),
        history_lines=nothing("charge_lines"),
        authorization_units=nothing("authorization_units"),
        previous_decisions=nothing("decisions"),
        suppressed=said_before,
    )


def test_a_suppressed_finding_holds_nothing_and_is_kept() -> None:
    assert outcomes(run(encounters({"signed_on": None}))) == {"E1": "held"}
    free = run(encounters({"signed_on": None}), words(word()))
    assert outcomes(free) == {"E1": "charged"}
    assert dict(zip(free.findings["rule_id"], free.findings["severity"], strict=True))[RULE] == "suppressed"


def test_it_expires_by_itself() -> None:
    last = words(word(expires_on=date(2026, 1, 5)))
    assert outcomes(run(encounters({"signed_on": None}), last)) == {"E1": "held"}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"encounter_id": "E2"}, "held"),
        ({"rule_id": "GATE_PATIENT"}, "held"),
        ({"line": 1}, "held"),  # the finding is about the encounter, the word about one line
    ],
)
def test_it_is_of_one_rule_and_encounter(change: dict[str, Any], outcome: str) -> None:
    assert outcomes(run(encounters({"signed_on": None}), words(word(**change)))) == {"E1": outcome}


def test_taken_back() -> None:
    back = words(word(), word(sequence=2, action="withdraw", expires_on=None))
    assert suppressions.active(back, date(2026, 1, 1)).empty
    again = words(word(sequence=3), word(sequence=2, action="withdraw", expires_on=None), word())
    assert suppressions.active(again, date(2026, 1, 1))["sequence"].tolist() == [3]
    one_line = words(word(line=1), word(line=2, sequence=2), word(line=1, sequence=3, action="withdraw"))
    assert suppressions.active(one_line, date(2026, 1, 1))["line"].tolist() == [2]


def test_a_fixed_rule_is_never_suppressed() -> None:
    assert suppressions.active(words(word(rule_id="GATE_CONSENT")), date(2026, 1, 1)).empty


def test_a_line_of_several() -> None:
    found = pd.DataFrame(
        {"encounter_id": "E1", "line": pd.array([1, 2, None], "Int64"), "rule_id": RULE, "severity": "hold"}
    )
    heard = suppressions.suppress(found, words(word(line=2)), date(2026, 1, 1))
    assert heard["severity"].tolist() == ["hold", "suppressed", "hold"]
    everything = suppressions.suppress(found, words(word()), date(2026, 1, 1))
    assert set(everything["severity"]) == {"suppressed"}


def test_a_rule_in_shadow_mode_is_counted_and_holds_nothing() -> None:
    severities = context().severities | {RULE: "shadow"}
    judged = run(encounters({"signed_on": None}, {"patient_id": "P0001"}), severities=severities)
    assert outcomes(judged)["E1"] == "charged"
    assert said(judged) == set()
    (row,) = judged.shadows.to_dict("records")
    assert (row["rule_id"], row["encounter_id"], row["charge_cents"]) == (RULE, "E1", 20000)
    assert list(judged.shadows.columns) == [c.name for c in metadata.tables["shadow_findings"].columns]
    again = run(encounters({"signed_on": None}, {"patient_id": "P0001"}), severities=severities)
    assert again.shadows["shadow_id"].tolist() == judged.shadows["shadow_id"].tolist()


def test_a_shadow_of_one_payer_and_of_a_scrub_rule() -> None:
    own = {("ACME", "DIAGNOSIS_NOT_BILLABLE"): "shadow"}
    judged = run(encounters({"diagnoses": "F33"}), overrides=own)
    assert "DIAGNOSIS_NOT_BILLABLE" not in said(judged)
    assert "DIAGNOSIS_NOT_BILLABLE" in set(judged.shadows["rule_id"])
    assert judged.shadows["charge_cents"].tolist() == [20000]


def test_a_gate_speaks_within_its_dates() -> None:
    late = context(dates={RULE: (date(2026, 1, 6), None)}).dates
    assert outcomes(run(encounters({"signed_on": None}), dates=late)) == {"E1": "charged"}
