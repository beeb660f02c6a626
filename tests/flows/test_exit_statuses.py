"""What a command's exit status says to the program that called it, and that a failed run lost and sent nothing."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import flow_kit as kit
import pytest

from connectors.clearinghouse import hostkey
from connectors.clearinghouse.sandbox.keys import make_key


@pytest.mark.parametrize(
    "command", [["daily"], ["responses"], ["proof"], ["worklist", "list"], ["quarantine", "list"]]
)
def test_an_unknown_home_is_2_and_is_not_made(command: list[str], tmp_path: Path) -> None:
    told = kit.cleanclaim(*command, home=tmp_path / "nowhere")
    assert told.status == 2
    assert "cleanclaim init" in told.err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "command",
    [
        ["daily", "--bogus"], ["daily", "--date", "18.03.2026"], ["nonsense"], ["load", "people", __file__],
        ["worklist", "list", "--queue", "nonsense"], ["worklist", "show", "zzzz"], ["demo", "--encounters", "0"],
    ],
)  # fmt: skip
def test_bad_usage_is_2(command: list[str], finished: kit.Demo) -> None:
    told = kit.cleanclaim(*command, home=finished.home)
    assert told.status == 2
    assert told.err.strip()
    assert not told.out.strip()


def test_bad_settings_are_2_and_named_without_their_value(sent: kit.Office) -> None:
    values = sent.settings()
    values["partners"]["sandbox"]["port"] = "a-secret-value"
    sent.write_settings(values)
    told = sent.run("daily")
    assert told.status == 2
    assert "partners.sandbox.port" in told.err
    assert "a-secret-value" not in told.err


def test_load_with_bad_rows_is_1_and_names_line_and_column_but_no_value(
    loaded: kit.Office, finished: kit.Demo, tmp_path: Path
) -> None:
    rows = kit.read_csv(finished.home / "demo" / "sources" / "patients.csv")[:4]
    rows = [{**row, "patient_id": f"PNEW{number}"} for number, row in enumerate(rows)]
    rows[1]["birth_date"] = "31.02.1980"
    rows[3]["sex"] = "QQ"
    before = loaded.ledger.count("patients")
    told = loaded.run("load", "patients", kit.write_csv(tmp_path / "patients.csv", rows))
    assert told.status == 1
    assert "line 3, column birth_date" in told.err
    assert "line 5, column sex" in told.err
    for value in ("31.02.1980", "QQ", *(row["last_name"] for row in rows), "PNEW"):
        assert value not in told.err + told.out
    assert loaded.ledger.count("patients") == before + 2, "the good ones went in"
    report = loaded.run("load", "--json", "patients", tmp_path / "patients.csv")
    assert report.status == 1
    (load,) = report.json["loads"]
    assert (load["read"], load["new"], load["same"], load["kept_out"]) == (2, 0, 2, 2)


def test_proof_is_0_and_after_tampering_with_one_cent_3(finished_copy: kit.Office) -> None:
    assert finished_copy.run("proof").status == 0
    with sqlite3.connect(finished_copy.home / "ledger.sqlite") as tamper:
        changed = tamper.execute(
            "UPDATE journal SET amount_cents = amount_cents + 1 WHERE entry_id ="
            " (SELECT min(entry_id) FROM journal WHERE account = 'cash')"
        )
        assert changed.rowcount == 1
    told = finished_copy.run("proof", "--json")
    assert told.status == 3
    assert told.json["balanced"] is False
    assert told.json["problems"]
    people = finished_copy.run("proof")
    assert people.status == 3
    assert "NOT BALANCED" in people.out


def test_proof_sees_a_claim_that_disappeared(finished_copy: kit.Office) -> None:
    with sqlite3.connect(finished_copy.home / "ledger.sqlite") as tamper:
        tamper.execute("DELETE FROM claim_lines WHERE line_id = (SELECT min(line_id) FROM claim_lines)")
    told = finished_copy.run("proof", "--json")
    assert (told.status, told.json["balanced"]) == (3, False)


def test_a_partner_that_does_not_answer_is_4_and_the_rerun_sends_exactly_once(
    loaded: kit.Office, sent: kit.Office
) -> None:
    loaded.change_partner(sandbox_root=None)  # nobody stands in for it
    told = loaded.daily()
    assert told.status == 4
    assert told.json["state"] == "PartnerUnreachable"
    claims = loaded.ledger.count("claims")
    assert claims == sent.ledger.count("claims")
    assert loaded.ledger.count("submissions") == 1, "the intent is kept"
    assert set(loaded.states()["state"]) == {"sending"}
    assert loaded.daily().status == 4, "still down: nothing is added"
    assert (loaded.ledger.count("claims"), loaded.ledger.count("submissions")) == (claims, 1)
    with loaded.partner():
        assert loaded.daily().status == 0
        assert loaded.daily().status == 0
    assert len(list(loaded.uploads.iterdir())) == 1
    assert set(loaded.states()["state"]) == {"sent"}
    assert loaded.fingerprint() == sent.fingerprint(), "as if it had answered at once"


def test_responses_of_a_partner_that_does_not_answer_are_4(sent: kit.Office) -> None:
    sent.change_partner(sandbox_root=None)
    before = sent.fingerprint()
    told = sent.responses()
    assert (told.status, told.json["state"]) == (4, "PartnerUnreachable")
    assert sent.fingerprint() == before


def test_a_changed_host_key_is_4_with_both_fingerprints_and_nothing_is_sent(
    loaded: kit.Office, tmp_path: Path
) -> None:
    pinned = make_key(tmp_path / "other_key")
    offered = str(loaded.settings()["partners"]["sandbox"]["host_key"])
    loaded.change_partner(host_key=pinned)
    with loaded.partner():
        told = loaded.run("daily", "--date", kit.DAY)
    assert told.status == 4
    assert "HostKeyRefused" in told.err
    assert hostkey.fingerprint(pinned) in told.err
    assert hostkey.fingerprint(offered) in told.err
    assert list(loaded.uploads.iterdir()) == []
    loaded.change_partner(host_key=offered)
    assert loaded.daily().status == 0
    assert len(list(loaded.uploads.iterdir())) == 1


def test_a_refused_login_is_4_and_is_tried_once(loaded: kit.Office, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    with loaded.partner():
        loaded.change_partner(key_file=str(tmp_path / "stranger"))
        told = loaded.daily()
    assert (told.status, told.json["state"]) == (4, "LoginRefused")
    assert list(loaded.uploads.iterdir()) == []


def bad_encounter(home: Path, tmp_path: Path) -> Path:
    """An encounter that no suite lets through: its clinician is not in the master data."""
    rows = kit.Office(home).ledger.current("encounters")
    row = rows[rows["signed_on"].notna()].iloc[0]
    values = {
        "encounter_id": "EBAD", "patient_id": row["patient_id"], "service_date": "2026-03-10", "rendering_id": "CL999",
        "service_kind": "psychotherapy", "minutes": "45", "diagnoses": "F41.1", "modality": "in_person",
        "patient_location": "office", "signed_on": "2026-03-10",
    }  # fmt: skip
    return kit.write_csv(tmp_path / "bad.csv", [values])


def test_a_check_beyond_its_threshold_is_3_and_nothing_leaves_the_building(
    loaded: kit.Office, tmp_path: Path
) -> None:
    assert loaded.run("load", "encounters", bad_encounter(loaded.home, tmp_path)).status == 0
    (loaded.home / "checks.toml").write_text("[encounters]\nshare = 0\nrows = 0\n", encoding="utf-8")
    told = loaded.daily()
    assert (told.status, told.json["state"]) == (3, "StoppedByCheck")
    assert re.search(r"suite encounters: 1 of \d+ rows failed", told.json["message"])
    assert "CL999" not in told.json["message"]
    assert loaded.ledger.count("claims") == loaded.ledger.count("decisions") == 0
    assert list(loaded.uploads.iterdir()) == []
    (loaded.home / "checks.toml").unlink()
    told = loaded.daily()
    assert (told.status, told.json["state"]) == (1, "DoneWithWorkLeft"), "one row waits, the rest goes on"
    assert len(list(loaded.uploads.iterdir())) == 1
    assert loaded.encounter_states()["EBAD"] == "quarantined"
    assert loaded.daily().status == 0, "it was told once"
