"""How encounters and master data come in: from a database step by step, from files, late."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import flow_kit as kit
import pytest

from connectors.sources import synthetic


@pytest.fixture
def pulling(
    loaded: kit.Office, tmp_path: Path
) -> tuple[kit.Office, sqlite3.Connection, list[dict[str, str]]]:
    """A practice whose encounters lie in a database of its own: the office, that database, the encounters."""
    office = kit.Office(tmp_path / "pulling")
    shutil.copytree(loaded.home, office.home, ignore=shutil.ignore_patterns("ledger.sqlite*"))
    paths = synthetic.write_practice(tmp_path / "sources", 80, kit.SEED, kit.DAY)
    for kind, path in paths.items():
        if kind != "encounters":
            assert office.run("load", kind, path).status == 0
    rows = kit.read_csv(paths["encounters"])
    database = sqlite3.connect(tmp_path / "ehr.sqlite")
    columns = ", ".join(f"{name} TEXT" for name in rows[0])
    database.execute(f"CREATE TABLE sessions ({columns}, changed_at TEXT)")
    values = office.settings()
    values["sources"] = {
        "ehr": {
            "url": f"sqlite:///{tmp_path / 'ehr.sqlite'}",
            "query": "SELECT * FROM sessions WHERE changed_at > :watermark",
            "watermark_column": "changed_at",
            "watermark_start": "2026-01-01",
        }
    }
    office.write_settings(values)
    return office, database, rows


def put(database: sqlite3.Connection, rows: list[dict[str, str]], changed_at: str) -> None:
    """Rows into the practice's database; empty texts are NULL there."""
    marks = ", ".join("?" for _ in [*rows[0], "changed_at"])
    values = [[*(value or None for value in row.values()), changed_at] for row in rows]
    database.executemany(f"INSERT INTO sessions VALUES ({marks})", values)
    database.commit()


def test_encounters_are_pulled_a_step_at_a_time(
    pulling: tuple[kit.Office, sqlite3.Connection, list[dict[str, str]]], sent: kit.Office
) -> None:
    office, database, rows = pulling
    put(database, rows[:50], "2026-03-16 12:00:00")
    told = office.daily()
    assert told.json["stages"]["pull"] == {
        "pulled": 50,
        "new": 50,
        "changed": 0,
        "kept_out": 0,
        "new_quarantine": 0,
    }
    before = office.fingerprint()
    told = office.daily()
    assert told.json["stages"]["pull"] == {
        "pulled": 0,
        "new": 0,
        "changed": 0,
        "kept_out": 0,
        "new_quarantine": 0,
    }
    assert office.fingerprint() == before
    put(database, rows[50:], "2026-03-17 12:00:00")
    told = office.daily()
    assert told.json["stages"]["pull"] == {
        "pulled": 30,
        "new": 30,
        "changed": 0,
        "kept_out": 0,
        "new_quarantine": 0,
    }
    watermarks = office.ledger.read("watermarks")
    assert watermarks[["source", "value"]].values.tolist() == [["ehr", "2026-03-17 12:00:00"]]
    assert office.ledger.count("encounters") == len(rows)
    pulled = office.ledger.current("encounters")
    assert pulled["row_id"].tolist() == sent.ledger.current("encounters")["row_id"].tolist(), "as from a file"


def test_a_change_in_the_source_is_a_new_version_and_a_bad_row_stays_out(
    pulling: tuple[kit.Office, sqlite3.Connection, list[dict[str, str]]],
) -> None:
    office, database, rows = pulling
    put(database, rows[:3], "2026-03-16 12:00:00")
    assert office.daily().json["stages"]["pull"]["new"] == 3
    changed = {**rows[0], "diagnoses": "F43.23" if rows[0]["diagnoses"] != "F43.23" else "F41.1"}
    put(database, [changed, {**rows[3], "minutes": "fifty"}], "2026-03-17 12:00:00")
    told = office.daily()
    assert told.json["stages"]["pull"] == {
        "pulled": 1,
        "new": 0,
        "changed": 1,
        "kept_out": 1,
        "new_quarantine": 1,
    }
    assert "fifty" not in told.out + told.err


def test_a_source_that_cannot_be_read_stops_the_run_before_anything_is_sent(
    pulling: tuple[kit.Office, sqlite3.Connection, list[dict[str, str]]],
) -> None:
    office, database, _ = pulling
    database.execute("DROP TABLE sessions")
    told = office.daily()
    assert told.status == 4
    assert told.json == {"state": "SourceUnreadable", "message": "SOURCE_FAILED: SQLITE_ERROR"}
    assert office.ledger.count("submissions") == 0


def test_a_held_encounter_goes_when_its_master_data_arrive(sent: kit.Office, tmp_path: Path) -> None:
    planted = synthetic.planted(80, kit.SEED)
    ours = [
        e for e, name in planted.items() if name in ("clinician_not_enrolled", "clinician_enrolled_later")
    ]
    assert ours
    assert set(ours) <= {e for e, rules in sent.holds().items() if rules == {"GATE_ENROLLMENT"}}
    encounters = sent.ledger.current("encounters").set_index("encounter_id")
    coverages = sent.ledger.current("coverages").set_index("patient_id")
    enrollments = {
        (
            encounters.loc[e, "rendering_id"],
            coverages.loc[[encounters.loc[e, "patient_id"]], "payer_id"].iloc[0],
        )
        for e in ours
    }
    rows = [
        {"provider_id": clinician, "payer_id": payer, "effective_from": "2024-01-01", "effective_to": ""}
        for clinician, payer in sorted(enrollments)
    ]
    assert sent.run("load", "enrollments", kit.write_csv(tmp_path / "enrollments.csv", rows)).status == 0
    told = sent.daily(1)
    assert told.status == 0, told.err
    assert told.json["stages"]["interchanges"]["claims"] == len(ours)
    assert set(sent.encounter_states()[ours]) == {"sent"}
    assert not set(ours) & set(sent.holds())
    assert not set(ours) & {item["encounter_id"] for item in sent.items("holds")}
    assert sent.proof()["balanced"]


# Kinds that the synthetic practice does not keep: the rules that read them stay silent.
NOT_IN_THE_PRACTICE = {"licenses", "supervisions", "payer_classes", "stays"}  # of this size


def test_loading_the_same_files_again_changes_nothing(loaded: kit.Office, tmp_path: Path) -> None:
    before = loaded.fingerprint()
    for kind, path in synthetic.write_practice(tmp_path / "sources", 80, kit.SEED, kit.DAY).items():
        told = loaded.run("load", "--json", kind, path)
        (load,) = told.json["loads"]
        assert (load["new"], load["changed"], load["kept_out"]) == (0, 0, 0)
        assert load["same"] == load["read"]
        assert load["read"] or kind in NOT_IN_THE_PRACTICE
    assert loaded.fingerprint() == before


def test_an_empty_home_has_nothing_to_do(prefect_server: str, tmp_path: Path) -> None:
    office = kit.Office(tmp_path / "home")
    assert office.run("init").status == 0
    assert office.run("init", "--json").json == {"home": str(office.home), "made": False}
    assert (office.home / "cleanclaim.toml").stat().st_mode & 0o077 == 0
    for told in (office.daily(), office.responses()):
        assert told.status == 0, told.err
    proof = office.proof()
    assert proof["balanced"]
    assert proof["remittances"] == {"count": 0, "bpr_cents": 0, "cash_cents": 0}
