"""An office at work, its partner up, and nothing wrong yet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.ledger import Ledger
from tests.support.faulty_office import FaultyOffice
from tests.support.sftp_server import USER, SftpServer


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with nothing in it, built once."""
    path = tmp_path_factory.mktemp("blank") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    """The partner."""
    (tmp_path / "partner" / USER).mkdir(parents=True)
    with SftpServer(tmp_path / "partner" / USER) as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, blank: Path, server: SftpServer) -> FaultyOffice:
    """With master data and one encounter that nobody billed."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(blank, home / "ledger.sqlite")
    return FaultyOffice(home, tmp_path / "partner", server).prepared()
