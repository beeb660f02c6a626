"""Fetching answers from a real server: whole files only, each once, none lost."""

from __future__ import annotations

import errno
import hashlib
import os
from datetime import UTC, timedelta

import pytest

from configs.settings import Archive
from connectors.clearinghouse import archive, pickup, sealing, sftp
from connectors.clearinghouse.pickup import Sighting, Taken
from tests.support.sftp_server import odd_entry


class Inbox:
    """The partner's outgoing folder, our staging and archive, and what the ledger remembers between visits."""

    def __init__(self, server, settings, home, clock):
        self.server, self.settings, self.home, self.clock = server, settings, home, clock
        self.folder = server.root / "out"
        self.staging, self.archive = home / "staging", home / "archive"
        self.seen = {}

    def put(self, name, content, mtime=1_700_000_000):
        (self.folder / name).write_bytes(content)
        os.utime(self.folder / name, (mtime, mtime))

    def visit(self, *, settle=60.0, remember=True, **options):
        with sftp.connect(self.settings(), self.home) as session:
            found = pickup.collect(
                session,
                "/out",
                self.staging,
                self.archive,
                self.seen,
                settle_seconds=settle,
                now=self.clock.now,
                sleep=self.clock.sleep,
                **options,
            )
        if remember:
            self.remember(found)
        assert not self.staging.exists() or list(self.staging.iterdir()) == []
        return found

    def remember(self, found):
        self.seen |= {key: Sighting(instant) for key, instant in found.first_seen.items()}
        for taken in found.taken:
            key = (taken.remote_name, taken.stamp)
            self.seen[key] = Sighting(self.seen[key].first_seen_at, taken.sha256)

    def kept(self):
        return sorted(path.read_bytes() for path in self.archive.rglob("*") if path.is_file())


@pytest.fixture
def inbox(server, settings, home, clock):
    return Inbox(server, settings, home, clock)


def codes(found):
    return [problem.code for problem in found.problems]


def test_waits_once_then_takes_what_stood_still(inbox):
    inbox.put("a.835", b"ISA one")
    inbox.put("b.999", b"ISA two")
    found = inbox.visit()
    sha256 = hashlib.sha256(b"ISA one").hexdigest()
    assert found.taken[0] == Taken("a.835", "7-1700000000", sha256, 7)
    assert [taken.remote_name for taken in found.taken] == ["a.835", "b.999"]
    assert inbox.clock.slept == [60]
    assert archive.get(inbox.archive, sha256) == b"ISA one"
    assert archive.path(inbox.archive, sha256).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in inbox.folder.iterdir()) == ["a.835", "b.999"]  # nothing deleted


def test_what_is_fetched_is_sealed_where_the_archive_is(inbox):
    folder, key = inbox.archive, sealing.new_key()
    inbox.archive = Archive(folder, key)
    inbox.put("a.835", b"ISA one")
    (taken,) = inbox.visit().taken
    assert archive.place(inbox.archive, taken.sha256).suffix == archive.SEALED
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [f"{taken.sha256}.sealed"]


def test_taken_once_by_name_and_stamp(inbox):
    inbox.put("a.835", b"ISA one")
    inbox.visit()
    inbox.server.operations.clear()
    again = inbox.visit()
    assert (again.taken, again.first_seen, again.problems) == ([], {}, [])
    assert "read" not in inbox.server.operations
    assert inbox.clock.slept == [60]
    inbox.put("a.835", b"ISA new", mtime=1_700_000_100)  # same name and size, other time: other content
    assert [taken.stamp for taken in inbox.visit().taken] == ["7-1700000100"]


def test_seen_long_enough_ago_is_taken_without_waiting(inbox):
    inbox.put("a.835", b"ISA")
    inbox.seen[("a.835", "3-1700000000")] = Sighting(
        inbox.clock.instant.replace(tzinfo=UTC) - timedelta(seconds=60)
    )
    assert len(inbox.visit().taken) == 1
    assert inbox.clock.slept == []


