"""One Prefect server for all flow tests of a process; practices that tests copy before they change them."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import flow_kit as kit
import pytest

# Set before anything imports Prefect: nothing of ours in the developer's own Prefect home, nothing sent anywhere.
_PREFECT_HOME = tempfile.mkdtemp(prefix="cleanclaim-prefect-")
atexit.register(shutil.rmtree, _PREFECT_HOME, ignore_errors=True)
os.environ.update(
    PREFECT_HOME=_PREFECT_HOME,
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
    PREFECT_LOGGING_LEVEL="WARNING",
    PREFECT_LOGGING_SERVER_LEVEL="ERROR",
    GX_ANALYTICS_ENABLED="false",
)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """The address of the Prefect API of this process."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing import utilities

    with pytest.MonkeyPatch.context() as patch:
        # Its own choice may be taken before its server listens, by a server whose answers it would take for its own.
        patch.setattr(utilities, "_find_available_port", kit.free_port)
        with utilities.prefect_test_harness(server_startup_timeout=120):
            yield str(PREFECT_API_URL.value())


@pytest.fixture(scope="session")
def whole_day(tmp_path_factory: pytest.TempPathFactory) -> kit.Demo:
    """``cleanclaim demo`` with 500 encounters as a user runs it: a process and a Prefect server of its own."""
    folder = tmp_path_factory.mktemp("whole_day")
    kit.fix_day(folder / "home", kit.WHOLE)
    return kit.run_demo(folder / "home", folder / "tmp")


@pytest.fixture
def finished(prefect_server: str, whole_day: kit.Demo) -> kit.Demo:
    """The finished demo, for commands in this process; not to be changed."""
    return whole_day


@pytest.fixture
def finished_copy(finished: kit.Demo, tmp_path: Path) -> kit.Office:
    """The finished demo, to be changed."""
    shutil.copytree(finished.home, tmp_path / "home")
    return kit.Office(tmp_path / "home").at_port(kit.free_port())


@pytest.fixture(scope="session")
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("loaded") / "home"
    kit.load_practice(home)
    return home


@pytest.fixture(scope="session")
def _sent(prefect_server: str, _loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sent") / "home"
    shutil.copytree(_loaded, home)
    told = kit.Office(home).at_port(kit.free_port()).run("daily", "--date", str(kit.DAY))
    assert told.status == 0, told.err
    return home


@pytest.fixture
def loaded(prefect_server: str, _loaded: Path, tmp_path: Path) -> kit.Office:
    """A practice with its encounters; nothing was run yet."""
    shutil.copytree(_loaded, tmp_path / "home")
    return kit.Office(tmp_path / "home").at_port(kit.free_port())


@pytest.fixture
def sent(_sent: Path, tmp_path: Path) -> kit.Office:
    """A practice whose claims were sent on `kit.DAY`; nobody answered yet."""
    shutil.copytree(_sent, tmp_path / "sent")
    return kit.Office(tmp_path / "sent").at_port(kit.free_port())


@pytest.fixture
def another(tmp_path: Path) -> Callable[[kit.Office, str], kit.Office]:
    """Another office with the same past."""

    def copy(office: kit.Office, name: str) -> kit.Office:
        shutil.copytree(office.home, tmp_path / name)
        return kit.Office(tmp_path / name).at_port(kit.free_port())

    return copy
