"""Where the time of a function goes: CPU seconds of `cProfile`, by module and function of one package.

What runs outside the package (NumPy, Arrow, hashlib) counts for the function of the package that called it, in
proportion where several did, so that the table keeps its meaning whatever the package's functions are named.
"""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Function = tuple[str, int, str]


@dataclass(frozen=True)
class Hotspot:
    """A function of the package, and the share of all seconds spent in it and in what it called outside."""

    module: str
    function: str
    calls: float
    seconds: float


def hotspots(run: Callable[[], object], package: Path, runs: int = 3) -> list[Hotspot]:
    """Functions of `package`, costliest first; seconds and calls are those of one run."""
    run()
    profile = cProfile.Profile(time.process_time)
    for _ in range(runs):
        profile.runcall(run)
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    owners: dict[Function, dict[Function, float]] = {}
    spent: Counter[Function] = Counter()
    for function, (_, _, own, _, _) in stats.items():
        for owner, share in _owners(function, stats, package, owners, ()).items():
            spent[owner] += own * share
    return [
        Hotspot(_module(owner, package), owner[2], stats[owner][1] / runs, seconds / runs)
        for owner, seconds in spent.most_common()
    ]


def _owners(
    function: Function,
    stats: dict[Function, tuple],
    package: Path,
    known: dict[Function, dict[Function, float]],
    within: tuple[Function, ...],
) -> dict[Function, float]:
    """The functions of the package that a function works for, each with its share."""
    if function[0].startswith(str(package)) and not function[2].startswith("<"):  # a lambda is its caller's
        return {function: 1.0}
    if function in known or function in within:
        return known.get(function, {})
    callers = {caller: counted[3] for caller, counted in stats[function][4].items()}
    found: Counter[Function] = Counter()
    for caller, seconds in callers.items():
        for owner, share in _owners(caller, stats, package, known, (*within, function)).items():
            found[owner] += share * seconds
    whole = sum(found.values())
    known[function] = {owner: seconds / whole for owner, seconds in found.items()} if whole else {}
    return known[function]


def _module(function: Function, package: Path) -> str:
    return Path(function[0]).relative_to(package).with_suffix("").as_posix()
