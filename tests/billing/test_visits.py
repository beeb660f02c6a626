"""Which policy pays, whom the claim shows, where the patient was."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from judge_practice import context, encounters, masters, nothing, rows

from tasks.billing.visits import assemble

SUPERVISED = (
    {},
    {"provider_id": "CL002", "npi": "1003000126", "provider_class": "INTERN", "supervisor_id": "CL001"},
)


def one(met: dict[str, Any] | None = None, **tables: pd.DataFrame) -> dict[str, Any]:
    visits = assemble(encounters(met or {}), masters(**tables), context())
    assert len(visits) == 1
    return {
        str(name): None if value is pd.NA or value != value else value
        for name, value in visits.iloc[0].items()
    }


def test_the_primary_policy_of_the_day_pays_and_the_secondary_comes_next() -> None:
    visit = one(
        coverages=rows(
            "coverages",
            {"coverage_id": "OLD", "effective_from": "2025-01-01", "effective_to": "2025-12-31"},
            {"coverage_id": "NOW", "effective_from": "2026-01-01"},
            {"coverage_id": "NEXT", "priority": "S"},
            {
                "coverage_id": "LAPSED",
                "priority": "S",
                "effective_from": "2024-01-01",
                "effective_to": "2025-01-01",
            },
        )
    )
    assert (visit["coverage_id"], visit["secondary_coverage_id"]) == ("NOW", "NEXT")
    assert visit["coverage_active"]
    assert visit["payer_id"] == "ACME"
    assert visit["payer_class"] == "commercial"


def test_both_ends_of_a_policy_are_inside_it() -> None:
    for changes in (
        {"effective_from": "2026-01-05"},
        {"effective_from": "2025-01-01", "effective_to": "2026-01-05"},
    ):
        assert one(coverages=rows("coverages", changes))["coverage_active"]


def test_a_lapsed_primary_still_stands_so_that_the_gate_can_say_so() -> None:
    visit = one(
        coverages=rows(
            "coverages",
            {"coverage_id": "OLD", "effective_from": "2025-01-01", "effective_to": "2025-12-31"},
            {"coverage_id": "SECOND", "priority": "S"},
        )
    )
    assert visit["coverage_id"] == "OLD"
    assert not visit["coverage_active"]


def test_an_unknown_patient_payer_or_clinician_leaves_blanks_and_loses_no_encounter() -> None:
    visit = one(
        coverages=nothing("coverages"), providers=nothing("providers"), patients=nothing("patients"),
        payers=nothing("payers"),
    )  # fmt: skip
    assert visit["coverage_id"] is None
    assert visit["provider_npi"] is None
    assert not visit["patient_known"]
    assert visit["primaries_active"] == 0


@pytest.mark.parametrize(
    ("rule", "rendering", "supervising", "credentialed"),
    [
        ("supervisor_npi", "CL001", None, "CL001"),
        ("supervisor_named", "CL002", "CL001", "CL001"),
        ("not_allowed", "CL002", None, "CL002"),
        (None, "CL002", None, "CL002"),
    ],
)
def test_whom_the_claim_shows_for_an_intern(
    rule: str | None, rendering: str, supervising: str | None, credentialed: str
) -> None:
    visit = one(
        {"rendering_id": "CL002"},
        providers=rows("providers", *SUPERVISED),
        payers=rows("payers", {"supervised_billing": rule}),
    )
    assert visit["supervised"]
    assert visit["rendering_id"] == "CL002"
    assert visit["billed_rendering_id"] == rendering
    assert visit["billed_supervising_id"] == supervising
    assert visit["credentialed_id"] == credentialed


def test_the_encounters_supervisor_wins_over_the_clinicians() -> None:
    third = {"provider_id": "CL003", "npi": "1679576722", "provider_class": "PHD"}
    visit = one(
        {"rendering_id": "CL002", "supervising_id": "CL003"}, providers=rows("providers", *SUPERVISED, third)
    )
    assert visit["supervisor_id"] == "CL003"
    assert visit["supervisor_class"] == "PHD"


def test_a_supervised_licensed_clinician_keeps_their_own_enrolment_when_only_named() -> None:
    visit = one(providers=rows("providers", {"supervisor_id": "CL009"}))
    assert (visit["billed_supervising_id"], visit["credentialed_id"]) == ("CL009", "CL001")


@pytest.mark.parametrize(
    ("modality", "where", "stated", "rule", "pos"),
    [
        ("video", "home", None, "modifier_95", "10"),
        ("video", "office", None, "modifier_95", "02"),
        ("video", "other", "11", "none", "02"),
        ("audio", "home", None, "modifier_95", "10"),
        ("in_person", "office", None, "modifier_95", "11"),
        ("in_person", "other", "53", "modifier_95", "53"),
        ("video", "home", None, "pos11_95", "11"),
        ("audio", "home", None, "pos11_95", "10"),
        ("video", "home", None, None, "10"),
    ],
)
def test_place_of_service_is_where_the_patient_was(
    modality: str, where: str, stated: str | None, rule: str | None, pos: str
) -> None:
    met = {"modality": modality, "patient_location": where, "place_of_service": stated}
    assert one(met, payers=rows("payers", {"telehealth_rule": rule}))["pos"] == pos


def test_a_substance_use_programme_is_part_2_unless_somebody_said_otherwise() -> None:
    assert one({"service_kind": "iop_sud"})["part2"]
    assert not one({"service_kind": "iop_sud", "part2": False})["part2"]
    assert not one()["part2"]
    assert one({"service_kind": "iop_sud"})["level_of_care"] == "iop"
    assert one()["level_of_care"] == "outpatient"
