"""The archive of raw files: by content, write-once, checked on every read.

``root/ab/cd/<sha256>``, folders 0700, files 0600. A file appears under its name only when all of it is on disk,
so a crash leaves either the whole file or none; what was being written is ``root/*.part``.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


class ArchiveDamaged(Exception):
    """A file in the archive no longer has the content it is named for; the message carries only its sha256."""


def path(root: Path, sha256: str) -> Path:
    """Where the content lives, whether or not it is there. Raises ValueError for anything but a sha256."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a sha256")
    return Path(root) / sha256[:2] / sha256[2:4] / sha256


def put(root: Path, data: bytes) -> str:
    """Keep `data`; its sha256. Keeping it again changes nothing.

    Raises ArchiveDamaged where the content's place holds something else: what was kept is never overwritten.
    """
    return _keep(Path(root), (data,))


def put_file(root: Path, source: Path) -> str:
    """Keep a copy of the file `source`, of any size; its sha256. The source stays where it is."""
    return _keep(Path(root), _chunks(source))


def adopt(root: Path, source: Path) -> str:
    """Move the file `source` into the archive by one rename (same file system, else a copy); its sha256."""
    root = Path(root)
    sha256 = _sha256(_chunks(source))
    target = path(root, sha256)
    if not _kept(target, sha256):
        try:
            os.chmod(source, 0o600)
            _sync(source)
            _place(root, source, target)
            return sha256
        except OSError as error:
            if not source.exists():
                raise
            if error.errno != errno.EXDEV:  # staging is on another file system
                raise
            put_file(root, source)
    source.unlink()
    return sha256


def get(root: Path, sha256: str) -> bytes:
    """The content. Raises FileNotFoundError where it was never kept, ArchiveDamaged where it changed since."""
    data = path(root, sha256).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArchiveDamaged(f"archived file {sha256} does not have its content any more")
    return data


def _keep(root: Path, chunks: Iterable[bytes]) -> str:
    """Write to a part file while hashing, then give it its name."""
    _folder(root)
    part = root / f"{secrets.token_hex(16)}.part"
    state = hashlib.sha256()
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in chunks:
                state.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        target = path(root, state.hexdigest())
        if not _kept(target, state.hexdigest()):
            _place(root, part, target)
    finally:
        part.unlink(missing_ok=True)
    return state.hexdigest()


def _kept(target: Path, sha256: str) -> bool:
    """Whether the content is there already, and intact."""
    if not target.exists():
        return False
    if _sha256(_chunks(target)) != sha256:
        raise ArchiveDamaged(f"archived file {sha256} does not have its content any more")
    return True


def _place(root: Path, source: Path, target: Path) -> None:
    for folder in (root, target.parent.parent, target.parent):
        _folder(folder)
    os.replace(source, target)
    _sync(target.parent)  # the name is on disk only when its folder is


def _folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(folder.parent)


def _sync(path_: Path) -> None:
    descriptor = os.open(path_, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _chunks(source: Path) -> Iterator[bytes]:
    with open(source, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _sha256(chunks: Iterable[bytes]) -> str:
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
    return state.hexdigest()
