"""Denial classification: the dossier's cases (test_vectors.yaml, group denial_cases), copied here."""

from __future__ import annotations

import pandas as pd
import pytest

from tasks.billing.denials import classify, overrides

# CLP02, [(group, carc, amount)], RARCs, paid, charge, what must come out (amounts in cents).
CASES = [
    ("1", [("CO", "45", 5000), ("PR", "3", 3000)], "", 12000, 20000, {"denied": False, "patient_cents": 3000}),
    ("4", [("PR", "1", 15000)], "", 0, 15000, {"denied": False, "patient_cents": 15000, "action": "bill_patient"}),
    ("1", [("CO", "197", 31000)], "", 0, 31000, {"denied": True, "category": "auth_missing"}),
    ("22", [("CO", "45", -4000)], "", -9000, -13000, {"denied": False, "action": "reverse_posting"}),
    ("1", [("CO", "16", 20000)], "MA130", 0, 20000, {"denied": True, "action": "correct_new_claim_freq1"}),
    ("1", [("CO", "16", 20000)], "N290", 0, 20000, {"denied": True, "action": "fix_provider_ids"}),
    ("1", [("OA", "18", 20000)], "N522", 0, 20000, {"action": "close_duplicate", "recoverable_cents": 0}),
    ("1", [("CO", "1", 10000)], "", 0, 10000, {"denied": False, "patient_cents": 0, "recoverable_cents": 10000,
        "action": "do_not_bill_patient"}),
    ("1", [("CO", "45", 10000)], "", 0, 10000, {"flag": "suspect_bad_remit", "action": "call_payer"}),
    ("19", [("CO", "45", 5000), ("PR", "2", 3000)], "", 12000, 20000, {"denied": False, "flag": "wait_crossover"}),
    # CARC 96 says nothing alone; the RARC that is not an alert speaks, the alert does not.
    ("1", [("CO", "96", 9000)], "MA13 N56", 0, 9000, {"denied": True, "category": "coding"}),
    # Units cut: part of the line is denied although something was paid.
    ("1", [("CO", "45", 2000), ("CO", "151", 6000)], "", 4000, 12000, {"denied": True, "partial": True,
        "category": "benefit_max", "contractual_cents": 2000, "recoverable_cents": 6000}),
    # The patient owes what the plan excludes; nobody can recover it from the payer.
    ("1", [("PR", "204", 9000)], "", 0, 9000, {"denied": True, "patient_cents": 9000, "recoverable_cents": 0}),
    # A CARC that the tables do not know is work for a person, not a guess.
    ("1", [("CO", "9999", 9000)], "", 0, 9000, {"denied": True, "category": "unknown_code", "action": "call_payer"}),
]  # fmt: skip


def frames(status, adjustments, remarks, paid, charge):
    claims = pd.DataFrame(
        {
            "remittance_id": ["R"],
            "remitted_claim_id": ["C"],
            "status": [status],
            "remarks": pd.Series([None], dtype="str"),
            "charge_cents": pd.Series([charge], dtype="Int64"),
            "paid_cents": pd.Series([paid], dtype="Int64"),
        }
    )
    lines = pd.DataFrame(
        {
            "remittance_id": ["R"],
            "remitted_claim_id": ["C"],
            "remitted_line_id": ["L"],
            "line_id": ["OURS"],
            "position": pd.Series([1], dtype="Int64"),
            "charge_cents": pd.Series([charge], dtype="Int64"),
            "paid_cents": pd.Series([paid], dtype="Int64"),
            "remarks": pd.Series([remarks or None], dtype="str"),
        }
    )
    rows = [("C", "L", n + 1, group, carc, cents) for n, (group, carc, cents) in enumerate(adjustments)]
    cas = pd.DataFrame(
        rows,
        columns=["remitted_claim_id", "remitted_line_id", "position", "group_code", "carc", "amount_cents"],
    )
    cas["amount_cents"] = cas["amount_cents"].astype("Int64")
    return claims, lines, cas


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{'+'.join(g + r for g, r, _ in c[1])}-{c[2]}")
def test_the_dossiers_denial_cases(case):
    status, adjustments, remarks, paid, charge, expected = case
    (row,) = classify(*frames(status, adjustments, remarks, paid, charge)).to_dict(orient="records")
    assert {key: row[key] for key in expected} == expected


def test_a_claim_without_lines_is_judged_by_its_own_adjustments():
    claims, lines, cas = frames("4", [("CO", "29", 20000)], "", 0, 20000)
    cas["remitted_line_id"] = pd.Series([None], dtype="str")
    (row,) = classify(claims, lines.iloc[:0], cas).to_dict(orient="records")
    assert (row["denied"], row["category"], row["recoverable_cents"]) == (True, "timely_filing", 20000)


def test_a_paid_line_without_adjustments_is_paid():
    claims, lines, cas = frames("1", [], "", 20000, 20000)
    (row,) = classify(claims, lines, cas).to_dict(orient="records")
    assert (row["denied"], row["category"], row["patient_cents"]) == (False, "paid", 0)
    assert row["line_id"] == "OURS"


def test_co_is_never_the_patients_money():
    for carc in ("1", "2", "3", "45", "96", "204"):
        (row,) = classify(*frames("1", [("CO", carc, 700)], "", 0, 9000)).to_dict(orient="records")
        assert row["patient_cents"] == 0


def test_every_override_is_either_a_rule_about_one_adjustment_or_follows_from_the_others():
    assert {rule.priority for rule in overrides()} == set(range(1, 19))
