"""The figures: one small office by hand, each figure worked out beside it; the page names every formula."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from configs import reference
from tasks.billing.metrics import FORMULAS, Facts, Formula, Measured, behind, measure
from tests.support.histories import filled
from tests.support.remittance_frames import claim, claim_line, ledger

DAY = dt.date(2026, 3, 31)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def first(number: int, cents: int, built: str, served: str, **more: object) -> dict[str, object]:
    dates = {"built_on": day(built), "service_from": day(served), "frequency": "1"}
    return claim(f"C{number}", cents, **dates, **more)


# C1 paid. C2 denied, then corrected by C2B and paid. C3 refused at the front end. C4 held first, denied and let go.
# C5 denied, its appeal lost. C6 was built before the window and is not answered.
CLAIMS = filled(
    "claims",
    first(1, 10_000, "2026-02-01", "2026-01-31"),
    first(2, 10_000, "2026-02-01", "2026-01-31"),
    first(3, 10_000, "2026-02-02", "2026-02-01"),
    first(4, 20_000, "2026-02-03", "2026-02-01"),
    first(5, 20_000, "2026-02-03", "2026-02-01"),
    first(6, 50_000, "2025-11-01", "2025-10-31"),
    first(2, 10_000, "2026-03-01", "2026-01-31") | {
        "claim_id": "C2B", "replaces_claim_id": "C2", "frequency": "7", "attempt": 2,
    },
)  # fmt: skip
LINES = filled(
    "claim_lines",
    *(
        claim_line(
            f"L{claim_id}", claim_id, cents, charge_id=f"CH{claim_id[1]}", encounter_id=f"E{claim_id[1]}"
        )
        for claim_id, cents in zip(CLAIMS["claim_id"], CLAIMS["charge_cents"], strict=True)
    ),
)


def answer(number: int, claim_id: str, when: str, paid: int, status: str = "1") -> dict[str, object]:
    return {
        "remitted_claim_id": f"R{number}", "remittance_id": f"P{number}", "claim_id": claim_id, "status": status,
        "paid_cents": paid, "charge_cents": 10_000, "since": pd.Timestamp(when),
    }  # fmt: skip


ANSWERS = pd.DataFrame(
    [
        answer(1, "C1", "2026-02-20", 8_000), answer(2, "C2", "2026-02-20", 0), answer(3, "C2B", "2026-03-20", 8_000),
        answer(4, "C4", "2026-02-25", 0), answer(5, "C5", "2026-02-25", 5_000),
    ]
)  # fmt: skip
VERDICTS = pd.DataFrame(
    {"remitted_claim_id": ["R1", "R2", "R3", "R4", "R5"], "denied": [False, True, False, True, True]}
)


def entry(
    account: str, cents: int, when: str, claim_id: str | None, source: str, charge: str | None
) -> dict[str, object]:
    return {
        "entry_id": f"{account} {cents} {when} {claim_id} {source} {charge}", "account": account, "amount_cents": cents,
        "effective_on": day(when), "claim_id": claim_id, "source": source, "charge_id": charge,
    }  # fmt: skip


def charged(number: int, cents: int, when: str) -> list[dict[str, object]]:
    return [
        entry("receivable_payer", cents, when, None, "charge", f"CH{number}"),
        entry("revenue", -cents, when, None, "charge", f"CH{number}"),
    ]


JOURNAL = ledger(
    "journal",
    *charged(1, 10_000, "2026-01-31"), *charged(2, 10_000, "2026-01-31"), *charged(3, 10_000, "2026-02-01"),
    *charged(4, 20_000, "2026-02-01"), *charged(5, 20_000, "2026-02-01"), *charged(6, 50_000, "2025-10-31"),
    *charged(7, 4_000, "2026-03-30"),  # on no claim yet
    entry("receivable_payer", -10_000, "2026-02-20", "C1", "answer", "CH1"),
    entry("contractual", 1_500, "2026-02-20", "C1", "answer", "CH1"),
    entry("receivable_patient", 500, "2026-02-20", "C1", "answer", "CH1"),
    entry("receivable_patient", -500, "2026-03-05", "C1", "patient_payment", None),
    entry("receivable_payer", -10_000, "2026-03-20", "C2B", "answer", "CH2"),
    entry("contractual", 2_000, "2026-03-20", "C2B", "answer", "CH2"),
    entry("receivable_payer", -20_000, "2026-03-10", "C4", "write_off", None),
    entry("receivable_payer", -5_000, "2026-02-25", "C5", "answer", "CH5"),
    entry("receivable_payer", -21_000, "2026-03-31", "C3", "answer", "CH3"),  # a credit of 11,000
)  # fmt: skip
FACTS = Facts(
    as_of=pd.Timestamp(DAY),
    days=90,
    claims=CLAIMS,
    claim_lines=LINES,
    decisions=filled("decisions", {"decision_id": "D", "encounter_id": "E4", "outcome": "held", "decided_on": DAY}),
    rejections=pd.DataFrame({"claim_id": ["C3"], "since": [pd.Timestamp("2026-02-05")]}),
    answers=ANSWERS,
    verdicts=VERDICTS,
    journal=JOURNAL,
    write_offs=filled(
        "write_offs",
        {"write_off_id": "W", "claim_id": "C4", "kind": "denial", "amount_cents": 20_000}
        | {"decided_on": day("2026-03-10")},
    ),
    appeals=filled("appeals", {"appeal_id": "A", "claim_id": "C5"}),
    appeal_events=filled(
        "appeal_events",
        {"event_id": "V", "appeal_id": "A", "action": "decided", "outcome": "upheld", "happened_on": day("2026-03-15")},
    ),
)  # fmt: skip

# Figure, value, claims of the numerator, claims of the denominator.
BY_HAND = [
    # Built in the window: C1 to C5 (C2B replaces). Held: C4; refused: C3.
    ("clean_claim_rate", "60.00", {"C1", "C2", "C5"}, {"C1", "C2", "C3", "C4", "C5"}),
    # First words: C1 paid, C2 C4 C5 denied, C3 refused.
    ("first_pass_resolution", "20.00", {"C1"}, {"C1", "C2", "C3", "C4", "C5"}),
    ("initial_denial_rate", "75.00", {"C2", "C4", "C5"}, {"C1", "C2", "C4", "C5"}),
    # Owed: 15,000 (C5) + 50,000 (C6) + 4,000 (no claim) of 74,000 charged in the window: 69,000 x 90 / 74,000.
    ("days_in_ar", "83.92", {"C5", "C6", None}, {"C1", "C2", "C3", "C4", "C5", None}),
    # 50,000 of 69,000 is of 31 October.
    ("ar_over_90", "72.46", {"C6"}, {"C5", "C6", None}),
    # (8,000 + 500) + 8,000 + 0 + 5,000 of 8,500 + 8,000 + 20,000 + 20,000.
    ("net_collection_rate", "38.05", {"C1", "C2", "C5"}, {"C1", "C2", "C4", "C5"}),
    # C2 was paid, C4 let go, C5's appeal lost.
    ("denial_overturn", "33.33", {"C2"}, {"C2", "C4", "C5"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "above", "below"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_a_small_office_by_hand(
    name: str, value: str, above: set[str | None], below: set[str | None]
) -> None:
    found = measure(FACTS, 800)[name]
    assert found.value == Decimal(value)
    for side, ids in (("numerator", above), ("denominator", below)):
        rows = found.behind[found.behind["side"] == side]
        assert {None if pd.isna(one) else one for one in rows["claim_id"]} == ids


def test_the_cost_of_delay_is_the_rate_on_every_cent_for_every_day_it_stood() -> None:
    """From 1 January: nights until 31 March of each charge, less those of what was taken off."""
    days = {
        "C1": 10_000 * 59 - 10_000 * 39 + 500 * 39 - 500 * 26,
        "C2": 10_000 * 59 - 10_000 * 11,
        "C3": 10_000 * 58,
        "C4": 20_000 * 58 - 20_000 * 21,
        "C5": 20_000 * 58 - 5_000 * 34,
        "C6": 50_000 * 89,  # older than the window: from its first day
        None: 4_000 * 1,
    }
    found = measure(FACTS, 800)["cost_of_delay"]
    rows = found.behind.astype(object).where(found.behind.notna(), None)
    assert dict(zip(rows["claim_id"], rows["amount"], strict=True)) == days
    assert found.value == (Decimal(sum(days.values()) * 800) / (365 * 10_000)).quantize(Decimal(1))
    assert measure(FACTS, 0)["cost_of_delay"].value == 0


def test_a_figure_without_a_denominator_has_no_value() -> None:
    nothing = pd.DataFrame({"claim_id": pd.Series([], dtype="str"), "amount": pd.Series([], dtype="Int64")})
    assert Measured(FORMULAS["ar_over_90"], behind(nothing, nothing)).value is None


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=list(FORMULAS))
def test_every_formula_stands_on_the_page_with_its_source(formula: Formula) -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith(f"| `{formula.formula_id}`")]
    assert line.rstrip(" |").endswith("K")
    assert formula.source.startswith("K: ")


def test_every_flag_and_step_of_denials_stands_on_their_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "denials.md").read_text(encoding="utf-8")
    named = {row["flag"] for row in reference.table("denial_flags")}
    named |= {row["step"] for row in reference.table("denial_actions")}
    assert {name for name in named if f"`{name}`" not in page} == set()
