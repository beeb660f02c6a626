"""What of CLAIMS_837 and LINES_837 cannot be written as an 837P, as data: code, column and position, no values.

Only what would be written is judged: a patient's columns do not matter where the patient is the subscriber. Checks
run over whole columns; where every value of a column is good, only its lengths and bytes are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.guides import claim_837 as guide
from connectors.x12.tables import CLAIMS_837, FINDINGS
from connectors.x12.writing.columns import (
    Ints,
    Mask,
    claim_conditions,
    column,
    conform,
    first_rows,
    flags,
    given,
    integers,
    line_conditions,
    of_unique,
    owners,
)

Fault = tuple[int, int, str, str, str]  # claim row, line row or -1, column, code, message

# The basic character set without * : and small letters. Index: byte.
_GOOD = np.zeros(256, dtype=np.bool_)
_GOOD[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !\"&'()+,-./;?=")] = True
_GOOD_TEXT = r"[A-Z0-9 !\"&'()+,\-./;?=]*"
_FIRST_DAY, _LAST_DAY = np.datetime64("1850-01-01"), np.datetime64("2199-12-31")


def unencodable(tables: Mapping[str, pa.Table]) -> pa.Table:
    """FINDINGS: every reason why a claim of `tables` cannot be written, in the order of claims, lines and columns.

    Codes: MISSING (required and absent), TOO_LONG, CHARACTER (outside the basic character set, or a delimiter),
    TOO_MANY, SUM (lines against the claim), INVALID (not what the guide allows there).
    """
    claims, lines = conform(tables)
    return findings(claims, lines)


def findings(claims: pa.Table, lines: pa.Table) -> pa.Table:
    """`unencodable` for tables that `conform` gave."""
    owner = owners(claims, lines)
    found = [
        (int(row), -1, *what)
        for what, mask in _claim_faults(claims, lines, owner)
        for row in np.flatnonzero(mask)
    ]
    for what, mask in _line_faults(claims, lines, owner):
        found += [(int(owner[row]), int(row), *what) for row in np.flatnonzero(mask)]
    found.sort(key=lambda fault: fault[:2])  # stable: the columns stay in wire order
    return _table(claims, lines, found)


def _table(claims: pa.Table, lines: pa.Table, found: list[Fault]) -> pa.Table:
    rows: dict[str, list[Any]] = {name: [] for name in FINDINGS.names}
    for claim, line, name, code, message in found:
        source = lines if line >= 0 else claims
        rows["claim_id"].append(source.column("claim_id")[line if line >= 0 else claim].as_py())
        rows["position"].append(lines.column("position")[line].as_py() if line >= 0 else None)
        rows["column"].append(name)
        rows["code"].append(code)
        rows["message"].append(message)
    return pa.table(rows, schema=FINDINGS)


# --- claims ----------------------------------------------------------------------------------------------------

What = tuple[str, str, str]  # column, code, message


def _claim_faults(claims: pa.Table, lines: pa.Table, owner: Ints) -> Iterator[tuple[What, Mask]]:
    where = _written(claim_conditions(claims), guide.CLAIM_LOOPS, guide.REQUIRED_ANYWAY)
    for element in guide.CLAIM_ELEMENTS:
        yield from _element_faults(claims, element, where)
    for name in ("subscriber_birth_date", "patient_birth_date"):
        yield from _day_faults(claims, name, where[name])
    yield (
        ("billing_street", "INVALID", "billing_street is a post office box"),
        flags(pc.match_substring_regex(column(claims, "billing_street"), guide.PO_BOX)),
    )
    ids = column(claims, "claim_id")
    repeated = np.ones(len(claims), np.bool_)
    repeated[first_rows(ids)] = False
    yield ("claim_id", "INVALID", "claim_id is used by more than one claim"), repeated & given(ids)
    diagnoses = column(claims, "diagnoses")
    yield from _list_faults(diagnoses, "diagnoses", guide.MOST_DIAGNOSES, "[A-Z][0-9][0-9A-Z]{1,5}")
    yield from _amount_faults(claims, "charge_cents", guide.MOST_CENTS)

    count = np.bincount(owner[owner >= 0], minlength=len(claims))
    yield ("lines", "MISSING", "the claim has no line"), count == 0
    yield ("lines", "TOO_MANY", f"the claim has more than {guide.MOST_LINES} lines"), count > guide.MOST_LINES
    charges = integers(column(lines, "charge_cents"))
    total = np.zeros(len(claims), np.int64)
    np.add.at(total, owner[owner >= 0], charges[owner >= 0])
    differs = (total != integers(column(claims, "charge_cents"))) & (count > 0)
    yield ("charge_cents", "SUM", "charge_cents is not the sum of the lines"), differs


def _line_faults(claims: pa.Table, lines: pa.Table, owner: Ints) -> Iterator[tuple[What, Mask]]:
    where = _written(line_conditions(lines), ("2400",), frozenset(("claim_id",)))
    for element in guide.LINE_ELEMENTS:
        yield from _element_faults(lines, element, where)
    yield ("claim_id", "INVALID", "claim_id names no claim"), (owner < 0) & given(column(lines, "claim_id"))
    yield ("position", "INVALID", "positions of the claim are not 1, 2, 3 …"), ~_consecutive(lines, owner)
    yield from _list_faults(column(lines, "modifiers"), "modifiers", guide.MOST_MODIFIERS, "[A-Z0-9]{2}")
    pointers = column(lines, "pointers")
    yield from _list_faults(pointers, "pointers", guide.MOST_POINTERS, "[1-9]|1[0-2]")
    listed = of_unique(column(claims, "diagnoses"), lambda text: len(text.split()), np.int64)
    furthest = of_unique(
        pointers, lambda t: max((int(p) for p in t.split() if p.isdecimal()), default=0), np.int64
    )
    beyond = furthest > np.append(listed, 0)[owner]
    yield ("pointers", "INVALID", "pointers names a diagnosis that the claim does not list"), beyond
    yield from _amount_faults(lines, "charge_cents", guide.MOST_CENTS)
    yield from _amount_faults(lines, "units", guide.MOST_UNITS, least=1)
    for name in ("service_from", "service_to"):
        yield from _day_faults(lines, name, where[name])
    backwards = flags(pc.less(column(lines, "service_to"), column(lines, "service_from")))
    yield ("service_to", "INVALID", "service_to is before service_from"), backwards
    ids = pc.binary_join_element_wise(column(lines, "claim_id"), column(lines, "line_id"), "*")
    repeated = flags(pc.is_valid(ids))
    repeated[first_rows(ids)] = False
    yield ("line_id", "INVALID", "line_id is used twice in the claim"), repeated


# --- columns ---------------------------------------------------------------------------------------------------


def _written(
    conditions: Mapping[str, Mask], loops: tuple[str, ...], anyway: frozenset[str]
) -> dict[str, Mask]:
    """For each column that some segment names, the rows in which such a segment is written."""
    where: dict[str, Mask] = dict.fromkeys(anyway, conditions["always"])
    for loop in loops:
        for condition, template in guide.LOOPS[loop]:
            for _, name, _, _ in Formatter().parse(template):
                if name:
                    where[name] = where.get(name, ~conditions["always"]) | conditions[condition]
    return where


def _element_faults(
    table: pa.Table, element: guide.Element, where: Mapping[str, Mask]
) -> Iterator[tuple[What, Mask]]:
    name, values, written = element.column, column(table, element.column), where[element.column]
    present = given(values)
    required = name not in guide.OPTIONAL or (
        name in guide.REQUIRED_ANYWAY and table.schema.equals(CLAIMS_837)
    )
    if required:
        yield (name, "MISSING", f"{name} is required and absent"), written & ~present
    lengths = integers(pc.binary_length(values))
    too_long = lengths > element.longest
    yield (name, "TOO_LONG", f"{name} has more than {element.longest} characters"), written & too_long
    strange = _strange(values)
    yield (name, "CHARACTER", f"{name} has a character that cannot be sent"), written & strange
    judged = written & present & ~too_long & ~strange
    yield (name, "INVALID", f"{name} is not valid"), judged & ~_valid(values, element, lengths)


def _strange(values: pa.Array) -> Mask:
    """Where a value has a byte outside the character set, or a blank at an end."""
    data = values.buffers()[2]
    edges = flags(pc.or_(pc.starts_with(values, " "), pc.ends_with(values, " ")))
    if data is None or _GOOD[np.frombuffer(data, np.uint8)[_span(values)]].all():
        return edges
    bad: Mask = ~flags(pc.fill_null(pc.match_substring_regex(values, f"^{_GOOD_TEXT}$"), True))
    return bad | edges


def _span(values: pa.Array) -> slice:
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    return slice(int(offsets[0]), int(offsets[-1])) if len(offsets) else slice(0, 0)


def _valid(values: pa.Array, element: guide.Element, lengths: Ints) -> Mask:
    valid = lengths >= element.shortest
    if element.allowed:
        valid = valid & flags(pc.is_in(values, pa.array(sorted(element.allowed))))
    if element.pattern:
        valid = valid & flags(pc.match_substring_regex(values, f"^(?:{element.pattern})$"))
    if element.npi:
        valid = valid & of_unique(values, npi_is_valid, np.bool_)
    return valid


def npi_is_valid(npi: str) -> bool:
    """Ten digits from 1 or 2, with the Luhn check digit over 80840 and the number (45 CFR 162.406).

    >>> npi_is_valid("1234567893"), npi_is_valid("1234567890")
    (True, False)
    """
    if not re.fullmatch("[12][0-9]{9}", npi):
        return False
    digits = [int(digit) for digit in npi]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (24 + doubled + sum(digits[-1::-2])) % 10 == 0  # 24: what the prefix 80840 adds


def _list_faults(values: pa.Array, name: str, most: int, pattern: str) -> Iterator[tuple[What, Mask]]:
    """Lists with single blanks: at most `most` items, each matching, none twice."""
    one = re.compile(pattern)

    def unfit(text: str) -> bool:
        items = text.split(" ") if text else []
        return len(set(items)) < len(items) or not all(one.fullmatch(item) for item in items)

    many = of_unique(values, lambda text: len(text.split()) > most, np.bool_)
    yield (name, "TOO_MANY", f"{name} has more than {most} items"), many
    yield (
        (name, "INVALID", f"{name} has an item that is not valid or stands twice"),
        of_unique(values, unfit, np.bool_),
    )


def _amount_faults(table: pa.Table, name: str, most: int, least: int = 0) -> Iterator[tuple[What, Mask]]:
    values = column(table, name)
    numbers, present = integers(values), given(values)
    yield (name, "MISSING", f"{name} is required and absent"), ~present
    yield (name, "TOO_LONG", f"{name} has too many digits"), numbers > most
    yield (name, "INVALID", f"{name} is less than {least}"), present & (numbers < least)


def _day_faults(table: pa.Table, name: str, written: Mask) -> Iterator[tuple[What, Mask]]:
    values = column(table, name)
    days, present = values.to_numpy(zero_copy_only=False).astype("datetime64[D]"), given(values)
    if name != "service_to":  # absent means one day
        yield (name, "MISSING", f"{name} is required and absent"), written & ~present
    inside = (days >= _FIRST_DAY) & (days <= _LAST_DAY)
    yield (name, "INVALID", f"{name} is not a date that can be"), written & present & ~inside


def _consecutive(lines: pa.Table, owner: Ints) -> Mask:
    """Where the line's position is what it would be if its claim's lines were numbered from 1."""
    positions = integers(column(lines, "position"))
    order = np.lexsort((positions, owner))
    rows = np.arange(len(order))
    opens = np.ones(len(order), np.bool_)
    opens[1:] = owner[order][1:] != owner[order][:-1]
    expected = np.empty(len(order), np.int64)
    expected[order] = rows - np.maximum.accumulate(np.where(opens, rows, 0)) + 1
    fits: Mask = (positions == expected) | (owner < 0)
    return fits
