"""Whole files at a glance: their functional groups, and what all decoders together say of one reading.

Each decoder reports the problems of its own kinds of transaction set, and all of them repeat those of the envelope.
Here every set is judged by the decoder of its kind, and the envelope once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides.acknowledgments import GUIDE_277CA, GUIDE_999
from connectors.x12.guides.remittance_835 import GUIDE as GUIDE_835
from connectors.x12.reading import acknowledgments, claims, remittances
from connectors.x12.reading.acknowledgments import DecodedAcknowledgments
from connectors.x12.reading.interchanges import Reading
from connectors.x12.reading.remittances import Decoded835
from connectors.x12.reading.segments import Segments, code

REMITTANCES, CLAIMS = tuple(GUIDE_835.kinds), ("837P", "837I")
ANSWERS = (*GUIDE_999.kinds, *GUIDE_277CA.kinds)
# Kinds of set whose segments and elements a decoder checks; of all others only the envelope is known.
DECODED_KINDS = (*REMITTANCES, *CLAIMS, *ANSWERS)


class Group(NamedTuple):
    """One functional group: its interchange (-1 for none), its GS and GE as elements, the numbers of its sets."""

    interchange: int
    row: int
    header: list[str]
    trailer: list[str]  # [] where the GE is missing
    sets: list[int]


class Groups:
    """The functional groups of a file in order, part by part; a set outside every group is in none of them."""

    def __init__(self) -> None:
        self.found: list[Group] = []
        self._interchange = self._number = -1
        self._open = False

    def add(self, segments: Segments) -> None:
        """Go on with these segments."""
        names = {code(name): name for name in ("ISA", "IEA", "GS", "GE", "ST")}
        rows = np.flatnonzero(np.isin(segments.tag, list(names)))
        for row, tag in zip(rows.tolist(), segments.tag[rows].tolist(), strict=True):
            name = names[tag]
            if name == "ST":
                self._number += 1
                if self._open:
                    self.found[-1].sets.append(self._number)
            elif name == "GS":
                self.found.append(Group(self._interchange, row, segments.values(row), [], []))
                self._open = True
            else:
                if name == "GE" and self._open:
                    self.found[-1].trailer.extend(segments.values(row))
                self._interchange += name == "ISA"
                self._open = False


def groups(reading: Reading) -> list[Group]:
    """The functional groups of whole files."""
    found = Groups()
    found.add(reading.segments)
    return found.found


@dataclass(frozen=True, slots=True)
class Judged:
    """What the decoders give of one reading; None where there is nothing for one to decode."""

    remitted: Decoded835 | None
    answered: DecodedAcknowledgments | None
    problems: pa.Table  # as connectors.x12.tables.PROBLEMS


def judge(reading: Reading) -> Judged:
    """Decode what can be decoded, and bring the problems together."""
    envelope = reading.problems.table()
    kinds = {found.kind for found in reading.sets}
    remitted = remittances.decode(reading) if kinds.intersection(REMITTANCES) else None
    claimed = claims.decode(reading) if kinds.intersection(CLAIMS) else None
    answers = reading.acks or kinds.intersection(ANSWERS)
    answered = acknowledgments.decode(reading) if answers else None
    told = [
        (own, decoded.problems)
        for own, decoded in ((REMITTANCES, remitted), (CLAIMS, claimed), (ANSWERS, answered))
        if decoded is not None
    ]
    return Judged(remitted, answered, _together(reading, envelope, told))


def _together(
    reading: Reading, envelope: pa.Table, told: Sequence[tuple[Collection[str], pa.Table]]
) -> pa.Table:
    """The problems of each set from the decoder of its kind, the others once; the envelope first."""
    judges = [
        next((n for n, (kinds, _) in enumerate(told) if found.kind in kinds), len(told))
        for found in reading.sets
    ]
    judge_of = np.array([*judges, -1], np.int64)  # the last is for problems of no set
    outside, inside = [], []
    for number, table in enumerate([*(table for _, table in told), envelope]):
        of_set = pc.fill_null(table["transaction"], -1).to_numpy().astype(np.int64)
        outside.append(table.filter(pa.array(of_set < 0)))
        inside.append(table.filter(pa.array((of_set >= 0) & (judge_of[of_set] == number))))
    rows = dict.fromkeys(tuple(row.items()) for table in outside for row in table.to_pylist())
    once = pa.Table.from_pylist([dict(row) for row in rows], schema=envelope.schema)
    return pa.concat_tables([once, *inside])
