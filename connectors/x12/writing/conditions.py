"""Where each loop and segment of the guide is written, and so where each column's value is needed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow.compute as pc

from connectors.x12.guides.templates import Loop, Segment
from connectors.x12.writing.columns import Columns, Where, both, either, flags, narrow, negate

DECIDED = ("7", "8", "Q")  # CLM05-3 of a claim that the payer has decided about before


class Conditions:
    """Where the named conditions of ``guides.claim_837`` hold in one table; each is worked out when asked for."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._known: dict[str, Where] = {}

    def __getitem__(self, name: str) -> Where:
        if name not in self._known:
            self._known[name] = getattr(self, "_" + name.replace(" ", "_"))()
        return self._known[name]

    def any_of(self, *names: str) -> Where:
        """Where one of these columns has a value."""
        return either(self.columns.given(name) for name in names)

    def loop(self, loop: Loop) -> Where:
        """Where a loop is written."""
        return self._where(loop.when, loop.columns)

    def segment(self, loop: Loop, segment: Segment) -> Where:
        """Where a segment of a loop is written."""
        inside = self.loop(loop)
        if inside is False:
            return False
        return both(inside, self._where(segment.when, [field.column for field in segment.fields]))

    def _where(self, when: str, columns: Iterable[str]) -> Where:
        if not when:
            return True
        return self.any_of(*columns) if when == "?" else self[when]

    # The named ones.

    def _organization(self) -> Where:
        return negate(self["person"])

    def _person(self) -> Where:
        return self.columns.given("billing_first_name")

    def _self(self) -> Where:
        return self.columns.equals("relationship", "18")

    def _dependant(self) -> Where:
        return both(self.columns.given("relationship"), negate(self["self"]))

    def _address(self) -> Where:
        return either(
            [
                self["self"],
                self.any_of(*(f"subscriber_{part}" for part in ("street", "city", "state", "zip"))),
            ]
        )

    def _birth(self) -> Where:
        return either([self["self"], self.any_of("subscriber_birth_date", "subscriber_sex")])

    def _correction(self) -> Where:
        return self.columns.equals("frequency", *DECIDED)

    def _rendering(self) -> Where:
        texts = self.columns.texts
        if "rendering_npi" not in texts or "billing_npi" not in texts:
            return True
        return negate(narrow(flags(pc.equal(texts["rendering_npi"].array, texts["billing_npi"].array))))

    def _hour(self) -> Where:
        return self.columns.given("admission_hour")

    def _no_hour(self) -> Where:
        return both(self.columns.given("admission_date"), negate(self["hour"]))

    def _numbered(self) -> Where:
        return self.columns.given("facility_npi")

    def _unnumbered(self) -> Where:
        return negate(self["numbered"])

    def _controlled(self) -> Where:
        return self.columns.given("control")

    def _uncontrolled(self) -> Where:
        return negate(self["controlled"])

    def _days(self) -> Where:
        there = both(self.columns.given("service_from"), self.columns.given("service_to"))
        if there is False:
            return False
        differs = self.columns.integers("service_from") != self.columns.integers("service_to")
        return both(there, narrow(np.asarray(differs)))

    def _one_day(self) -> Where:
        return both(self.columns.given("service_from"), negate(self["days"]))
