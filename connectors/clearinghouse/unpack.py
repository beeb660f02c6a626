"""Out of the container: zip, gzip, nested, told by first bytes and never by name.

Partners zip some answers, gzip others, and put either into the other. Members come out as bytes in their order;
their names are never used. Everything is bounded, as a small file can unpack to a full disk; what cannot be
unpacked comes back as a problem, and the other members still come out.
"""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Literal

Kind = Literal["zip", "gz", "pgp", "plain"]

BOM = b"\xef\xbb\xbf"
DEPTH = 3  # containers within containers
LARGEST = 1 << 30  # bytes out of one file, all members together
MOST_MEMBERS = 100_000
RATIO = 250  # X12 text packs 10 to 60 to one; a bomb packs 1000 to one
RATIO_FROM = 16 << 20  # below this many bytes a high ratio does no harm
_CHUNK = 1 << 18

# What the standard library raises for damaged containers.
_DAMAGE = (
    zipfile.BadZipFile,
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


@dataclass(frozen=True)
class Unpacked:
    """What came out: members as bytes (PHI), problems as (code, message without names or content).

    Codes: PGP_ENCRYPTED, ZIP_ENCRYPTED, ZIP_DAMAGED, ZIP_UNSUPPORTED, GZ_DAMAGED, TOO_DEEP, TOO_LARGE, TOO_DENSE,
    TOO_MANY.
    """

    members: list[bytes] = field(default_factory=list, repr=False)
    problems: list[tuple[str, str]] = field(default_factory=list)


class _TooMuch(Exception):
    """A bound was passed; carries code and message."""


@dataclass
class _Budget:
    """What may still come out of one file."""

    packed: int
    largest: int
    out: int = 0

    def spend(self, size: int) -> None:
        self.out += size
        if self.out > self.largest:
            raise _TooMuch("TOO_LARGE", f"unpacks to more than {self.largest} bytes")
        if self.out > RATIO_FROM and self.out > RATIO * self.packed:
            raise _TooMuch("TOO_DENSE", f"unpacks to more than {RATIO} times its size")


def container_kind(data: bytes) -> Kind:
    """'zip', 'gz', 'pgp' or 'plain' by the first bytes; a UTF-8 byte order mark before them is allowed."""
    head = data[: len(BOM) + 64].removeprefix(BOM)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head.startswith(b"\x1f\x8b\x08"):
        return "gz"
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
    found = Unpacked()
    try:
        _unpack(data, 0, found, _Budget(len(data), largest))
    except _TooMuch as bound:
        found.problems.append(bound.args)
    return found


def _unpack(data: bytes, depth: int, found: Unpacked, budget: _Budget) -> None:
    kind = container_kind(data)
    if kind == "plain":
        if len(found.members) >= MOST_MEMBERS:
            raise _TooMuch("TOO_MANY", f"more than {MOST_MEMBERS} members")
        found.members.append(data)
    elif kind == "pgp":
        found.problems.append(("PGP_ENCRYPTED", f"PGP message at depth {depth}; decrypt it before pickup"))
    elif depth == DEPTH:
        found.problems.append(("TOO_DEEP", f"containers nested more than {DEPTH} deep"))
    else:
        members = _unzip if kind == "zip" else _gunzip
        for member in members(data.removeprefix(BOM), depth, found, budget):
            _unpack(member, depth + 1, found, budget)


def _unzip(data: bytes, depth: int, found: Unpacked, budget: _Budget) -> Iterator[bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except NotImplementedError:
        found.problems.append(("ZIP_UNSUPPORTED", f"zip at depth {depth} asks for a newer reader"))
        return
    except _DAMAGE:
        found.problems.append(("ZIP_DAMAGED", f"zip at depth {depth} has no readable directory"))
        return
    if len(archive.filelist) > MOST_MEMBERS:
        raise _TooMuch("TOO_MANY", f"more than {MOST_MEMBERS} members")
    for position, entry in enumerate(archive.filelist, start=1):
        if entry.filename.endswith("/") and not entry.file_size:
            continue  # a folder; `is_dir` stumbles over an empty name
        if entry.flag_bits & 0x1:
            found.problems.append(("ZIP_ENCRYPTED", f"zip at depth {depth}, member {position} is encrypted"))
            continue
        try:
            with archive.open(entry) as file:
                member = _read(file, budget)
        except (NotImplementedError, RuntimeError):
            found.problems.append(
                ("ZIP_UNSUPPORTED", f"zip at depth {depth}, member {position}: unknown method")
            )
            continue
        except _DAMAGE:
            found.problems.append(("ZIP_DAMAGED", f"zip at depth {depth}, member {position} is damaged"))
            continue
        yield member


def _gunzip(data: bytes, depth: int, found: Unpacked, budget: _Budget) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            member = _read(file, budget)
    except _DAMAGE:
        found.problems.append(("GZ_DAMAGED", f"gzip at depth {depth} is damaged or cut short"))
        return
    yield member


def _read(file: IO[bytes] | gzip.GzipFile, budget: _Budget) -> bytes:
    """All of one member, by what comes out rather than by the size it states."""
    chunks = []
    while chunk := file.read(_CHUNK):
        budget.spend(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)
