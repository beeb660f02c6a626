"""The tables of one encoding and how their rows belong together.

A row of another table names its claim by ``claim_id``, its line and its other payer by their positions in the claim.
Here each is a row number of the table it names, -1 where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.claim_837 import PROFESSIONAL, Guide837
from connectors.x12.guides.claim_837i import INSTITUTIONAL
from connectors.x12.guides.elements_837 import elements_of
from connectors.x12.tables837 import TABLES_837
from connectors.x12.writing.columns import Columns, Ints, conform

GUIDES = {guide.kind: guide for guide in (PROFESSIONAL, INSTITUTIONAL)}
_REQUIRED = ("claims", "lines")
_MOST_POSITIONS = 1 << 20  # positions beyond are found nowhere, and so are findings


class Batch:
    """The tables that `encode_837` was given, as the guide of `kind` reads them.

    Raises ValueError naming what is absent, unknown or of another type; KeyError never: a kind is 837P or 837I.
    """

    def __init__(self, tables: Mapping[str, pa.Table], kind: str) -> None:
        if kind not in GUIDES:
            raise ValueError("kind is neither 837P nor 837I")
        self.guide: Guide837 = GUIDES[kind]
        self.tables: dict[str, Columns] = {}
        for name in (*_REQUIRED, *(other for other in tables if other not in _REQUIRED)):
            if name not in tables or name not in TABLES_837:
                raise ValueError(f"table {name} is {'absent' if name in _REQUIRED else 'unknown'}")
        for name, schema in TABLES_837.items():
            capital = frozenset(element.column for element in elements_of(kind, name) if element.text)
            given = tables.get(name)
            self.tables[name] = Columns(name, 0) if given is None else conform(name, given, schema, capital)

    def __getitem__(self, name: str) -> Columns:
        return self.tables[name]

    @property
    def claims(self) -> Columns:
        return self.tables["claims"]

    @property
    def lines(self) -> Columns:
        return self.tables["lines"]

    @cached_property
    def claim_of(self) -> dict[str, Ints]:
        """For each table but claims, the claim each row belongs to."""
        return {name: self._claim_of(columns) for name, columns in self.tables.items() if name != "claims"}

    def _claim_of(self, columns: Columns) -> Ints:
        if "claim_id" not in columns or "claim_id" not in self.claims:
            return np.full(columns.rows, -1)
        ids, known = columns.array("claim_id"), self.claims.array("claim_id")
        if ids.equals(known):  # a claim with one line each, in order: nothing to look for
            distinct = known.dictionary_encode().dictionary
            if len(distinct) == len(known):
                return np.arange(columns.rows)
        found = pc.fill_null(pc.index_in(ids, value_set=known), -1).to_numpy().astype(np.int64)
        given = columns.given("claim_id")
        return found if given is True else np.where(given, found, -1)

    def _rows_at(self, name: str, claim: Ints, position: Ints) -> Ints:
        """The row of `name` that stands at a position of a claim, -1 for none; the first where there are several."""
        keys = _keys(self.claim_of[name], self[name].integers("position"))
        wanted = _keys(claim, position)
        return found_at(keys, wanted)

    @cached_property
    def payment_line(self) -> Ints:
        """The line that each line payment is of."""
        return self._rows_at("lines", self.claim_of["line_payments"], self["line_payments"].integers("line"))

    @cached_property
    def payment_payer(self) -> Ints:
        """The other payer that each line payment is from."""
        return self._rows_at(
            "other_payers", self.claim_of["line_payments"], self["line_payments"].integers("payer")
        )

    @cached_property
    def adjustment_payer(self) -> Ints:
        """The other payer that each adjustment is from."""
        return self._rows_at(
            "other_payers", self.claim_of["adjustments"], self["adjustments"].integers("payer")
        )

    @cached_property
    def adjustment_payment(self) -> Ints:
        """The line payment that each adjustment of a line belongs to; -1 for those of a claim."""
        line = self._rows_at("lines", self.claim_of["adjustments"], self["adjustments"].integers("line"))
        keys = _keys(self.payment_payer, self.payment_line)
        return found_at(keys, _keys(np.where(line >= 0, self.adjustment_payer, -1), line))


def _keys(claim: Ints, position: Ints) -> Ints:
    """One number for a row and a position within it, -1 where there is no row."""
    good = (claim >= 0) & (position >= 0) & (position < _MOST_POSITIONS)
    return np.where(good, claim * _MOST_POSITIONS + position, -1)


def found_at(keys: Ints, wanted: Ints) -> Ints:
    """Where each wanted key stands among the keys, the first of several; -1 for none, and for the key -1."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    at = np.minimum(np.searchsorted(ordered, wanted), len(keys) - 1)
    return np.where((ordered[at] == wanted) & (wanted >= 0), order[at], -1)
