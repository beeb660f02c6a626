"""The operations of one session, against a real server."""

from __future__ import annotations

import os
import threading

import pytest
from asyncssh.sftp import SFTPServerHandler

from connectors.clearinghouse import sftp, wire
from tests.support.sftp_server import odd_entry


def test_download_and_upload_round_trip(server, settings, home, tmp_path):
    data = os.urandom(5 * 1024 * 1024 + 17)  # more than two windows, and an odd end
    with sftp.connect(settings(), home) as session:
        session.upload_bytes("/in", "big", data)
        assert (server.root / "in" / "big").read_bytes() == data
        assert session.download("/in", "big", tmp_path / "got") == len(data)
        assert session.download("/in", "big", tmp_path / "some", limit=100) == 100
        session.upload_bytes("/in", "big", b"short")
        assert (server.root / "in" / "big").read_bytes() == b"short"
        session.upload_bytes("/in", "none", b"")
        assert session.download("/in", "none", tmp_path / "none") == 0
        session.remove("/in", "big")
    assert (tmp_path / "got").read_bytes() == data
    assert (tmp_path / "got").stat().st_mode & 0o777 == 0o600
    assert not (server.root / "in" / "big").exists()


@pytest.mark.parametrize("posix", [True, False])
def test_rename_never_overwrites(server, settings, home, monkeypatch, posix):
    if not posix:
        monkeypatch.setattr(SFTPServerHandler, "_extensions", [])
    (server.root / "in" / "a").write_bytes(b"mine")
    (server.root / "in" / "b").write_bytes(b"theirs")
    with sftp.connect(settings(), home) as session:
        with pytest.raises(sftp.RemoteExists):
            session.rename("/in", "a", "b")
        session.rename("/in", "a", "c")
    assert (server.root / "in" / "b").read_bytes() == b"theirs"
    assert (server.root / "in" / "c").read_bytes() == b"mine"
    assert ("posix_rename" in server.operations) == posix
    assert ("rename" in server.operations) != posix


def test_missing_and_forbidden_are_told_apart(server, settings, home, tmp_path):
    def forbid():
        raise PermissionError(13, "secret name")

    def fail():
        raise OSError("secret name")

    with sftp.connect(settings(), home) as session:
        for attempt in (
            lambda: session.listing("/nowhere"),
            lambda: session.download("/out", "none", tmp_path / "x"),
            lambda: session.remove("/out", "none"),
            lambda: session.rename("/out", "none", "other"),
        ):
            with pytest.raises(sftp.RemoteMissing):
                attempt()
        for hook in (forbid, fail):
            server.before["remove"] = hook
            with pytest.raises(sftp.RemoteRefused) as refused:
                session.remove("/out", "none")
            assert not isinstance(refused.value, sftp.RemoteMissing)
            assert "secret" not in str(refused.value)


def test_a_refusal_in_the_middle_of_a_write_is_not_lost(server, settings, home):
    writes = []

    def third_fails():
        writes.append(1)
        if len(writes) == 3:
            raise OSError("disk full")

    server.before["write"] = third_fails
    with sftp.connect(settings(), home) as session, pytest.raises(sftp.RemoteRefused):
        session.upload_bytes("/in", "x", os.urandom(300_000))
    assert len(writes) > 3
    assert (server.root / "in" / "x").stat().st_size == 300_000  # the size alone would not have told


HOSTILE = [b"../evil", b"/etc/passwd", b"a/b", b"..", b".", b"", b"nul\0", b"x" * 256, b"latin-\xe9"]


def test_hostile_names_are_refused_and_counted(server, settings, home):
    (server.root / "out" / "good").write_bytes(b"ISA")
    (server.root / "out" / "two\nlines").write_bytes(b"ISA")
    server.odd_entries = [odd_entry(name) for name in HOSTILE]
    with sftp.connect(settings(), home) as session:
        folder = session.folder("/out")
    assert [file.name for file in folder.files] == ["good", "two\nlines"]
    assert folder.refused_names == len(HOSTILE) - 2  # '.' and '..' are in every listing
    assert "two" not in repr(folder)  # names may carry a person


@pytest.mark.parametrize("name", ["../evil", "/evil", "", "..", "a/b", "nul\0", "x" * 256])
def test_we_never_ask_for_a_path_in_place_of_a_name(settings, home, tmp_path, name):
    with sftp.connect(settings(), home) as session:
        for attempt in (
            lambda: session.stat("/out", name),
            lambda: session.remove("/out", name),
            lambda: session.upload_bytes("/out", name, b""),
            lambda: session.download("/out", name, tmp_path / "x"),
        ):
            with pytest.raises(ValueError, match="not a name"):
                attempt()


def test_servers_that_list_without_sizes(server, settings, home):
    (server.root / "out" / "a").write_bytes(b"12345")
    (server.root / "out" / "folder").mkdir()
    server.hide_attributes = True
    with sftp.connect(settings(), home) as session:
        assert [(file.name, file.size) for file in session.listing("/out")] == [("a", 5)]


def test_connection_lost_in_the_middle_of_a_download(server, settings, home, tmp_path, monkeypatch):
    (server.root / "out" / "big").write_bytes(bytes(6_000_000))
    reads = []
    stray = []
    monkeypatch.setattr(threading, "excepthook", stray.append)

    def cut_at_100():
        reads.append(1)
        if len(reads) == 100:
            server.cut()

    server.before["read"] = cut_at_100
    with pytest.raises(sftp.PartnerUnreachable), sftp.connect(settings(), home) as session:
        session.download("/out", "big", tmp_path / "big")
    assert stray == []
    with sftp.connect(settings(), home) as session:
        assert session.download("/out", "big", tmp_path / "big") == 6_000_000


def test_a_file_that_shrinks_while_it_is_read_gives_what_there_was(server, settings, home, tmp_path):
    big = server.root / "out" / "big"
    big.write_bytes(bytes(4_000_000))
    server.before["read"] = server.once(lambda: os.truncate(big, 10))
    with sftp.connect(settings(), home) as session:
        written = session.download("/out", "big", tmp_path / "big")
        assert written < 4_000_000
        assert session.stat("/out", "big").size == 10


def test_a_partner_that_falls_silent_after_the_login_is_left_in_time(server, settings, home):
    gate = threading.Event()
    server.before["session"] = lambda: gate.wait(3)
    try:
        with (
            pytest.raises(sftp.PartnerUnreachable),
            sftp.connect(settings(timeout_seconds=0.5), home),
        ):
            pass
        assert not gate.is_set()
    finally:
        gate.set()


def test_a_listing_without_end_is_refused(server, settings, home, monkeypatch):
    monkeypatch.setattr(wire, "MOST_ENTRIES", 50)
    server.odd_entries = [odd_entry(b"%d" % number) for number in range(200)]
    with sftp.connect(settings(), home) as session:
        with pytest.raises(sftp.RemoteRefused):
            session.listing("/out")
        server.odd_entries = []
        assert session.listing("/out") == []


def test_a_silent_partner_times_out(server, settings, home):
    gate = threading.Event()
    server.before["stat"] = lambda: gate.wait(3)
    try:
        with (
            pytest.raises(sftp.PartnerUnreachable),
            sftp.connect(settings(timeout_seconds=0.3), home) as session,
        ):
            session.stat("/out", "x")
    finally:
        gate.set()
