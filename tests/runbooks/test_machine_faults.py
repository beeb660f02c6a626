"""Faults of our own machines: a full disk, a killed run, a database that goes away, a bad file of codes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.clearinghouse import archive, sealing
from connectors.ledger import LedgerFull, LedgerUnreachable
from tasks import door, references, sending
from tests.support import postgres
from tests.support.backfills import backfilled
from tests.support.commands import Told
from tests.support.faulty_office import PARTNER, FaultyOffice
from tests.support.processes import forked
from tests.support.sftp_server import USER, SftpServer

SAMPLES = Path(__file__).parents[2] / "configs" / "reference" / "samples"
MUE = "MCR_MUE_PractitionerServices_Eff_01-01-2026.csv"


def closed() -> None:
    """No connection of this process to any ledger is left: its file may be moved, the process may fork."""
    door._ledger.cache_clear()


# --- the disk is full ---------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path, blank: Path, server: SftpServer) -> Iterator[FaultyOffice]:
    """An office whose home is on a disk of 16 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        (place / "home").mkdir(mode=0o700)
        shutil.copy(blank, place / "home" / "ledger.sqlite")
        yield FaultyOffice(place / "home", tmp_path / "partner", server).prepared()
    finally:
        closed()
        subprocess.run(["umount", "--lazy", str(place)], check=True)


class Filler:
    """A file beside the home that takes all room but so many bytes."""

    def __init__(self, home: Path, leave: int) -> None:
        self._path, self._leave = home.parent / "filler", leave

    def __enter__(self) -> None:
        room = os.statvfs(self._path.parent)
        self._path.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - self._leave)))

    def __exit__(self, *_: object) -> None:
        self._path.unlink()


def test_a_run_that_has_no_room_is_not_begun(small: FaultyOffice) -> None:
    page = small.page("disk-full")
    for command in ("daily", "responses"):
        told = small.command(command, "--json")
        assert (told.status, told.json["state"]) == (3, "DiskFull")
        assert small.command(command).status == 3
    page.says("a run needs")
    assert not (small.home / "prefect").exists()
    told = page.run("doctor --offline", "--json")
    (found,) = [one for one in told.json["checks"] if one["check"] == "disk"]
    assert (told.status, found["verdict"]) == (3, "fail")
    assert found["action"].endswith("docs/runbooks/disk-full.md")


def test_wherever_the_room_ends_nothing_is_sent_or_lost_and_a_rerun_ends_the_same(
    small: FaultyOffice, office: FaultyOffice, tmp_path: Path
) -> None:
    page = small.page("disk-full")
    stopped = []
    for leave in (0, 16_384, 40_960, 65_536):
        with Filler(small.home, leave):
            try:
                small.daily()
            except (door.DiskFull, LedgerFull) as full:
                stopped.append(str(full))
                assert len(small.uploads) <= 1, "the room may end between the rename and its record"
    assert stopped
    assert all("no room left on the disk" in each for each in stopped)
    assert small.daily().get(PARTNER, {"uploaded": 1})["uploaded"] == 1
    assert len(small.uploads) == 1
    small.answer("acknowledge", "pay")
    for leave in (0, 16_384):
        with Filler(small.home, leave), suppress(door.DiskFull, LedgerFull):
            assert small.responses()["collect"]["not_kept"]
    small.responses()
    assert not list((small.home / "archive").glob("*.part")), "nothing half written is left"
    proof = page.run("proof")
    assert (proof.status, "balanced" in proof.out) == (0, True)
    # Another office, to which nothing happened; it has a folder of its own at the same partner.
    shutil.rmtree(office.root / USER)
    (office.root / USER / "SendFiles").mkdir(parents=True)
    office.answers.mkdir()
    office.daily()
    office.answer("acknowledge", "pay")
    office.responses()
    assert small.ledger.fingerprint() == office.ledger.fingerprint()


def test_a_command_that_finds_no_room_says_so(small: FaultyOffice) -> None:
    file = small.home / "payers.csv"
    with small.ledger.snapshot() as view:
        rows = view.current("payers").drop(columns="row_id").assign(name="ANOTHER NAME")
    rows.dropna(axis=1, how="all").to_csv(file, index=False)
    with Filler(small.home, 0):
        told = small.command("load", "payers", str(file))
    assert told.status == 3, told.err
    assert "no room left on the disk" in told.err
    assert "ANOTHER NAME" not in told.err


