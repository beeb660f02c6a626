"""What runs out is work before anybody is seen: units and days of authorizations, papers of clinicians."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from judge_practice import ROWS, frame, nothing, rows

from tasks.billing import authorizations as auth
from tasks.billing import credentialing, queues
from tasks.billing.queues.papers import authorizations as of_authorizations
from tasks.billing.queues.papers import clinicians

TODAY = pd.Timestamp("2026-01-06")
SPAN = {"codes": "H0015", "units_approved": 12, "valid_from": "2026-01-05", "valid_to": "2026-02-20",
        "level_of_care": "iop"}  # fmt: skip
NEXT = SPAN | {"authorization_id": "AU2", "valid_from": "2026-02-01", "valid_to": "2026-03-31"}


def spent(units: int) -> pd.DataFrame:
    """Entries of AU1 with so many units reserved."""
    return frame("authorization_units", [ROWS["authorization_units"] | {"units": units}])


def booked(*days: str, **more: Any) -> pd.DataFrame:
    """A day of the programme on each of these days."""
    usual = {"code": "H0015", "level_of_care": "iop"} | more
    if not days:
        return nothing("schedule")
    changes = (usual | {"appointment_id": f"AP{n}", "service_date": day} for n, day in enumerate(days, 1))
    return rows("schedule", *changes)


def told(on_file: pd.DataFrame, units: int = 0, schedule: pd.DataFrame | None = None) -> dict[str, str]:
    found = auth.running_out(on_file, spent(units), booked() if schedule is None else schedule, TODAY)
    return dict(zip(found["authorization_id"], found["state"], strict=True))


def forecast(schedule: pd.DataFrame, units: int, *more: dict[str, Any]) -> dict[str, Any]:
    found = auth.forecast(rows("authorizations", SPAN, *more), spent(units), schedule, TODAY)
    return found.set_index("authorization_id").loc["AU1"].to_dict()


WEEK = ("2026-01-07", "2026-01-09", "2026-01-12", "2026-01-14")


def test_the_forecast_says_the_day_of_the_first_appointment_without_units() -> None:
    found = forecast(booked(*WEEK), 10)
    assert found["units_left"] == 2
    assert found["units_booked"] == 2
    assert found["exhausted_on"] == pd.Timestamp("2026-01-12")
    assert found["units_short"] == 2
    assert found["ends_on"] == pd.Timestamp("2026-02-20")


def test_a_forecast_without_shortage_has_no_day() -> None:
    found = forecast(booked(*WEEK), 8)
    assert pd.isna(found["exhausted_on"])
    assert found["units_short"] == 0


def test_appointments_after_the_end_are_counted_apart_and_the_next_authorization_takes_them() -> None:
    late = booked("2026-02-20", "2026-02-21", "2026-02-23")
    assert forecast(late, 0)["units_after_end"] == 2
    assert forecast(late, 0, NEXT)["units_after_end"] == 0


@pytest.mark.parametrize("change", [{"status": "cancelled"}, {"code": "90837"}, {"level_of_care": "php"},
                                    {"payer_id": "OTHER"}])  # fmt: skip
def test_what_the_authorization_is_not_for_uses_nothing(change: dict[str, Any]) -> None:
    assert forecast(booked(*WEEK, **change), 10)["units_short"] == 0


@pytest.mark.parametrize(
    ("kind", "code", "units", "left", "short", "exhausted"),
    [
        ("unit", "H0004", 4, 2, 16, "2026-01-07"),
        ("visit", "H0004", 4, 2, 2, "2026-01-12"),
        ("hour", "H0004", 4, 2, 2, "2026-01-12"),
        ("hour", "H0004", 2, 2, 0, None),
        (
            "hour",
            "H0004",
            3,
            2,
            2,
            "2026-01-12",
        ),  # 105 of 120 minutes after two, the rest is short by two times 45
        ("day", "H0004", 4, 2, 2, "2026-01-12"),
    ],
)
def test_the_forecast_counts_as_the_authorization_does(
    kind: str, code: str, units: int, left: int, short: int, exhausted: str | None
) -> None:
    """Two units are left, and four appointments are booked on four days."""
    on_file = rows("authorizations", SPAN | {"unit_type": kind, "codes": code, "units_approved": 2})
    (found,) = auth.forecast(
        on_file, nothing("authorization_units"), booked(*WEEK, code=code, units=units), TODAY
    ).to_dict(orient="records")
    assert (found["units_left"], found["units_short"]) == (left, short)
    assert str(found["exhausted_on"].date()) == exhausted if exhausted else pd.isna(found["exhausted_on"])


def test_an_authorization_of_another_facility_is_not_forecast_with_our_appointments() -> None:
    on_file = rows("authorizations", SPAN | {"facility_npi": "1245319599"})
    entries = nothing("authorization_units")
    ours = auth.forecast(on_file, entries, booked(*WEEK), TODAY, "1234567893")
    theirs = auth.forecast(on_file, entries, booked(*WEEK), TODAY, "1245319599")
    assert (ours["units_booked"].item(), theirs["units_booked"].item()) == (0, 4)


def test_appointments_of_the_past_are_not_to_come() -> None:
    assert forecast(booked("2026-01-05", "2026-01-02"), 12)["units_short"] == 0


@pytest.mark.parametrize(
    ("units", "change", "schedule", "state"),
    [
        (9, {}, (), None),
        (10, {}, (), "running_out"),
        (12, {}, (), "exhausted"),
        (0, {"valid_to": "2026-01-11"}, (), "ending"),
        (0, {"valid_to": "2026-01-12"}, (), None),
        (0, {"valid_to": "2026-01-05"}, (), None),
        (0, {"valid_to": "2026-01-05"}, ("2026-01-07",), "ended"),
        (0, {"valid_to": "2025-11-30", "valid_from": "2025-11-01"}, ("2026-01-07",), None),
        (9, {}, WEEK, "short"),
        (12, {}, WEEK, "exhausted"),
        (0, {"review_on": "2026-01-11"}, (), "review"),
        (0, {"review_on": "2026-01-12"}, (), None),
        (0, {"review_on": "2026-01-05", "clinical_due_on": "2026-01-08"}, (), "review"),
        (12, {"status": "pended"}, (), None),
    ],
)
def test_units_and_days_are_watched_without_a_session(
    units: int, change: dict[str, Any], schedule: tuple[str, ...], state: str | None
) -> None:
    """80 % and five days (06 section 6), from the records alone."""
    expected = {} if state is None else {"AU1": state}
    assert told(rows("authorizations", SPAN | change), units, booked(*schedule)) == expected


def test_who_has_the_next_authorization_is_not_told_of_this_one() -> None:
    both = rows("authorizations", SPAN, NEXT)
    assert told(both, 12) == {}
    assert told(rows("authorizations", SPAN, NEXT | {"codes": "90837"}), 12) == {"AU1": "exhausted"}
    assert told(rows("authorizations", SPAN, NEXT | {"level_of_care": "php"}), 12) == {"AU1": "exhausted"}
    # but appointments before the next one begins still lack units
    assert told(both, 12, booked("2026-01-07")) == {"AU1": "exhausted"}


def papers(
    change: dict[str, Any], licenses: pd.DataFrame | None = None, **spans: Any
) -> list[tuple[str, bool]]:
    found = credentialing.running_out(
        rows("providers", change),
        nothing("licenses") if licenses is None else licenses,
        rows("enrollments", spans),
        TODAY,
    )
    return list(zip(found["paper"], found["ended"].astype(bool), strict=True))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"license_to": "2026-03-07"}, [("licence", False)]),
        ({"license_to": "2026-03-08"}, []),
        ({"license_to": "2024-01-01"}, [("licence", True)]),
        ({"malpractice_to": "2026-01-05"}, [("malpractice", True)]),
        ({"dea_to": "2026-02-01", "cds_to": "2027-01-01"}, [("dea", False)]),
        ({"caqh_attested_on": "2025-08-01"}, [("caqh", False)]),
        ({"caqh_attested_on": "2025-08-01", "license_state": "WI"}, [("caqh", True)]),
        ({"license_to": "2024-01-01", "active_to": "2025-12-31"}, []),
    ],
)
def test_papers_that_end_soon(change: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    assert papers(change) == expected


def test_a_renewal_closes_it_and_a_licence_of_another_state_let_go_is_forgotten() -> None:
    old = {"license_to": "2026-01-31"}
    assert papers(old, rows("licenses", {"valid_to": "2028-01-31"})) == []
    assert papers(old, rows("licenses", {"valid_to": "2026-01-31"})) == [("licence", False)]
    elsewhere = rows("licenses", {"state": "WI", "valid_to": "2025-10-01"})
    assert papers({}, elsewhere) == []
    assert papers({}, rows("licenses", {"state": "WI", "valid_to": "2026-01-01"})) == [("licence", True)]


def test_enrolments_that_end() -> None:
    assert papers({}, effective_to="2026-02-01") == [("enrolment", False)]
    assert papers({}, effective_to="2025-06-01") == []


def test_they_are_items_of_their_queues() -> None:
    from tests.support.remittance_frames import ledger

    tables = {name: ledger(name) for name in ("encounters", "claims", "payers")}
    sources = queues.Sources(
        as_of=TODAY, **tables, **dict.fromkeys(NOT_READ, pd.DataFrame()),
        running_out=auth.running_out(rows("authorizations", SPAN), spent(10), booked(*WEEK), TODAY),
        papers=credentialing.running_out(
            rows("providers", {"license_to": "2026-02-01"}), nothing("licenses"), rows("enrollments", {}), TODAY
        ),
    )  # fmt: skip
    (item,) = of_authorizations(sources).to_dict(orient="records")
    assert item["subject_id"] == "AU1 short"
    assert item["reason"] == "SHORT 2 of 12 units left, 2 short"
    assert item["deadline"] == pd.Timestamp("2026-01-12")
    (item,) = clinicians(sources).to_dict(orient="records")
    assert item["subject_id"] == "CL001 licence IL 2026-02-01"
    assert item["reason"] == "ENDS licence IL"
    assert item["next_action"].startswith("renew")


NOT_READ = (
    *("encounter_states", "findings", "estimates", "claim_lines", "claim_states", "remittances"),
    *(
        "remitted_claims",
        "remitted_lines",
        "verdicts",
        "counted",
        "journal",
        "silent",
        "quarantine",
        "submissions",
    ),
)
