"""Claims of stays: what shares one, when it is due, what it is within its stay."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from configs import reference
from tasks.billing.institutional import claims as institutional
from tasks.billing.institutional import periods
from tests.billing.claim_practice import charge
from tests.billing.institutional.stay_practice import (
    DETOX,
    PHP,
    RTC,
    build,
    charges,
    days,
    masters,
    stay,
    told,
)


def gone(day: str, **changes: str) -> dict[str, object]:
    return stay(discharged_on=day, **changes)


def test_a_stay_within_a_month_is_one_claim() -> None:
    built = build(days("2026-01-05", "2026-01-09"), masters(gone("2026-01-09")))
    assert told(built) == [("01-05", "01-09", "1", "01")]
    claim = built.claims.iloc[0]
    expected = {
        "form": "837I", "type_of_bill": "013", "condition_codes": "41", "stay_id": "ST1", "stay_row_id": "stay-1",
        "attending_id": "CL2", "attending_row_id": "provider-2", "rendering_id": "CL2", "charge_cents": 100000,
    }  # fmt: skip
    assert {name: claim[name] for name in expected} == expected
    assert built.lines["position"].tolist() == [1, 2, 3, 4, 5]
    assert set(built.lines["revenue_code"]) == {"0912"}
    assert built.waiting.empty


def test_a_long_stay_is_billed_month_by_month() -> None:
    built = build(days("2026-01-30", "2026-03-03"), masters(gone("2026-03-03")), date(2026, 3, 4))
    assert told(built) == [
        ("01-30", "01-31", "2", "30"),
        ("02-01", "02-28", "3", "30"),
        ("03-01", "03-03", "4", "01"),
    ]


def test_the_example_of_the_page() -> None:
    rows = [*days("2026-01-29", "2026-01-30"), *days("2026-02-02", "2026-02-03")]
    known = masters(stay(admitted_on="2026-01-29", discharged_on="2026-02-03"))
    assert told(build(rows, known, date(2026, 2, 3))) == [
        ("01-29", "01-31", "2", "30"),
        ("02-02", "02-03", "4", "01"),
    ]
    running = masters(stay(admitted_on="2026-01-29"))
    assert set(build(rows[:2], running, date(2026, 1, 30)).waiting["awaits"]) == {"month_end"}
    assert told(build(rows[:2], running, date(2026, 2, 1))) == [("01-29", "01-31", "2", "30")]


def test_frequencies_and_statuses_are_those_of_the_table() -> None:
    rows = reference.by_key("tob_frequency", "digit")
    for digit in institutional.ORIGINALS:
        status = "30" if digit in institutional.INTERIM else "not 30"
        assert rows[digit]["patient_status"] == status


@pytest.mark.parametrize(
    ("built_on", "claims", "waiting"),
    [
        (date(2026, 1, 31), [], 7),
        (date(2026, 2, 1), [("01-28", "01-31", "2", "30")], 3),
        (date(2026, 3, 1), [("01-28", "01-31", "2", "30"), ("02-01", "02-28", "3", "30")], 0),
    ],
)
def test_an_interim_claim_is_due_when_its_month_is_over(
    built_on: date, claims: list[tuple[str, ...]], waiting: int
) -> None:
    built = build(days("2026-01-28", "2026-02-03"), built_on=built_on)
    assert told(built) == claims
    assert built.waiting["awaits"].tolist() == ["month_end"] * waiting
    assert built.claims["charge_cents"].sum() + built.waiting["charge_cents"].sum() == 7 * 20000


def test_a_discharge_makes_the_last_claim_due() -> None:
    rows, known = days("2026-01-28", "2026-02-03"), masters(gone("2026-02-03", patient_status="07"))
    assert told(build(rows, known, date(2026, 2, 3))) == [
        ("01-28", "01-31", "2", "30"),
        ("02-01", "02-03", "4", "07"),
    ]
    assert told(build(rows, known, date(2026, 2, 2))) == [("01-28", "01-31", "2", "30")]


def test_a_detox_is_billed_as_a_whole_at_discharge() -> None:
    rows = days("2026-01-30", "2026-02-01", DETOX)
    waiting = build(rows, masters(stay(level_of_care="inpatient_detox")))
    assert waiting.claims.empty
    assert set(waiting.waiting["awaits"]) == {"discharge"}
    built = build(rows, masters(gone("2026-02-02", level_of_care="inpatient_detox")))
    # the statement of a bed ends with the day of discharge, which is not billed
    assert told(built) == [("01-30", "02-02", "1", "01")]
    assert len(built.lines) == 3


def test_a_bed_left_on_the_first_of_a_month_was_billed_to_its_end_the_month_before() -> None:
    built = build(days("2026-01-05", "2026-01-31", RTC), masters(gone("2026-02-01", level_of_care="rtc_mh")))
    assert told(built) == [("01-05", "02-01", "1", "01")]


def test_a_bed_whose_last_nights_are_not_charged_yet_has_more_to_come() -> None:
    known = masters(gone("2026-02-10", level_of_care="rtc_mh"))
    assert told(build(days("2026-01-05", "2026-01-31", RTC), known)) == [("01-05", "01-31", "2", "30")]


def programme(**changes: object) -> pd.DataFrame:
    row = {
        "payer_id": "*", "level_of_care": "php", "effective_from": pd.Timestamp("2020-01-01"), "effective_to": pd.NaT,
        "form": "837I", "type_of_bill": "013", "revenue_code": "0912", "code": "H0035", "line": "day",
        "condition_codes": "41", "cycle": "month",
    }  # fmt: skip
    made = pd.DataFrame([row | changes])
    dates = dict.fromkeys(("effective_from", "effective_to"), "datetime64[s]")
    return made.astype({name: dates.get(name, "str") for name in made})


def test_a_week_begins_on_monday() -> None:
    known = masters(programmes=programme(cycle="week"))
    built = build(days("2026-01-08", "2026-01-14"), known, date(2026, 1, 14))
    assert told(built) == [("01-08", "01-11", "2", "30")]
    assert built.waiting["awaits"].tolist() == ["week_end"] * 3


def test_one_stay_one_payer_one_policy_one_programme() -> None:
    other = days("2026-01-05", "2026-01-06", stay_id="ST2")
    iop = {"level_of_care": "iop", "code": "S9480", "revenue_code": "0905", "condition_codes": None}
    stepped = days("2026-01-08", "2026-01-09", PHP | iop)
    weekly = [
        row | {"payer_id": "WEEK", "charge_id": f"W{row['charge_id']}"}
        for row in days("2026-01-10", "2026-01-10")
    ]
    known = masters(gone("2026-01-10"), gone("2026-01-06", stay_id="ST2", row_id="stay-2"))
    built = build([*days("2026-01-05", "2026-01-06"), *other, *stepped, *weekly], known)
    assert len(built.claims) == 4


def test_records_of_part_2_never_share_a_claim_with_others() -> None:
    rows = [*days("2026-01-05", "2026-01-05", part2=True), *days("2026-01-06", "2026-01-06")]
    built = build(rows, masters(gone("2026-01-06")))
    assert sorted(built.claims["part2"]) == [False, True]


def test_a_claim_carries_one_authorization_and_what_needs_none_goes_with_it() -> None:
    one, two = days("2026-01-05", "2026-01-06", authorization_id="AU1"), days("2026-01-07", "2026-01-09")
    built = build([*one, *two], masters(gone("2026-01-09")))
    assert built.claims["authorization_number"].tolist() == ["A-111"]
    again = [row | {"authorization_id": "AU2"} for row in two]
    built = build([*one, *again], masters(gone("2026-01-09")))
    assert told(built) == [("01-05", "01-06", "2", "30"), ("01-07", "01-09", "4", "01")]


def test_professional_charges_and_those_of_stays_stand_on_their_own_claims() -> None:
    built = build([*days("2026-01-05", "2026-01-06"), charge("E9")], masters(gone("2026-01-06")))
    assert sorted(built.claims["form"]) == ["837I", "837P"]
    professional = built.claims[built.claims["form"] == "837P"].iloc[0]
    assert professional[["type_of_bill", "stay_id", "attending_id", "patient_status"]].isna().all()
    assert professional["frequency"] == "1"


def test_the_order_of_charges_plays_no_part_and_ids_follow_from_them_alone() -> None:
    rows = days("2026-01-30", "2026-02-03")
    known = masters(gone("2026-02-03"))
    one, two = build(rows, known), build(rows[::-1], known)
    pd.testing.assert_frame_equal(one.claims, two.claims)
    pd.testing.assert_frame_equal(one.lines, two.lines)
    # another status of the same days is the same claim
    later = build(rows, masters(gone("2026-02-03", patient_status="02")))
    assert later.claims["claim_id"].tolist() == one.claims["claim_id"].tolist()


def test_what_was_claimed_before_counts_for_the_frequency() -> None:
    every, known = days("2026-01-30", "2026-02-03"), masters(gone("2026-02-03"))
    february = every[2:]
    built = build(february, known, stay_days=charges(every)[institutional.DAYS])
    assert told(built) == [("02-01", "02-03", "4", "01")]


def test_a_day_that_is_still_held_keeps_its_month_back_for_two_weeks() -> None:
    held = pd.DataFrame({"stay_id": ["ST1"], "service_date": pd.to_datetime(["2026-01-20"])})
    rows = days("2026-01-05", "2026-01-09")
    waiting = build(rows, built_on=date(2026, 2, 14), open_days=held)
    assert set(waiting.waiting["awaits"]) == {"held_days"}
    assert told(build(rows, built_on=date(2026, 2, 15), open_days=held)) == [("01-05", "01-31", "2", "30")]
    elsewhere = held.assign(service_date=pd.to_datetime(["2026-02-02"]))
    assert len(build(rows, built_on=date(2026, 2, 2), open_days=elsewhere).claims) == 1


def test_a_stay_that_is_gone_leaves_its_charges_unbilled() -> None:
    built = build(days("2026-01-05", "2026-01-05", stay_id="ST9"))
    assert built.left["missing"].tolist() == ["stays"]
    built = build(days("2026-01-05", "2026-01-05"), masters(stay(attending_id="CL9")))
    assert built.left["missing"].tolist() == ["providers"]


def test_a_rejected_claim_of_a_stay_goes_again_as_a_whole() -> None:
    rows, known = days("2026-01-05", "2026-01-06"), masters(gone("2026-01-06"))
    first = build(rows, known)
    before = {row["charge_id"]: (first.claims["claim_id"][0], 1) for row in rows}
    again = build(rows, known, attempts=before)
    assert again.claims["replaces_claim_id"].tolist() == first.claims["claim_id"].tolist()
    assert told(again) == told(first)
    assert again.claims["claim_id"][0] != first.claims["claim_id"][0]


def test_without_a_day_it_is_said_what_an_open_stay_waits_for() -> None:
    dated = periods.with_periods(charges(days("2026-01-05", "2026-01-05")), masters())
    assert periods.awaited(dated).tolist() == ["month_end"]
    closed = periods.with_periods(charges(days("2026-01-05", "2026-01-05")), masters(gone("2026-01-05")))
    assert periods.awaited(closed).tolist() == [""]
