"""Psychotherapy notes are never taken in: 06_auth, never_log.tsv ("separate legal class: never ingest").

A column that says it is notes keeps the whole file out, and its text is nowhere afterwards.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from connectors.sources import synthetic
from connectors.sources.checks import is_notes
from connectors.sources.files import read_table
from flows.cli import app

TEXT = "patient speaks of the house by the lake"
NAMES = [
    *("note", "notes", "progress_note", "progress_notes", "psychotherapy_notes", "psychotherapynotes"),
    *("session_note", "case_notes", "counselling_notes", "note_text", "birp_note", "soap", "narrative"),
    *("clinical_narrative", "free_text", "transcript", "session_summary", "mental_status_exam", "dictation"),
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_notes(name: str) -> None:
    assert is_notes(name)
    assert is_notes(name.upper())


@pytest.mark.parametrize(
    "name",
    ["note_signed_on", "note_id", "signed_on", "minutes", "diagnoses", "notified_on", "denoted", "noted_by"],
)
def test_names_of_other_things(name: str) -> None:
    assert not is_notes(name)


def with_notes(folder: Path, name: str, form: str) -> Path:
    """Good encounters with a column of notes."""
    made = synthetic.write_practice(folder, 20, 7, date(2026, 3, 16))["encounters"]
    rows = pd.read_csv(made, dtype=str, keep_default_na=False).assign(**{name: TEXT})
    path = folder / f"visits.{form}"
    rows.to_parquet(path) if form == "parquet" else rows.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["progress_note", "narrative"])
def test_no_row_is_loaded_with_them(tmp_path: Path, name: str, form: str) -> None:
    loaded = read_table("encounters", with_notes(tmp_path, name, form))
    assert loaded.rows.empty
    assert loaded.problems["code"].tolist() == ["REFUSED_COLUMN"]
    assert TEXT not in loaded.problems.to_json()


def test_their_text_is_nowhere_in_the_home(tmp_path: Path) -> None:
    """Ledger, archive, quarantine, staging, logs, what the command prints."""
    home = tmp_path / "home"
    runner = CliRunner()
    assert runner.invoke(app, ["init", "--home", str(home)]).exit_code == 0
    path = with_notes(tmp_path, "psychotherapy_notes", "csv")
    result = runner.invoke(app, ["load", "encounters", str(path), "--home", str(home), "--json"])
    assert result.exit_code == 1
    (load,) = json.loads(result.stdout)["loads"]
    assert load["new"] == 0
    assert "REFUSED_COLUMN" in result.stdout + result.stderr
    held = [file for file in home.rglob("*") if file.is_file()]
    assert any(file.name.startswith("ledger.sqlite") for file in held)
    words = [TEXT.encode(), TEXT[:12].encode()]
    assert not [file.name for file in held for word in words if word in file.read_bytes()]
    assert TEXT not in result.stdout + result.stderr
