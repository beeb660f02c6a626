"""Levels of appeal: which a payer has, until when each may be filed, and which one comes next."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from tasks.billing import deadlines
from tasks.billing.appeals import levels, opening
from tasks.billing.appeals.opening import Asked, Before

JANUARY_5 = dt.date(2026, 1, 5)


def last_day(track: str, number: int, notice: str, *, received: bool = False) -> str:
    one = levels.level(track, number)
    assert one is not None
    days = pd.Series(pd.to_datetime([notice]).astype("datetime64[s]"))
    return str(levels.due(one, days, levels.time_to_file(one), received=received).dt.date.iloc[0])


@pytest.mark.parametrize(
    ("track", "number", "notice", "expected"),
    [
        ("medicare_ffs", 1, "2026-01-05", "2026-05-10"),  # 5 presumed for receipt + 120
        ("medicare_ffs", 2, "2026-03-02", "2026-09-03"),  # 5 + 180
        ("medicare_ffs", 3, "2026-03-02", "2026-05-06"),  # 5 + 60
        ("medicaid_mco", 2, "2026-01-05", "2026-05-05"),
        ("erisa", 1, "2026-01-05", "2026-07-04"),
        ("erisa", 3, "2026-10-31", "2027-02-28"),  # four months end with February
        # 30 business days over New Year, King's and Presidents' day: from Monday 2026-01-05 to Wednesday 02-18.
        ("nsa", 1, "2026-01-05", "2026-02-18"),
        ("nsa", 2, "2026-07-02", "2026-07-08"),  # the 4th of July 2026 is a Saturday, on which nobody counts
        ("nsa", 2, "2025-12-23", "2025-12-30"),  # Christmas does not count
    ],
)
def test_last_days(track, number, notice, expected):
    assert last_day(track, number, notice) == expected


def test_a_receipt_that_is_known_is_not_presumed():
    assert last_day("medicare_ffs", 1, "2026-01-05", received=True) == "2026-05-05"


def test_every_class_of_payer_but_the_eap_has_its_track_in_the_table():
    assert set(levels.TRACKS.values()) <= set(levels.tracks())
    assert "eap" not in levels.TRACKS


def test_numbers_and_names_of_levels_tell_the_track():
    every = [one for several in levels.tracks().values() for one in several]
    assert len({(one.number, one.name) for one in every}) == len(every)
    assert levels.named(2, "reconsideration") == levels.level("medicare_ffs", 2)
    assert levels.named(9, "moon") is None


def test_days_come_from_the_settings_then_the_payer_then_the_table_then_the_shortest_known():
    first, second = levels.levels_of("contract")
    assert levels.time_to_file(first, 180, (90, 30)) == (90, "days")
    assert levels.time_to_file(first, 180) == (180, "days")
    assert levels.time_to_file(first) == (deadlines.unknown("appeal_days"), "days") == (60, "days")
    assert levels.time_to_file(second, 180, (90, 30)) == (30, "days")
    assert levels.time_to_file(second, 180) == (60, "days")
    medicare = levels.levels_of("medicare_ffs")[1]
    assert levels.time_to_file(medicare) == (120, "days")


def test_days_of_the_settings_are_days_where_the_table_counts_otherwise():
    """120 were read as months of an external review, 30 as business days of a negotiation."""
    review = opening.plan(
        "commercial",
        JANUARY_5,
        lost(2, "second internal appeal"),
        Asked(),
        payer_days=None,
        own_days=(180, 60, 120),
    )
    assert review.due_on == dt.date(2026, 6, 30)  # 120 days after the second of March
    negotiation = opening.plan(
        "commercial", JANUARY_5, None, Asked(track="nsa"), payer_days=None, own_days=(30,)
    )
    assert negotiation.due_on == dt.date(2026, 2, 4)


def test_the_track_of_an_earlier_level_counts_before_that_of_the_settings():
    """A denial that was taken to a plan's internal appeal does not go on at the second level of a contract."""
    internal = lost(1, "internal appeal")
    planned = opening.plan(
        "commercial", JANUARY_5, internal, Asked(level=3), payer_days=None, own_track="contract"
    )
    assert planned.level == levels.level("erisa", 3)
    first = opening.plan("commercial", JANUARY_5, None, Asked(), payer_days=None, own_track="erisa")
    assert first.level == levels.level("erisa", 1)


