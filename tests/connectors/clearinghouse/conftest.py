"""A partner to talk to: a running SFTP server, its settings, and a clock that does not take time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from configs.settings import Partner
from tests.support.sftp_server import PASSWORD, USER, SftpServer


@pytest.fixture(scope="session")
def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def server(tmp_path: Path, host_key: asyncssh.SSHKey) -> Iterator[SftpServer]:
    root = tmp_path / "remote"
    (root / "in").mkdir(parents=True)
    (root / "out").mkdir()
    with SftpServer(root, key=host_key) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(server: SftpServer) -> Callable[..., Partner]:
    """Settings of the partner that `server` is; keywords replace single ones."""

    def make(**changes: Any) -> Partner:
        values: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": server.port,
            "username": USER,
            "password": PASSWORD,
            "host_key": server.host_key,
            "upload_dir": "/in",
            "download_dir": "/out",
            "timeout_seconds": 5,
            "sender_id": "PRACTICE1",
            "receiver_id": "CLEARING",
            "receiver_name": "CLEARING HOUSE",
        }
        return Partner.model_validate(values | changes)

    return make


class Clock:
    """Time that passes only when somebody sleeps; `meanwhile` runs during each sleep."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 1, 5, 12)
        self.slept: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.instant += timedelta(seconds=seconds)
        self.meanwhile()


@pytest.fixture
def clock() -> Clock:
    return Clock()
