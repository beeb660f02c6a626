"""Who decodes: this process, other processes of this machine, or a Dask cluster. All take a function and addresses."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Protocol

from configs.settings import ConfigurationError
from tasks.backfilling.interrupting import unheard

TRIES = 3  # of one partition, where the process that has it dies


class Work(Protocol):
    """Something that was asked for."""

    def result(self) -> Any:
        """It; waits for it, and raises what went wrong."""
        ...


class Pool(Protocol):
    """Takes work."""

    width: int  # how much is done at a time

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Work:
        """Ask for it."""
        ...


class Here:
    """This process, when the result is asked for."""

    width = 1

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Work:
        """See `Pool.submit`."""
        return _Later(function, arguments)


class _Later:
    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._function, self._arguments = function, arguments

    def result(self) -> Any:
        return self._function(*self._arguments)


class Processes:
    """Other processes. They are spawned: this one has threads and connections that a fork must not copy."""

    def __init__(self, jobs: int) -> None:
        self.width = jobs
        self._pool = self._make()

    def _make(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.width, spawn, initializer=_mind, initargs=(os.getpid(),))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Work:
        """See `Pool.submit`."""
        return _Retried(self, function, arguments)

    def start(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Future[Any]:
        """Begin; in new processes where one was killed, which ends all of a pool."""
        with unheard():  # the first one starts the processes
            try:
                return self._pool.submit(function, *arguments)
            except BrokenProcessPool:
                self._pool.shutdown(wait=False)
                self._pool = self._make()
                return self._pool.submit(function, *arguments)

    def close(self) -> None:
        """Stop: what was not begun is not done."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class _Retried:
    def __init__(self, owner: Processes, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._owner, self._function, self._arguments = owner, function, arguments
        self._future = owner.start(function, arguments)

    def result(self) -> Any:
        for _ in range(TRIES - 1):
            try:
                return self._future.result()
            except BrokenProcessPool:
                self._future = self._owner.start(self._function, self._arguments)
        return self._future.result()


def _mind(parent: int) -> None:
    """The parent ends its workers; where it was killed they end by themselves."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Cluster:
    """A Dask cluster; its scheduler gives the work of a worker that died to another one."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.width = max(1, sum(client.nthreads().values()))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Work:
        """See `Pool.submit`."""
        work: Work = self._client.submit(function, *arguments, pure=False, retries=TRIES)
        return work


@contextmanager
def pool(jobs: int, dask: str | None) -> Iterator[Pool]:
    """Workers for the block: the cluster at the address `dask`, else `jobs` processes, for 1 this one."""
    if dask:
        try:
            from prefect_dask.task_runners import DaskTaskRunner
        except ImportError:
            raise ConfigurationError(
                "--dask needs the extra 'dask': pip install 'cleanclaim[dask]'"
            ) from None
        with DaskTaskRunner(address=dask) as runner:
            yield Cluster(runner.client)
    elif jobs == 1:
        yield Here()
    else:
        processes = Processes(jobs)
        try:
            yield processes
        finally:
            processes.close()
