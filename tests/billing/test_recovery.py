"""How much of what is asked for comes: cases from answers, and rates that lean on the table where cases are few."""

from __future__ import annotations

import pandas as pd

from configs import reference
from tasks.billing import recovery, shapes
from tasks.billing.denials import classify
from tests.support.remittance_frames import claim, claim_line, clp, ledger, matched, remit, svc

TODAY = pd.Timestamp("2026-03-01")
CLAIMS = ledger("claims", claim("C1", 20000), claim("C2", 20000))
LINES = ledger("claim_lines", claim_line("L1", "C1", 20000), claim_line("L2", "C2", 20000))
PAYERS = ledger("payers", {"payer_id": "ACME", "appeal_days": 180, "payer_class": "commercial"})
DENIED = svc(20000, 0, ("CO", "197", 20000), control="L1")
PAID = svc(20000, 15000, ("CO", "45", 5000), control="L1")
BACK = svc(-20000, 0, ("CO", "197", -20000), control="L1")


def answer(day: str, *claims, trace: str = "T"):
    return remit(*claims, day=pd.Timestamp(day).date(), trace=trace + day)


def cases(*remits, written=frozenset(), as_of=TODAY):
    facts = matched(*remits, claims=CLAIMS, lines=LINES)
    verdicts = classify(facts.remitted_claims, facts.remitted_lines, facts.remitted_adjustments)
    return recovery.cases(
        CLAIMS, LINES, PAYERS, facts.remitted_claims, facts.remitted_lines, facts.remittances, verdicts,
        set(written), as_of,
    )  # fmt: skip


def told(found: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(found[["category", "recovered_cents", "over", "share"]].itertuples(index=False, name=None))


FIRST = answer("2026-01-20", clp("C1", "1", 20000, 0, DENIED))


def test_a_denial_that_runs_is_no_case_yet_and_one_whose_last_day_passed_brought_nothing():
    assert told(cases(FIRST)) == [("auth_missing", 0, False, 0)]
    assert told(cases(FIRST, as_of=pd.Timestamp("2026-12-01"))) == [("auth_missing", 0, True, 0)]
    assert told(cases(FIRST, written={"CHL1"})) == [("auth_missing", 0, True, 0)]


def test_what_a_correction_pays_is_the_share_of_what_was_denied():
    later = answer("2026-02-10", clp("C1", "22", -20000, 0, BACK), clp("C1", "1", 20000, 15000, PAID))
    assert told(cases(FIRST, later)) == [("auth_missing", 15000, True, 7500)]
    assert told(cases(later, FIRST)) == [("auth_missing", 15000, True, 7500)]


def test_what_was_paid_before_the_denial_says_nothing():
    before = answer("2026-01-10", clp("C1", "1", 20000, 15000, PAID))
    assert told(cases(before, FIRST)) == [("auth_missing", 0, False, 0)]


def items(**values):
    row = {"queue": "denials_appeal", "category": "auth_missing", "payer_id": "ACME", **values}
    return pd.DataFrame([row]).astype("str")


def seen(*shares: int, payer: str = "ACME", category: str = "auth_missing") -> pd.DataFrame:
    rows = [{"category": category, "payer_id": payer, "over": True, "share": share} for share in shares]
    return shapes.conform(pd.DataFrame(rows, columns=[*recovery.CASES]), recovery.CASES)


def rate(found, weight=10, denied=True, percents=(), **values) -> tuple[int, int]:
    rows = items(**values)
    made = recovery.rates(rows, pd.Series([denied]), found, weight, dict(percents))
    return int(made["recovery_rate"].item()), int(made["cases"].item())


def test_without_cases_the_table_speaks_and_the_settings_before_it():
    assert rate(seen()) == (3500, 0)
    assert rate(seen(), category="bundling") == (4500, 0)  # the queue's own row
    assert rate(seen(), percents={"auth_missing": 50, "denials_appeal": 20}) == (5000, 0)
    assert rate(seen(), percents={"denials_appeal": 20}) == (2000, 0)
    assert rate(seen(), denied=False, queue="holds", category="GATE") == (9500, 0)


def test_few_cases_lean_on_the_table_and_many_on_themselves():
    assert rate(seen(*[10000] * 10)) == (8375, 10)  # (100000 + 35000) / 20 = 6750, then (100000 + 67500) / 20
    assert rate(seen(*[0] * 990)) == (0, 990)
    assert rate(seen(*[10000] * 10, payer="OTHER")) == (6750, 10)
    assert rate(seen(*[10000] * 10, category="bundling")) == (3500, 0)
    assert rate(seen(4000), weight=0) == (4000, 1)
    assert rate(seen(), weight=0) == (3500, 0)


def test_only_denials_learn_from_denials():
    assert rate(seen(*[0] * 100), denied=False, queue="underpayments", category="auth_missing") == (6000, 0)


def test_rates_are_percents_of_queues_that_exist():
    from tasks.billing.queues import QUEUES

    rows = reference.table("recovery_rates")
    assert {row["queue"] for row in rows} <= set(QUEUES)
    assert all(0 <= int(row["percent"]) <= 100 for row in rows)
    assert len({(row["queue"], row["category"]) for row in rows}) == len(rows)
