"""Months of the books: where an entry belongs, what a month comes to, when it may be closed."""

from __future__ import annotations

import datetime as dt
import hashlib

import pandas as pd
import pytest

from tasks.billing import accounts, months
from tests.support.remittance_frames import SAMPLE, ledger, posted

TODAY = dt.date(2026, 3, 15)


def entry(day: str | None, account: str, cents: int, period: str | None = None) -> dict[str, object]:
    on = None if day is None else dt.date.fromisoformat(day)
    return {"effective_on": on, "account": account, "amount_cents": cents, "period": period}


JOURNAL = ledger(
    "journal",
    entry("2026-01-31", "cash", 100, "2026-01"),
    entry("2026-01-31", "revenue", -100, "2026-01"),
    entry("2026-01-15", "cash", 7, "2026-02"),  # came after January was closed
    entry("2026-01-15", "revenue", -7, "2026-02"),
    entry("2026-02-03", "cash", -7, "2026-02"),
    entry("2026-02-03", "revenue", 7, "2026-02"),
    entry("2025-12-31", "cash", 5),  # from before the books had months
    entry(None, "revenue", -5),
)


def test_an_entry_is_in_its_stored_month_else_in_that_of_its_date():
    assert months.month_of(JOURNAL).tolist() == [*["2026-01"] * 2, *["2026-02"] * 4, "2025-12", ""]


def test_an_entry_counts_on_its_own_day_or_on_the_first_of_its_month():
    days = months.booked_on(JOURNAL).dt.strftime("%Y-%m-%d").tolist()
    assert days[:-1] == [*["2026-01-31"] * 2, *["2026-02-01"] * 2, *["2026-02-03"] * 2, "2025-12-31"]
    assert pd.isna(days[-1])


def test_a_trial_balance_has_debits_and_credits_of_each_account():
    rows = months.trial_balance(JOURNAL)
    assert rows[rows["period"] == "2026-02"].to_dict("list") == {
        "period": ["2026-02", "2026-02"],
        "account": ["cash", "revenue"],
        "entries": [2, 2],
        "debit_cents": [7, 7],
        "credit_cents": [7, 7],
    }


def test_parts_add_up_to_the_whole_in_any_partition():
    whole = months.trial_balance(JOURNAL)
    parts = [months.trial_balance(JOURNAL.iloc[[row]]) for row in range(len(JOURNAL))]
    pd.testing.assert_frame_equal(months.added_up(reversed(parts)), whole)


def test_trial_balances_of_all_months_are_the_balances():
    journal = posted(SAMPLE)
    rows = months.trial_balance(journal)
    net = (rows["debit_cents"] - rows["credit_cents"]).groupby(rows["account"]).sum()
    assert net.to_dict() == {k: v for k, v in accounts.balances(journal).items() if k in net.index}


def test_nothing_has_a_trial_balance_without_rows():
    rows = months.trial_balance(ledger("journal"))
    assert rows.empty
    assert months.totals(rows).empty


def test_the_digest_is_that_of_lines_anybody_can_write():
    lines = "cash 1 100 0\nrevenue 1 0 100\n"
    found = months.digest_of(months.trial_balance(JOURNAL), "2026-01")
    assert found == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize(
    ("month", "closed", "why"),
    [
        ("2026-1", [], "written like 2026-01"),
        ("2026-13", [], "written like 2026-01"),
        ("2026-03", [], "has not ended"),
        ("2027-01", [], "has not ended"),
        ("2025-12", ["2025-12"], "closed already"),
        ("2026-01", [], "2025-12 is open and has entries"),
        ("2026-02", ["2025-12"], "2026-01 is open and has entries"),
        ("2025-12", [], "the debits of 2025-12 are not its credits"),
        ("2025-11", [], None),
        ("2026-01", ["2025-12"], None),
        ("2026-02", ["2025-12", "2026-01"], None),
    ],
)
def test_which_months_may_be_closed(month: str, closed: list[str], why: str | None):
    said = months.refusal(month, months.trial_balance(JOURNAL), closed, TODAY)
    assert said is None if why is None else why in str(said)


def test_a_month_may_be_closed_on_the_first_day_after_it():
    balance = months.trial_balance(JOURNAL.iloc[:2])
    assert months.refusal("2026-01", balance, [], dt.date(2026, 1, 31))
    assert months.refusal("2026-01", balance, [], dt.date(2026, 2, 1)) is None


CHANGES = {
    "an entry more that comes to nothing": lambda j: pd.concat([j, j.iloc[:1].assign(amount_cents=0)]),
    "a pair more": lambda j: pd.concat([j, j.iloc[:2]]),
    "a pair less": lambda j: j.iloc[2:],
    "another account": lambda j: j.assign(account=j["account"].replace("cash", "suspense_plb")),
    "a cent on both sides": lambda j: j.assign(
        amount_cents=j["amount_cents"].replace({100: 101, -100: -101})
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_a_closed_month_is_seen(change: str):
    balance = months.trial_balance(JOURNAL)
    closings = pd.DataFrame(
        {
            "period": ["2026-01", "2026-02"],
            "balances_sha256": [months.digest_of(balance, month) for month in ("2026-01", "2026-02")],
        }
    )
    assert months.moved(balance, closings) == []
    january = JOURNAL["period"] == "2026-01"
    changed = pd.concat([CHANGES[change](JOURNAL[january]), JOURNAL[~january]], ignore_index=True)
    assert months.moved(months.trial_balance(changed), closings) == ["2026-01"]
