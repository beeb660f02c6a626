"""Clocks: what runs from the service, what from the notice, and how pressing it is."""

from __future__ import annotations

import pandas as pd
from judge_practice import encounters, masters, rows, run, said

from tasks.billing import deadlines

DAY = pd.Series(pd.to_datetime(["2026-01-05", "2026-01-05"]))


def test_filing_runs_from_the_service_and_unknown_payers_have_ninety_days():
    limits = deadlines.filing(DAY, pd.Series([365, None], dtype="Int64"))
    assert limits.dt.strftime("%Y-%m-%d").tolist() == ["2027-01-05", "2026-04-05"]


def test_an_appeal_has_the_payers_days_and_a_correction_ninety():
    step = pd.Series(["appeal", "correct_resubmit"])
    limits = deadlines.response(
        step, DAY, pd.Series([180, 180], dtype="Int64"), pd.Series(["commercial"] * 2)
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


def test_mistake_9_the_clock_is_the_payers():
    """Per payer, from service, last day billed or calendar year; unknown is 90 (09_costly_mistakes 9)."""
    start, through = pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-30")
    rows = pd.DataFrame(
        [
            ("service_date", 120, "2026-05-05"),
            ("through_date", 120, "2026-05-30"),
            ("discharge_date", 120, "2026-05-30"),
            ("calendar_year", None, "2027-12-31"),
            (None, 60, "2026-03-06"),
            (None, None, "2026-04-05"),
            ("through_date", None, "2026-04-30"),
        ],
        columns=["basis", "days", "until"],
    )
    service, last = (pd.Series(day, index=rows.index).astype("datetime64[s]") for day in (start, through))
    limits = deadlines.filing(service, rows["days"].astype("Int64"), rows["basis"].astype("str"), last)
    assert limits.dt.strftime("%Y-%m-%d").tolist() == rows["until"].tolist()


def test_days_of_a_session_follow_the_clock():
    service = pd.Series(pd.to_datetime(["2026-01-05", "2026-01-05", "2026-01-05"])).astype("datetime64[s]")
    days = deadlines.filing_days(
        service,
        pd.Series([90, None, None], dtype="Int64"),
        pd.Series([None, "calendar_year", None], dtype="str"),
    )
    assert days.astype("object").where(days.notna(), None).tolist() == [90, 725, None]


CLAIMS = [
    # claim, frequency, order, replaces, charge, corrected days, secondary days → last day
    ("C1", "1", "P", None, "CH1", None, None, "2026-04-05"),
    ("C7", "7", "P", "C1", "CH1", 30, None, "2026-02-20"),
    ("C8", "8", "P", "C1", "CH1", None, None, "2026-04-21"),
    ("S1", "1", "S", None, "CH1", None, 45, "2026-03-07"),
    ("S2", "1", "S", None, "CH1", None, None, "2026-03-22"),
    ("S9", "1", "S", None, "CH9", None, 45, "2026-04-05"),
]


def test_mistake_9_corrections_and_secondary_claims_run_from_the_remittance():
    rows = pd.DataFrame(
        [row[:4] + row[5:7] for row in CLAIMS],
        columns=[
            "claim_id", "frequency", "payer_order", "replaces_claim_id", "corrected_filing_days",
            "secondary_filing_days",
        ],
    ).astype({"corrected_filing_days": "Int64", "secondary_filing_days": "Int64"})  # fmt: skip
    day = pd.Series(pd.Timestamp("2026-01-05"), index=rows.index).astype("datetime64[s]")
    rows = rows.assign(service_from=day, service_to=day, timely_filing_days=pd.array([90] * len(rows), "Int64"),
                       filing_basis=pd.Series(None, index=rows.index, dtype="str"))  # fmt: skip
    lines = pd.DataFrame({"claim_id": rows["claim_id"], "charge_id": [row[4] for row in CLAIMS]})
    remitted = pd.DataFrame({"claim_id": ["C1", "C1"], "remittance_id": ["R0", "R1"]})
    paid = pd.to_datetime(["2026-01-15", "2026-01-21"]).astype("datetime64[s]")
    remittances = pd.DataFrame({"remittance_id": ["R0", "R1"], "payment_date": paid})
    answered = deadlines.answered_on(rows, lines, remitted, remittances)
    limits = deadlines.claims(rows, answered)
    assert dict(zip(rows["claim_id"], limits.dt.strftime("%Y-%m-%d"), strict=True)) == {
        row[0]: row[7] for row in CLAIMS
    }


def test_a_denials_correction_has_the_payers_days():
    corrected = deadlines.corrections(
        DAY, pd.Series([None, 365], dtype="Int64"), pd.Series([60, 90], dtype="Int64")
    )
    assert corrected.dt.strftime("%Y-%m-%d").tolist() == ["2026-03-06", "2027-01-05"]
    limits = deadlines.response(
        pd.Series(["appeal", "correct_resubmit"]),
        DAY,
        pd.Series([180, 180], dtype="Int64"),
        pd.Series(["commercial"] * 2),
        corrected,
    )
    assert limits.dt.strftime("%Y-%m-%d").tolist() == ["2026-07-04", "2027-01-05"]


def test_rules_and_worklists_count_by_the_same_clock():
    """Judged on 2026-01-06, 100 days after the service; the payer has 90 days, or the calendar year as its clock."""
    met = encounters({"service_date": "2025-09-28", "signed_on": "2025-09-28"})
    assert "TIMELY_PAST" in said(run(met))
    calendar = masters(payers=rows("payers", {"filing_basis": "calendar_year"}))
    assert not said(run(met, calendar)) & {"TIMELY_PAST", "TIMELY_MARGIN"}
    old = encounters({"service_date": "2024-01-02", "signed_on": "2024-01-02"})
    assert "TIMELY_PAST" in said(run(old, calendar))
