"""The SFTP conversation where paramiko's own is too trusting: names as bytes, extensions, bounded listings.

Paramiko decodes every listed name strictly (one name that is not UTF-8 loses the whole listing), drops the
server's extensions, and believes any count the server states.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_DATA,
    CMD_HANDLE,
    CMD_INIT,
    CMD_NAME,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_STATUS,
    CMD_VERSION,
    CMD_WRITE,
    SFTP_EOF,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_READ,
    SFTP_FLAG_TRUNC,
    SFTP_FLAG_WRITE,
    SFTP_OK,
    SFTPError,
    int64,
)
from paramiko.sftp_attr import SFTPAttributes

POSIX_RENAME = b"posix-rename@openssh.com"
READ = SFTP_FLAG_READ
REWRITE = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_TRUNC
PIECE = 32 * 1024  # the largest read or write every SFTP server answers
WINDOW = 64 * PIECE  # sent or asked for at once, so that a distant partner costs one round trip per 2 MiB
LONGEST_NAME = 255
MOST_ENTRIES = 200_000


@dataclass(frozen=True)
class RemoteFile:
    """A regular file at the partner. The name may carry a person; it stays out of logs and representations."""

    name: str = field(repr=False)
    size: int
    mtime: int | None

    @property
    def stamp(self) -> str:
        """'size-mtime' (bytes, seconds since 1970): what must stand still before the file is whole."""
        return f"{self.size}-{'' if self.mtime is None else self.mtime}"


@dataclass(frozen=True)
class Folder:
    """A listing: regular files by name, and how many entries had a name that no file in a folder can have."""

    files: list[RemoteFile]
    refused_names: int


def usable_name(raw: bytes) -> str | None:
    """The name as text, or None: not UTF-8, empty, '.', '..', with '/' or NUL, or longer than 255 bytes.

    Other control characters are let through: content may hide behind an odd name, and no local path is ever
    made of a name.
    """
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if name in ("", ".", "..") or "/" in name or "\0" in name or len(raw) > LONGEST_NAME:
        return None
    return name


class Refusal(Exception):
    """The server answered and its status is not OK; `code` is the SFTP status, its text is dropped."""

    def __init__(self, code: int) -> None:
        super().__init__(f"SFTP status {code}")
        self.code = code


class EndOfData(Refusal):
    """The end of a listing or of a file, as opposed to the end of the connection."""


class Client(paramiko.SFTPClient):
    """Paramiko's client with the server's extensions kept and a listing that survives hostile names."""

    extensions: frozenset[bytes] = frozenset()

    def _send_version(self) -> int:
        hello = Message()
        hello.add_int(3)
        self._send_packet(CMD_INIT, hello)  # type: ignore[attr-defined]
        kind, data = self._read_packet()  # type: ignore[attr-defined]
        if kind != CMD_VERSION:
            raise SFTPError("not an SFTP server")
        answer = Message(data)
        version = answer.get_int()
        offered = set()
        while answer.get_remainder():
            offered.add(answer.get_binary())
            answer.get_binary()
        self.extensions = frozenset(offered)
        return version

    def _convert_status(self, msg: Message) -> None:
        """A refusal is told apart from a broken connection, which paramiko reports by the same exceptions."""
        code = msg.get_int()
        if code == SFTP_EOF:
            raise EndOfData(code)
        if code != SFTP_OK:
            raise Refusal(code)

    def folder(self, path: str) -> Folder:
        """The regular files of a folder, by name. Links, folders and pipes are left out."""
        kind, answer = self._request(CMD_OPENDIR, path)  # type: ignore[attr-defined]
        if kind != CMD_HANDLE:
            raise SFTPError("expected a handle")
        handle = answer.get_binary()
        files: list[RemoteFile] = []
        bare: list[str] = []  # listed without size or time: some servers tell these only to stat
        refused, entries = 0, 0
        try:
            while True:
                kind, answer = self._request(CMD_READDIR, handle)  # type: ignore[attr-defined]
                if kind != CMD_NAME:
                    raise SFTPError("expected names")
                entries += 1  # an answer without names must not go on for ever either
                for raw, longname, attributes in _entries(answer):
                    entries += 1
                    name = usable_name(raw)
                    if raw in (b".", b".."):
                        continue
                    if name is None:
                        refused += 1
                    elif is_regular(attributes, longname):
                        if attributes.st_size is None or attributes.st_mtime is None:
                            bare.append(name)
                        else:
                            files.append(remote_file(name, attributes))
                if entries > MOST_ENTRIES:
                    raise SFTPError("more entries than a folder may have")
        except EndOfData:
            pass
        self._request(CMD_CLOSE, handle)  # type: ignore[attr-defined]
        for name in bare:
            with suppress(Refusal):  # gone since
                attributes = self.stat(f"{path.rstrip('/')}/{name}")
                if is_regular(attributes):
                    files.append(remote_file(name, attributes))
        return Folder(sorted(files, key=lambda file: file.name), refused)

    def read(self, handle: bytes, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`, asked for in pieces all at once; empty at the end of the file.

        May be shorter than asked, as servers answer with less when they like. (Paramiko's own read-ahead waits for
        ever for a file that was cut short meanwhile, and leaves threads behind.)
        """
        ends = offset + length
        asked = [(at, min(PIECE, ends - at)) for at in range(offset, ends, PIECE)]
        got = bytearray()
        for (_, size), (kind, answer) in zip(
            asked, self._all([(CMD_READ, handle, int64(at), size) for at, size in asked]), strict=True
        ):
            if kind == CMD_STATUS:
                try:
                    self._convert_status(answer)
                except EndOfData:
                    break
            if kind != CMD_DATA:
                raise SFTPError("expected data")
            data = answer.get_binary()
            got += data
            if len(data) < size:
                break
        return bytes(got)

    def write(self, handle: bytes, offset: int, data: memoryview) -> None:
        """Write all of `data` at `offset` in pieces sent at once; every piece's answer is looked at.

        (Paramiko's own pipelined writes drop a refusal in the middle: the size is right and the content is not.)
        """
        requests = [
            (CMD_WRITE, handle, int64(offset + at), bytes(data[at : at + PIECE]))
            for at in range(0, len(data), PIECE)
        ]
        for kind, answer in self._all(requests):
            if kind != CMD_STATUS:
                raise SFTPError("expected a status")
            self._convert_status(answer)

    def open_handle(self, path: str, flags: int) -> bytes:
        """The handle of a remote file."""
        kind, answer = self._request(CMD_OPEN, path, flags, SFTPAttributes())  # type: ignore[attr-defined]
        if kind != CMD_HANDLE:
            raise SFTPError("expected a handle")
        return bytes(answer.get_binary())

    def close_handle(self, handle: bytes) -> None:
        """Give the handle back; raises what the partner says at last (a full disk, a quota)."""
        self._request(CMD_CLOSE, handle)  # type: ignore[attr-defined]

    def _all(self, requests: list[tuple[Any, ...]]) -> list[tuple[int, Message]]:
        """The answers to `requests`, sent together and put back in their order; servers answer in any."""
        answers = _Answers()
        numbers = [self._async_request(answers, *request) for request in requests]  # type: ignore[attr-defined]
        while len(answers.by_number) < len(numbers):
            self._read_response()  # type: ignore[attr-defined]
        return [answers.by_number[number] for number in numbers]


