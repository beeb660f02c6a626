"""An 837I as it is written: what the codec takes, what it gives back, and what an independent judge says."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from configs.settings import Practice
from connectors.x12 import decode_837, encode_837, unencodable
from connectors.x12.tables837 import CLAIM_CODES_837, CLAIMS_837, LINES_837, complete
from tasks.billing import claims837
from tasks.billing.institutional import wire
from tests.billing.institutional.stay_practice import DETOX, PHP, RTC, build, days, masters, stay
from tests.support.pyx12_judge import errors_of
from tests.support.tables837 import envelope

PRACTICE = Practice.model_validate(
    {
        "name": "Sample Behavioral Health, P.C.",
        "npi": "1679576722",
        "tax_id": "12-3456789",
        "taxonomy": "261QM0801X",
        "street": "100 Main St.",
        "city": "Springfield",
        "state": "il",
        "zip": "62701-0009",
    }
)


def tables_of(rows: list[dict[str, Any]], *stays: dict[str, Any]) -> dict[str, pa.Table]:
    known = masters(*stays)
    built = build(rows, known)
    assert built.left.empty
    versions = {field.name: getattr(known, field.name) for field in fields(known)}
    head, lines = claims837.to_837(built.claims, built.lines, versions, PRACTICE)
    codes = pa.Table.from_pandas(wire.condition_codes(built.claims), preserve_index=False)
    return {
        "claims": complete(head, CLAIMS_837),
        "lines": complete(lines, LINES_837),
        "claim_codes": complete(codes, CLAIM_CODES_837),
    }


SERVICE = PHP | {"code": "90853", "revenue_code": "0915"}
STAYS = {
    "php": (days("2026-01-05", "2026-01-09", authorization_id="AU1"), stay(discharged_on="2026-01-09")),
    "php interim": (days("2026-01-30", "2026-02-10"), stay()),
    "medicare services": (days("2026-01-05", "2026-01-06", SERVICE), stay(discharged_on="2026-01-06")),
    "residential": (days("2026-01-05", "2026-01-31", RTC), stay(level_of_care="rtc_mh")),
    "detox": (
        days("2026-01-05", "2026-01-07", DETOX, diagnoses="F1020 F332 R4589 Z560"),
        stay(level_of_care="inpatient_detox", discharged_on="2026-01-08", discharge_hour="1000"),
    ),
}


@pytest.mark.parametrize("name", STAYS)
def test_it_is_written_read_back_equal_and_accepted(name: str) -> None:
    rows, of_stay = STAYS[name]
    tables = tables_of(rows, of_stay)
    assert unencodable(tables, "837I").to_pylist() == []
    data = encode_837(tables, envelope(kind="837I"))
    decoded = decode_837([data])
    for table, sent in tables.items():
        back = getattr(decoded, table)
        given = {column for column in sent.column_names if sent[column].null_count < len(sent)}
        assert back.select(sorted(given)).to_pylist() == sent.select(sorted(given)).to_pylist()
    assert errors_of(data) == []


def test_a_php_claim_says_what_the_guide_asks() -> None:
    claim = tables_of(*STAYS["php"])["claims"].to_pylist()[0]
    expected = {
        "type_of_bill": "13",
        "frequency": "1",
        "statement_from": date(2026, 1, 5),
        "statement_to": date(2026, 1, 9),
        "admission_date": None,
        "admission_type": "3",
        "admission_source": "1",
        "patient_status": "01",
        "authorization": "A-111",
        "attending_last_name": "ROE",
        "attending_npi": "1003000126",
        "attending_taxonomy": "2084P0800X",
        "rendering_npi": None,
        "place_of_service": None,
        "present_on_admission": None,
    }
    assert {name: claim[name] for name in expected} == expected
    codes = tables_of(*STAYS["php"])["claim_codes"].to_pylist()
    assert [(row["qualifier"], row["code"]) for row in codes] == [("BG", "41")]


def test_the_segments_of_a_php_day_are_those_of_the_public_sample() -> None:
    """As in the guide's example of a partial hospital: statement, CL1, condition code, attending, a line a day."""
    text = encode_837(tables_of(*STAYS["php"]), envelope(kind="837I")).decode()
    for segment in (
        "CLM*", ":A:1**A*Y*Y~DTP*434*RD8*20260105-20260109~CL1*3*1*01~REF*G1*A-111~", "HI*BG:41~", "NM1*71*1*ROE*ROBIN",
        "SV2*0912*HC:H0035*200*UN*1~DTP*472*D8*20260105~REF*6R*",
    ):  # fmt: skip
        assert segment in text


def test_a_bed_has_days_for_units_and_no_procedure() -> None:
    tables = tables_of(*STAYS["residential"])
    lines = tables["lines"].to_pylist()
    assert {(row["revenue_code"], row["code"], row["unit"], row["units"]) for row in lines} == {
        ("1001", None, "DA", 1)
    }
    assert b"SV2*1001**200*DA*1~" in encode_837(tables, envelope(kind="837I"))
    claim = tables["claims"].to_pylist()[0]
    assert (claim["admission_date"], claim["admission_hour"]) == (date(2026, 1, 5), "1400")
    assert (claim["frequency"], claim["patient_status"], claim["discharge_hour"]) == ("2", "30", None)


def test_a_hospitals_bill_says_what_was_present_on_admission() -> None:
    claim = tables_of(*STAYS["detox"])["claims"].to_pylist()[0]
    assert claim["diagnoses"] == "F1020 F332 R4589 Z560"
    assert claim["present_on_admission"] == "Y Y U -"
    assert (claim["admitting_diagnosis"], claim["discharge_hour"]) == ("F332", "1000")


def test_a_hospitals_bill_without_the_hour_of_discharge_is_not_sent() -> None:
    rows, of_stay = STAYS["detox"]
    found = unencodable(tables_of(rows, of_stay | {"discharge_hour": None}), "837I").to_pylist()
    assert [(row["column"], row["code"]) for row in found] == [("discharge_hour", "MISSING")]
