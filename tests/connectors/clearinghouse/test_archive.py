"""The archive: by content, write-once, private, and honest about damage."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from connectors.clearinghouse import archive


def test_keeps_by_content_and_gives_it_back(tmp_path):
    root = tmp_path / "archive"
    sha256 = archive.put(root, b"ISA")
    assert sha256 == hashlib.sha256(b"ISA").hexdigest()
    assert archive.path(root, sha256) == root / sha256[:2] / sha256[2:4] / sha256
    assert archive.get(root, sha256) == b"ISA"
    assert archive.get(root, archive.put(root, b"")) == b""


def test_only_the_owner_reads_it(tmp_path):
    before = os.umask(0)
    try:
        at = archive.path(tmp_path / "archive", archive.put(tmp_path / "archive", b"ISA"))
    finally:
        os.umask(before)
    assert at.stat().st_mode & 0o777 == 0o600
    for folder in (at.parent, at.parent.parent, tmp_path / "archive"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_written_once(tmp_path):
    sha256 = archive.put(tmp_path, b"ISA")
    first = archive.path(tmp_path, sha256).stat()
    assert archive.put(tmp_path, b"ISA") == sha256
    second = archive.path(tmp_path, sha256).stat()
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)
    assert list(tmp_path.glob("*.part")) == []


def test_damage_is_found_on_reading_and_never_painted_over(tmp_path):
    sha256 = archive.put(tmp_path, b"ISA and a person")
    archive.path(tmp_path, sha256).write_bytes(b"ISA and a parson")
    for attempt in (
        lambda: archive.get(tmp_path, sha256),
        lambda: archive.put(tmp_path, b"ISA and a person"),
    ):
        with pytest.raises(archive.ArchiveDamaged) as damaged:
            attempt()
        assert "person" not in str(damaged.value)
        assert sha256 in str(damaged.value)
    assert archive.path(tmp_path, sha256).read_bytes() == b"ISA and a parson"


def test_put_file_copies_and_adopt_moves(tmp_path):
    root, source = tmp_path / "archive", tmp_path / "source"
    data = os.urandom(3_000_001)
    source.write_bytes(data)
    sha256 = archive.put_file(root, source)
    assert source.read_bytes() == data
    assert archive.adopt(root, source) == sha256  # there already
    assert not source.exists()
    assert archive.get(root, sha256) == data
    source.write_bytes(b"new")
    source.chmod(0o644)
    at = archive.path(root, archive.adopt(root, source))
    assert (at.read_bytes(), at.stat().st_mode & 0o777) == (b"new", 0o600)
    assert not source.exists()


def test_adopt_from_another_file_system(tmp_path):
    here = tmp_path.stat().st_dev
    places = [Path(name) for name in ("/dev/shm", "/tmp", "/var/tmp") if os.path.isdir(name)]
    other = next((place for place in places if place.stat().st_dev != here), None)
    if other is None:
        pytest.skip("needs a second file system")
    source = other / f"cleanclaim-{os.getpid()}"
    source.write_bytes(b"ISA")
    sha256 = archive.adopt(tmp_path, source)
    assert archive.get(tmp_path, sha256) == b"ISA"
    assert not source.exists()


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_only_a_sha256_is_a_place(tmp_path, name):
    with pytest.raises(ValueError, match="not a sha256"):
        archive.get(tmp_path, name)


def test_what_was_never_kept(tmp_path):
    with pytest.raises(FileNotFoundError):
        archive.get(tmp_path, "a" * 64)


def test_many_at_once_keep_one(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(archive.put(tmp_path, b"ISA"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [hashlib.sha256(b"ISA").hexdigest()] * 8
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_crash_while_writing_leaves_no_file_under_its_name(tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        archive.put(tmp_path, b"ISA")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    assert archive.get(tmp_path, archive.put(tmp_path, b"ISA")) == b"ISA"


def test_a_batch_is_in_the_archive_when_it_is_committed_and_not_before(tmp_path):
    root = tmp_path / "archive"
    archive.put(root, b"known")
    with archive.Batch(root) as batch:
        told = [batch.put([b"IS", b"A"]), batch.put([b"known"]), batch.put([b"ISA"])]
        assert not archive.path(root, told[0][0]).exists()
        batch.commit()
        assert batch.put([b"lost"])[1] == 4
    assert told == [(hashlib.sha256(data).hexdigest(), len(data)) for data in (b"ISA", b"known", b"ISA")]
    assert [archive.get(root, sha) for sha, _ in told] == [b"ISA", b"known", b"ISA"]
    assert not archive.path(root, hashlib.sha256(b"lost").hexdigest()).exists()
    assert list(root.glob("*.part")) == []
    at = archive.path(root, told[0][0])
    assert {place.stat().st_mode & 0o777 for place in (at.parent, at.parent.parent)} == {0o700}


def test_a_batch_finds_damage_too(tmp_path):
    sha256 = archive.put(tmp_path, b"ISA")
    archive.path(tmp_path, sha256).write_bytes(b"ISB")
    with archive.Batch(tmp_path) as batch:
        batch.put([b"ISA"])
        with pytest.raises(archive.ArchiveDamaged):
            batch.commit()
