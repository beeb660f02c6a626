"""The archive of raw files: by content, write-once, checked on every read.

``root/ab/cd/<sha256>``, folders 0700, files 0600; with a key in the settings ``<sha256>.sealed``, the digest being
that of the content as it came. A file appears under its name only when all of it is on disk, so a crash leaves either
the whole file or none; what was being written is ``root/*.part``.

The root is a folder, or the settings' `Archive`, which brings the keys.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from configs.settings import Archive
from connectors.clearinghouse import sealing

SEALED = ".sealed"
Root = Path | Archive

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


class ArchiveDamaged(Exception):
    """A file in the archive no longer has the content it is named for; the message carries only its sha256."""


def path(root: Root, sha256: str) -> Path:
    """Where the content lives unsealed, whether or not it is there. Raises ValueError for anything but a sha256."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a sha256")
    return Path(root) / sha256[:2] / sha256[2:4] / sha256


def place(root: Root, sha256: str) -> Path | None:
    """The file that holds the content, sealed or not; None where there is none."""
    plain = path(root, sha256)
    return next((one for one in (plain, _sealed(plain)) if one.exists()), None)


def put(root: Root, data: bytes) -> str:
    """Keep `data`; its sha256. Keeping it again changes nothing.

    Raises ArchiveDamaged where the content's place holds something else: what was kept is never overwritten.
    """
    return _keep(root, (data,))


def put_file(root: Root, source: Path) -> str:
    """Keep a copy of the file `source`, of any size; its sha256. The source stays where it is."""
    return _keep(root, _chunks(source))


def adopt(root: Root, source: Path) -> str:
    """Move the file `source` into the archive: by one rename where it can (same file system, unsealed); its sha256."""
    sha256 = _sha256(_chunks(source))
    if not kept(root, sha256):
        if _keys(root):
            put_file(root, source)
        else:
            try:
                os.chmod(source, 0o600)
                _sync(source)
                _place(Path(root), source, path(root, sha256))
                return sha256
            except OSError as error:
                if not source.exists():
                    raise
                if error.errno != errno.EXDEV:  # staging is on another file system
                    raise
                put_file(root, source)
    source.unlink()
    return sha256


class Batch:
    """Many files kept together: one wait for the disk and not one a file.

    They are written into a folder ``root/*.part`` and get their places in `commit`, after all of them are on disk. A
    crash before leaves none of them in the archive, a crash within it whole files only.
    """

    def __init__(self, root: Root) -> None:
        self._root = root
        self._folder = Path(root) / f"{secrets.token_hex(16)}.part"
        self._parts: dict[str, Path] = {}

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Take in one file; its sha256 and size. It is in the archive once the batch is committed."""
        if not self._folder.is_dir():
            _folder(Path(self._root))
            _folder(self._folder)
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                size += len(chunk)
                yield chunk

        part, sha256 = _write(self._folder, counted(), _keys(self._root), wait=False)
        if sha256 in self._parts:
            part.unlink()
        self._parts.setdefault(sha256, part)
        return sha256, size

    def commit(self) -> None:
        """Put what was taken in into its places, durably; the batch is empty then.

        Raises ArchiveDamaged as `archive.put` does.
        """
        new = {sha: part for sha, part in self._parts.items() if not kept(self._root, sha)}
        os.sync()  # their contents, before any of them has a name
        for sha, part in new.items():
            target = path(self._root, sha)
            for folder in (target.parent.parent, target.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            os.replace(part, _sealed(target) if _keys(self._root) else target)
        os.sync()  # and the names
        self._parts.clear()


def get(root: Root, sha256: str) -> bytes:
    """The content.

    Raises FileNotFoundError where it was never kept, ArchiveDamaged where it changed since, `sealing.Locked` where no
    key opens it.
    """
    data = b"".join(_content(root, place(root, sha256) or path(root, sha256)))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _damaged(sha256)
    return data


def chunks(root: Root, sha256: str) -> Iterator[bytes]:
    """The content in pieces, for files of any size; not compared with its digest. Raises as `get` does."""
    yield from _content(root, place(root, sha256) or path(root, sha256))


def seal(root: Root, sha256: str) -> bool:
    """Keep the content under the first key alone; whether that changed anything. Raises as `get` does."""
    found = place(root, sha256)
    if found is None:
        raise FileNotFoundError(sha256)
    keys = _keys(root)
    if found.suffix == SEALED and _opens(found, keys.split()[0]):
        return not kept(root, sha256)
    part, written = _write(root, _content(root, found), keys)
    if written != sha256:
        part.unlink()
        raise _damaged(sha256)
    _place(Path(root), part, _sealed(path(root, sha256)))
    if found.suffix != SEALED:
        found.unlink()
        _sync(found.parent)
    return True


def kept(root: Root, sha256: str) -> bool:
    """Whether the content is there, and intact: read in pieces, for files of any size.

    Raises ArchiveDamaged where it changed since, `sealing.Locked` where no key opens it.
    """
    found = place(root, sha256)
    if found is None:
        return False
    if _sha256(_content(root, found)) != sha256:
        raise _damaged(sha256)
    return True


def copy(root: Root, sha256: str, target: IO[bytes]) -> int:
    """Write the content to `target` in pieces; its size. Raises as `get` does, the last of it being written by then."""
    state, size = hashlib.sha256(), 0
    for chunk in chunks(root, sha256):
        state.update(chunk)
        size += target.write(chunk)
    if state.hexdigest() != sha256:
        raise _damaged(sha256)
    return size


def drop(root: Root, sha256: str) -> None:
    """Let go of the content, for good; nothing where it is not there."""
    found = place(root, sha256)
    if found is not None:
        found.unlink()
        _sync(found.parent)


def _damaged(sha256: str) -> ArchiveDamaged:
    return ArchiveDamaged(f"archived file {sha256} does not have its content any more")


def _keys(root: Root) -> str:
    return root.keys if isinstance(root, Archive) else ""


def _sealed(plain: Path) -> Path:
    return plain.with_name(plain.name + SEALED)


def _content(root: Root, file: Path) -> Iterator[bytes]:
    """What a file of the archive holds, opened where it is sealed."""
    if file.suffix != SEALED:
        yield from _chunks(file)
        return
    with open(file, "rb") as stream:
        yield from sealing.opened(stream, _keys(root))


def _opens(file: Path, key: str) -> bool:
    """Whether this key alone opens the beginning of a sealed file."""
    with open(file, "rb") as stream:
        try:
            next(sealing.opened(stream, key), None)
        except sealing.Locked:
            return False
    return True


def _keep(root: Root, chunks: Iterable[bytes]) -> str:
    """Write to a part file while hashing, then give it its name."""
    keys = _keys(root)
    part, sha256 = _write(root, chunks, keys)
    try:
        if not kept(root, sha256):
            target = path(root, sha256)
            _place(Path(root), part, _sealed(target) if keys else target)
    finally:
        part.unlink(missing_ok=True)
    return sha256


def _write(root: Root, chunks: Iterable[bytes], keys: str, *, wait: bool = True) -> tuple[Path, str]:
    """A part file with the chunks, sealed where there are keys, all of it on disk; and the sha256 of the chunks.

    Without `wait` it may not be on disk yet.
    """
    _folder(Path(root))
    part = Path(root) / f"{secrets.token_hex(16)}.part"
    state = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for chunk in chunks:
            state.update(chunk)
            yield chunk

    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in sealing.sealed(hashed(), keys) if keys else hashed():
                file.write(piece)
            if wait:
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part, state.hexdigest()


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
