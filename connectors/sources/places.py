"""Where files are, wherever that is: folders, globs and single files, on disk or at any URL that fsspec knows.

    find(["remits/", "s3://bucket/2019/*.zip", "memory://one.835"])

A folder is everything below it. What is found is sorted by its address, so that two runs meet files in one order.

fsspec takes two colons for a link of a chain of addresses (``zip://*.835::s3://bucket/old.zip``) and does not know the
escapes of `Path.as_uri`; names of files and folders have both. So what is on this machine's disk has its own address
(`address`), read as it stands (`located`), and a found file is opened where it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import fsspec

_MAGIC = "*?["
_DISK = "file://"
_CHAIN = "::"


class NothingThere(Exception):
    """An address at which there is no file; the message says which argument it is, and does not repeat it."""


@dataclass(frozen=True)
class Place:
    """A file at an address (`url`), with its size, and size and time as far as the place tells them (`stamp`)."""

    url: str
    size: int
    stamp: str
    fs: Any = field(repr=False)  # where it is
    path: str = field(repr=False)  # its name there

    def open(self) -> IO[bytes]:
        """Its bytes; the caller closes it."""
        opened: IO[bytes] = self.fs.open(self.path, "rb")
        return opened


def address(path: Path) -> str:
    """The address of a path on this machine's disk."""
    return f"{_DISK}{path.absolute()}"


def located(url: str) -> tuple[Any, str]:
    """The file system of an address and the path there, as `fsspec.url_to_fs` has it, save for what is on disk."""
    if url.startswith(_DISK) or "://" not in url:
        disk = fsspec.filesystem("file")
        return disk, str(disk._strip_protocol(url))
    fs, path = fsspec.url_to_fs(url)
    return fs, str(path)


def find(addresses: Iterable[str]) -> list[Place]:
    """Every file at these addresses, each once. Raises NothingThere for an address with none."""
    found: dict[str, Place] = {}
    for number, address in enumerate(addresses, start=1):
        try:
            files = list(_files(address))
        except (OSError, ValueError, ImportError) as error:
            raise NothingThere(f"argument {number}: {type(error).__name__}") from None
        if not files:
            raise NothingThere(f"argument {number}: there is no file")
        found |= {place.url: place for place in files}
    return [found[url] for url in sorted(found)]


def _files(url: str) -> Iterator[Place]:
    fs, path = located(url)
    _, chained, inner = url.partition(_CHAIN) if "file" not in fs.protocol else (url, "", "")
    listed = (
        fs.glob(path, detail=True)
        if any(mark in path for mark in _MAGIC) and not fs.exists(path)
        else {path: fs.info(path)}
    )
    for name, info in listed.items():
        below = fs.find(name, detail=True) if info["type"] == "directory" else {name: info}
        for at, each in below.items():
            if each["type"] == "file":
                found = f"{fs.unstrip_protocol(at)}{chained}{inner}"
                yield Place(found, int(each["size"] or 0), _stamp(each), fs, at)


def _stamp(info: dict[str, Any]) -> str:
    """Size, and when it changed last: a checksum of the place where it gives one."""
    changed = info.get("ETag") or info.get("mtime") or info.get("LastModified") or info.get("created") or ""
    return f"{int(info['size'] or 0)} {changed}"
