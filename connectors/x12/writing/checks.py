"""Column by column: what must be there, how long it may be, which characters and codes it may hold.

Only what would be written is judged: a patient's columns do not matter where the patient is the subscriber. What is
true of a whole column (its longest value, the classes of its bytes) is looked at first; single rows only where that
does not settle it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from connectors.x12.guides.claim_837 import ATTACHMENT
from connectors.x12.guides.elements_837 import AMOUNTS, DAYS, Amount, Element, Items, elements_of, items_of
from connectors.x12.guides.templates import Loop
from connectors.x12.writing.batch import Batch
from connectors.x12.writing.columns import (
    BLANK,
    SMALL,
    STRANGE,
    Columns,
    Mask,
    Text,
    Where,
    both,
    either,
    flags,
    negate,
)
from connectors.x12.writing.conditions import Conditions
from connectors.x12.writing.faults import Fault, invalid, missing

_GOOD_TEXT = r"[A-Z0-9 !\"&'()+,\-./;?=]*"
_FIRST_DAY, _LAST_DAY = (int(np.datetime64(day).astype(int)) for day in ("1850-01-01", "2199-12-31"))

# Columns that are needed in every row beyond those that a segment names.
_ALWAYS = {
    "claims": ("claim_id", "relationship", "diagnoses"),
    "lines": ("claim_id",),
    "other_payers": ("claim_id",),
    "line_payments": ("claim_id",),
    "adjustments": ("claim_id", "group_code", "carc", "amount_cents"),
    "claim_codes": ("claim_id", "qualifier", "code"),
    "attachments": ("claim_id",),
}
# Columns that are read otherwise than through a segment's template.
_KNOWN = {
    "claims": (),
    "lines": ("position",),
    "other_payers": ("position",),
    "line_payments": ("line", "payer"),
    "adjustments": ("payer", "line", "position", "quantity_thousandths"),
    "claim_codes": ("position", "date_from", "date_to", "amount_cents"),
    "attachments": ("position",),
}


def loops_of(batch: Batch, table: str) -> tuple[Loop, ...]:
    """The loops that a table's columns stand in."""
    guide = batch.guide
    above = tuple(each for level in guide.hierarchy.values() for each in level)
    return {
        "claims": (*above, *guide.claim),
        "lines": guide.line,
        "other_payers": guide.payer,
        "line_payments": guide.payment,
        "attachments": (ATTACHMENT,),
    }.get(table, ())


class Needs:
    """For each column of a table, where it must be there and where it would be written."""

    def __init__(self, batch: Batch, table: str) -> None:
        self.needed: dict[str, Where] = dict.fromkeys(_ALWAYS[table], True)
        self.written: dict[str, Where] = dict.fromkeys((*_ALWAYS[table], *_KNOWN[table]), True)
        conditions = Conditions(batch[table])
        for loop in loops_of(batch, table):
            for segment in loop.segments:
                where = conditions.segment(loop, segment)
                for field in segment.fields:
                    self.written[field.column] = either([self.written.get(field.column, False), where])
                    if not field.optional:
                        self.needed[field.column] = either([self.needed.get(field.column, False), where])
        if table == "claims":
            for column in batch.guide.claim_columns:
                self.written.setdefault(column, True)
            if (
                batch.guide.kind == "837P"
            ):  # who rendered the service is always said, if only by leaving 2310B out
                self.needed["rendering_npi"] = True


def column_faults(batch: Batch, table: str) -> Iterator[Fault]:
    """Everything that a column of `table` shows by itself."""
    columns, kind = batch[table], batch.guide.kind
    if not columns.rows:
        return
    needs = Needs(batch, table)
    for name in columns.names:
        if name not in needs.written:
            yield invalid(table, name, columns.given(name), f"has no place in the {kind}")
    for element in elements_of(kind, table):
        if element.column in needs.written:
            yield from _text_faults(columns, element, needs)
    for name, items in items_of(batch.guide.most_diagnoses, table).items():
        if name in columns and name in needs.written:
            yield from _list_faults(columns, name, items, needs.written[name])
    for amount in AMOUNTS[table]:
        if amount.column in needs.written:
            yield from _amount_faults(columns, amount, needs)
    for name in DAYS[table]:
        if name in needs.written:
            yield from _day_faults(columns, name, needs)


def _absent(columns: Columns, name: str, needs: Needs) -> Iterator[Fault]:
    where = both(needs.needed.get(name, False), negate(columns.given(name)))
    if where is not False:
        yield missing(columns.name, name, where)


