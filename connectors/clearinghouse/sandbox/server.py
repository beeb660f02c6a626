"""A real SFTP server on loopback: key login only, no shell, every user confined to its own folder."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import asyncssh

from connectors.clearinghouse.sandbox.files import LOST, OWN, prepare
from connectors.clearinghouse.sandbox.keys import make_key

USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
START_SECONDS = 30.0
CLOSE_SECONDS = 5.0


class SandboxServer:
    """SFTP on 127.0.0.1 for as long as the context lasts, in a thread of its own.

    `users` maps login names to public keys ('ssh-ed25519 AAAA…'). The host key is made once under `root` and kept,
    so that a client may pin it. `port` 0 takes a free one; `port` and `host_key` are set from the start of the
    context. Raises ValueError for a name that cannot be a folder, OSError where the port is taken.
    """

    def __init__(self, root: Path, users: Mapping[str, str], port: int = 0) -> None:
        for user in users:
            if not USER.fullmatch(user):
                raise ValueError(
                    "a sandbox user is letters, digits, '_', '-' and '.', and starts with one of the first two"
                )
        self.root, self.port = Path(root).absolute(), port
        self.users = {user: asyncssh.import_public_key(text) for user, text in users.items()}
        for user in users:
            prepare(self.root, user)
        self._loses_uploads = False
        self._key_file = self.root / OWN / "host_key"
        self.host_key = make_key(self._key_file)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> SandboxServer:
        self._ready.clear()
        self._thread = threading.Thread(target=self._run, name="sandbox-sftp", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("the sandbox did not start")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    @contextmanager
    def losing_uploads(self) -> Iterator[None]:
        """For as long as it lasts the connection ends at every rename, before the sender hears that it happened.

        The file is out of the user's folder by then, as at a partner that is quick, and nobody ever answers it: it
        lies in ``ROOT/.sandbox/lost``.
        """
        self._loses_uploads = True
        try:
            yield
        finally:
            self._loses_uploads = False

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        # The library tells user names and paths at INFO; a log of ours never does.
        logging.getLogger("asyncssh").setLevel(logging.WARNING)
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        doors: set[_Door] = set()
        listener = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_host_keys=[str(self._key_file)],
            server_factory=lambda: _Door(self.users, doors),
            sftp_factory=self._folder,
            allow_scp=False,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
        )
        self.port = listener.get_port()
        self._ready.set()
        await self._stop.wait()
        listener.close()
        for door in list(doors):
            door.connection.abort()
        await asyncio.wait_for(listener.wait_closed(), CLOSE_SECONDS)

    def _folder(self, channel: asyncssh.SSHServerChannel[bytes]) -> Folder:
        home = self.root / channel.get_extra_info("username")
        return Folder(channel, home, lambda: self.root / OWN / LOST if self._loses_uploads else None)


class _Door(asyncssh.SSHServer):
    """One connection: the user's own public key and nothing else opens it."""

    connection: asyncssh.SSHServerConnection

    def __init__(self, users: Mapping[str, asyncssh.SSHKey], doors: set[_Door]) -> None:
        self._users, self._doors = users, doors

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn
        self._doors.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._doors.discard(self)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = self._users.get(username)
        return known is not None and known == key


class Folder(asyncssh.SFTPServer):
    """A user's folder as the whole world: the chroot, no links, and no way round through a link found there."""

    def __init__(
        self, channel: asyncssh.SSHServerChannel[bytes], home: Path, lost: Callable[[], Path | None]
    ) -> None:
        super().__init__(channel, chroot=os.fsencode(home))
        self._home = os.fsencode(os.path.realpath(home))
        self._connection, self._lost = channel.get_connection(), lost

    def map_path(self, path: bytes) -> bytes:
        mapped: bytes = super().map_path(path)
        real = os.path.realpath(mapped)
        if real != self._home and not real.startswith(self._home + b"/"):
            raise asyncssh.SFTPPermissionDenied("outside of the partner's folder")
        return mapped

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        if not self._loses(oldpath, newpath):
            super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        if not self._loses(oldpath, newpath):
            super().posix_rename(oldpath, newpath)

    def _loses(self, oldpath: bytes, newpath: bytes) -> bool:
        """Where uploads are lost: take the file away, in one step, and end the connection instead of answering."""
        folder = self._lost()
        if folder is None:
            return False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.replace(self.map_path(oldpath), os.fsencode(folder / Path(os.fsdecode(newpath)).name))
        self._connection.abort()
        return True

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("links are not allowed")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("links are not allowed")
