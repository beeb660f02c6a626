"""The archive as a whole: every file is accounted for, sealed under one key, and let go only when its time is over."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from pydantic import SecretStr

from configs.settings import ConfigurationError, Settings
from connectors.clearinghouse import archive, sealing
from connectors.ledger import Ledger
from flows.cli import main
from tasks import auditing, door, keeping
from tasks.checkup import records
from tasks.documents.keeping import write
from tests.support.histories import filled

TODAY = dt.date(2026, 3, 18)
KEY = sealing.new_key()


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def settings(tmp_path: Path, blank: Path) -> Settings:
    (tmp_path / "ledger.sqlite").write_bytes(blank.read_bytes())
    made = Settings.model_validate({})
    made.home = tmp_path
    return made


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    """Five files: read long ago, read lately, long ago and unread, in quarantine, and sent long ago."""
    rows = []
    for name, direction, year in (
        ("read", "in", 2014), ("late", "in", 2020), ("unread", "in", 2014), ("waiting", "in", 2014),
        ("sent", "out", 2014),
    ):  # fmt: skip
        sha = archive.put(settings.archive, name.encode())
        row = {"sha256": sha, "direction": direction, "kind": "835", "bytes": len(name), "partner": "p"}
        rows.append(row | {"first_seen_at": pd.Timestamp(year, 3, 1)})
    book = door.open_ledger(settings)
    with book.transaction() as tx:
        tx.add("files", pd.DataFrame(rows))
        for at in (0, 1, 3):
            tx.put(
                "readings", [{"sha256": rows[at]["sha256"], "outcome": "read", "at": dt.datetime(2014, 3, 1)}]
            )
        row = {
            "quarantine_id": "Q",
            "suite": "files",
            "expectation": "readable",
            "subject_kind": "file",
            "reason": "r",
        }
        tx.add("quarantine", pd.DataFrame([row | {"subject_id": "f", "file_sha256": rows[3]["sha256"]}]))
    return book


def names(settings: Settings, files: pd.DataFrame) -> set[str]:
    return {archive.get(settings.archive, sha).decode() for sha in files["sha256"]}


def test_only_what_is_old_settled_and_not_waiting_may_go(settings: Settings, ledger: Ledger) -> None:
    known = keeping.index(ledger, settings)
    assert set(known["state"]) == {keeping.PLAIN}
    old = keeping.expired(ledger, known, TODAY)
    assert names(settings, old) == {"read", "sent"}
    assert len(keeping.expired(ledger, known, dt.date(2024, 3, 1))) == 0, "the last day counts"
    settings.retention.years = 20
    assert len(keeping.expired(ledger, keeping.index(ledger, settings), TODAY)) == 0


def test_letting_go_is_noted_first_audited_and_takes_no_fact(settings: Settings, ledger: Ledger) -> None:
    before = ledger.fingerprint()
    old = keeping.expired(ledger, keeping.index(ledger, settings), TODAY)
    settings.retention.hold = True
    with pytest.raises(ConfigurationError, match=r"retention\.hold"):
        keeping.let_go(ledger, settings, old, person="jo", reason="time is over")
    settings.retention.hold = False
    assert keeping.let_go(ledger, settings, old, person="jo", reason="time is over") == {"835": 2}
    known = keeping.index(ledger, settings)
    assert sorted(known["state"]) == ["plain", "plain", "plain", "retired", "retired"]
    assert len(keeping.expired(ledger, known, TODAY)) == 0
    assert ledger.fingerprint() == before
    told = auditing.actions(ledger)
    assert told["action"].tolist() == ["let go", "let go"]
    assert set(told["subject_id"]) == set(old["sha256"])


def test_files_that_are_gone_or_changed_are_told_apart(settings: Settings, ledger: Ledger) -> None:
    first, second, third, *_ = keeping.index(ledger, settings)["sha256"]
    archive.drop(settings.archive, first)
    archive.path(settings.archive, second).write_bytes(b"other")
    archive.seal(settings.model_copy(update={"archive_key": SecretStr(KEY)}).archive, third)
    wrong = dict(keeping.verify(settings, [first, second, third]))
    assert wrong == {first: "MISSING", second: "DAMAGED", third: "LOCKED"}


def test_the_commands_seal_verify_get_and_expire(
    settings: Settings,
    ledger: Ledger,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["archive", *words, "--home", str(settings.home)])
        return int(end.value.code or 0), capsys.readouterr().out

    assert run("seal")[0] == 2, "no key is set"
    monkeypatch.setenv("CLEANCLAIM_ARCHIVE_KEY", KEY)
    assert run("seal") == (0, "sealed 5 of 5 files\n")
    assert run("seal") == (0, "sealed 0 of 5 files\n")
    known = json.loads(run("index", "--json")[1])["files"]
    assert {one["state"] for one in known} == {"sealed"}
    assert json.loads(run("verify", "--json")[1]) == {"files": 5, "wrong": []}
    target = tmp_path / "out.835"
    assert run("get", known[0]["sha256"][:12], "--out", str(target))[0] == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert run("get", known[0]["sha256"][:12], "--out", str(target))[0] == 2, "it is not written over"
    assert run("get", "zz", "--out", str(tmp_path / "no"))[0] == 2
    assert run("expire", "--reason", "time")[1].startswith("2 files could be let go")
    assert run("expire", "--reason", "time", "--yes")[1].startswith("let go of 2 files")
    assert json.loads(run("verify", "--json")[1]) == {"files": 3, "wrong": []}
    monkeypatch.setenv("CLEANCLAIM_ARCHIVE_KEY", sealing.new_key())
    status, out = run("verify", "--json")
    assert status == 3
    assert {one["code"] for one in json.loads(out)["wrong"]} == {"LOCKED"}


def test_official_files_stayed_under_the_old_key_and_could_not_be_opened_without_it(
    settings: Settings, ledger: Ledger
) -> None:
    old, new = sealing.new_key(), sealing.new_key()
    settings.archive_key = SecretStr(old)
    sha = archive.put(settings.archive, b"codes")
    row = {"reference_id": "R", "kind": "pos", "edition": "2026", "sha256": sha, "rows": 1}
    ledger.add("reference_files", filled("reference_files", row))
    settings.archive_key = SecretStr(f"{new} {old}")
    there = keeping.present(settings, keeping.held(ledger))
    assert sha in there
    assert keeping.seal(settings, there) == 6
    settings.archive_key = SecretStr(new)
    assert dict(keeping.verify(settings, keeping.held(ledger))) == {}
    assert archive.get(settings.archive, sha) == b"codes"


def test_the_doctor_names_a_few_lost_files_and_counts_the_others(settings: Settings, ledger: Ledger) -> None:
    for sha in keeping.held(ledger):
        archive.drop(settings.archive, sha)
    ledger.add("files", filled("files", *({"sha256": f"{n:064}"} for n in range(20))))
    *named, more = records.archive(settings, 100)
    assert len(named) == records.NAMED
    assert more.message == "as little as these: 20 of 25 read"


def test_a_damaged_file_is_not_handed_out_and_leaves_nothing_behind(
    settings: Settings, ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, gone, *_ = keeping.index(ledger, settings)["sha256"]
    archive.path(settings.archive, changed).write_bytes(b"other")
    archive.drop(settings.archive, gone)
    for sha in (changed, gone):
        with pytest.raises(SystemExit) as end:
            main(["archive", "get", sha, "--out", str(tmp_path / "out"), "--home", str(settings.home)])
        assert end.value.code == 3
        assert not (tmp_path / "out").exists()
    assert "does not have" in capsys.readouterr().err


def test_a_file_that_changed_is_not_sealed_and_no_part_is_left(settings: Settings, ledger: Ledger) -> None:
    first, *_ = keeping.index(ledger, settings)["sha256"]
    archive.path(settings.archive, first).write_bytes(b"other")
    settings.archive_key = SecretStr(KEY)
    with pytest.raises(archive.ArchiveDamaged):
        keeping.seal(settings, [first])
    assert archive.path(settings.archive, first).read_bytes() == b"other"
    assert list(settings.archive.folder.glob("*.part")) == []


def test_a_document_written_over_a_file_that_others_could_read_is_its_owners_alone(tmp_path: Path) -> None:
    """``touch`` left the mode of a file that was there."""
    path = tmp_path / "packet.pdf"
    path.touch(mode=0o644)
    path.chmod(0o644)
    write(path, b"a letter")
    assert path.stat().st_mode & 0o777 == 0o600
