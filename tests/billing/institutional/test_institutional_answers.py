"""Stays at the partner: an 837I is taken, acknowledged and paid, and every line of the answer is recognised."""

from __future__ import annotations

from datetime import date
from functools import cache

import pandas as pd
import pytest

from connectors.clearinghouse.sandbox import answer
from connectors.clearinghouse.sandbox.prices import Price
from connectors.x12 import decode_835, decode_acknowledgments, encode_837
from tasks.billing import matching, remittances
from tasks.frames import of_arrow
from tests.billing.institutional.stay_practice import DETOX, PHP, RTC, build, days, masters, stay
from tests.billing.institutional.test_institutional_wire import tables_of
from tests.connectors.clearinghouse.sandbox_kit import opened
from tests.support.pyx12_judge import errors_of
from tests.support.remittance_frames import ledger
from tests.support.tables837 import envelope

STAYS = (
    stay(discharged_on="2026-01-09"),
    stay(stay_id="ST2", row_id="stay-2", patient_id="P2", level_of_care="rtc_mh"),
    stay(
        stay_id="ST3", row_id="stay-3", patient_id="P3", level_of_care="inpatient_detox", discharged_on="2026-01-08",
        discharge_hour="0900",
    ),
)  # fmt: skip
ROWS = [
    *days("2026-01-05", "2026-01-09"),
    *days("2026-01-05", "2026-01-31", RTC, stay_id="ST2", patient_id="P2", coverage_id="COV2"),
    *days("2026-01-05", "2026-01-07", DETOX, stay_id="ST3", payer_id="WEEK"),
]
RATES = {
    ("99999", "H0035", ""): Price(15000),
    ("99999", "1001", ""): Price(12000),
    ("88888", "0126", ""): Price(18050),
}


@cache
def answers() -> dict[str, bytes]:
    data = encode_837(tables_of(ROWS, *STAYS), envelope(kind="837I", date=date(2026, 2, 2)))
    files, counts = answer(data, seed=1, stages=("acknowledge", "pay"), rates=RATES)
    assert (counts.claims, counts.claims_returned, counts.sets_rejected) == (3, 0, 0)
    return files


def of_kind(word: str) -> list[bytes]:
    return [data for name, data in opened(answers()) if word in name]


def test_it_is_acknowledged_claim_by_claim() -> None:
    said = decode_acknowledgments(of_kind("TA1") + of_kind("999") + of_kind("277CA"))
    assert "error" not in said.problems["severity"].to_pylist()
    assert not any(errors_of(data) for data in of_kind("999") + of_kind("277CA"))
    text = b"".join(of_kind("999"))
    assert b"*005010X223A2~" in text
    assert b"IK5*A~" in text


def recognised(*, controls: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    decoded = decode_835(of_kind(".835"))
    transactions = remittances.with_envelopes(
        of_arrow(decoded.transactions),
        of_arrow(decoded.sets),
        of_arrow(decoded.interchanges),
        ["a" * 64] * len(of_kind(".835")),
    )
    lines = of_arrow(decoded.lines)
    if not controls:  # a payer that returns no line numbers
        lines["line_control"] = None
    facts = remittances.facts(
        transactions,
        of_arrow(decoded.claims),
        lines,
        of_arrow(decoded.adjustments),
        of_arrow(decoded.provider_adjustments),
    )
    assert facts.unbalanced.empty
    built = build(ROWS, masters(*STAYS))
    claims, found = matching.match(
        facts.remitted_claims, facts.remitted_lines, built.claims, built.lines, ledger("remitted_claims")
    )
    return claims, found.merge(
        built.lines[["line_id", "code", "service_date"]], on="line_id", suffixes=("", "_sent")
    )


@pytest.mark.parametrize("controls", [True, False])
def test_every_line_of_the_answer_is_recognised(controls: bool) -> None:
    claims, lines = recognised(controls=controls)
    assert sorted(claims["matched_by"]) == ["control"] * 3
    assert len(lines) == 5 + 27 + 3
    assert (lines["code"] == lines["code_sent"]).all()
    assert (lines["service_date"] == lines["service_date_sent"]).all()


def test_a_bed_comes_back_as_its_revenue_code_and_a_day_as_its_procedure_with_the_revenue_code_beside() -> (
    None
):
    text = b"".join(of_kind(".835"))
    assert b"SVC*NU:1001*200*" in text
    assert b"SVC*NU:0126*200*" in text
    assert b"SVC*HC:H0035*200*150*0912*1~" in text


def test_days_are_paid_by_the_day() -> None:
    _, lines = recognised(controls=True)
    allowed = lines.groupby("code")["allowed_cents"].agg(["min", "max"])
    assert allowed.loc["1001"].tolist() == [12000, 12000]
    assert allowed.loc["0126"].tolist() == [18050, 18050]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ((b"NM1*71*1*ROE*ROBIN****XX*1003000126~", b"NM1*71*1*ROE*ROBIN****XX*1003000127~"), b"A7:562:71"),
        ((b"CL1*3*1*01~", b"CL1*3*1*30~"), b"A7:234"),
        ((b"CLM*", b"CLM*"), b"A2:20"),
    ],
)
def test_what_is_wrong_with_a_stay_is_said_in_the_277ca(wrong: tuple[bytes, bytes], status: bytes) -> None:
    data = encode_837(tables_of(days("2026-01-05", "2026-01-09", PHP), STAYS[0]), envelope(kind="837I"))
    assert wrong[0] in data
    files, _ = answer(data.replace(*wrong), seed=1, stages=("acknowledge",))
    assert status in b"".join(data for name, data in files.items() if "277CA" in name)