class _Answers:
    """Where paramiko's reader puts the answers to requests sent together."""

    def __init__(self) -> None:
        self.by_number: dict[int, tuple[int, Message]] = {}

    def _async_response(self, kind: int, message: Message, number: int) -> None:
        self.by_number[number] = (kind, message)


def remote_file(name: str, attributes: SFTPAttributes) -> RemoteFile:
    """`name` with the size and time of an answer to stat."""
    return RemoteFile(name, attributes.st_size or 0, _seconds(attributes))


def is_regular(attributes: SFTPAttributes, longname: bytes = b"") -> bool:
    """Whether an entry is a regular file; servers that leave the mode out say it in the long name's first letter."""
    if attributes.st_mode is not None and stat.S_IFMT(attributes.st_mode):
        return stat.S_ISREG(attributes.st_mode)
    return longname[:1] not in (b"d", b"l", b"p", b"s", b"b", b"c")


def _entries(answer: Message) -> list[tuple[bytes, bytes, SFTPAttributes]]:
    """Entries of one answer; the count is the server's claim, the bytes are what counts."""
    found = []
    for _ in range(answer.get_int()):
        if not answer.get_remainder():
            break
        raw, longname = answer.get_binary(), answer.get_binary()
        found.append((raw, longname, SFTPAttributes._from_msg(answer)))  # type: ignore[attr-defined]
    return found


def _seconds(attributes: SFTPAttributes) -> int | None:
    return None if attributes.st_mtime is None else int(attributes.st_mtime)
