"""The doctor finds what would stop the next run, says what to do, and repeats no value."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pandas as pd
import pytest

from configs.settings import Partner, Practice, Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from flows.cli import main
from tasks import checkup, door
from tasks.checkup import FAIL, OK, SKIPPED, WARN
from tests.support.postgres import fresh_database
from tests.support.sftp_server import PASSWORD, USER, SftpServer

NOW = dt.datetime(2026, 3, 18, 12)
SECRET = "a-value-nobody-may-read"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with nothing in it, built once."""
    path = tmp_path_factory.mktemp("blank") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def settings(home: Path, blank: Path) -> Settings:
    """A home that is well: complete settings, a ledger, one partner that is the built-in sandbox."""
    made = Settings.model_validate({"id_key": SECRET, "practice": dict.fromkeys(Practice.REQUIRED, "1")})
    made.home = home
    made.partners = {"sandbox": partner(sandbox_root="/sandbox")}
    shutil.copy(blank, home / "ledger.sqlite")
    return made


def partner(**changes: object) -> Partner:
    values: dict[str, object] = {"host": "127.0.0.1", "port": 1, "username": USER, "password": PASSWORD}
    values |= {
        "sender_id": "US",
        "receiver_id": "THEM",
        "receiver_name": "THEM",
        "upload_dir": "/",
        "download_dir": "/",
    }
    return Partner.model_validate(values | {"timeout_seconds": 5, "usage": "P"} | changes)


def found(settings: Settings, **options: object) -> dict[tuple[str, str], checkup.Finding]:
    given: dict[str, object] = {"files": 9, "login": False, "offline": False} | options
    every = list(checkup.examine(settings, NOW, **given))  # type: ignore[arg-type]
    assert SECRET not in str(every)
    assert PASSWORD not in str(every)
    return {(one.check, one.subject): one for one in every}


def bad(settings: Settings, **options: object) -> dict[tuple[str, str], str]:
    every = found(settings, **options)
    return {
        place: one.verdict
        for place, one in every.items()
        if one.verdict in (WARN, FAIL) and place[0] != "reference"
    }


def test_a_home_that_is_well_has_nothing_to_see_to_but_official_files(settings: Settings) -> None:
    assert bad(settings) == {}
    every = found(settings)
    assert every["partner", "sandbox"].verdict == SKIPPED
    assert {one.verdict for place, one in every.items() if place[0] == "reference"} == {WARN}
    assert checkup.verdict(list(every.values())) == WARN
    assert all(one.action for one in every.values() if one.verdict in (WARN, FAIL))


def test_blank_settings_are_named(settings: Settings, home: Path) -> None:
    settings.practice = Practice.model_validate({"name": "A"})
    settings.billing.time_zone = "Moon/Sea"
    settings.partners = {
        "acme": partner(usage="T", key_file=Path("keys/none"), sandbox_root="/x"),
        "b": partner(usage="T"),
    }
    (home / "rules.toml").write_text("[scrub]\nNO_SUCH_RULE = 'off'\n")
    assert bad(settings, offline=True) == {
        ("settings", "practice"): FAIL,
        ("settings", "billing.time_zone"): FAIL,
        ("settings", "partners.b"): WARN,
        ("settings", "partners.acme.key_file"): FAIL,
        ("settings", "rules.toml"): FAIL,
    }


def test_a_home_that_others_may_read_is_said_so(settings: Settings, home: Path) -> None:
    (home / "keys").mkdir()
    (home / "keys" / "acme").write_text("key")
    os.chmod(home / "keys" / "acme", 0o644)
    os.chmod(home, 0o755)
    os.chmod(home / "ledger.sqlite", 0o640)
    settings.partners = {"acme": partner(key_file=Path("keys/acme"), sandbox_root="/x")}
    assert bad(settings) == {
        ("home", "folder"): WARN,
        ("home", "ledger.sqlite"): WARN,
        ("settings", "partners.acme.key_file"): WARN,
    }


@pytest.mark.parametrize(("free", "told"), [(100 << 20, FAIL), (2 << 30, WARN), (50 << 30, None)])
def test_a_full_disk_is_told_before_it_is_full(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, free: int, told: str | None
) -> None:
    class Usage:
        pass

    Usage.free = free  # type: ignore[attr-defined]
    monkeypatch.setattr("tasks.checkup.house.shutil.disk_usage", lambda _: Usage)
    assert bad(settings).get(("disk", "home")) == told
    if told:
        assert found(settings)["disk", "home"].action.endswith("docs/runbooks/disk-full.md")


def test_a_ledger_that_is_not_there_is_not_made(settings: Settings, home: Path) -> None:
    other = settings.model_copy(update={"home": home / "other"})
    other.__dict__.pop("ledger_url", None)
    other.home.mkdir(mode=0o700)
    assert bad(other)["ledger", "database"] == FAIL
    assert not (other.home / "ledger.sqlite").exists()


def test_a_newer_or_older_ledger_is_not_touched(settings: Settings, home: Path) -> None:
    for revision, told in (("9999", FAIL), ("0001", WARN)):
        with sqlite3.connect(home / "ledger.sqlite") as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        assert bad(settings) == {("ledger", "schema"): told}
        with sqlite3.connect(home / "ledger.sqlite") as database:
            assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)


def test_a_damaged_page_of_the_ledger_is_found(settings: Settings, home: Path) -> None:
    door.open_ledger(settings).close()
    door._ledger.cache_clear()
    path = home / "ledger.sqlite"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    every = found(settings)
    assert FAIL in {one.verdict for place, one in every.items() if place[0] == "ledger"}


