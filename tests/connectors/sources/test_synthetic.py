"""The synthetic practice: the same bytes each time, whole in itself, clean but for what is planted."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Boolean, Date

from configs.reference import by_key, table
from configs.settings import Practice
from connectors.ledger.schema import MASTER_KINDS
from connectors.sources.synthetic import COLUMNS, PLANTED, planted, practice, write_practice
from connectors.sources.synthetic_masters import FEES, accepts, npi
from connectors.x12.writing.findings import npi_is_valid

TODAY = date(2026, 11, 23)
Rows = list[dict[str, str]]

# As the comment of encounters.service_kind lists them.
SERVICE_KINDS = {
    "intake", "intake_medical", "psychotherapy", "crisis", "family", "family_without_patient", "group", "em",
    "em_psychotherapy", "iop_sud", "other",
}  # fmt: skip


def read(paths: dict[str, Path]) -> dict[str, Rows]:
    tables = {}
    for kind, path in paths.items():
        with path.open(encoding="utf-8", newline="") as stream:
            tables[kind] = list(csv.DictReader(stream))
    return tables


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_practice(tmp_path_factory.mktemp("practice"), 400, 7, TODAY)


@pytest.fixture(scope="module")
def data(files: dict[str, Path]) -> dict[str, Rows]:
    return read(files)


@pytest.fixture(scope="module")
def problems() -> dict[str, str]:
    return planted(400, 7)


def by_id(rows: Rows, name: str) -> dict[str, dict[str, str]]:
    return {row[name]: row for row in rows}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_does_not(
    files: dict[str, Path], tmp_path: Path
) -> None:
    again = write_practice(tmp_path / "again", 400, 7, TODAY)
    other = write_practice(tmp_path / "other", 400, 8, TODAY)
    assert {kind: path.read_bytes() for kind, path in again.items()} == {
        kind: path.read_bytes() for kind, path in files.items()
    }
    assert other["encounters"].read_bytes() != files["encounters"].read_bytes()


def test_there_is_a_file_for_every_kind_with_the_ledgers_columns(files: dict[str, Path]) -> None:
    assert set(files) == set(MASTER_KINDS) == set(COLUMNS)
    for kind, path in files.items():
        expected = [
            c.name for c in MASTER_KINDS[kind].columns if c.name not in ("row_id", "version", "previous_id")
        ]
        header = path.read_text(encoding="utf-8").split("\n", 1)[0]
        assert header.split(",") == expected, kind


def test_every_value_fits_its_column(data: dict[str, Rows]) -> None:
    for kind, rows in data.items():
        for column in MASTER_KINDS[kind].columns:
            if column.name in ("row_id", "version", "previous_id"):
                continue
            values = {row[column.name] for row in rows}
            empty_key = column.name in MASTER_KINDS[kind].info["key"] and column.name in (
                "modifier",
                "provider_class",
                "plan",
                "place_group",
            )
            assert column.nullable or empty_key or "" not in values, f"{kind}.{column.name}"
            values.discard("")
            if isinstance(column.type, Date):
                assert all(date.fromisoformat(value).isoformat() == value for value in values)
            elif isinstance(column.type, Boolean):
                assert values <= {"true", "false"}
            elif isinstance(column.type, BigInteger):
                assert all(value.isdecimal() for value in values)


def test_keys_are_unique_and_references_lead_somewhere(
    data: dict[str, Rows], problems: dict[str, str]
) -> None:
    for kind, rows in data.items():
        keys = [tuple(row[name] for name in MASTER_KINDS[kind].info["key"]) for row in rows]
        assert len(keys) == len(set(keys)), kind
    patients, payers = by_id(data["patients"], "patient_id"), by_id(data["payers"], "payer_id")
    providers = by_id(data["providers"], "provider_id")
    for kind in ("coverages", "authorizations", "consents", "encounters"):
        assert {row["patient_id"] for row in data[kind]} <= set(patients), kind
    for kind in ("coverages", "authorizations", "enrollments", "contracts"):
        assert {row["payer_id"] for row in data[kind]} <= set(payers), kind
    assert {row["rendering_id"] for row in data["encounters"]} == set(providers)
    assert {row["supervisor_id"] for row in data["providers"]} - {""} <= set(providers)
    assert {row["partner"] for row in data["payers"]} == {"sandbox"}
    assert set(problems) <= {row["encounter_id"] for row in data["encounters"]}


@pytest.mark.parametrize("encounters", [0, 1, 10, 200, 333])
def test_the_number_of_encounters_is_the_one_asked_for(encounters: int, tmp_path: Path) -> None:
    rows = read(write_practice(tmp_path, encounters, 1, TODAY))["encounters"]
    assert len(rows) == encounters
    assert len({row["encounter_id"] for row in rows}) == encounters


def test_one_in_nine_encounters_has_a_problem_and_every_problem_comes_twice() -> None:
    assert set(Counter(planted(200, 3).values()).values()) == {2}
    assert len(Counter(planted(200, 3))) == 2 * len(PLANTED)
    for encounters in (400, 1000, 10_000):
        problems = planted(encounters, 3)
        assert 0.10 <= len(problems) / encounters <= 0.12
        assert set(problems.values()) == set(PLANTED)


def test_sessions_cover_every_kind_modality_and_boundary(data: dict[str, Rows]) -> None:
    sessions = data["encounters"]
    assert {row["service_kind"] for row in sessions} == SERVICE_KINDS
    assert {row["modality"] for row in sessions} == {"in_person", "video", "audio"}
    assert {"16", "37", "38", "52", "53"} <= {
        r["minutes"] for r in sessions if r["service_kind"] == "psychotherapy"
    }
    assert {"74", "75"} <= {r["minutes"] for r in sessions if r["service_kind"] == "crisis"}
    assert {row["em_level"] for row in sessions} == {"", "straightforward", "low", "moderate", "high"}
    assert {"true", "false"} == {row["new_patient"] for row in sessions}
    assert any(row["codes"] for row in sessions)
    classes = {row["provider_class"] for row in data["providers"]}
    assert {"MD", "NP", "PHD", "LCSW", "LMFT", "MHC", "INTERN"} == classes


def test_clean_sessions_are_clean(data: dict[str, Rows], problems: dict[str, str]) -> None:
    """What a gate would ask of each encounter that has no planted problem."""
    payer_of = {row["patient_id"]: row["payer_id"] for row in data["coverages"] if row["priority"] == "P"}
    payers, providers = by_id(data["payers"], "payer_id"), by_id(data["providers"], "provider_id")
    enrolled = {(r["provider_id"], r["payer_id"]): r["effective_from"] for r in data["enrollments"]}
    consented = {row["patient_id"] for row in data["consents"] if not row["revoked_on"]}
    approved = {r["patient_id"] + r["level_of_care"]: r["codes"].split() for r in data["authorizations"]}
    billable = {row["dotted"]: row["billable"] for name in ICD for row in table(name)}
    days = Counter()
    for row in data["encounters"]:
        if row["encounter_id"] in problems:
            continue
        payer_id, day = payer_of[row["patient_id"]], row["service_date"]
        payer, provider = payers[payer_id], providers[row["rendering_id"]]
        assert TODAY - timedelta(days=30) <= date.fromisoformat(day) < TODAY
        assert day <= row["signed_on"] <= TODAY.isoformat()
        assert accepts(payer_id, provider["provider_class"])
        assert enrolled[row["rendering_id"], payer_id] <= day
        assert provider["license_from"] <= day <= provider["license_to"]
        assert row["modality"] != "audio" or payer["audio_allowed"] == "true"
        assert (row["modality"] == "in_person") == (row["patient_location"] == "office")
        assert row["part2"] == "false" or row["patient_id"] in consented
        assert all(billable[code] == "1" for code in row["diagnoses"].split())
        assert row["diagnoses"].startswith("F")
        assert row["service_kind"] != "iop_sud" or int(row["minutes"]) >= 180
        assert row["service_kind"] != "psychotherapy" or int(row["minutes"]) >= 16
        if row["service_kind"] == "psychotherapy" and int(row["minutes"]) >= 53:
            needed = {"90837", "*"} & set(payer["auth_codes"].split())
            assert not needed or "90837" in approved[row["patient_id"] + "outpatient"]
        days[row["patient_id"], day] += 1
    assert set(days.values()) == {1}


ICD = ("icd10_f_chapter", "icd10_z_psychosocial_fy2021")


def consented(consent: dict[str, str] | None, day: str) -> bool:
    if consent is None or "" < consent["revoked_on"] <= day:
        return False
    return not "" < consent["expires_on"] < day


def test_planted_problems_are_what_they_are_called(data: dict[str, Rows], problems: dict[str, str]) -> None:
    sessions = by_id(data["encounters"], "encounter_id")
    policies = {row["patient_id"]: row for row in data["coverages"] if row["priority"] == "P"}
    payers, classes = (
        by_id(data["payers"], "payer_id"),
        {r["provider_id"]: r["provider_class"] for r in data["providers"]},
    )
    licences = {row["provider_id"]: row["license_to"] for row in data["providers"]}
    enrolled = {(r["provider_id"], r["payer_id"]): r["effective_from"] for r in data["enrollments"]}
    approvals = {row["patient_id"]: row for row in data["authorizations"]}
    consents = {row["patient_id"]: row for row in data["consents"]}
    billable = {row["dotted"]: row["billable"] for row in table("icd10_f_chapter")}
    alike = ("patient_id", "service_date", "rendering_id", "service_kind")
    same = Counter(tuple(row[name] for name in alike) for row in sessions.values())

    def holds(name: str, row: dict[str, str]) -> bool:
        day, who = row["service_date"], row["patient_id"]
        policy = policies.get(who, {})
        pair = (row["rendering_id"], policy.get("payer_id", ""))
        first = row["diagnoses"].split()[0]
        return {
            "unsigned_note": lambda: row["signed_on"] == "",
            "coverage_ended": lambda: "" < policy["effective_to"] < day,
            "no_coverage": lambda: not policy,
            "clinician_not_enrolled": lambda: pair not in enrolled,
            "clinician_enrolled_later": lambda: enrolled[pair] > day,
            "licence_lapsed": lambda: licences[row["rendering_id"]] < day,
            "authorization_missing": lambda: approvals.get(who, {"status": "pended"})["status"] == "pended",
            "authorization_expired": lambda: approvals[who]["valid_to"] < day,
            "authorization_exhausted": lambda: (
                approvals[who]["units_approved"] == "2" and row["minutes"] == "105"
            ),
            "part2_without_consent": lambda: row["part2"] == "true" and not consented(consents.get(who), day),
            "header_diagnosis": lambda: billable[first] == "0",
            "diagnosis_not_valid": lambda: billable[first] == "0",
            "short_session": lambda: int(row["minutes"]) < 16,
            "duplicate": lambda: same[tuple(row[name] for name in alike)] == 2,
            "timely_filing": lambda: (
                (TODAY - date.fromisoformat(day)).days > int(payers[policy["payer_id"]]["timely_filing_days"])
            ),
            "telehealth_mismatch": lambda: (
                row["modality"] == "audio" and payers[policy["payer_id"]]["audio_allowed"] == "false"
            ),
            "intake_medical_by_therapist": lambda: (
                row["service_kind"] == "intake_medical" and classes[row["rendering_id"]] not in ("MD", "NP")
            ),
            "z_code_first": lambda: first.startswith("Z"),
        }[name]()

    assert [name for encounter_id, name in problems.items() if not holds(name, sessions[encounter_id])] == []


def test_policies_are_about_one_fifth_dependants_and_some_have_a_second(tmp_path: Path) -> None:
    policies = read(write_practice(tmp_path, 3000, 5, TODAY))["coverages"]
    first = [row for row in policies if row["priority"] == "P"]
    dependants = [row for row in first if row["relationship"] != "18"]
    assert 0.15 < len(dependants) / len(first) < 0.27
    assert all(row["subscriber_last_name"] and row["subscriber_birth_date"] for row in dependants)
    assert not any(row["subscriber_last_name"] for row in first if row["relationship"] == "18")
    assert 0.10 < (len(policies) - len(first)) / len(first) < 0.20


def test_prices_cover_every_code_that_the_sessions_can_earn() -> None:
    codes = by_key("procedure_codes", "code")
    assert set(FEES) <= set(codes)
    assert {"90785", "90791", "90792", "90832", "90837", "90838", "90839", "90840", "90853", "H0015"} <= set(
        FEES
    )
    assert all(codes[code]["status"].startswith("active") for code in FEES)


def test_nobody_can_be_taken_for_a_person(data: dict[str, Rows]) -> None:
    assert all(row["last_name"].startswith("TESTER-") for row in data["patients"])
    assert all(npi_is_valid(npi(number)) and npi(number).startswith("2") for number in range(1, 200))
    assert all(npi_is_valid(row["npi"]) for row in data["providers"])
    names = {row["last_name"] for row in data["patients"]} | {row["first_name"] for row in data["patients"]}
    ids = {row["encounter_id"] for row in data["encounters"]} | {
        row["patient_id"] for row in data["patients"]
    }
    assert not names & ids


def test_the_practice_is_a_valid_setting() -> None:
    values = practice()
    assert set(Practice.REQUIRED) <= set(values) <= set(Practice.model_fields)
    assert npi_is_valid(Practice.model_validate(values).npi)


def test_from_500_encounters_on_there_are_stays(data: dict[str, Rows], tmp_path: Path) -> None:
    assert data["stays"] == []
    rows = read(write_practice(tmp_path, 500, 7, TODAY))
    assert len(rows["encounters"]) == 500
    stays = by_id(rows["stays"], "stay_id")
    assert {row["level_of_care"] for row in rows["stays"]} == {
        "php", "iop", "rtc_mh", "inpatient_detox", "detox_residential",
    }  # fmt: skip
    assert [row["level_of_care"] for row in rows["stays"] if not row["discharged_on"]] == [
        "detox_residential"
    ]
    days = [row for row in rows["encounters"] if row["stay_id"]]
    assert {row["stay_id"] for row in days} == set(stays)
    assert len(days) < 50
    for row in days:
        stay = stays[row["stay_id"]]
        assert stay["patient_id"] == row["patient_id"]
        assert stay["admitted_on"] <= row["service_date"] < TODAY.isoformat()
        bed = stay["level_of_care"] not in ("php", "iop")
        left = stay["discharged_on"] or TODAY.isoformat()
        assert row["service_date"] < left or (not bed and row["service_date"] == left)
