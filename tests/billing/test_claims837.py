"""Claims as the codec takes them: who is the insured, how names travel, and the codec's own schema."""

from __future__ import annotations

import doctest
from dataclasses import asdict, fields
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from claim_practice import charge, frame, masters

from configs.settings import Practice
from connectors.x12.tables837 import CLAIMS_837, LINES_837, complete
from connectors.x12.writing import claims as encode
from tasks.billing import claims, claims837

PRACTICE = Practice.model_validate(
    {
        "name": "Sample Behavioral Health, P.C.",
        "npi": "1679576722",
        "tax_id": "12-3456789",
        "taxonomy": "261QM0801X",
        "street": "100 Main St., Suite 1/2",
        "city": "Springfield",
        "state": "il",
        "zip": "62701-0009",
    }
)


def tables_of(*rows: dict[str, object]) -> tuple[pa.Table, pa.Table]:
    known = masters()
    built = claims.build(
        frame(*rows), id_key="k", masters=known, practice_window_days=1, built_on=date(2026, 2, 1)
    )
    versions = {field.name: getattr(known, field.name) for field in fields(known)}
    return claims837.to_837(built.claims, built.lines, versions, PRACTICE)


def test_the_schemas_are_the_codecs() -> None:
    """Every column is one of the codec's, of its type; those of other kinds of claim are left out."""
    for own, codecs in ((claims837.CLAIMS_SCHEMA, CLAIMS_837), (claims837.LINES_SCHEMA, LINES_837)):
        assert {field.name: field.type for field in own}.items() <= {f.name: f.type for f in codecs}.items()
    for table, schema in zip(tables_of(charge("E1")), (CLAIMS_837, LINES_837), strict=True):
        complete(table, schema).validate(full=True)


def test_the_insured_patient_fills_the_subscriber_and_leaves_the_patient_empty() -> None:
    claim = tables_of(charge("E1", supervising_id="CL2", authorization_id="AU1"))[0].to_pylist()[0]
    expected = {
        "relationship": "18",
        "subscriber_last_name": "TESTER-O'NEIL",
        "subscriber_first_name": "ALEX",
        "subscriber_birth_date": date(1990, 1, 1),
        "subscriber_street": "1 SAMPLE RD",
        "subscriber_zip": "627010001",
        "member_id": "XYZ000000001",
        "group_number": "GRP001",
        "payer_name": "ACME HEALTH INC",
        "payer_id": "99999",
        "filing_code": "CI",
        "payer_order": "P",
        "billing_name": "SAMPLE BEHAVIORAL HEALTH PC",
        "billing_tax_id": "123456789",
        "billing_street": "100 MAIN ST SUITE 1/2",
        "billing_state": "IL",
        "billing_zip": "627010009",
        "authorization": "A-111",
        "rendering_last_name": "DOE",
        "rendering_npi": "1245319599",
        "rendering_taxonomy": "1041C0700X",
        "supervising_last_name": "ROE",
        "supervising_npi": "1003000126",
        "charge_cents": 20000,
        "frequency": "1",
        "original_reference": None,
    }
    assert {name: claim[name] for name in expected} == expected
    assert {value for name, value in claim.items() if name.startswith("patient_")} == {None}


def test_a_dependant_has_a_patient_loop_and_the_insured_keeps_the_member_id() -> None:
    child = tables_of(charge("E1", patient_id="P2"))[0].to_pylist()[0]
    assert (child["relationship"], child["member_id"]) == ("19", "XYZ000000002")
    assert (child["subscriber_last_name"], child["subscriber_first_name"]) == ("MULLER", "SAM")
    assert (child["patient_last_name"], child["patient_first_name"]) == ("MULLER", "RENE A")
    assert child["patient_birth_date"] == date(2015, 2, 3)
    assert child["subscriber_birth_date"] == date(1985, 3, 4)
    # no address on file for the insured: the patient's, as a whole
    assert child["subscriber_street"] == child["patient_street"] == "2 SAMPLE RD APT 4"
    spouse = tables_of(charge("E1", patient_id="P3"))[0].to_pylist()[0]
    assert (spouse["subscriber_street"], spouse["subscriber_zip"]) == ("9 ELSEWHERE AVE", "461760009")
    assert (spouse["patient_street"], spouse["patient_zip"]) == ("3 SAMPLE RD", "627010001")
    assert spouse["payer_order"] == "S"
    assert (child["msp_type"], spouse["msp_type"]) == (None, None), "no payer here is Medicare"


def test_lines_follow_the_claims_in_order() -> None:
    head, lines = tables_of(
        charge("E2", 1, "99214", modifiers="25 95", diagnoses="F411 F331", pointers="2 1"),
        charge("E2", 2, "90833", modifiers="95", charge_cents=9000),
        charge("E1", patient_id="P2"),
    )
    claim_ids = head["claim_id"].to_pylist()
    assert lines["claim_id"].to_pylist() == [claim_ids[0], claim_ids[0], claim_ids[1]]
    assert lines["position"].to_pylist() == [1, 2, 1]
    assert lines["code"].to_pylist() == ["99214", "90833", "90837"]
    assert lines["modifiers"].to_pylist() == ["25 95", "95", None]
    assert lines["pointers"].to_pylist() == ["2 1", "1", "1"]
    assert (
        set(lines["service_from"].to_pylist()) == set(lines["service_to"].to_pylist()) == {date(2026, 1, 5)}
    )
    assert sum(lines["charge_cents"].to_pylist()) == sum(head["charge_cents"].to_pylist()) == 49000


def test_the_codec_takes_them() -> None:
    head, lines = tables_of(
        charge(
            "E1", 1, "99214", modifiers="25 95", diagnoses="F411 F331", pointers="2 1", authorization_id="AU1"
        ),
        charge("E1", 2, "90833", modifiers="95", charge_cents=9001, supervising_id=None),
        charge("E2", patient_id="P2", supervising_id="CL2"),
        charge("E3", patient_id="P3", payer_id="WEEK"),
    )
    assert head.num_rows == 3
    assert encode.unencodable({"claims": head, "lines": lines}).to_pylist() == []


def test_the_version_used_is_the_version_sent() -> None:
    known = masters()
    built = claims.build(
        frame(charge("E1")), id_key="k", masters=known, practice_window_days=1, built_on=date(2026, 2, 1)
    )
    newer = known.patients.assign(row_id="patient-x", last_name="Changed")
    versions = asdict(known) | {"patients": pd.concat([newer, known.patients])}
    head, _ = claims837.to_837(built.claims, built.lines, versions, PRACTICE)
    assert head["subscriber_last_name"].to_pylist() == ["TESTER-O'NEIL"]
    gone = versions | {"patients": newer}
    head, _ = claims837.to_837(built.claims, built.lines, gone, PRACTICE)
    assert head["subscriber_last_name"].to_pylist() == [None]


def test_no_claims_make_empty_tables() -> None:
    head, lines = tables_of()
    assert head.num_rows == lines.num_rows == 0
    assert head.schema.equals(claims837.CLAIMS_SCHEMA)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("José Núñez", "JOSE NUNEZ"),
        ("Ødegård-Łuk", "ODEGARD-LUK"),
        ("O’Brien", "O'BRIEN"),
        ("Straße", "STRASSE"),
        ("A*B~C:D^E", "A B C D E"),
        (" two   blanks ", "TWO BLANKS"),
        ("王", ""),
    ],
)
def test_names_travel_in_the_basic_character_set(given: str, sent: str) -> None:
    assert claims837.name_text(given) == sent


def test_doctests() -> None:
    assert doctest.testmod(claims837).failed == 0
