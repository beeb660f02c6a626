"""One moment of the ledger: each table read once, each state that is derived from the facts worked out once.

What stands, what is open and what is proved share most of their inputs. Asked of a ledger, each answer reads its own;
asked of a moment, they share them, and they belong together although another run may write meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Protocol, TypeAlias

import pandas as pd

from connectors.ledger import Ledger
from connectors.ledger.store import Snapshot
from connectors.ledger.sums import sums


class Moment:
    """Reads of one snapshot, remembered. The frames are shallow copies: changing one changes no other."""

    def __init__(self, view: Snapshot) -> None:
        self._view = view
        self._known: dict[object, pd.DataFrame] = {}

    def read(self, name: str, where: Any = None, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """See `Snapshot.read`; conditions are for the database and are not remembered."""
        if where:
            return self._view.read(name, where, columns)
        wanted = None if columns is None else tuple(columns)
        if wanted and (name, None) in self._known:
            return self._known[name, None][list(wanted)]
        return self._once((name, wanted), lambda: self._view.read(name, None, wanted))

    def current(self, name: str) -> pd.DataFrame:
        """See `Snapshot.current`."""
        return self._once(("current", name), lambda: self._view.current(name))

    def sums(self, name: str, by: Iterable[str], column: str, where: Any = None) -> pd.DataFrame:
        """See `connectors.ledger.sums`; not remembered."""
        return sums(self._view, name, by, column, where)

    def count(self, name: str) -> int:
        """See `Snapshot.count`."""
        return self._view.count(name)

    def fingerprint(self) -> str:
        """See `Snapshot.fingerprint`."""
        return self._view.fingerprint()

    def worked_out(self, function: Callable[[Moment], pd.DataFrame]) -> pd.DataFrame:
        """What `function` derives from this moment."""
        return self._once(function, lambda: function(self))

    def _once(self, key: object, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key].copy(deep=False)


Facts: TypeAlias = Ledger | Moment


class Reads(Protocol):
    """Whatever tables can be read from: a ledger, a moment of it, a transaction."""

    def read(self, name: str, where: Any = None, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """See `Snapshot.read`."""
        ...

    def count(self, name: str) -> int:
        """See `Snapshot.count`."""
        ...


@contextmanager
def moment(facts: Facts) -> Iterator[Moment]:
    """The moment itself, or the present one of a ledger."""
    if isinstance(facts, Moment):
        yield facts
        return
    with facts.snapshot() as view:
        yield Moment(view)


def derived(function: Callable[[Moment], pd.DataFrame]) -> Callable[[Facts], pd.DataFrame]:
    """A state derived from the facts alone: worked out once in a moment."""

    @wraps(function)
    def once(facts: Facts) -> pd.DataFrame:
        with moment(facts) as now:
            return now.worked_out(function)

    return once