def test_seen_a_while_ago_waits_only_for_the_rest(inbox):
    inbox.put("a.835", b"ISA")
    inbox.seen[("a.835", "3-1700000000")] = Sighting(inbox.clock.instant - timedelta(seconds=45))
    assert len(inbox.visit().taken) == 1
    assert inbox.clock.slept == [15]


def test_missing_text_of_a_frame_is_not_a_sha256(inbox):
    inbox.put("a.835", b"ISA")
    seen_at = inbox.clock.instant - timedelta(hours=1)
    inbox.seen[("a.835", "3-1700000000")] = Sighting(seen_at, float("nan"))
    assert len(inbox.visit().taken) == 1


def test_growing_file_is_left_until_it_stands_still(inbox):
    inbox.put("grow.835", b"ISA")
    inbox.put("whole.835", b"ISA whole")
    inbox.clock.meanwhile = lambda: inbox.put("grow.835", b"ISA and more", mtime=1_700_000_030)
    found = inbox.visit()
    assert [taken.remote_name for taken in found.taken] == ["whole.835"]
    assert ("grow.835", "12-1700000030") in found.first_seen
    inbox.clock.meanwhile = lambda: None
    assert [taken.bytes for taken in inbox.visit().taken] == [12]
    assert inbox.kept() == [b"ISA and more", b"ISA whole"]


def test_changing_time_alone_starts_the_wait_again(inbox):
    inbox.put("a.835", b"ISA")
    inbox.clock.meanwhile = lambda: inbox.put("a.835", b"ISB", mtime=1_700_000_059)
    assert inbox.visit().taken == []


def test_changing_while_it_is_read_is_left_for_the_next_visit(inbox):
    inbox.put("a.835", b"ISA")
    inbox.put("b.835", b"ISA b")
    inbox.server.after["read"] = inbox.server.once(
        lambda: inbox.put("a.835", b"ISA grown", mtime=1_700_000_099)
    )
    found = inbox.visit()
    assert codes(found) == ["CHANGED"]
    assert [taken.remote_name for taken in found.taken] == ["b.835"]
    assert inbox.kept() == [b"ISA b"]
    assert [taken.bytes for taken in inbox.visit().taken] == [9]


def test_shrunk_while_it_is_read_is_not_taken(inbox):
    inbox.put("a.835", b"ISA" * 100)

    def shrink():
        os.truncate(inbox.folder / "a.835", 5)
        os.utime(inbox.folder / "a.835", (1_700_000_000, 1_700_000_000))

    inbox.server.before["read"] = inbox.server.once(shrink)
    found = inbox.visit(settle=0)
    assert found.taken == []
    assert codes(found) == ["CHANGED"]
    assert inbox.kept() == []


def test_moved_away_by_the_partner_after_it_was_read_is_ours(inbox):
    inbox.put("a.835", b"ISA")
    inbox.server.after["read"] = lambda: (inbox.folder / "a.835").unlink(missing_ok=True)
    found = inbox.visit(settle=0)
    assert len(found.taken) == 1
    assert inbox.kept() == [b"ISA"]


def test_moved_away_before_it_was_read_loses_only_itself(inbox):
    inbox.put("a.835", b"ISA")
    inbox.put("b.835", b"ISA b")
    inbox.server.before["open"] = inbox.server.once(lambda: (inbox.folder / "a.835").unlink())
    found = inbox.visit(settle=0)
    assert codes(found) == ["CHANGED"]
    assert [taken.remote_name for taken in found.taken] == ["b.835"]


@pytest.mark.parametrize("name", ["a.part", "a.TMP", "a.filepart", "a.835.tmp "])
def test_unfinished_names_are_ignored(inbox, name):
    inbox.put(name, b"ISA")
    found = inbox.visit()
    assert (found.taken, found.first_seen, inbox.clock.slept) == ([], {}, [])