def test_a_clock_that_went_back_and_a_schedule_that_stands_still(settings: Settings) -> None:
    def ended(run: str, flow: str, at: dt.datetime) -> None:
        row = {
            "run_id": run,
            "flow": flow,
            "business_date": "2026-03-10",
            "outcome": "completed",
            "ended_at": at,
        }
        door.open_ledger(settings).add("runs", pd.DataFrame([row]))

    ended("1", "daily", NOW - dt.timedelta(days=8))
    ended("2", "responses", NOW - dt.timedelta(days=1))
    assert bad(settings) == {("runs", "daily"): WARN}
    ended("3", "daily", NOW + dt.timedelta(hours=1))
    assert bad(settings) == {("clock", "ledger"): FAIL}


def test_a_payer_whose_partner_is_unknown(settings: Settings) -> None:
    payer = {"payer_id": "P1", "name": "P", "payer_class": "other", "edi_payer_id": "1", "filing_code": "CI"}
    with door.open_ledger(settings).transaction() as tx:
        tx.load("payers", pd.DataFrame([payer | {"partner": "gone"}]))
    assert bad(settings) == {("payers", "partner"): FAIL}


def test_an_old_edition_is_told_and_a_new_one_is_not(settings: Settings) -> None:
    rows = [
        {"reference_id": kind, "kind": kind, "edition": "E", "rows": 1, "effective_from": day}
        | {"sha256": archive.put(settings.archive, kind.encode())}
        for kind, day in (("mue", "2025-07-01"), ("leie", "2026-03-01"), ("ncci", "2026-04-01"))
    ]
    door.open_ledger(settings).add("reference_files", pd.DataFrame(rows))
    every = {place[1]: one for place, one in found(settings).items() if place[0] == "reference"}
    assert (every["mue"].verdict, every["leie"].verdict) == (WARN, OK)
    assert "never loaded" in every["ncci"].message, "an edition of the next quarter judges nothing yet"


def test_archived_files_that_are_gone_or_changed_are_named_by_digest(settings: Settings) -> None:
    shas = [archive.put(settings.archive, text) for text in (b"one", b"two", b"three")]
    files = pd.DataFrame({"sha256": shas, "direction": "in", "kind": "835", "bytes": 3, "partner": "sandbox"})
    door.open_ledger(settings).add("files", files)
    assert bad(settings) == {}
    archive.path(settings.archive, shas[0]).unlink()
    path = archive.path(settings.archive, shas[1])
    os.chmod(path, 0o600)
    path.write_bytes(b"2")
    assert bad(settings) == {("archive", shas[0][:12]): FAIL, ("archive", shas[1][:12]): FAIL}
    assert bad(settings, files=0) == {}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    root = tmp_path / "remote"
    root.mkdir()
    (root / "a.835").write_text("ISA")
    with SftpServer(root) as running:
        yield running


def test_a_partner_is_proved_without_a_login(settings: Settings, server: SftpServer) -> None:
    settings.partners = {"acme": partner(port=server.port, host_key=server.host_key)}
    assert found(settings)["partner", "acme"].verdict == OK
    assert server.logins == []
    told = found(settings, login=True)["partner", "acme"]
    assert (told.verdict, told.message) == (OK, "takes the login; 1 files to fetch")
    assert server.password_tries == 1


def test_another_key_a_refused_login_and_a_silent_partner(settings: Settings, server: SftpServer) -> None:
    other = " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])
    settings.partners = {
        "moved": partner(port=server.port, host_key=other),
        "unpinned": partner(port=server.port),
        "locked": partner(port=server.port, host_key=server.host_key, password="wrong"),
        "down": partner(port=1, host_key=server.host_key),
    }
    every = found(settings, login=True)
    assert [every["partner", name].verdict for name in settings.partners] == [FAIL] * 4
    assert every["partner", "moved"].action.endswith("host-key-refused.md")
    assert every["partner", "down"].action.endswith("partner-unreachable.md")
    assert server.password_tries == 1
    assert not any(place[0] == "partner" for place in found(settings, offline=True))


def test_a_ledger_on_postgresql_has_its_own_clock(settings: Settings) -> None:
    url = fresh_database()
    Ledger.open(url).close()
    settings.__dict__["ledger_url"] = url
    every = found(settings)
    assert every["ledger", "schema"].verdict == OK
    assert every["clock", "database"].verdict == FAIL, "the test's own now is long past"
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    live = list(checkup.examine(settings, now, files=0, login=False, offline=True))
    assert not [one for one in live if one.verdict == FAIL]
    settings.__dict__["ledger_url"] = url.replace("test_", "nowhere_")
    assert bad(settings) == {("ledger", "database"): FAIL}
    assert found(settings)["ledger", "database"].action.endswith("docs/runbooks/database-restarted.md")


def test_the_command_says_it_with_its_status(
    settings: Settings, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["doctor", "--json", "--home", str(home)])
    told = json.loads(capsys.readouterr().out)
    assert (end.value.code, told["verdict"]) == (3, FAIL), "no settings file: the practice is blank"
    assert {"check", "subject", "verdict", "message", "action"} == set(told["checks"][0])


def test_a_file_that_is_no_ledger_is_to_be_restored_not_started(settings: Settings, home: Path) -> None:
    """What helps against a database that is down does not help against a file that is none."""
    (home / "ledger.sqlite").write_bytes(b"no database " * 1_000)
    finding = found(settings)["ledger", "database"]
    assert (finding.verdict, finding.message) == (FAIL, "SQLITE_NOTADB")
    assert "restore the ledger" in finding.action
