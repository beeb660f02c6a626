"""TA1, 999, 997 and 277CA bytes to tables: what became of an interchange, a transaction set, a claim.

A bad value that a 999 copies back (IK404), and the context segments (CTX) that may hold one, are never read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import tables
from connectors.x12.guides import acknowledgments as guide
from connectors.x12.guides.notation import Source, source
from connectors.x12.problems import Problems
from connectors.x12.reading import columns
from connectors.x12.reading.dates import date_ranges
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.interchanges import Reading, read
from connectors.x12.reading.numbers import Numbers
from connectors.x12.reading.segments import Codes, Flags, Ints, code
from connectors.x12.reading.set_tables import interchange_table, rows_table, set_table


@dataclass(frozen=True, slots=True)
class DecodedAcknowledgments:
    """Arrow tables; schemas in ``connectors.x12.tables``."""

    interchanges: pa.Table
    sets: pa.Table
    interchange_acks: pa.Table
    set_acks: pa.Table
    claim_acks: pa.Table
    problems: pa.Table


def decode_acknowledgments(data: bytes | Sequence[bytes]) -> DecodedAcknowledgments:
    """Every TA1, 999, 997 and 277CA in the bytes of one file, or of many in one pass.

    Never raises for what the bytes hold. An answer that stands in a set that is not ``intact`` (table ``sets``) or has
    an error in ``problems`` is given as read, and must not be believed.
    """
    return decode(read(data))


def decode(reading: Reading) -> DecodedAcknowledgments:
    """As ``decode_acknowledgments``, of bytes already read."""
    problems = Problems(reading.problems.rows)
    interchange_acks = _interchange_acks(reading, problems)
    set_acks = _set_acks(Sets(reading, guide.GUIDE_999, problems))
    claim_acks = _claim_acks(Sets(reading, guide.GUIDE_277CA, problems))
    return DecodedAcknowledgments(
        interchange_table(reading),
        set_table(reading),
        interchange_acks,
        set_acks,
        claim_acks,
        problems.table(),
    )


# --- TA1 -------------------------------------------------------------------------------------------------------


def _interchange_acks(reading: Reading, problems: Problems) -> pa.Table:
    rows: list[tuple[object, ...]] = []
    for file, interchange, segment in reading.acks:
        values = [value.strip() or None for value in reading.segments.values(segment)]
        values += [None] * (6 - len(values))
        found = [values[element] for element in guide.TA1.values()]
        if found[0] is None or found[3] not in guide.TA1_CODES.split():
            problems.add("CODE_UNKNOWN", "TA101 or TA104 does not say what became of what", file=file)
        rows.append((file, interchange, *found))
    return rows_table(rows, tables.INTERCHANGE_ACKS)


# --- 999 and 997 -----------------------------------------------------------------------------------------------


def _set_acks(sets: Sets) -> pa.Table:
    """One row for each AK2, and for each AK1 without any."""
    sets_at, groups_at = sets.rows("AK2"), sets.rows("AK1")
    group_of = sets.owner(groups_at, sets_at)
    orphan = np.flatnonzero(group_of < 0)
    sets_at, group_of = np.delete(sets_at, orphan), np.delete(group_of, orphan)
    alone = np.setdiff1d(np.arange(len(groups_at)), group_of)
    at = np.concatenate([sets_at, groups_at[alone]])
    group = np.concatenate([group_of, alone])
    order = np.argsort(at, kind="stable")
    at, group = at[order], group[order]
    is_set = ~np.isin(at, groups_at)
    verdict = _answers(sets, at, is_set, ("IK5", "AK5"))
    group_at = groups_at[group] if len(group) else group
    group_answers = _answers(sets, groups_at, np.ones(len(groups_at), np.bool_), ("AK9",))
    closing = group_answers[group] if len(group) else group
    return _ack_table(sets, at, is_set, verdict, group_at, closing)


def _ack_table(sets: Sets, at: Ints, is_set: Flags, verdict: Ints, group_at: Ints, closing: Ints) -> pa.Table:
    """Rows ``at`` (AK2, or AK1 alone) with their IK5/AK5, AK1 and AK9 segments; -1 for none."""
    answer = np.where(is_set, verdict, closing)
    own = pa.array(is_set)

    def elements(rows: Ints, *numbers: int) -> list[pa.Array]:
        return [sets.read(rows, Source("", "", number, 0, 0), pa.string(), "") for number in numbers]

    codes = elements(answer, 1)[0]
    _check_codes(sets, at, codes)
    listed = [
        pc.if_else(own, in_set, in_group)
        for in_set, in_group in zip(
            elements(answer, 2, 3, 4, 5, 6), elements(answer, 5, 6, 7, 8, 9), strict=True
        )
    ]
    kind, control = elements(np.where(is_set, at, -1), 1, 2)
    given = {
        "transaction": pa.array(sets.set_of(at)),
        "position": pa.array(_set_positions(sets, at, is_set)),
        "segment": pa.array(sets.ordinal(at)),
        **dict(zip(("functional_id", "group_control", "version"), elements(group_at, 1, 2, 3), strict=True)),
        "group_code": elements(closing, 1)[0],
        "set_kind": kind,
        "set_control": control,
        "code": codes,
        "error_codes": _together(listed),
        "details": _details(sets, at),
    }
    return pa.Table.from_arrays([given[f.name].cast(f.type) for f in tables.SET_ACKS], schema=tables.SET_ACKS)


def _answers(sets: Sets, at: Ints, wanted: Flags, tags: tuple[str, ...]) -> Ints:
    """For each AK2 (or AK1) the segment that answers it, -1 for none: the first before the next of its kind."""
    found = np.sort(np.concatenate([sets.rows(tag) for tag in tags]))
    owner = sets.owner(at, found)
    found, owner = found[owner >= 0], owner[owner >= 0]
    chosen = np.full(len(at), -1)
    chosen[owner[::-1]] = found[::-1]
    repeated = found[1:][owner[1:] == owner[:-1]]
    sets.report("SEGMENT_REPEATED", repeated, f"a second {' or '.join(tags)} answers the same")
    sets.report("SEGMENT_MISSING", at[wanted & (chosen < 0)], f"no {' or '.join(tags)} answers this")
    return chosen


def _set_positions(sets: Sets, at: Ints, is_set: Flags) -> Ints:
    place = np.zeros(len(at), np.int64)
    place[is_set] = columns.positions(sets.set_of(at[is_set]))
    return place


def _check_codes(sets: Sets, at: Ints, codes: pa.Array) -> None:
    known = pc.is_in(codes, pa.array([*guide.SET_CODES.split(), None], pa.string()))
    unknown = ~known.to_numpy(zero_copy_only=False)
    sets.report("CODE_UNKNOWN", at[unknown], "the acknowledgment code is not one of " + guide.SET_CODES)


def _together(listed: Sequence[pa.Array]) -> pa.Array:
    """Texts side by side in one, blanks between, null where all are absent."""
    # Absent as empty first: with null_handling="skip" Arrow 26 drops the rows where every text is null.
    joined = pc.binary_join_element_wise(*(pc.fill_null(each, "") for each in listed), " ")
    joined = pc.utf8_trim(pc.replace_substring_regex(joined, " +", " "), " ")
    return pc.if_else(pc.equal(joined, ""), None, joined)


# What a segment id, position, loop id or code can look like; anything else may be a value and is not kept.
_CODE = re.compile(r"[A-Za-z0-9/]{0,6}")


def _details(sets: Sets, at: Ints) -> pa.Array:
    """IK3/IK4 (AK3/AK4) of each row as 'segment:position:loop:code[:element:code]'.

    The element position is IK401-1, or IK401-1 and -2 with a dash between. IK404 is not read.
    """
    found = np.sort(np.concatenate([sets.rows(tag) for tag in ("IK3", "IK4", "AK3", "AK4")]))
    owner = sets.owner(at, found)
    told: dict[int, list[str]] = {}
    segment, bare, last = "?", False, -1
    for row, ack in zip(found.tolist(), owner.tolist(), strict=True):
        if ack < 0:
            continue
        if ack != last:
            segment, bare, last = "?", False, ack  # an IK4 whose IK3 stands in another set is nobody's
        texts = told.setdefault(ack, [])
        values = [*sets.segments.values(row), "", "", "", ""]
        if values[0] in ("IK3", "AK3"):
            segment, bare = ":".join(map(_clean, values[1:5])), True
            texts.append(segment)
        else:
            component = chr(sets.segments.delimiters[int(sets.segments.piece[row])].component)
            element = "-".join(_clean(part) for part in values[1].split(component)[:2])
            if bare:
                texts.pop()
            texts.append(f"{segment}:{element}:{_clean(values[3])}")
            bare = False
    return pa.array([" ".join(told[ack]) if ack in told else None for ack in range(len(at))], pa.string())


def _clean(value: str) -> str:
    value = value.strip()
    return value if _CODE.fullmatch(value) else "?"


# --- 277CA -----------------------------------------------------------------------------------------------------


def _claim_acks(sets: Sets) -> pa.Table:
    """One row for each STC."""
    at = sets.in_loop("STC", "2000", "2220D")
    hierarchy, lines = sets.rows("HL"), sets.in_loop("SVC", "2220D")
    owner = sets.owner(hierarchy, at)
    at, owner = at[owner >= 0], owner[owner >= 0]  # the others are reported as out of place
    levels = [code(level) for level in guide.LEVELS]
    names = pa.array([*guide.LEVELS.values(), "line"])
    level_of = sets.segments.codes(hierarchy, 3)
    known = np.isin(level_of, levels)
    sets.report("CODE_UNKNOWN", hierarchy[~known], "HL03 is not a level of the 277CA", 3)
    number = np.array([levels.index(each) if each in levels else -1 for each in level_of.tolist()], np.int64)
    in_line = sets.loop[at] == sets.names.index("2220D")
    level = np.where(in_line, len(levels), number[owner]) if len(at) else owner
    line = np.where(in_line, np.searchsorted(lines, sets.opener[at]), -1)
    sources = _sources(sets, hierarchy, level_of)
    of_hierarchy = _Lookup(sets, hierarchy, "2000", owner)
    of_line = _Lookup(sets, lines, "2220D", line)
    dates = _service_dates(
        sets, np.where(in_line, of_line.rows("DTP", "472"), of_hierarchy.rows("DTP", "472"))
    )
    given = {
        "transaction": pa.array(sets.set_of(at)),
        "segment": pa.array(sets.ordinal(at)),
        "level": names.take(pa.array(level, mask=level < 0)),
        "source_entity": sets.read(sources[owner], source("NM101"), pa.string(), "")
        if len(at)
        else pa.nulls(0, pa.string()),
        "source_id": sets.read(sources[owner], source("NM109"), pa.string(), "")
        if len(at)
        else pa.nulls(0, pa.string()),
        "reference": of_hierarchy.text("TRN02"),
        "further": _further(sets, at),
        "payer_control": of_hierarchy.text("REF*1K 02"),
        "line_control": of_line.text("REF*FJ 02"),
        "service_from": dates[0].arrow(pa.date32()),
        "service_to": dates[1].arrow(pa.date32()),
    }
    types = {f.name: f.type for f in tables.CLAIM_ACKS}
    for name, text in guide.STATUS.items():
        given[name] = sets.read(at, source(text), types[name], name)
    return pa.Table.from_arrays(
        [given[f.name].cast(f.type) for f in tables.CLAIM_ACKS], schema=tables.CLAIM_ACKS
    )


class _Lookup:
    """Segments of the loop that each row stands in."""

    def __init__(self, sets: Sets, openers: Ints, loop: str, owner: Ints) -> None:
        self.sets, self.openers, self.loop, self.owner = sets, openers, loop, owner

    def rows(self, tag: str, qualifier: str) -> Ints:
        found = np.append(self.sets.first(self.openers, self.loop, tag, qualifier), -1)
        return np.where(self.owner < 0, -1, found[self.owner])

    def text(self, text: str) -> pa.Array:
        at = source(text)
        return self.sets.read(self.rows(at.tag, at.qualifier), at, pa.string(), "")


def _sources(sets: Sets, hierarchy: Ints, level_of: Codes) -> Ints:
    """For each HL, the NM1 of the last HL*20 (2100A) at or before it in its set, -1 for none."""
    names = sets.first(hierarchy, "2000", "NM1", "")
    sources = np.flatnonzero(level_of == code("20"))
    last = sets.owner(hierarchy[sources], hierarchy)
    return np.where(last >= 0, names[np.append(sources, -1)[last]], -1) if len(hierarchy) else hierarchy


def _service_dates(sets: Sets, rows: Ints) -> tuple[Numbers, Numbers]:
    """DTP03 as D8, or RD8 (two dates with a dash between)."""
    there = np.flatnonzero(rows >= 0)
    held = rows[there]
    ranged = sets.segments.codes(held, 2) == code("RD8")
    found = date_ranges(sets.segments.spans(held, 3), ranged)
    bad = np.logical_or.reduce([each.present & ~each.valid for each in found])
    sets.report("DATE", np.unique(held[bad]), "DTP03 is not a date CCYYMMDD or a range of two", 3)
    return found[0].at(there, len(rows)), found[1].at(there, len(rows))


def _further(sets: Sets, at: Ints) -> pa.Array:
    """STC10 and STC11, each as category:status:entity, whatever separates components in the file."""
    parts = []
    for each in map(source, guide.FURTHER):
        pieces = [sets.read(at, each._replace(low=n, high=n), pa.string(), "") for n in (1, 2, 3)]
        filled = [pc.fill_null(piece, "") for piece in pieces]
        text = pc.utf8_rtrim(pc.binary_join_element_wise(*filled, ":"), ":")
        parts.append(pc.if_else(pc.equal(text, ""), None, text))
    return _together(parts) if len(at) else pa.nulls(0, pa.string())
