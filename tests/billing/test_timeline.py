"""What the timeline of a claim says in words."""

from __future__ import annotations

import pandas as pd

from tasks.billing import timeline


def test_an_amount_that_was_taken_back_lost_its_sign() -> None:
    """A reversal read as a second charge."""
    told = timeline._dollars(pd.Series([-20_005, 5, None], dtype="Int64"))
    assert told.tolist()[:2] == ["-200.05", "0.05"]
    assert told.isna().tolist() == [False, False, True]