def test_hostile_names_never_become_local_ones(inbox, tmp_path):
    before = sorted(path for path in tmp_path.rglob("*") if "home" not in path.parts)
    inbox.server.odd_entries = [
        odd_entry(name) for name in (b"../evil", b"/etc/evil", b"a/../../evil", b"\xff")
    ]
    names = ["two\nlines.835", " spaces .835 ", "-rf", "~", "$(touch evil)", "C:\\evil", "x" * 255]
    for number, name in enumerate(names):
        (inbox.folder / name).write_bytes(b"ISA %d" % number)
    found = inbox.visit()
    assert sorted(taken.remote_name for taken in found.taken) == sorted(names)
    assert codes(found) == ["REFUSED_NAMES"]
    assert found.problems[0].message.startswith("4 ")
    after = sorted(path for path in tmp_path.rglob("*") if "home" not in path.parts)
    assert [path for path in after if path not in before] == sorted(inbox.folder / name for name in names)
    assert all(len(path.name) == 64 for path in inbox.archive.rglob("*") if path.is_file())
    assert not any(name in repr(found) for name in names)


def test_too_large_is_reported_and_the_others_come(inbox):
    inbox.put("big", b"x" * 101)
    inbox.put("small", b"x" * 100)
    found = inbox.visit(largest=100)
    assert codes(found) == ["TOO_LARGE"]
    assert found.problems[0].remote_name == "big"
    assert [taken.remote_name for taken in found.taken] == ["small"]


def test_one_refused_file_does_not_lose_the_others(inbox):
    def deny():
        raise PermissionError(errno.EACCES, "no")

    for name in ("a", "b", "c"):
        inbox.put(name, name.encode())
    inbox.server.before["open"] = inbox.server.once(deny)
    found = inbox.visit()
    assert codes(found) == ["REFUSED"]
    assert [taken.remote_name for taken in found.taken] == ["b", "c"]
    assert [taken.remote_name for taken in inbox.visit().taken] == ["a"]


def test_connection_lost_in_the_middle_keeps_what_came(inbox):
    for name in ("a", "b", "c"):
        inbox.put(name, name.encode() * 10)
    opened = []

    def cut_at_second():
        opened.append(1)
        if len(opened) == 2:
            inbox.server.cut()

    inbox.server.before["open"] = cut_at_second
    found = inbox.visit()
    assert found.interrupted
    assert [taken.remote_name for taken in found.taken] == ["a"]
    assert [taken.remote_name for taken in inbox.visit().taken] == ["b", "c"]


def test_connection_lost_while_waiting_keeps_the_sightings(inbox):
    inbox.put("a", b"ISA")
    inbox.server.before["scandir"] = lambda: None
    inbox.clock.meanwhile = lambda: inbox.server.before.update(scandir=inbox.server.once(inbox.server.cut))
    found = inbox.visit()
    assert found.interrupted
    assert list(found.first_seen) == [("a", "3-1700000000")]
    assert len(inbox.visit().taken) == 1


def test_a_crash_before_the_ledger_knew_takes_the_same_again(inbox):
    inbox.put("a", b"ISA")
    first = inbox.visit(settle=0, remember=False)
    again = inbox.visit(settle=0, remember=False)
    assert first.taken == again.taken
    assert inbox.kept() == [b"ISA"]


def test_full_disk_is_reported_as_our_own(inbox, monkeypatch):
    inbox.put("a", b"ISA")
    inbox.put("b", b"ISB")

    def full(root, source):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(archive, "adopt", full)  # a full disk cannot be had for real
    found = inbox.visit(settle=0)
    assert codes(found) == ["STORAGE"]
    assert not found.interrupted


def test_damaged_archive_is_reported_and_the_others_come(inbox):
    inbox.put("a", b"ISA")
    inbox.put("b", b"ISB")
    sha256 = archive.put(inbox.archive, b"ISA")
    archive.path(inbox.archive, sha256).write_bytes(b"IXA")
    found = inbox.visit(settle=0)
    assert codes(found) == ["STORAGE"]
    assert [taken.remote_name for taken in found.taken] == ["b"]


