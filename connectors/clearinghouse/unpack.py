"""Out of the container: zip, gzip, tar, nested, told by first bytes and never by name.

Partners zip some answers, gzip others, and put either into the other; archives of past years are tars. Members come out
in their order, as streams (`members`) or as bytes (`unpack`); their names are never used. Everything is bounded, as a
small file can unpack to a full disk; what cannot be unpacked comes back as a problem, and the other members still come
out.
"""

from __future__ import annotations

import gzip
import io
import lzma
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, NoReturn

Kind = Literal["zip", "gz", "tar", "pgp", "plain"]
CONTAINERS = ("zip", "gz", "tar", "pgp")

BOM = b"\xef\xbb\xbf"
DEPTH = 3  # containers within containers
LARGEST = 1 << 30  # bytes out of one file, all members together
MOST_MEMBERS = 100_000
RATIO = 250  # X12 text packs 10 to 60 to one; a bomb packs 1000 to one
RATIO_FROM = 16 << 20  # below this many bytes a high ratio does no harm
_CHUNK = 1 << 18
_HEAD = len(BOM) + 262  # up to the magic of a tar
_IN_MEMORY = 64 << 20  # a nested zip, which has to be read from its end, goes to a temporary file above this

# What the standard library raises for damaged containers.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    IndexError,
    OverflowError,
    OSError,
    EOFError,
)

# First octet of an encrypted binary OpenPGP message (RFC 9580 4.2, 5.1, 5.3) and octets of its length; 0 where
# the length's own first octet tells (192 and more: two). The packet's version follows.
_PGP_TAGS = {0x84: 1, 0x85: 2, 0x8C: 1, 0x8D: 2, 0xC1: 0, 0xC3: 0}
_PGP_VERSIONS = b"\x03\x04\x05\x06"

Problem = tuple[str, str]


class Unreadable(Exception):
    """A member cannot be read to its end; carries code and message, without names or content."""


class _TooMuch(Unreadable):
    """A bound was passed: nothing more comes out of this file."""


@dataclass(frozen=True)
class Unpacked:
    """What came out: members as bytes (PHI), problems as (code, message without names or content).

    Codes: PGP_ENCRYPTED, ZIP_ENCRYPTED, ZIP_DAMAGED, ZIP_UNSUPPORTED, GZ_DAMAGED, TAR_DAMAGED, TOO_DEEP, TOO_LARGE,
    TOO_DENSE, TOO_MANY.
    """

    members: list[bytes] = field(default_factory=list, repr=False)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Bounds:
    """What may come out of one file: bytes of all its members together, and how many members."""

    largest: int = LARGEST
    members: int = MOST_MEMBERS


@dataclass
class _Budget:
    """What may still come out of one file of `packed` bytes."""

    packed: int
    bounds: Bounds
    out: int = 0
    members: int = 0
    passed: bool = False

    def spend(self, size: int) -> None:
        self.out += size
        if self.out > self.bounds.largest:
            self._stop("TOO_LARGE", f"unpacks to more than {self.bounds.largest} bytes")
        if self.out > RATIO_FROM and self.out > RATIO * self.packed:
            self._stop("TOO_DENSE", f"unpacks to more than {RATIO} times its size")

    def count(self, members: int) -> None:
        if members > self.bounds.members:
            self._stop("TOO_MANY", f"more than {self.bounds.members} members")

    def _stop(self, code: str, message: str) -> NoReturn:
        self.passed = True
        raise _TooMuch(code, message)


class _Metered(io.RawIOBase):
    """A member as it comes out: what is read is counted, and damage is said in our words."""

    def __init__(self, source: IO[bytes] | gzip.GzipFile, budget: _Budget, damage: Problem) -> None:
        self._source, self._budget, self._damage = source, budget, damage

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """As much as the buffer holds, so that a look at the first bytes sees all there are."""
        try:
            data = self._source.read(len(buffer))
            while len(data) < len(buffer) and (more := self._source.read(len(buffer) - len(data))):
                data += more
        except Unreadable:
            raise
        except _DAMAGE:
            raise Unreadable(*self._damage) from None
        self._budget.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


def container_kind(data: bytes) -> Kind:
    """'zip', 'gz', 'tar', 'pgp' or 'plain' by the first bytes; a UTF-8 byte order mark before them is allowed."""
    head = data[:_HEAD].removeprefix(BOM)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head.startswith(b"\x1f\x8b\x08"):
        return "gz"
    if head[257:262] == b"ustar":  # POSIX.1-1988 and GNU headers alike
        return "tar"
    if head.lstrip().startswith(b"-----BEGIN PGP") or _binary_pgp(head):
        return "pgp"
    return "plain"


def _binary_pgp(head: bytes) -> bool:
    if len(head) < 4 or head[0] not in _PGP_TAGS:
        return False
    length = _PGP_TAGS[head[0]] or (2 if head[1] >= 192 else 1)
    return head[1 + length] in _PGP_VERSIONS


def unpack(data: bytes, *, largest: int = LARGEST) -> Unpacked:
    """The plain members of `data`; plain data is its own only member. Never raises for bad bytes."""
    if container_kind(data) == "plain":
        return Unpacked([data])
    found = Unpacked()
    for member in members(io.BytesIO(data), len(data), found.problems, Bounds(largest)):
        try:
            found.members.append(member.read())
        except Unreadable as bad:
            found.problems.append(bad.args)
    return found


