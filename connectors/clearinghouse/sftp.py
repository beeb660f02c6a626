"""One SFTP connection to one partner: pinned host key, one login, everything the protocols need and no more.

``connect`` refuses before login unless the partner proves the pinned key, logs in with exactly what the settings
name (no agent, no keys lying about), and holds the partner's only connection until it is left. All errors are
`PartnerError`; none carries a login, a password, or a remote name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from paramiko.sftp import SFTP_NO_SUCH_FILE, SFTP_OP_UNSUPPORTED, SFTP_PERMISSION_DENIED, SFTPError

from configs.settings import Partner
from connectors.clearinghouse import hostkey
from connectors.clearinghouse.errors import (
    HostKeyRefused,
    LoginRefused,
    PartnerBusy,
    PartnerError,
    PartnerUnreachable,
    RemoteExists,
    RemoteMissing,
    RemoteRefused,
    TransferDamaged,
)
from connectors.clearinghouse.login import deadline, log_in, only_connection, open_client
from connectors.clearinghouse.retry import retrying
from connectors.clearinghouse.wire import (
    POSIX_RENAME,
    READ,
    REWRITE,
    WINDOW,
    Client,
    Folder,
    Refusal,
    RemoteFile,
    remote_file,
    usable_name,
)

__all__ = [
    "Folder",
    "HostKeyRefused",
    "LoginRefused",
    "PartnerBusy",
    "PartnerError",
    "PartnerUnreachable",
    "RemoteExists",
    "RemoteFile",
    "RemoteMissing",
    "RemoteRefused",
    "Session",
    "TransferDamaged",
    "connect",
    "retrying",
]

KEEPALIVE_SECONDS = 60

_REFUSALS = {
    SFTP_NO_SUCH_FILE: "no such file or folder",
    SFTP_PERMISSION_DENIED: "permission denied",
    SFTP_OP_UNSUPPORTED: "not supported by the partner",
}


@contextmanager
def connect(partner: Partner, home: Path) -> Iterator[Session]:
    """An open session with `partner`; one at a time per login, across processes.

    Raises HostKeyRefused, LoginRefused, PartnerUnreachable, PartnerBusy.
    """
    where = f"{partner.host}:{partner.port}"
    with only_connection(partner, home):
        transport = hostkey.handshake(
            partner.host, partner.port, partner.timeout_seconds, hostkey.pinned_type(partner.host_key)
        )
        try:
            hostkey.check(transport, partner.host_key, where)
            with deadline(transport, partner.timeout_seconds):
                log_in(transport, partner, Path(home), where)
                client = open_client(transport, partner.timeout_seconds, where)
            transport.set_keepalive(KEEPALIVE_SECONDS)
            yield Session(client, transport, where)
        finally:
            transport.close()


class Session:
    """A connected partner. Folders are the partner's paths; names are single names within them."""

    def __init__(self, client: Client, transport: paramiko.Transport, where: str) -> None:
        self._client = client
        self._transport = transport
        self.where = where

    def listing(self, folder: str) -> list[RemoteFile]:
        """The regular files of `folder` that have a usable name, by name."""
        return self.folder(folder).files

    def folder(self, folder: str) -> Folder:
        """The listing, and how many names in it were refused."""
        with self._asking("list"):
            return self._client.folder(folder)

    def stat(self, folder: str, name: str) -> RemoteFile | None:
        """Size and time of one file; None where it is not there."""
        try:
            with self._asking("stat"):
                return remote_file(name, self._client.stat(_join(folder, name)))
        except RemoteMissing:
            return None

    def download(self, folder: str, name: str, target: Path, *, limit: int | None = None) -> int:
        """Write the remote file to the local path `target` (mode 0600, synced); bytes written.

        Reads what stat says is there, never more than `limit` bytes; a file that grows meanwhile is found by
        asking for its size again. `target` is the caller's and never made of the remote name.
        """
        at = _join(folder, name)
        with self._asking("stat"):
            size = self._client.stat(at).st_size or 0
        written = 0
        with open(target, "wb", opener=_private) as file:
            for piece in self._pieces(at, size if limit is None else min(size, limit)):
                file.write(piece)  # outside `_asking`: a full local disk is not the partner's fault
                written += len(piece)
            file.flush()
            os.fsync(file.fileno())
        return written

    def upload_bytes(self, folder: str, name: str, data: bytes) -> None:
        """Write `data` under `name`, replacing what was there; raises TransferDamaged unless the size is right."""
        at, view = _join(folder, name), memoryview(data)
        with self._asking("write"):
            handle = self._client.open_handle(at, REWRITE)
            for start in range(0, len(data), WINDOW):
                self._client.write(handle, start, view[start : start + WINDOW])
            self._client.close_handle(handle)
            stored = self._client.stat(at).st_size
        if stored != len(data):
            raise TransferDamaged(f"{self.where}: write: {stored} of {len(data)} bytes arrived")

    def rename(self, folder: str, old: str, new: str) -> None:
        """Give a file its new name, in one step where the partner can. Raises RemoteExists where it is taken.

        The posix extension is one atomic step but overwrites, hence the look before; the plain request refuses by
        itself.
        """
        if self.stat(folder, new) is not None:
            raise RemoteExists(f"{self.where}: rename: the name is taken")
        with self._asking("rename"):
            if POSIX_RENAME in self._client.extensions:
                self._client.posix_rename(_join(folder, old), _join(folder, new))
            else:
                self._client.rename(_join(folder, old), _join(folder, new))

    def remove(self, folder: str, name: str) -> None:
        """Delete one remote file. Raises RemoteMissing where it is not there."""
        with self._asking("remove"):
            self._client.remove(_join(folder, name))

    def _pieces(self, at: str, size: int) -> Iterator[bytes]:
        """The file's bytes up to `size`, or to its end where that comes first."""
        with self._asking("read"):
            handle = self._client.open_handle(at, READ)
        offset = 0
        while offset < size:
            with self._asking("read"):
                piece = self._client.read(handle, offset, min(WINDOW, size - offset))
            if not piece:
                break
            yield piece
            offset += len(piece)
        with self._asking("read"):
            self._client.close_handle(handle)

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Paramiko's many exceptions as ours; the partner's own text may hold names and is dropped."""
        try:
            yield
        except Refusal as refusal:
            kind = RemoteMissing if refusal.code == SFTP_NO_SUCH_FILE else RemoteRefused
            raise kind(
                f"{self.where}: {what}: {_REFUSALS.get(refusal.code, 'the partner refused')}"
            ) from None
        except SFTPError:
            raise RemoteRefused(
                f"{self.where}: {what}: the partner does not speak SFTP as it should"
            ) from None
        except (OSError, EOFError, paramiko.SSHException):
            raise PartnerUnreachable(f"{self.where}: {what}: the connection ended or fell silent") from None


def _join(folder: str, name: str) -> str:
    """The remote path of `name`, which must be one name and not a path."""
    if usable_name(name.encode("utf-8", "surrogateescape")) is None:
        raise ValueError("not a name of a file in a folder")
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
