"""How the tests are spread over processes: a file's tests together, the long ones first, each process with its own
Prefect server and PostgreSQL."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

# The same examples in every run, whoever runs it; CLEANCLAIM_DRAW=1 draws others, to look for what these do not find.
# Somebody else may have the processor in the middle of an example: how long one took says nothing.
hypothesis.settings.register_profile(
    "drawn",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=not os.environ.get("CLEANCLAIM_DRAW"),
    database=None,
)
hypothesis.settings.load_profile("drawn")

# A test makes and drops many small tables beside a million objects of the libraries, which need no looking through.
gc.set_threshold(50_000, 20, 50)

FLOWS = "tests/flows/"
# These look at the same two demos, which take long to make: they run in one process.
DEMO = {
    f"{FLOWS}test_{name}.py"
    for name in ("demo", "desk_commands", "exit_statuses", "killed", "no_values_outside")
}


def file_of(nodeid: str) -> str:
    """The file of a test."""
    return nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: one that began last would leave the other processes idle."""
    items.sort(key=lambda item: (file_of(item.nodeid) not in DEMO, not item.nodeid.startswith(FLOWS)))


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end."""
    gc.collect()
    gc.freeze()


def _ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("CLEANCLAIM_")}


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """What a command puts into the environment of its process, its home, is not the next test's."""
    before = _ours()
    yield
    for name in _ours().keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of ``--dist loadfile``, with the files of `DEMO` as one."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "demo" if file_of(nodeid) in DEMO else file_of(nodeid)

    return Scheduler(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Leave nothing to look through at the end: a process that takes five seconds to go is interrupted by xdist."""
    gc.collect()
    gc.freeze()
