"""Every test here that asks for `ledger` or `ledger_url` runs on both engines."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.ledger import Ledger
from tests.support import postgres


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres() -> str:
    url = postgres.fresh_database()
    Ledger.open(url).close()
    return postgres.name_of(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(engine_name: str, tmp_path: Path) -> str:
    """A database without any table."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite"
    return postgres.fresh_database()


@pytest.fixture
def ledger_url(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database with the schema, and no row: a copy of one that was migrated once."""
    if engine_name == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "ledger.sqlite")
        return f"sqlite:///{tmp_path}/ledger.sqlite"
    return postgres.fresh_database(request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger.open(ledger_url) as opened:
        yield opened
