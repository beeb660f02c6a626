"""Clocks: what runs from the service, what from the notice, and how pressing it is."""

from __future__ import annotations

import pandas as pd

from tasks.billing import deadlines

DAY = pd.Series(pd.to_datetime(["2026-01-05", "2026-01-05"]))


def test_filing_runs_from_the_service_and_unknown_payers_have_ninety_days():
    limits = deadlines.filing(DAY, pd.Series([365, None], dtype="Int64"))
    assert limits.dt.strftime("%Y-%m-%d").tolist() == ["2027-01-05", "2026-04-05"]


def test_an_appeal_has_the_payers_days_and_a_correction_ninety():
    action = pd.Series(["appeal_with_records", "correct_resubmit"])
    limits = deadlines.response(
        action, DAY, pd.Series([180, 180], dtype="Int64"), pd.Series(["commercial"] * 2)
    )
    assert limits.dt.strftime("%Y-%m-%d").tolist() == ["2026-07-04", "2026-04-05"]


def test_medicare_presumes_receipt_five_days_later_and_unknown_appeals_have_sixty():
    limits = deadlines.response(
        pd.Series(["appeal", "appeal"]),
        DAY,
        pd.Series([120, None], dtype="Int64"),
        pd.Series(["medicare_ffs", "commercial"]),
    )
    assert limits.dt.strftime("%Y-%m-%d").tolist() == ["2026-05-10", "2026-03-06"]


def test_urgency_grows_towards_the_deadline_and_ends_with_it():
    days = pd.Series(
        pd.to_datetime(["2026-01-04", "2026-01-05", "2026-01-12", "2026-02-04", "2026-03-01", None])
    )
    assert deadlines.urgency(days, pd.Timestamp("2026-01-05")).tolist() == [0, 4, 4, 2, 1, 1]
