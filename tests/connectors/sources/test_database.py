"""Pulling encounters out of real databases, a step at a time."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from configs.settings import Source
from connectors.sources.database import SourceError, pull
from tests.support import postgres

SECRET = "Testerson"
QUERY = """
SELECT id AS encounter_id, patient_id, service_date, rendering_id, 'psychotherapy' AS service_kind, minutes,
       diagnoses, modality, 'home' AS patient_location, changed_at
FROM sessions WHERE changed_at > :watermark ORDER BY changed_at
"""
TABLE = """
CREATE TABLE sessions (id INTEGER PRIMARY KEY, patient_id TEXT, service_date DATE, rendering_id TEXT,
                       minutes INTEGER, diagnoses TEXT, modality TEXT, changed_at TIMESTAMP)
"""
Run = Callable[[str], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/emr.sqlite" if request.param == "sqlite" else postgres.fresh_database()


@pytest.fixture
def run(url: str) -> Run:
    engine = sa.create_engine(
        sa.make_url(url.replace("postgresql:", "postgresql+psycopg:")), poolclass=sa.NullPool
    )

    def execute(statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(sa.text(statement))

    execute(TABLE)
    return execute


def source(url: str, query: str = QUERY, column: str = "changed_at") -> Source:
    return Source(url=url, query=query, watermark_column=column, watermark_start="1970-01-01")  # type: ignore[arg-type]


def session(number: int, hour: int, *, modality: str = "video", date: str = "2026-01-05") -> str:
    return (
        f"INSERT INTO sessions VALUES ({number}, 'P{number}', '{date}', 'CL1', 53, 'F41.1', '{modality}',"
        f" '2026-01-05 {hour:02}:00:00')"
    )


def test_pull_is_incremental_and_a_second_one_brings_nothing(url: str, run: Run) -> None:
    run(session(1, 8))
    run(session(2, 9))
    first = pull(source(url), "1970-01-01")
    assert first.rows["encounter_id"].tolist() == ["1", "2"]
    assert first.rows["service_date"].tolist() == [pd.Timestamp("2026-01-05")] * 2
    assert first.problems.empty
    assert first.watermark == "2026-01-05 09:00:00"

    second = pull(source(url), first.watermark)
    assert second.rows.empty
    assert second.watermark == first.watermark

    run(session(3, 10))
    run("UPDATE sessions SET minutes = 45, changed_at = '2026-01-05 11:00:00' WHERE id = 1")
    third = pull(source(url), second.watermark)
    assert third.rows["encounter_id"].tolist() == ["3", "1"]
    assert third.rows["minutes"].tolist() == [53, 45]
    assert third.watermark == "2026-01-05 11:00:00"


def test_a_bad_row_is_reported_by_its_place_and_does_not_stop_the_watermark(url: str, run: Run) -> None:
    run(session(1, 8))
    run(session(2, 9, modality=SECRET))
    pulled = pull(source(url), "1970-01-01")
    assert pulled.rows["encounter_id"].tolist() == ["1"]
    assert pulled.problems[["row", "column", "code"]].to_numpy().tolist() == [[2, "modality", "NOT_ALLOWED"]]
    assert SECRET not in pulled.problems.to_json()
    assert pulled.watermark == "2026-01-05 09:00:00"
    run("UPDATE sessions SET modality = 'audio', changed_at = '2026-01-05 12:00:00' WHERE id = 2")
    assert pull(source(url), pulled.watermark).rows["encounter_id"].tolist() == ["2"]


def test_a_number_can_be_the_watermark(url: str, run: Run) -> None:
    query = QUERY.replace("changed_at\nFROM", "id AS change_number\nFROM").replace("changed_at", "id")
    for number in (9, 10):
        run(session(number, number))
    numbered = source(url, query, "change_number")
    first = pull(numbered, "0")
    assert first.watermark == "10"  # as numbers: as texts 9 would be the highest
    assert pull(numbered, first.watermark).rows.empty


def test_the_first_row_of_a_result_is_not_mistaken_for_its_header(url: str, run: Run) -> None:
    run(session(1, 8))
    query = QUERY.replace("minutes,", "minutes, 1 AS our_own_mark,")
    pulled = pull(source(url, query), "1970-01-01")
    assert pulled.problems[["row", "code"]].to_numpy().tolist() == [[0, "UNKNOWN_COLUMN"]]
    assert len(pulled.rows) == 1


@pytest.mark.parametrize("name", ["progress_note", "psychotherapy_notes", "narrative", "Session_Notes"])
def test_a_query_with_notes_takes_nothing(url: str, run: Run, name: str) -> None:
    """Not even into memory: the rows of the other columns wait in the source until the query is put right."""
    run(session(1, 8))
    pulled = pull(source(url, QUERY.replace("minutes,", f"minutes, '{SECRET}' AS {name},")), "1970-01-01")
    assert pulled.problems[["row", "column", "code"]].to_numpy().tolist() == [
        [0, name.lower() if "_" in name else "column 7", "REFUSED_COLUMN"]
    ]
    assert pulled.rows.empty
    assert pulled.watermark == "1970-01-01"
    assert SECRET not in pulled.problems.to_json()


def test_a_query_without_a_required_column_takes_nothing(url: str, run: Run) -> None:
    run(session(1, 8))
    pulled = pull(source(url, QUERY.replace("diagnoses, ", "")), "1970-01-01")
    assert pulled.problems[["row", "column", "code"]].to_numpy().tolist() == [
        [0, "diagnoses", "MISSING_COLUMN"]
    ]
    assert pulled.rows.empty
    assert pulled.watermark == "1970-01-01"


def test_a_source_is_only_read(url: str, run: Run) -> None:
    run(session(1, 8))
    if url.startswith("postgresql"):
        query = QUERY.replace("FROM sessions", "FROM (SELECT * FROM sessions) s").replace(
            "\nSELECT", "\nWITH gone AS (DELETE FROM sessions RETURNING id)\nSELECT"
        )
        assert len(pull(source(url, query), "1970-01-01").rows) == 1
    assert len(pull(source(url), "1970-01-01").rows) == 1


@pytest.mark.parametrize(
    ("query", "column", "code"),
    [
        (f"SELECT {SECRET} FROM sessions WHERE 1 > :watermark", "changed_at", "SOURCE_FAILED"),
        (QUERY, "edited_at", "NO_WATERMARK_COLUMN"),
    ],
)
def test_what_a_source_refuses_is_a_code(url: str, run: Run, query: str, column: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        pull(source(url, query, column), "1970-01-01")
    assert caught.value.code == code
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url", [f"nothing://{SECRET}", SECRET, f"postgresql://u:{SECRET}@127.0.0.1:1/{SECRET}?connect_timeout=2"]
)
def test_a_url_never_shows(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        pull(source(url), "1970-01-01")
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