def _text_faults(columns: Columns, element: Element, needs: Needs) -> Iterator[Fault]:
    name, table = element.column, columns.name
    yield from _absent(columns, name, needs)
    if name not in columns:
        return
    text, written = columns.texts[name], needs.written[name]
    sound = written
    if text.longest > element.longest:
        long = text.lengths > element.longest
        message = f"{name} has more than {element.longest} characters"
        yield Fault(table, name, "TOO_LONG", message, both(written, long))
        sound = both(sound, ~long)
    strange = _strange(text, element)
    if strange is not False:
        message = f"{name} has a character that cannot be sent"
        yield Fault(table, name, "CHARACTER", message, both(written, strange))
        sound = both(sound, negate(strange))
    bad = _not_valid(text, element)
    if bad is not False:
        yield invalid(table, name, both(sound, both(text.given, bad)), "is not valid")


def _strange(text: Text, element: Element) -> Where:
    """Where a value has a byte outside the character set, or a blank at an end."""
    found: Where = False
    if text.classes & (STRANGE | SMALL):
        found = ~flags(pc.match_substring_regex(text.array, f"^{_GOOD_TEXT}$"))
    if text.classes & BLANK and not element.text:
        edges = flags(pc.or_(pc.starts_with(text.array, " "), pc.ends_with(text.array, " ")))
        found = either([found, edges])
    return found


def _not_valid(text: Text, element: Element) -> Where:
    """Where a value, if there is one, is not what the guide allows there."""
    bad: Where = False
    if text.shortest < element.shortest:
        bad = text.lengths < element.shortest
    if element.simple and not text.classes & ~element.simple and _lengths_fit(text, element):
        return bad
    if element.allowed:
        bad = either([bad, text.each(lambda value: value not in element.allowed, np.bool_)])
    if element.pattern:
        pattern = re.compile(element.pattern)
        bad = either([bad, text.each(lambda value: not pattern.fullmatch(value), np.bool_)])
    if element.refused:
        refused = re.compile(element.refused)
        bad = either([bad, text.each(lambda value: bool(refused.match(value)), np.bool_)])
    if element.npi:
        bad = either([bad, text.each(lambda value: not npi_is_valid(value), np.bool_)])
    return bad


def _lengths_fit(text: Text, element: Element) -> bool:
    if text.shortest == text.longest:
        return text.longest in element.lengths
    lengths = text.lengths[text.lengths > 0]
    return bool(np.isin(lengths, list(element.lengths)).all())


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


_MANY, _UNFIT = 1, 2


def _list_faults(columns: Columns, name: str, items: Items, written: Where) -> Iterator[Fault]:
    """Lists with single blanks: at most `most` items, each matching, none twice."""
    one = re.compile(items.pattern)

    def judge(text: str) -> int:
        listed = text.split(" ") if text else []
        twice = len(set(listed)) < len(listed) and not items.repeats
        unfit = twice or not all(one.fullmatch(item) for item in listed)
        return _MANY * (len(listed) > items.most) + _UNFIT * unfit

    found = columns.texts[name].each(judge, np.uint8)
    if not found.any():
        return
    table = columns.name
    message = f"{name} has more than {items.most} items"
    yield Fault(table, name, "TOO_MANY", message, both(written, (found & _MANY) > 0))
    why = "has an item that is not valid" + ("" if items.repeats else " or stands twice")
    yield invalid(table, name, both(written, (found & _UNFIT) > 0), why)


def _amount_faults(columns: Columns, amount: Amount, needs: Needs) -> Iterator[Fault]:
    name, table = amount.column, columns.name
    yield from _absent(columns, name, needs)
    if name not in columns:
        return
    values = columns.integers(name)
    low, high = int(values.min()), int(values.max())
    if high > amount.most:
        yield Fault(table, name, "TOO_LONG", f"{name} has too many digits", values > amount.most)
    if low < amount.least:
        where = both(columns.given(name), values < amount.least)
        yield invalid(table, name, where, f"is less than {amount.least}")


def _day_faults(columns: Columns, name: str, needs: Needs) -> Iterator[Fault]:
    yield from _absent(columns, name, needs)
    if name not in columns:
        return
    days = columns.integers(name)
    if days.min() < _FIRST_DAY or days.max() > _LAST_DAY:
        outside = (days < _FIRST_DAY) | (days > _LAST_DAY)
        where = both(needs.written[name], both(columns.given(name), outside))
        yield invalid(columns.name, name, where, "is not a date that can be")


def consecutive(owner: np.ndarray, positions: np.ndarray) -> Mask:
    """Where a row's position is what it would be if its owner's rows were numbered from 1."""
    rows = np.arange(len(owner))
    order = None if (owner[1:] >= owner[:-1]).all() else np.lexsort((positions, owner))
    sorted_owner = owner if order is None else owner[order]
    opens = np.append(True, sorted_owner[1:] != sorted_owner[:-1])
    expected = rows - np.maximum.accumulate(np.where(opens, rows, 0)) + 1
    if order is None:
        if (fits := positions == expected).all():
            return np.asarray(fits)
        order = np.lexsort((positions, owner))
    placed = np.empty(len(owner), np.int64)
    placed[order] = expected
    result: Mask = (positions == placed) | (owner < 0)
    return result