# --- a worker is lost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_around_the_rename_is_finished_by_the_next_one(
    office: FaultyOffice, moment: str
) -> None:
    page, server, run = office.page("a-lost-worker"), office.server, []
    hooks = server.before if moment == "before" else server.after
    hooks["posix_rename"] = lambda: os.kill(run[0], signal.SIGKILL)

    def work() -> None:
        with door.only_run(office.settings, office.ledger):
            office.daily()

    closed()
    run.append(forked(work))
    _, status = os.waitpid(run[0], 0)
    assert os.WIFSIGNALED(status)
    hooks.clear()
    with door.only_run(office.settings, office.ledger):  # nobody holds the ledger
        assert office.daily()[PARTNER]["uploaded"] == 1
    assert len(office.uploads) == 1
    assert page.run("worklist list --queue uploads", "--json").json["items"] == []
    proof = page.run("proof")
    assert (proof.status, "balanced" in proof.out) == (0, True)


# --- the database was restarted -----------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path, server: SftpServer) -> FaultyOffice:
    """An office whose ledger is on PostgreSQL."""
    made = FaultyOffice(tmp_path / "home", tmp_path / "partner", server, postgres.fresh_database())
    made.write_settings(timeout_seconds=60)  # the partner waits in these tests while the database restarts
    return made.prepared()


def test_a_database_that_is_down_is_4_and_everything_goes_on_when_it_is_back(served: FaultyOffice) -> None:
    page = served.page("database-restarted")
    served.daily()
    postgres.server().stop()
    try:
        told = page.run("doctor --offline", "--json")
        (found,) = [one for one in told.json["checks"] if one["check"] == "ledger"]
        assert (told.status, found["message"]) == (3, "NO_CONNECTION")
        assert found["action"].endswith("docs/runbooks/database-restarted.md")
        told = page.run("proof")
        assert told.status == 4, told.err
        assert "NO_CONNECTION: no connection to the database" in told.err
        with pytest.raises(LedgerUnreachable):
            served.responses()
    finally:
        postgres.server().start()
    served.answer("acknowledge", "pay")
    assert served.responses()["remittances"]["remittances"] == 1
    assert page.run("doctor --offline").status == 1, "official files were never loaded; nothing else"
    assert page.run("proof").status == 0


def test_a_restart_in_the_middle_of_a_transaction_leaves_nothing_of_it(
    served: FaultyOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archive.put

    def restarted(*arguments: object) -> str:
        postgres.restart()
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sending.archive, "put", restarted)
        with pytest.raises(LedgerUnreachable):
            served.daily()
    assert served.ledger.count("submissions") == served.ledger.count("counters") == 0
    assert served.daily()[PARTNER]["uploaded"] == 1
    assert served.uploads[0].name.endswith("000000001.edi")


def test_a_run_that_lost_its_lock_in_a_restart_writes_no_more(served: FaultyOffice) -> None:
    page, server = served.page("database-restarted"), served.server
    server.before["posix_rename"] = server.once(postgres.restart)
    with (
        pytest.raises(LedgerUnreachable, match="LOCK_LOST"),
        door.only_run(served.settings, served.ledger),
    ):
        served.daily()
    page.says("LOCK_LOST")
    assert len(served.uploads) == 1, "the rename was under way"
    assert set(served.ledger.read("submission_events")["event"]) == {"renaming"}
    with door.only_run(served.settings, served.ledger):
        assert served.daily()[PARTNER]["uploaded"] == 1
    assert len(served.uploads) == 1
    assert page.run("proof").status == 0


def test_a_ledger_restored_from_its_backup_reads_again_what_it_lacks(
    office: FaultyOffice, tmp_path: Path
) -> None:
    page = office.page("database-restarted")
    office.daily()
    office.ledger.close()
    closed()
    shutil.copy(office.home / "ledger.sqlite", tmp_path / "backup")
    office.answer("acknowledge", "pay")
    office.responses()
    expected = office.office.accounts()
    office.ledger.close()
    closed()
    shutil.copy(tmp_path / "backup", office.home / "ledger.sqlite")
    for rest in ("-wal", "-shm"):
        (office.home / f"ledger.sqlite{rest}").unlink(missing_ok=True)
    for answer in office.answers.iterdir():
        answer.unlink()  # the partner keeps nothing that was fetched
    assert "cash" not in office.office.accounts()
    page.says("cleanclaim backfill HOME/archive")
    backfilled(office.home, office.ledger, office.home / "archive")
    assert office.office.accounts() == expected