def members(
    source: IO[bytes],
    size: int,
    problems: list[Problem],
    bounds: Bounds | None = None,
    spool: Path | None = None,
) -> Iterator[io.BufferedReader]:
    """The plain members of a file of `size` bytes, one after the other, each to be read before the next is asked for.

    What cannot be unpacked is added to `problems`. Reading a member raises `Unreadable` where it is damaged or more
    than is allowed; the next one can be asked for all the same. `spool` is where nested zips are put meanwhile.
    """
    budget = _Budget(size, bounds or Bounds())
    outermost = io.BufferedReader(source, _CHUNK) if isinstance(source, io.RawIOBase) else source
    try:
        for member in _plain(outermost, 0, problems, budget, spool):
            yield member
            if budget.passed:  # its reader was told
                return
    except _TooMuch as bound:
        problems.append(bound.args)


def _plain(
    stream: IO[bytes], depth: int, problems: list[Problem], budget: _Budget, spool: Path | None
) -> Iterator[io.BufferedReader]:
    kind = container_kind(_head(stream))
    if kind == "plain":
        budget.members += 1
        budget.count(budget.members)
        yield stream  # type: ignore[misc]
    elif kind == "pgp":
        problems.append(("PGP_ENCRYPTED", f"PGP message at depth {depth}; decrypt it before pickup"))
    elif depth == DEPTH:
        problems.append(("TOO_DEEP", f"containers nested more than {DEPTH} deep"))
    else:
        opened = {"zip": _unzip, "gz": _gunzip, "tar": _untar}[kind]
        for member, damage in opened(stream, depth, problems, budget, spool):
            inner = io.BufferedReader(_Metered(member, budget, damage), _CHUNK)
            try:
                yield from _plain(inner, depth + 1, problems, budget, spool)
            except _TooMuch:
                raise
            except Unreadable as bad:
                problems.append(bad.args)


def _head(stream: IO[bytes]) -> bytes:
    """The first bytes, which stay to be read."""
    if isinstance(stream, io.BufferedReader):
        return stream.peek(_HEAD)[:_HEAD]
    head = stream.read(_HEAD)
    stream.seek(0)
    return head


_Members = Iterator[tuple[IO[bytes], Problem]]


def _unzip(
    stream: IO[bytes], depth: int, problems: list[Problem], budget: _Budget, spool: Path | None
) -> _Members:
    with closing(_seekable(stream, spool)) as whole:
        try:
            archive = zipfile.ZipFile(whole)
        except NotImplementedError:
            problems.append(("ZIP_UNSUPPORTED", f"zip at depth {depth} asks for a newer reader"))
            return
        except _DAMAGE:
            problems.append(("ZIP_DAMAGED", f"zip at depth {depth} has no readable directory"))
            return
        budget.count(len(archive.filelist))
        for position, entry in enumerate(archive.filelist, start=1):
            if entry.filename.endswith("/") and not entry.file_size:
                continue  # a folder; `is_dir` stumbles over an empty name
            where = f"zip at depth {depth}, member {position}"
            if entry.flag_bits & 0x1:
                problems.append(("ZIP_ENCRYPTED", f"{where} is encrypted"))
                continue
            try:
                file = archive.open(entry)
            except (NotImplementedError, RuntimeError):
                problems.append(("ZIP_UNSUPPORTED", f"{where}: unknown method"))
                continue
            except _DAMAGE:
                problems.append(("ZIP_DAMAGED", f"{where} is damaged"))
                continue
            with file:
                yield file, ("ZIP_DAMAGED", f"{where} is damaged")


def _seekable(stream: IO[bytes], spool: Path | None) -> IO[bytes]:
    """The stream where it can be read from its end, else a copy of it."""
    if stream.seekable():
        return io.BufferedReader(_Borrowed(stream), _CHUNK)
    copy = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=None if spool is None else str(spool))  # noqa: SIM115
    shutil.copyfileobj(stream, copy, _CHUNK)
    copy.seek(0)
    return copy


class _Borrowed(io.RawIOBase):
    """Somebody else's stream: closing this one leaves it open."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._source.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _gunzip(
    stream: IO[bytes], depth: int, _problems: list[Problem], _budget: _Budget, _spool: Path | None
) -> _Members:
    if _head(stream).startswith(BOM):
        stream.read(len(BOM))
    with gzip.GzipFile(fileobj=stream) as file:
        yield file, ("GZ_DAMAGED", f"gzip at depth {depth} is damaged or cut short")  # type: ignore[misc]


def _untar(
    stream: IO[bytes], depth: int, problems: list[Problem], budget: _Budget, _spool: Path | None
) -> _Members:
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK, tarinfo=_Entry) as archive:
            for position, entry in enumerate(archive, start=1):
                budget.count(position)
                archive.members = []  # type: ignore[attr-defined]  # it keeps what it has seen: a tar may have millions
                if file := archive.extractfile(entry) if entry.isfile() else None:
                    yield file, ("TAR_DAMAGED", f"tar at depth {depth}, member {position} is damaged")
    except Unreadable:
        raise
    except _DAMAGE:
        problems.append(("TAR_DAMAGED", f"tar at depth {depth} is damaged or cut short"))


class _Entry(tarfile.TarInfo):
    """An entry of a tar. The library takes a tar that is cut short for one that ends there."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> _Entry:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # blocks of zeros: the end
            raise
        except tarfile.HeaderError:
            raise tarfile.ReadError from None
