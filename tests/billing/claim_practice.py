"""A small synthetic practice for the claim tests: masters, and charge lines with defaults. No real person."""

from __future__ import annotations

import pandas as pd

from tasks.billing.context import Masters

NONE = pd.DataFrame()


def masters(**changes: pd.DataFrame) -> Masters:
    tables = {
        "payers": pd.DataFrame(
            {
                "payer_id": ["ACME", "WEEK"],
                "row_id": ["payer-1", "payer-2"],
                "name": ["Acme Health, Inc.", "Week Health"],
                "edi_payer_id": ["99999", "88888"],
                "filing_code": ["CI", "BL"],
                "date_window_days": pd.array([None, 7], dtype="Int64"),
            }
        ),
        "patients": pd.DataFrame(
            {
                "patient_id": ["P1", "P2", "P3"],
                "row_id": ["patient-1", "patient-2", "patient-3"],
                "last_name": ["Tester-O’Neil", "Müller", "Sample"],
                "first_name": ["Alex", "René A.", "Kim"],
                "birth_date": pd.to_datetime(["1990-01-01", "2015-02-03", "1980-05-06"]),
                "sex": ["U", "F", "M"],
                "street": ["1 Sample Rd.", "2 Sample Rd, Apt #4", "3 Sample Rd"],
                "city": "Springfield",
                "state": "IL",
                "zip": "62701-0001",
            }
        ),
        "coverages": pd.DataFrame(
            {
                "coverage_id": ["COV1", "COV2", "COV3"],
                "row_id": ["coverage-1", "coverage-2", "coverage-3"],
                "patient_id": ["P1", "P2", "P3"],
                "priority": ["P", "P", "S"],
                "member_id": ["xyz000000001", "XYZ000000002", "XYZ000000003"],
                "group_number": ["GRP001", None, None],
                "msp_type": [None, None, "12"],
                "relationship": ["18", "19", "01"],
                "subscriber_last_name": [None, "Müller", "Sample"],
                "subscriber_first_name": [None, "Sam", "Lee"],
                "subscriber_birth_date": pd.to_datetime([None, "1985-03-04", "1981-07-08"]),
                "subscriber_sex": [None, "M", "F"],
                "subscriber_street": [None, None, "9 Elsewhere Ave"],
                "subscriber_city": [None, None, "Shelbyville"],
                "subscriber_state": [None, None, "IN"],
                "subscriber_zip": [None, None, "461760009"],
            }
        ),
        "providers": pd.DataFrame(
            {
                "provider_id": ["CL1", "CL2"],
                "row_id": ["provider-1", "provider-2"],
                "last_name": ["Doe", "Roe"],
                "first_name": ["Pat", "Robin"],
                "npi": ["1245319599", "1003000126"],
                "taxonomy": ["1041C0700X", "2084P0800X"],
            }
        ),
        "authorizations": pd.DataFrame(
            {"authorization_id": ["AU1", "AU2"], "row_id": ["auth-1", "auth-2"], "number": ["A-111", "A-222"]}
        ),
    }
    return Masters(**dict.fromkeys(Masters.__dataclass_fields__, NONE) | tables | changes)


PATIENT_COVERAGE = {"P1": "COV1", "P2": "COV2", "P3": "COV3"}


def charge(encounter_id: str, position: int = 1, code: str = "90837", **more: object) -> dict[str, object]:
    patient = str(more.get("patient_id", "P1"))
    return {
        "charge_id": f"{encounter_id}-{position}",
        "encounter_id": encounter_id,
        "encounter_row_id": f"{encounter_id}-v1",
        "position": position,
        "patient_id": patient,
        "payer_id": "ACME",
        "coverage_id": PATIENT_COVERAGE[patient],
        "secondary_coverage_id": None,
        "rendering_id": "CL1",
        "supervising_id": None,
        "service_date": "2026-01-05",
        "place_of_service": "10",
        "code": code,
        "modifiers": None,
        "units": 1,
        "charge_cents": 20000,
        "diagnoses": "F411",
        "pointers": "1",
        "authorization_id": None,
        "level_of_care": "outpatient",
        "part2": False,
    } | more


TEXT = (
    "charge_id encounter_id encounter_row_id patient_id payer_id coverage_id secondary_coverage_id rendering_id"
    " supervising_id place_of_service code modifiers diagnoses pointers authorization_id level_of_care"
)


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    """Charge lines with the dtypes that the ledger reads."""
    lines = pd.DataFrame(list(rows), columns=list(charge("E")))
    types = dict.fromkeys(TEXT.split(), "str") | dict.fromkeys(("position", "units", "charge_cents"), "Int64")
    lines["service_date"] = pd.to_datetime(lines["service_date"]).astype("datetime64[s]")
    return lines.astype(types | {"part2": "boolean"})
