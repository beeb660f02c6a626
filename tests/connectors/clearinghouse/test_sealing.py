"""Sealed files: nothing of the content on the disk, any key of the ring opens, damage and reordering are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from configs.settings import Archive, ConfigurationError
from connectors.clearinghouse import archive, sealing

OLD, NEW, STRANGE = sealing.new_key(), sealing.new_key(), sealing.new_key()
TEXT = b"ISA*00*A PERSON*" * 200_000  # more than one token


def test_nothing_of_the_content_is_on_the_disk_and_it_comes_back(tmp_path: Path) -> None:
    root = Archive(tmp_path / "archive", OLD)
    sha = archive.put(root, TEXT)
    (file,) = [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]
    assert file.name == f"{sha}.sealed"
    assert b"PERSON" not in file.read_bytes()
    assert file.stat().st_size < len(TEXT) * 1.4
    assert archive.get(root, sha) == TEXT
    assert archive.get(root, archive.put(root, b"")) == b""
    assert OLD not in repr(root)


def test_another_key_opens_nothing_and_no_key_says_so(tmp_path: Path) -> None:
    sha = archive.put(Archive(tmp_path, OLD), TEXT)
    for keys in ("", NEW):
        with pytest.raises(ConfigurationError, match="archive_key"):
            archive.get(Archive(tmp_path, keys), sha)
        with pytest.raises(ConfigurationError, match="archive_key"):
            archive.put(Archive(tmp_path, keys), TEXT)
    assert archive.get(Archive(tmp_path, f"{NEW} {OLD}"), sha) == TEXT


def test_what_came_before_the_key_is_still_read_and_can_be_sealed(tmp_path: Path) -> None:
    sha = archive.put(tmp_path, TEXT)
    root = Archive(tmp_path, OLD)
    assert archive.put(root, TEXT) == sha, "kept already: not kept twice"
    assert archive.get(root, sha) == TEXT
    assert archive.seal(root, sha)
    assert not archive.path(root, sha).exists()
    assert archive.get(root, sha) == TEXT
    assert not archive.seal(root, sha)
    newer = Archive(tmp_path, f"{NEW} {OLD}")
    assert archive.seal(newer, sha), "under the first key alone"
    assert archive.get(Archive(tmp_path, NEW), sha) == TEXT
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{sha}.sealed"]


def test_adopting_seals_and_leaves_no_plain_copy(tmp_path: Path) -> None:
    source = tmp_path / "staged"
    source.write_bytes(TEXT)
    root = Archive(tmp_path / "archive", OLD)
    sha = archive.adopt(root, source)
    assert not source.exists()
    assert archive.get(root, sha) == TEXT
    source.write_bytes(TEXT)
    assert archive.adopt(root, source) == sha
    assert not source.exists()


def test_a_changed_byte_or_tokens_in_another_order_are_found(tmp_path: Path) -> None:
    root = Archive(tmp_path, OLD)
    content = os.urandom(sealing.CHUNK * 2)
    sha = archive.put(root, content)
    file = archive.place(root, sha)
    assert file is not None
    whole = file.read_bytes()
    half = len(whole) // 2
    os.chmod(file, 0o600)
    file.write_bytes(whole[half:] + whole[:half])
    with pytest.raises(archive.ArchiveDamaged):
        archive.get(root, sha)
    file.write_bytes(whole[:half])
    with pytest.raises(archive.ArchiveDamaged):
        archive.get(root, sha)
    file.write_bytes(whole[:100] + b"!" + whole[101:])
    with pytest.raises(sealing.Locked):
        archive.get(root, sha)


@pytest.mark.parametrize("keys", ["short", f"{OLD} x"], ids=["short", "a second that is none"])
def test_a_key_that_is_none_is_a_mistake_in_the_settings_and_is_not_repeated(
    tmp_path: Path, keys: str
) -> None:
    with pytest.raises(ConfigurationError, match="archive_key") as error:
        archive.put(Archive(tmp_path, keys), b"ISA")
    assert keys not in str(error.value)
