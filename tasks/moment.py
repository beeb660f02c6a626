"""One moment of the ledger: each table read once, each state that is derived from the facts worked out once.

What stands, what is open and what is proved share most of their inputs. Asked of a ledger, each answer reads its own;
asked of a moment, they share them, and they belong together although another run may write meanwhile.

Between two moments most tables do not change. What a small ledger's last moment knew is kept (`KEPT_BYTES`): a table is
read again, and where it says the same, whatever was worked out of it and of others that say the same stands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import pandas as pd
import pyarrow as pa

from connectors.ledger import Ledger
from connectors.ledger.frames import to_frame
from connectors.ledger.store import Snapshot
from connectors.ledger.sums import sums_table

# Kept of a ledger from one moment to the next, at most; a ledger with more is worked out anew.
KEPT_BYTES = 32_000_000
CELL_BYTES = 16  # of a frame that was worked out, about

Function: TypeAlias = "Callable[[Moment], pd.DataFrame]"
Condition: TypeAlias = tuple[tuple[str, Hashable], ...]
Inputs: TypeAlias = tuple[tuple[Hashable, object], ...]


class Table(NamedTuple):
    """Rows of a table were asked for."""

    name: str
    columns: tuple[str, ...] | None
    where: Condition

    def of(self, view: Snapshot) -> pa.Table:
        """The answer."""
        return view.table(self.name, dict(self.where), self.columns)

    def among(self, whole: pa.Table) -> pa.Table:
        """The answer, out of all columns of all rows."""
        return whole if self.columns is None else whole.select(list(self.columns))


class Current(NamedTuple):
    """The newest versions of a master table were asked for."""

    master: str

    def of(self, view: Snapshot) -> pa.Table:
        """The answer."""
        return view.current_table(self.master)


class Sums(NamedTuple):
    """Sums were asked for."""

    name: str
    by: tuple[str, ...]
    column: str
    where: Condition

    def of(self, view: Snapshot) -> pa.Table:
        """The answer."""
        return sums_table(view, self.name, self.by, self.column, dict(self.where))


@dataclass(frozen=True, eq=False, repr=False)  # nothing of a frame goes into a message
class Known:
    """An answer. Its `version` is that of an earlier one that was the same.

    `content` is what the database said, `inputs` what was asked to work the answer out, and the versions of that.
    """

    frame: pd.DataFrame
    version: object
    content: pa.Table | None = None
    inputs: Inputs = ()

    @cached_property
    def size(self) -> int:
        """Bytes, about."""
        return self.frame.size * CELL_BYTES if self.content is None else int(self.content.nbytes)


Kept: TypeAlias = Mapping[Hashable, Known]


class Moment:
    """Reads of one snapshot, remembered. The frames are shallow copies: changing one changes no other."""

    def __init__(self, view: Snapshot, before: Kept = MappingProxyType({})) -> None:
        self._view, self._before = view, before
        self._known: dict[Hashable, Known] = {}
        self._inputs: list[dict[Hashable, object]] = []  # of what is being worked out, the innermost last

    def read(self, name: str, where: Any = None, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """See `Snapshot.read`; conditions are for the database, and rows that meet them are not remembered."""
        wanted = None if columns is None else tuple(columns)
        if where and not self._inputs:
            return self._view.read(name, where, wanted)
        whole = Table(name, None, ())
        if wanted and not where and whole in self._known:
            return self._ask(whole)[list(wanted)]
        return self._ask(Table(name, wanted, _frozen(where)))

    def current(self, name: str) -> pd.DataFrame:
        """See `Snapshot.current`."""
        return self._ask(Current(name))

    def sums(self, name: str, by: Iterable[str], column: str, where: Any = None) -> pd.DataFrame:
        """See `connectors.ledger.sums`."""
        return self._ask(Sums(name, tuple(by), column, _frozen(where)))

    def count(self, name: str) -> int:
        """See `Snapshot.count`."""
        self._unlike_any_other()
        return self._view.count(name)

    def fingerprint(self) -> str:
        """See `Snapshot.fingerprint`."""
        self._unlike_any_other()
        return self._view.fingerprint()

    def worked_out(self, function: Function) -> pd.DataFrame:
        """What `function` derives from this moment."""
        return self._ask(function)

    def kept(self) -> Kept:
        """What the next moment of a small ledger may use: what is known now, and of before what still goes with it."""
        known = {**self._before, **self._known}
        versions = {key: each.version for key, each in known.items()}
        stands = {
            key: each
            for key, each in known.items()
            if all(versions.get(of) is version for of, version in each.inputs)
        }
        return stands if sum(each.size for each in stands.values()) <= KEPT_BYTES else {}

    def _ask(self, key: Any) -> pd.DataFrame:
        found = self._answer(key)
        if self._inputs:
            self._inputs[-1].setdefault(key, found.version)
        return found.frame.copy(deep=False)

    def _answer(self, key: Any) -> Known:
        if key not in self._known:
            before = self._before.get(key)
            asked = isinstance(key, Table | Current | Sums)
            self._known[key] = self._said(key, before) if asked else self._derived(key, before)
        return self._known[key]

    def _said(self, key: Table | Current | Sums, before: Known | None) -> Known:
        content = self._content(key)
        if before is not None and before.content is not None and content.equals(before.content):
            return before
        kept = content if content.nbytes <= KEPT_BYTES else None
        return Known(to_frame(content), object(), kept)

    def _content(self, key: Table | Current | Sums) -> pa.Table:
        if isinstance(key, Table) and not key.where:
            whole = self._known.get(Table(key.name, None, ()))
            if whole is not None and whole.content is not None:
                return key.among(whole.content)
        return key.of(self._view)

    def _derived(self, function: Function, before: Known | None) -> Known:
        if before is not None and all(self._answer(key).version is version for key, version in before.inputs):
            return before
        self._inputs.append({})
        try:
            frame = function(self)
        finally:
            inputs = self._inputs.pop()
        version = before.version if before is not None and before.frame.equals(frame) else object()
        return Known(frame, version, inputs=tuple(inputs.items()))

    def _unlike_any_other(self) -> None:
        """What is being worked out depends on something that is not remembered."""
        if self._inputs:
            self._inputs[-1][object()] = object()


def _frozen(where: Any) -> Condition:
    return tuple(
        (column, value if isinstance(value, str) or not pd.api.types.is_list_like(value) else tuple(value))
        for column, value in (where or {}).items()
    )


Facts: TypeAlias = Ledger | Moment


class Reads(Protocol):
    """Whatever tables can be read from: a ledger, a moment of it, a transaction."""

    def read(self, name: str, where: Any = None, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """See `Snapshot.read`."""
        ...

    def count(self, name: str) -> int:
        """See `Snapshot.count`."""
        ...


_KEPT: WeakKeyDictionary[Ledger, Kept] = WeakKeyDictionary()


@contextmanager
def moment(facts: Facts) -> Iterator[Moment]:
    """The moment itself, or the present one of a ledger."""
    if isinstance(facts, Moment):
        yield facts
        return
    with facts.snapshot() as view:
        now = Moment(view, _KEPT.get(facts, {}))
        yield now
        _KEPT[facts] = now.kept()


def derived(function: Callable[[Moment], pd.DataFrame]) -> Callable[[Facts], pd.DataFrame]:
    """A state derived from the facts alone: worked out once in a moment."""

    @wraps(function)
    def once(facts: Facts) -> pd.DataFrame:
        with moment(facts) as now:
            return now.worked_out(function)

    return once
