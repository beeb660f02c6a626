"""271s into the ledger: files a person has, folders of them, and those a partner left in the pickup folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from configs.settings import load_settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from flows.cli import app
from tasks import collecting, door, eligibility
from tests.connectors.x12.test_reading_271 import CARVED, SUBSCRIBER, file


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    assert CliRunner().invoke(app, ["init", "--home", str(folder)]).exit_code == 0
    yield folder
    door._ledger.cache_clear()


def load(home: Path, *paths: Path) -> tuple[int, dict[str, Any]]:
    made = CliRunner().invoke(app, ["load", "eligibility", *map(str, paths), "--home", str(home), "--json"])
    return made.exit_code, json.loads(made.stdout)


def stored(home: Path, table: str) -> Any:
    settings = load_settings(home)
    with Ledger.open(settings.ledger_url) as ledger:
        return ledger.read(table)


def test_a_file_and_a_folder_are_loaded_once(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "one.edi").write_bytes(file(*SUBSCRIBER, *CARVED))
    status, said = load(home, folder)
    assert (status, said["loads"][0]["new"], said["loads"][0]["inquiries"]) == (0, 3, 1)
    status, said = load(home, folder / "one.edi")
    assert (status, said["loads"][0]["new"]) == (0, 0)
    rows = stored(home, "eligibility_answers")
    assert rows["info"].tolist().count("U") == 1
    assert rows["entity"].dropna().tolist() == ["66666"]
    assert stored(home, "readings")["outcome"].tolist() == ["read"]


def test_a_failed_question_is_work_and_a_file_without_answers_bad_usage(home: Path, tmp_path: Path) -> None:
    failed, other = tmp_path / "failed.edi", tmp_path / "other.csv"
    failed.write_bytes(file(*SUBSCRIBER, "AAA*N**75*C"))
    other.write_text("payer_id\nACME\n")
    status, said = load(home, failed)
    assert (status, said["loads"][0]["rejects"]) == (1, {"75": 1})
    status, said = load(home, other)
    assert (status, said["refused"]) == (2, [str(other)])


def test_a_damaged_answer_is_kept_out(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.edi"
    broken.write_bytes(file(*SUBSCRIBER, *CARVED).replace(b"SE*17*", b"SE*19*"))
    status, said = load(home, broken)
    assert (status, said["loads"][0]["new"], said["loads"][0]["damaged"]) == (1, 0, 1)
    assert stored(home, "quarantine")["suite"].tolist() == ["eligibility"]


def test_estimates_are_shown_without_a_name(home: Path, tmp_path: Path) -> None:
    path, answer = tmp_path / "schedule.csv", tmp_path / "one.edi"
    path.write_text(
        "appointment_id,patient_id,payer_id,service_date,provider_id,code,units,status\n"
        "AP1,P0001,ACME,2026-02-05,CL001,90837,1,booked\n"
    )
    answer.write_bytes(file(*SUBSCRIBER, *CARVED))
    for arguments in (["load", "schedule", str(path)], ["load", "eligibility", str(answer)]):
        assert CliRunner().invoke(app, [*arguments, "--home", str(home)]).exit_code == 0
    asked = ["estimates", "--from", "2026-02-01", "--home", str(home)]
    (row,) = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)["estimates"]
    assert (row["appointment_id"], row["due_cents"], row["coverage_id"]) == ("AP1", None, None)
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0
    assert "AP1" in shown.stdout
    assert "unknown" in shown.stdout


def test_a_partners_answer_is_read_with_the_responses(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANCLAIM_HOME", str(home))
    settings, data = load_settings(home), file(*SUBSCRIBER, *CARVED)
    with Ledger.open(settings.ledger_url) as ledger, ledger.transaction() as tx:
        sha = archive.put(settings.archive, data)
        assert collecting.record_plain(tx, "sandbox", sha, data, None)["new_quarantine"] == 0
    first, again = (eligibility.read_eligibility.fn() for _ in range(2))
    assert (first["files"], first["inquiries"], first["answers"]) == (1, 1, 3)
    assert again["files"] == 0
