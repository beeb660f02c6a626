"""Synthetic 837 tables: one plain claim and line of each guide, to be changed column by column."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from connectors.x12.tables837 import TABLES_837
from connectors.x12.writing.claims import Envelope

DAY = datetime.date

BILLING = {
    "billing_name": "EXAMPLE BEHAVIORAL GROUP",
    "billing_npi": "1234567893",
    "billing_tax_id": "123456789",
    "billing_taxonomy": "261QM0801X",
    "billing_street": "100 EXAMPLE ST",
    "billing_city": "SPRINGFIELD",
    "billing_state": "IL",
    "billing_zip": "627011234",
}
SUBSCRIBER = {
    "payer_order": "P",
    "relationship": "18",
    "group_number": "GRP001",
    "filing_code": "CI",
    "subscriber_last_name": "TESTER",
    "subscriber_first_name": "ALEX",
    "member_id": "XYZ000000001",
    "subscriber_street": "1 SAMPLE RD",
    "subscriber_city": "SPRINGFIELD",
    "subscriber_state": "IL",
    "subscriber_zip": "627010001",
    "subscriber_birth_date": DAY(1990, 1, 1),
    "subscriber_sex": "U",
    "payer_name": "EXAMPLE HEALTH PLAN",
    "payer_id": "99999",
}
CHILD = {
    "relationship": "19",
    "patient_last_name": "TESTER",
    "patient_first_name": "KIM",
    "patient_street": "2 SAMPLE RD",
    "patient_city": "SPRINGFIELD",
    "patient_state": "IL",
    "patient_zip": "627010002",
    "patient_birth_date": DAY(2012, 3, 3),
    "patient_sex": "U",
}
RENDERING = {
    "rendering_last_name": "DOE",
    "rendering_first_name": "PAT",
    "rendering_npi": "1245319599",
    "rendering_taxonomy": "1041C0700X",
}
SUPERVISING = {
    "supervising_last_name": "ROE",
    "supervising_first_name": "JORDAN",
    "supervising_npi": "1003000126",
}


def claim(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A claim of one self-insured patient, 200.00."""
    plain = {"claim_id": f"C{number:09d}", "charge_cents": 20000, "place_of_service": "10", "frequency": "1"}
    return {**BILLING, **SUBSCRIBER, **plain, "diagnoses": "F411 F331", **RENDERING, **changes}


def line(number: int = 1, position: int = 1, **changes: Any) -> dict[str, Any]:
    """An hour of psychotherapy by video, 200.00."""
    plain = {
        "claim_id": f"C{number:09d}",
        "position": position,
        "code": "90837",
        "modifiers": "95",
        "charge_cents": 20000,
        "units": 1,
        "place_of_service": "10",
        "pointers": "1 2",
        "service_from": DAY(2026, 1, 5),
        "service_to": DAY(2026, 1, 5),
        "line_id": f"L{number:07d}{position:03d}",
    }
    return {**plain, **changes}


ATTENDING = {
    "attending_last_name": "ROE",
    "attending_first_name": "JORDAN",
    "attending_npi": "1003000126",
    "attending_taxonomy": "2084P0800X",
}
STAY = {
    "type_of_bill": "11",
    "admission_date": DAY(2026, 1, 2),
    "admission_hour": "1430",
    "admission_type": "1",
    "discharge_hour": "1100",
    "admitting_diagnosis": "F322",
    "statement_from": DAY(2026, 1, 2),
    "statement_to": DAY(2026, 1, 9),
}


def institutional(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A claim of partial hospitalization at a hospital's outpatient department, 200.00."""
    plain = {
        "claim_id": f"C{number:09d}",
        "charge_cents": 20000,
        "type_of_bill": "13",
        "frequency": "1",
        "statement_from": DAY(2026, 1, 5),
        "statement_to": DAY(2026, 1, 6),
        "admission_source": "1",
        "patient_status": "01",
        "diagnoses": "F332 F411",
    }
    return {**BILLING, **SUBSCRIBER, **plain, **ATTENDING, **changes}


def revenue_line(number: int = 1, position: int = 1, **changes: Any) -> dict[str, Any]:
    """A day of partial hospitalization, 200.00."""
    plain = {
        "claim_id": f"C{number:09d}",
        "position": position,
        "revenue_code": "0912",
        "code": "H0035",
        "charge_cents": 20000,
        "units": 1,
        "service_from": DAY(2026, 1, 5),
        "line_id": f"L{number:07d}{position:03d}",
    }
    return {**plain, **changes}


def other_payer(number: int = 1, position: int = 1, **changes: Any) -> dict[str, Any]:
    """A commercial plan that pays before the destination payer."""
    plain = {
        "claim_id": f"C{number:09d}",
        "position": position,
        "payer_order": "P",
        "relationship": "18",
        "group_number": "GRPOTH",
        "filing_code": "CI",
        "insured_last_name": "TESTER",
        "insured_first_name": "ALEX",
        "member_id": "OTH000000001",
        "payer_name": "EXAMPLE OTHER PLAN",
        "payer_id": f"8888{position}",
    }
    return {**plain, **changes}


def tables(
    claims: Iterable[dict[str, Any]], lines: Iterable[dict[str, Any]], **others: Iterable[dict[str, Any]]
) -> dict[str, pa.Table]:
    """The tables of the encoder; a column not given is null, a table not given is not there."""
    given = {"claims": claims, "lines": lines, **others}
    return {name: _table(list(rows), TABLES_837[name]) for name, rows in given.items()}


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    assert not {name for row in rows for name in row} - set(schema.names)
    return pa.table({name: [row.get(name) for row in rows] for name in schema.names}, schema=schema)


def envelope(**changes: Any) -> Envelope:
    """A test interchange of 12 January 2026."""
    plain: dict[str, Any] = {
        "sender_qualifier": "ZZ",
        "sender_id": "SUBMIT123",
        "receiver_qualifier": "ZZ",
        "receiver_id": "CLEARHSE",
        "submitter_name": "EXAMPLE BILLING LLC",
        "contact": "EDI DESK",
        "phone": "5555550100",
        "receiver_name": "EXAMPLE CLEARINGHOUSE",
        "interchange_control": "000000001",
        "group_control": "1",
        "date": DAY(2026, 1, 12),
        "time": datetime.time(9, 30),
        "usage": "T",
        "claims_per_transaction": 5000,
        "reference": "BATCH",
    }
    return Envelope(**{**plain, **changes})
