"""What was billed, read by day of service, on both engines."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from connectors.ledger import Ledger, past
from tests.connectors.ledger import samples

JANUARY = dt.date(2026, 1, 1), dt.date(2026, 1, 31)
COLUMNS = {
    "charge_id": "charge_lines.charge_id",
    "service_date": "charge_lines.service_date",
    "minutes": "encounters.minutes",
    "let_go_on": "decisions.decided_on",
    "claim_id": "claim_lines.claim_id",
}


def day(number: int) -> dt.date:
    return dt.date(2026, 1, number)


@pytest.fixture
def billed(ledger: Ledger) -> Ledger:
    """Three lines of two days and one of February; the first is on two claims, the last on none."""
    sessions = samples.rows("encounters", [1, 2], nullable=False).assign(minutes=[45, 55])
    ledger.load("encounters", sessions)
    versions = ledger.current("encounters")["row_id"].tolist()
    with ledger.transaction() as tx:
        for number, (at, version) in enumerate(((7, 0), (5, 1), (5, 0), (40, 0)), 1):
            one = {
                "charge_id": f"CH{number}", "service_date": dt.date(2026, 1, 1) + dt.timedelta(days=at - 1),
                "encounter_id": f"E{9 - number}", "encounter_row_id": versions[version], "decision_id": f"D{number}",
                "code": "90791" if number == 3 else "90837",
            }  # fmt: skip
            tx.add("charge_lines", samples.rows("charge_lines", [1], nullable=False, **one))
            decided = {"decision_id": f"D{number}", "decided_on": day(20)}
            tx.add("decisions", samples.rows("decisions", [1], nullable=False, **decided))
        for line, charge in (("L1", "CH1"), ("L2", "CH1"), ("L3", "CH2")):
            row = {"line_id": line, "charge_id": charge, "claim_id": f"of {line}"}
            tx.add("claim_lines", samples.rows("claim_lines", [1], nullable=False, **row))
    return ledger


def test_lines_stand_beside_their_session_decision_and_claims(billed: Ledger) -> None:
    with billed.snapshot() as view:
        lines = past.lines(view, COLUMNS, *JANUARY)
        intakes = past.lines(view, {"charge_id": "charge_lines.charge_id"}, *JANUARY, {"90791", "90792"})
        counted = past.days(view, *JANUARY)
    assert lines["charge_id"].tolist() == ["CH3", "CH2", "CH1", "CH1"]
    assert lines["minutes"].tolist() == [45, 55, 45, 45]
    assert sorted(lines["claim_id"].dropna()) == ["of L1", "of L2", "of L3"]
    assert lines["let_go_on"].unique().tolist() == [pd.Timestamp(day(20))]
    assert {str(lines[name].dtype) for name in ("service_date", "let_go_on")} == {"datetime64[s]"}
    assert intakes["charge_id"].tolist() == ["CH3"]
    assert counted.to_dict("list") == {
        "service_date": [pd.Timestamp(day(5)), pd.Timestamp(day(7))],
        "lines": [2, 1],
    }


@pytest.mark.parametrize("fetched", [1, 2, 100])
def test_one_pass_gives_each_span_its_own(
    billed: Ledger, fetched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "ROWS", fetched)
    spans = [(day(1), day(5)), (day(6), day(6)), (day(7), day(8)), (day(9), day(31))]
    with billed.snapshot() as view:
        parts = list(past.runs(view, COLUMNS, spans))
        alone = [past.lines(view, COLUMNS, *span) for span in spans]
    assert [len(part) for part in parts] == [2, 0, 2, 0]
    for part, one in zip(parts, alone, strict=True):
        pd.testing.assert_frame_equal(part, one)


ANSWERS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "paid": ({}, {}, {}),
    "with a share of the patient's": ({}, {}, {"group_code": "PR", "carc": "3"}),
    "reversed": ({"status": "22"}, {}, {}),
    "with a remark": ({"remarks": "MA130"}, {}, {}),
    "unpaid as a whole": ({"paid_cents": 0}, {}, {}),
    "unpaid in a line": ({}, {"paid_cents": 0}, {}),
    "with a remark in a line": ({}, {"remarks": "N122"}, {}),
    "cut for something": ({}, {}, {"carc": "97"}),
    "the contract's reason as the patient's": ({}, {}, {"group_code": "PR"}),
}


def test_claims_that_are_not_plainly_paid(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        for name, (claim, line, reason) in ANSWERS.items():
            ids = {"remitted_claim_id": name, "remitted_line_id": name, "adjustment_id": name}
            whole = {"claim_id": name, "status": "1", "paid_cents": 1} | claim
            tx.add(
                "remitted_claims", samples.rows("remitted_claims", [1], nullable=False, **ids).assign(**whole)
            )
            own = {"paid_cents": 1} | line
            tx.add("remitted_lines", samples.rows("remitted_lines", [1], nullable=False, **ids).assign(**own))
            told = {"group_code": "CO", "carc": "45"} | reason
            rows = samples.rows("remitted_adjustments", [1], nullable=False, **ids).assign(**told)
            tx.add("remitted_adjustments", rows)
        strange = samples.rows("remitted_claims", [99], nullable=False).assign(status="4")
        tx.add("remitted_claims", strange)
        for claim, order in (("C1", "P"), ("C2", "S"), ("C3", "T")):
            row = {"claim_id": claim, "payer_order": order}
            tx.add("claims", samples.rows("claims", [1], nullable=False, **row))
    with ledger.snapshot() as view:
        found = past.not_plainly_paid(view, {"1", "2"}, {("CO", "45"), ("PR", "3")})
        later = past.later_claims(view)
    assert sorted(found["claim_id"]) == sorted([*ANSWERS][2:])
    assert sorted(later["claim_id"]) == ["C2", "C3"]
