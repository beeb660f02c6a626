"""Stopwatches for the benchmarks: nested spans of wall and CPU seconds, wrapped around real functions.

Nothing of the measured code is replaced: a span runs the function it wraps and adds up what it took. CPU is that of
the whole process (`time.process_time`), so that a neighbour on the machine does not count.
"""

from __future__ import annotations

import cProfile
import functools
import pstats
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Cost:
    """What all spans of one name took together."""

    calls: int = 0
    wall: float = 0.0
    cpu: float = 0.0


@dataclass
class Clock:
    """Costs by name and, for a span inside others, by ``outer/inner``; `profiles` where profiling is on."""

    profile: bool = False
    costs: dict[str, Cost] = field(default_factory=lambda: defaultdict(Cost))
    profiles: dict[str, cProfile.Profile] = field(default_factory=dict)
    _thread: threading.local = field(default_factory=threading.local)

    @contextmanager
    def span(self, name: str, *, profiled: bool = False) -> Iterator[None]:
        """Time a block; inside another span of this clock it counts for ``outer/name`` too."""
        outside: list[str] = vars(self._thread).setdefault("spans", [])
        profile = None
        if profiled and self.profile:
            profile = self.profiles.setdefault(name, cProfile.Profile())
            profile.enable()
        outside.append(name)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            outside.pop()
            if profile:
                profile.disable()
            for key in {name, *(f"{outer}/{name}" for outer in outside)}:
                cost = self.costs[key]
                cost.calls, cost.wall, cost.cpu = cost.calls + 1, cost.wall + wall, cost.cpu + cpu

    def wrap(self, owner: object, attribute: str, name: str, *, profiled: bool = False) -> None:
        """Time every call of `owner.attribute` under `name`."""
        function = getattr(owner, attribute)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.span(name, profiled=profiled):
                return function(*args, **kwargs)

        setattr(owner, attribute, timed)

    def to_dict(self) -> dict[str, dict[str, float]]:
        """The costs as plain values."""
        return {name: vars(cost) for name, cost in self.costs.items()}

    def print_profiles(self, top: int = 10) -> None:
        """The functions that cost most of their own in each profiled span, and the calls that contain most."""
        for name, profile in self.profiles.items():
            print(f"\n=== {name}", file=sys.stderr)
            stats = pstats.Stats(profile, stream=sys.stderr)
            stats.sort_stats("tottime").print_stats(top)
            stats.sort_stats("cumulative").print_stats(4 * top)


@dataclass(frozen=True)
class Timing:
    """Median of several runs of one thing, in seconds."""

    wall: float
    cpu: float


def compare(runs: int, **things: Callable[[], object]) -> dict[str, Timing]:
    """Time several things in turn, `runs` rounds after one to warm up, so that each meets the same neighbours."""
    for thing in things.values():
        thing()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in things}
    for _ in range(runs):
        for name, thing in things.items():
            wall, cpu = time.perf_counter(), time.process_time()
            thing()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: Timing(statistics.median(w for w, _ in each), statistics.median(c for _, c in each))
        for name, each in taken.items()
    }
