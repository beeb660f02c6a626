"""``denial_rules.tsv`` names rules that exist and leaves no kind of denial out; what is learned from it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from configs import reference
from configs.rules import load_rules
from tasks.billing import denial_rules, learned, track_record

KNOWN = load_rules()[0].keys()
# Categories that denials.py gives and no table lists.
MADE = {"unknown_code"}


def denial_categories() -> set[str]:
    carcs = {row["category"] for row in reference.table("carc") if row["is_denial"] in ("Y", "COND")}
    rarcs = {row["category"] for row in reference.table("rarc") if row["kind"] == "supplemental"}
    overrides = {row["category"] for row in reference.table("denial_overrides") if row["is_denial"] == "Y"}
    return carcs | rarcs | overrides | MADE


def test_every_rule_named_there_exists() -> None:
    named = {rule for row in denial_rules.rows() for rule in row.rules}
    unknown = [
        rule
        for rule in sorted(named)
        if not any(known.startswith(rule[:-1]) if rule.endswith("*") else known == rule for known in KNOWN)
    ]
    assert unknown == []


def test_every_category_of_denial_has_a_row() -> None:
    assert sorted(denial_categories() - {row.category for row in denial_rules.rows()}) == []


def test_every_code_of_a_row_is_known_and_has_its_category() -> None:
    carcs, rarcs = reference.by_key("carc", "carc"), reference.by_key("rarc", "rarc")
    for row in denial_rules.rows():
        assert {carcs[code]["category"] for code in row.carcs} <= {row.category}
        # A remark code may name what its own category does not (a supervisor's NPI is credentialing).
        assert row.rarcs <= rarcs.keys()
    assert all(row["prov"] for row in reference.table("denial_rules"))


def test_every_code_that_denies_is_said_to_be_covered_or_not() -> None:
    listed = {code for row in denial_rules.rows() for code in row.carcs}
    whole = {row.category for row in denial_rules.rows() if not row.carcs and not row.rarcs}
    missing = [
        row["carc"]
        for row in reference.table("carc")
        if row["is_denial"] in ("Y", "COND") and row["carc"] not in listed and row["category"] not in whole
    ]
    assert missing == []


@pytest.mark.parametrize("row", [r for r in reference.table("denial_overrides") if r["rarc"] != "any"])
def test_what_an_override_renames_is_found_under_its_new_name(row: reference.Row) -> None:
    """CARC 16 with a remark about a provider is credentialing; the table knows it under that name."""
    if row["is_denial"] != "Y":
        return
    for rarc in row["rarc"].split():
        kinds = [kind for kind in denial_rules.rows() if kind.category == row["category"]]
        assert any(
            kind.fits(row["category"], frozenset(row["carc"].split()), frozenset([rarc])) for kind in kinds
        ), rarc


@pytest.mark.parametrize(
    ("rule", "category", "reasons", "foreseen"),
    [
        ("ADD_ON_ALONE", "bundling", "CO-107", True),
        ("ADD_ON_ALONE", "bundling", "CO-16/N122", True),
        ("ADD_ON_ALONE", "bundling", "CO-97", False),
        ("PAIR_PR10", "bundling", "CO-236 CO-45", True),
        ("PAIR_PR10", "timely_filing", "CO-29", False),
        ("TIMELY_PAST", "timely_filing", "CO-29", True),
        ("GATE_ENROLLMENT", "credentialing", "CO-B7", True),
    ],
)
def test_foreseen(rule: str, category: str, reasons: str, foreseen: bool) -> None:
    assert denial_rules.foreseen(rule, category, reasons) is foreseen


@pytest.mark.parametrize(
    ("predicts", "reasons", "foreseen"),
    [
        ("CARC16 CARC146 M76", "CO-146", True),
        ("CARC16 CARC146 M76", "CO-16/M76", True),
        ("CARC16 CARC146 M76", "CO-16/N290", False),
        ("CARC96", "CO-96/N130", True),
        ("CARC96", "CO-45", False),
        (None, "CO-96", False),
    ],
)
def test_what_a_rule_itself_says_of_the_answer_counts_too(
    predicts: str | None, reasons: str, foreseen: bool
) -> None:
    assert denial_rules.foreseen("OF_ITS_OWN", "any", reasons, predicts) is foreseen


def test_predicted_as_a_finding_says_it() -> None:
    assert denial_rules.predicted("ADD_ON_ALONE") == "CARC107 CARCB15 N122"
    assert denial_rules.predicted("DIAGNOSIS_D03") == "CARC50"
    assert denial_rules.predicted("NOTHING") is None


def verdict(number: int, category: str | None, reasons: str, cents: int = 0, **more: Any) -> dict[str, Any]:
    usual = {
        "remitted_claim_id": f"RC{number}",
        "line_id": f"L{number}",
        "denied": cents > 0,
        "denied_cents": cents,
    }
    return usual | {"category": category, "reasons": reasons, "preventable": "Y"} | more


def test_denials_that_no_rule_covers_by_dollars() -> None:
    verdicts = pd.DataFrame(
        [
            verdict(1, "benefit_max", "CO-119 CO-45", 9000),
            verdict(2, "benefit_max", "CO-119", 2000),
            verdict(3, "bundling", "CO-97", 5000),
            verdict(4, "non_covered", "CO-96/N130", 12000),
            verdict(5, "paid", "CO-45"),
        ]
    )
    kinds = learned.by_kind(verdicts)
    assert list(kinds.columns) == learned.COLUMNS
    said = [tuple(row) for row in kinds[["carc", "rarc", "denials", "denied_cents", "covered"]].to_numpy()]
    assert said == [
        ("96", "N130", 1, 12000, False),
        ("119", "", 2, 11000, False),
        ("97", "", 1, 5000, True),
    ]
    assert "PAIR_*" in kinds["rules"].iloc[2]
    assert learned.by_kind(verdicts.iloc[4:]).empty


def test_how_often_a_rule_was_right() -> None:
    findings = pd.DataFrame(
        {
            "finding_id": ["F1", "F2", "F3", "F4"],
            "decision_id": ["D1", "D2", "D3", "D4"],
            "line": pd.array([1, None, 1, 1], dtype="Int64"),
            "rule_id": ["PAIR_PR14", "PAIR_PR14", "PAIR_PR14", "GATE_COVERAGE"],
            "severity": ["warn", "suppressed", "warn", "hold"],
        }
    )
    shadows = pd.DataFrame(
        {
            "shadow_id": ["S1"],
            "encounter_row_id": ["R2"],
            "line": pd.array([2], "Int64"),
            "rule_id": ["DUPLICATE"],
        }
    )
    charges = pd.DataFrame(
        {
            "charge_id": ["C1", "C2a", "C2b", "C3"],
            "decision_id": ["D1", "D2", "D2", "D3"],
            "encounter_row_id": ["R1", "R2", "R2", "R3"],
            "position": pd.array([1, 1, 2, 1], dtype="Int64"),
        }
    )
    lines = pd.DataFrame({"charge_id": ["C1", "C2a", "C2b"], "line_id": ["L1", "L2", "L3"]})
    verdicts = pd.DataFrame(
        [verdict(1, "paid", "CO-45"), verdict(2, "paid", ""), verdict(3, "bundling", "CO-97", 5000)]
    )
    found = track_record.record(track_record.unheeded(findings, shadows, charges), lines, verdicts)
    assert {
        row["rule_id"]: (row["said"], row["judged"], row["right"]) for row in found.to_dict("records")
    } == {
        "PAIR_PR14": (3, 2, 1),
        "DUPLICATE": (1, 1, 0),
    }