def test_work_is_done_on_the_business_day_before():
    days = pd.Series(pd.to_datetime(["2026-07-05", "2026-11-26", "2026-02-17", None]).astype("datetime64[s]"))
    # Sunday goes back to Friday, Thanksgiving to Wednesday, a Tuesday stays.
    assert levels.file_by(days).dt.strftime("%Y-%m-%d").tolist()[:3] == [
        "2026-07-03",
        "2026-11-25",
        "2026-02-17",
    ]
    assert levels.file_by(days).isna().tolist() == [False, False, False, True]


def lost(level: int, name: str, state: str = "upheld", decided: str | None = "2026-03-02") -> Before:
    on = dt.date.fromisoformat(decided) if decided else None
    return Before(level, name, state, on, None)


def plan(payer_class: str = "commercial", before: Before | None = None, **asked: object) -> opening.Opening:
    return opening.plan(payer_class, JANUARY_5, before, Asked(**asked), payer_days=None)  # type: ignore[arg-type]


def test_the_first_level_appeals_the_remittance_and_the_next_the_decision():
    first, second = plan("medicare_ffs"), plan("medicare_ffs", lost(1, "redetermination"))
    assert (first.level.name, first.due_on) == ("redetermination", dt.date(2026, 5, 10))
    assert (second.level.name, second.due_on) == ("reconsideration", dt.date(2026, 9, 3))


def test_the_day_a_notice_came_or_its_own_last_day_win():
    assert plan("medicare_ffs", received_on=dt.date(2026, 1, 6)).due_on == dt.date(2026, 5, 6)
    assert plan("medicare_ffs", due_on=dt.date(2026, 2, 1)).due_on == dt.date(2026, 2, 1)


def test_a_federal_negotiation_is_counted_in_business_days_from_its_end():
    before = Before(1, "open negotiation", "upheld", dt.date(2026, 2, 20), dt.date(2026, 3, 2))
    assert plan(before=before).due_on == dt.date(2026, 3, 6)


def test_a_plan_without_a_second_internal_level_goes_to_the_external_review():
    before = lost(1, "internal appeal")
    assert plan(before=before, level=3).due_on == dt.date(2026, 7, 2)
    assert "give its last day" in str(plan(before=before).refusal)


@pytest.mark.parametrize(
    ("before", "asked", "said"),
    [
        (None, {"level": 2}, "record the levels before it first"),
        (None, {"level": 7}, "has no level 7"),
        (None, {"track": "moon"}, "name a track"),
        (lost(1, "provider reconsideration"), {"level": 1}, "opened already"),
        (lost(1, "provider reconsideration", "filed", None), {}, "is filed"),
        (lost(1, "provider reconsideration", "withdrawn"), {}, "is withdrawn"),
        (lost(1, "provider reconsideration", "overturned"), {}, "is overturned"),
        (lost(1, "redetermination"), {"level": 3}, "level 2 comes before level 3"),
    ],
)
def test_levels_go_in_order(before, asked, said):
    told = plan(before=before, **asked)
    assert told.level is None
    assert said in told.refusal


def test_an_eap_has_no_levels_unless_somebody_names_them():
    assert "no levels of appeal are on file" in str(plan("eap").refusal)
    assert plan("eap", track="contract").level is not None


def test_a_reopening_is_no_level_and_bars_none():
    assert plan("medicare_ffs", level=0).due_on == dt.date(2027, 1, 10)
    first = plan("medicare_ffs", Before(0, "clerical reopening", "open", None, None))
    assert first.level is not None
    assert first.level.number == 1