def test_deletes_only_when_told_only_after_the_ledger_and_only_what_is_ours(inbox):
    inbox.put("a", b"ISA")
    inbox.put("b", b"ISB")
    assert inbox.visit(settle=0, delete=True).expendable == []
    inbox.put("b", b"ISB changed")
    found = inbox.visit(settle=0, delete=True)
    assert [taken.remote_name for taken in found.expendable] == ["a"]
    assert sorted(path.name for path in inbox.folder.iterdir()) == ["a", "b"]
    inbox.put("b", b"ISB changed again")
    with sftp.connect(inbox.settings(), inbox.home) as session:
        assert pickup.delete_taken(session, "/out", found.taken + found.expendable) == 1
        assert pickup.delete_taken(session, "/out", found.expendable) == 0
    assert [path.name for path in inbox.folder.iterdir()] == ["b"]  # it changed since it was taken


def test_a_partner_that_refuses_to_delete_stops_nothing(inbox):
    def deny():
        raise PermissionError(errno.EACCES, "no")

    inbox.put("a", b"ISA")
    inbox.put("b", b"ISB")
    found = inbox.visit(settle=0)
    inbox.server.before["remove"] = inbox.server.once(deny)
    with sftp.connect(inbox.settings(), inbox.home) as session:
        assert pickup.delete_taken(session, "/out", found.taken) == 1


def test_a_clock_set_back_does_not_hold_files_for_ever(inbox):
    inbox.put("a", b"ISA")
    inbox.seen[("a", "3-1700000000")] = Sighting(inbox.clock.instant + timedelta(days=1))
    assert len(inbox.visit().taken) == 1  # it stood still for 60 s of our own waiting
    assert inbox.clock.slept == [60]


def test_missing_folder_is_an_error(inbox):
    inbox.folder.rmdir()
    with pytest.raises(sftp.RemoteMissing):
        inbox.visit()


def fetched(inbox, **changes):
    partner = inbox.settings(settle_seconds=0, **changes)
    return pickup.fetch(
        partner,
        inbox.home,
        inbox.staging,
        inbox.archive,
        inbox.seen,
        now=inbox.clock.now,
        sleep=inbox.clock.sleep,
    )


def test_fetch_comes_back_until_all_is_here(inbox):
    for number in range(6):
        inbox.put(f"{number}.835", b"ISA %d" % number)
    opened = []

    def cut_every_third():
        opened.append(1)
        if len(opened) % 3 == 0:
            inbox.server.cut()

    inbox.server.before["open"] = cut_every_third
    found = fetched(inbox, attempts=2)
    assert sorted(taken.remote_name for taken in found.taken) == [f"{number}.835" for number in range(6)]
    assert not found.interrupted
    assert len(inbox.kept()) == 6


def test_fetch_gives_up_where_nothing_ever_comes(inbox):
    inbox.put("a", b"ISA")
    inbox.server.before["open"] = inbox.server.cut
    with pytest.raises(sftp.PartnerUnreachable):
        fetched(inbox, attempts=3)
    assert inbox.clock.slept == [1, 2]


def test_fetch_keeps_what_came_before_the_partner_went_down(inbox):
    inbox.put("a", b"ISA")
    inbox.put("b", b"ISB")
    opened = []

    def down_at_second():
        opened.append(1)
        if len(opened) >= 2:
            inbox.server.cut()

    inbox.server.before["open"] = down_at_second
    found = fetched(inbox, attempts=2)
    assert [taken.remote_name for taken in found.taken] == ["a"]
    assert found.interrupted
    assert codes(found) == ["INTERRUPTED"]


def test_fetch_does_not_repeat_a_refused_login(inbox):
    with pytest.raises(sftp.LoginRefused):
        fetched(inbox, password="wrong")
    assert inbox.server.password_tries == 1
    assert inbox.clock.slept == []


def test_fetch_from_a_partner_that_is_down(inbox):
    inbox.server.close_door()
    with pytest.raises(sftp.PartnerUnreachable):
        fetched(inbox, attempts=2)