# --- a bad file of codes ------------------------------------------------------------------------------------------


def edition(office: FaultyOffice) -> dict[str, str]:
    """What the doctor says of the units' edition."""
    told = office.page("bad-reference-file").run("doctor", "--json", "--offline").json["checks"]
    return {
        one["subject"]: one["verdict"]
        for one in told
        if one["check"] == "reference" and "mue" in one["subject"]
    }


def test_a_bad_file_is_refused_and_a_wrong_edition_replaced(office: FaultyOffice) -> None:
    page = office.page("bad-reference-file")
    bad, whole = office.home / MUE, (SAMPLES / MUE).read_bytes()

    def loaded(*more: str) -> Told:
        return page.run("load reference KIND FILE", *more, KIND="mue", FILE=str(bad))

    for content in (b"<html>please accept the licence</html>", b"PK\x03\x04 broken off"):
        bad.write_bytes(content)
        told = loaded()
        assert (told.status, f"{MUE}: line 1" in told.err) == (2, True), told.err
    assert office.ledger.count("reference_files") == 0
    bad.write_bytes(whole[:400])  # nothing says how many rows there should be: it is taken
    assert loaded().status == 0
    part = _units(office)
    label = "2026-01-01b"
    command = "load reference KIND FILE --edition LABEL"
    told = page.run(command, KIND="mue", FILE=str(SAMPLES / MUE), LABEL=label)
    assert told.status == 0, told.err
    assert _units(office) > part
    bad = office.home / MUE.replace("01-01", "04-01")
    bad.write_bytes(b"".join(whole.splitlines(keepends=True)[:-4]))
    told = loaded()
    page.says("A part of the file?")
    assert (told.status, "a part of the file?" in told.err) == (2, True), told.err
    assert set(edition(office).values()) <= {"ok", "warn"}


def _units(office: FaultyOffice) -> set[str]:
    """Codes whose units the newest edition judges."""
    return set(references.read(office.ledger, office.settings, kinds=("mue",)).frames["mue"]["code"])


@pytest.mark.parametrize("key", ["", sealing.new_key()], ids=["plain", "sealed"])
def test_a_copy_that_is_gone_or_cut_off_is_made_again_from_the_archive(
    office: FaultyOffice, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANCLAIM_ARCHIVE_KEY", key)
    page = office.page("bad-reference-file")
    assert page.run("load reference KIND FILE", KIND="mue", FILE=str(SAMPLES / MUE)).status == 0
    (copy,) = (office.home / "reference" / "mue").iterdir()
    whole = copy.read_bytes()
    for broken in (b"", whole[: len(whole) // 2], None):
        copy.unlink() if broken is None else copy.write_bytes(broken)
        office.daily()
        assert copy.read_bytes() == whole
        assert list(copy.parent.iterdir()) == [copy]
        office.office.load("encounters", {"minutes": 60 if broken == b"" else 55})  # judged again


def test_an_edition_that_home_and_archive_lost_is_named_and_loaded_again(office: FaultyOffice) -> None:
    page = office.page("bad-reference-file")
    assert page.run("load reference KIND FILE", KIND="mue", FILE=str(SAMPLES / MUE)).status == 0
    (copy,) = (office.home / "reference" / "mue").iterdir()
    copy.unlink()
    archive.drop(office.settings.archive, copy.stem)
    assert edition(office)["mue files"] == "fail"
    with pytest.raises(door.ConfigurationError, match="cleanclaim load reference mue FILE"):
        office.daily()
    assert office.uploads == []
    assert page.run("load reference KIND FILE", KIND="mue", FILE=str(SAMPLES / MUE)).status == 0
    assert "mue files" not in edition(office)
    assert office.daily()[PARTNER]["uploaded"] == 1
