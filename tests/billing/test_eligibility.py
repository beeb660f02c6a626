"""Benefits from EB rows: vector groups ``eligibility``, ``gfe`` and ``no_surprises``; costly mistakes 2 and 19.

Source: test_vectors.yaml, samples/271_carveout.edi (synthetic), 06 section 8, 07.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tasks.billing import estimates
from tasks.billing.eligibility import Benefits, benefits, patient_cap, patient_due, rejected, segments

VECTOR = [
    "EB*1**MH",
    "EB*C*IND*30***23*1500*****Y",
    "EB*C*IND*30***29*400*****Y",
    "EB*B*IND*MH***27*30*****Y",
    "EB*F*IND*MH***29***VS*18**Y",
    "EB*U**CF",
]
# The EB part of the synthetic sample 271_carveout.edi, with the loop 2120 of the carve-out; its coinsurance stands
# one element too early there (EB07), here in EB08.
SAMPLE = [
    "EB*1**30**EXAMPLE PPO",
    "EB*1**MH",
    "EB*C*IND*30***23*1500*****Y",
    "EB*C*IND*30***29*400*****Y",
    "EB*G*IND*30***29*2600*****Y",
    "EB*B*IND*MH***27*30*****Y",
    "EB*A*IND*A4*****.2****Y",
    "EB*F*IND*MH***29***VS*18**Y",
    "EB*I**AI",
    "EB*U**CF",
    "LS*2120",
    "NM1*VN*2*EXAMPLE BH CARVEOUT*****PI*66666",
    "PER*IC**TE*8005550199",
    "LE*2120",
]


def told(*lines: str, service_type: str = "MH", **more: Any) -> Benefits:
    return benefits(segments(lines), service_type, **more)


def test_the_vector_eligibility() -> None:
    found = told(*VECTOR)
    assert found.active is True
    assert found.deductible_total_cents == 150_000
    assert found.deductible_left_cents == 40_000
    assert found.copay_cents == 3_000
    assert found.visits_left == 18
    assert found.carve_out_for == "CF"
    assert not found.unclear


def test_mistake_19_what_is_left_is_said_and_not_computed() -> None:
    """Trap: the deductible left is 400, not 1500 - 400; and where both 29 and 24 stand, 29 is right."""
    assert told(*VECTOR).deductible_left_cents == 40_000
    both = (*VECTOR, "EB*C*IND*30***24*900*****Y")
    assert told(*both).deductible_left_cents == 40_000
    computed = ("EB*C*IND*30***23*1500*****Y", "EB*C*IND*30***24*900*****Y")
    assert told(*computed).deductible_left_cents == 60_000
    over = ("EB*C*IND*30***23*1500*****Y", "EB*C*IND*30***24*1600*****Y")
    assert told(*over).deductible_left_cents == 0
    assert told("EB*C*IND*30***23*1500*****Y").deductible_left_cents is None


def test_mistake_19_the_plan_is_not_mental_health() -> None:
    assert told("EB*1**30").active is None
    assert told("EB*1**30", inherits=True).active is True
    assert told("EB*6**30").active is False
    assert told("EB*1**30", "EB*6**MH").active is False
    assert told("EB*1**30^MH").active is True


def test_mistake_19_a_carve_out_is_asked_with_a_second_270() -> None:
    found = told(*SAMPLE)
    assert (found.carve_out_for, found.carve_out_payer) == ("CF", "66666")
    assert told(*SAMPLE, service_type="98").carve_out_for is None
    assert told("EB*1**MH").carve_out_for is None


def test_one_service_type_does_not_speak_for_another() -> None:
    assert told(*SAMPLE).coinsurance_basis_points is None
    assert told(*SAMPLE, service_type="A4").coinsurance_basis_points == 2_000
    assert told(*SAMPLE, service_type="A4").copay_cents is None
    assert told(*SAMPLE, service_type="AI").covered is False
    assert told(*SAMPLE).covered is True
    assert told(*SAMPLE, service_type="A8").covered is None


def test_network_and_level() -> None:
    sides = ("EB*B*IND*MH***27*30*****Y", "EB*B*IND*MH***27*80*****N")
    assert told(*sides).copay_cents == 3_000
    assert told(*sides, network="N").copay_cents == 8_000
    assert told("EB*B*IND*MH***27*30*****W", network="N").copay_cents == 3_000
    assert told("EB*B*IND*MH***27*30*****N").copay_cents is None
    levels = ("EB*C*IND*30***29*400*****Y", "EB*C*FAM*30***29*250*****Y")
    assert told(*levels).deductible_left_cents == 25_000
    assert told(*levels[:1], level="FAM").deductible_left_cents is None


def test_what_is_said_twice_and_differently_is_unclear() -> None:
    found = told("EB*B*IND*MH***27*30*****Y", "EB*B*IND*MH***27*45*****Y")
    assert found.copay_cents is None
    assert found.unclear == ("copay",)
    assert told("EB*B*IND*MH***27*30*****Y", "EB*B*IND*MH***27*30*****Y").copay_cents == 3_000


def test_a_limit_is_not_what_is_left() -> None:
    found = told("EB*F*IND*MH***23***VS*30**Y")
    assert (found.visits_limit, found.visits_left) == (30, None)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("EB*1*IND*MH********Y*Y",), "Y"),
        (("EB*1*IND*MH********N*Y",), "N"),
        (("EB*1*IND*MH********U*Y", "EB*B*IND*MH***27*30****N*Y"), "U"),
        (("EB*1*IND*MH********Y*N",), None),
        (("EB*1**MH",), None),
    ],
)
def test_authorization(lines: tuple[str, ...], said: str | None) -> None:
    assert told(*lines).authorization == said


def test_beside_an_aaa_nothing_is_a_benefit() -> None:
    found = told(*VECTOR, rejects=rejected(["AAA*N**75*C~", *VECTOR]))
    assert found == Benefits(rejects=("75",))
    assert patient_due(10_000, found) is None


def test_nothing_says_nothing() -> None:
    assert told() == Benefits()
    assert list(segments([]).columns) == list(segments(VECTOR).columns)


@pytest.mark.parametrize(
    ("told_", "more", "due"),
    [
        ({"deductible_left_cents": 0, "copay_cents": 3_000}, {}, 3_000),
        ({"deductible_left_cents": 4_000, "copay_cents": 3_000}, {}, 7_000),
        ({"deductible_left_cents": 40_000, "copay_cents": 3_000}, {}, 15_000),
        ({"deductible_left_cents": 40_000, "copay_cents": 3_000}, {"copay_before_deductible": True}, 3_000),
        ({"deductible_left_cents": 5_000, "coinsurance_basis_points": 2_000}, {}, 7_000),
        ({"deductible_left_cents": 5_000, "coinsurance_basis_points": 0}, {}, 5_000),
        (
            {
                "deductible_left_cents": 5_000,
                "coinsurance_basis_points": 2_000,
                "out_of_pocket_left_cents": 100,
            },
            {},
            100,
        ),
        ({"out_of_pocket_left_cents": 0}, {}, 0),
        ({"copay_cents": 3_000}, {}, None),
        ({"deductible_left_cents": 0}, {}, None),
        ({"deductible_left_cents": 0, "copay_cents": 1, "active": None}, {}, None),
        ({"deductible_left_cents": 0, "copay_cents": 1, "covered": False}, {}, None),
    ],
)
def test_what_the_patient_may_owe_of_150(
    told_: dict[str, Any], more: dict[str, Any], due: int | None
) -> None:
    assert patient_due(15_000, Benefits(**({"active": True} | told_)), **more) == due


def test_the_vector_gfe() -> None:
    """Scheduled 12 days ahead: within three business days; disputed from 400 dollars over."""
    assert estimates.days_to_send(12) == 3
    assert estimates.disputable(90_000, 50_000)
    assert not estimates.disputable(89_999, 50_000)
    friday = pd.Series(pd.to_datetime(["2026-01-09"] * 3)).astype("datetime64[s]")
    by = estimates.send_by(friday, pd.Series([12, 4, 1], dtype="Int64"))
    assert by.dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2026-01-14", "2026-01-12", ""]


def test_the_vector_no_surprises() -> None:
    """RARC N830: at most what the payer put under PR; mistake 2: CO is never billable."""
    cas = [("CO", "45", 8_000), ("PR", "2", 2_000)]
    assert patient_cap(["N830"], cas) == 2_000
    assert patient_cap(["MA01", "N859"], cas) == 2_000
    assert patient_cap(["N885"], [("CO", "1", 8_000)]) == 0
    assert patient_cap(["N858", "N886", "N8590", "MA01"], cas) is None
