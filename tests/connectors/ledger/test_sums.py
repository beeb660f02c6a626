"""What the database, or one pass over it, adds up; on both engines."""

from __future__ import annotations

import pandas as pd
import pytest

from connectors.ledger import Ledger, sums
from tests.support.histories import filled

# Ids whose entries stand beside each other in the order of the key: X>1, its withdrawal X>1<, X>10, X>2.
POSTINGS = {"X>1": (5, -5), "X>1<": (-5, 5), "X>10": (3, -2), "X>2": (1, 1, -2), "Y>1": (7,), "Z>1": (1, -1)}


@pytest.fixture
def posted(ledger: Ledger) -> Ledger:
    rows = [
        {
            "entry_id": f"{name}:{at}",
            "posting_id": name,
            "position": at,
            "amount_cents": cents,
            "account": "cash",
        }
        for name, amounts in POSTINGS.items()
        for at, cents in enumerate(amounts, 1)
    ]
    ledger.add("journal", filled("journal", *rows))
    return ledger


@pytest.mark.parametrize("rows", [1, 2, 3, 50_000])
def test_postings_that_do_not_sum_to_zero_are_counted_wherever_a_batch_ends(
    posted: Ledger, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(sums, "ROWS", rows)
    with posted.snapshot() as view:
        assert sums.unbalanced(view) == sum(1 for amounts in POSTINGS.values() if sum(amounts)) == 2


def test_an_empty_journal_has_none(ledger: Ledger) -> None:
    with ledger.snapshot() as view:
        assert sums.unbalanced(view) == 0


def test_groups_that_come_to_zero_are_left_out(posted: Ledger) -> None:
    with posted.snapshot() as view:
        found = sums.sums(view, "journal", ["posting_id"], "amount_cents")
    expected = pd.DataFrame({"posting_id": ["X>10", "Y>1"], "amount_cents": [1, 7]})
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
