"""Templates and columns to text: each segment over a whole table at once.

A piece is a literal or a column of texts. Literals that meet become one, so a segment whose columns hold one value
throughout is a literal itself, and a column that holds nothing is not there at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import native
from connectors.x12.guides.templates import Component, Element, Field, Loop, Segment
from connectors.x12.native.joining import joined
from connectors.x12.writing.columns import Columns, Ints, Mask, Where, narrow, spread
from connectors.x12.writing.conditions import Conditions

Part: TypeAlias = str | Any  # a literal, or an Arrow column with a text for each row
_SPARSE = 4  # a loop that fewer than one row of this many has is worked out for those rows alone


def join(parts: Iterable[Part]) -> Part:
    """Texts side by side."""
    merged = _merged(parts)
    if not merged:
        return ""
    if len(merged) == 1:
        return merged[0]
    columns = [part for part in merged if not isinstance(part, str)]
    if native.compiled and not any(column.null_count or column.type != pa.string() for column in columns):
        return joined(native.compiled, merged, len(columns[0]))
    return pc.binary_join_element_wise(*merged, "")


def _merged(parts: Iterable[Part]) -> list[Part]:
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, str):
            if merged and isinstance(merged[-1], str):
                merged[-1] += part
            elif part:
                merged.append(part)
        else:
            merged.append(part)
    return merged


def column_of(part: Part, rows: int) -> pa.Array:
    """A part as one text for each row."""
    return pa.repeat(pa.scalar(part, pa.string()), rows) if isinstance(part, str) else part


def loops(columns: Columns, conditions: Conditions, listed: Sequence[Loop]) -> list[Part]:
    """The segments of these loops, one after the other, empty where one is not written."""
    parts: list[Part] = []
    for each in listed:
        written = conditions.loop(each)
        if written is False:
            continue
        if written is True or written.sum() * _SPARSE > columns.rows:
            segments = [(segment, conditions.segment(each, segment)) for segment in each.segments]
            parts += _segments(columns, segments)
        else:
            parts.append(_sparse(columns, conditions, each, np.flatnonzero(written)))
    return parts


def _segments(columns: Columns, segments: Iterable[tuple[Segment, Where]]) -> list[Part]:
    parts: list[Part] = []
    for segment, written in segments:
        if written is not False:
            parts += where(segment_parts(segment, columns), written, columns.rows)
    return parts


def _sparse(columns: Columns, conditions: Conditions, loop: Loop, rows: Ints) -> pa.Array:
    """A loop that few rows have, worked out for those rows alone."""
    segments = []
    for segment in loop.segments:
        written = conditions.segment(loop, segment)
        segments.append((segment, written if isinstance(written, bool) else narrow(written[rows])))
    text = join(_segments(columns.taken(loop.columns, rows), segments))
    return scattered(column_of(text, len(rows)), rows, columns.rows)


def scattered(texts: pa.Array, rows: Ints, count: int) -> pa.Array:
    """Texts at their rows, which ascend; nothing in the others of `count`."""
    if len(rows) == count:
        return texts
    at = np.full(count, len(rows))
    at[rows] = np.arange(len(rows))
    return pa.concat_arrays([texts, pa.array([""])]).take(pa.array(at))


def where(parts: list[Part], written: Where, rows: int) -> list[Part]:
    """The parts where they are written, nothing elsewhere."""
    if written is True:
        return parts
    text = join(parts)
    mask = spread(written, rows)
    return [chosen(mask, text, "")]


def chosen(mask: Any, one: Part, other: Part) -> pa.Array:
    return pc.if_else(pa.array(mask), one, other)


def segment_parts(segment: Segment, columns: Columns) -> list[Part]:
    """A segment for every row of its table, the terminator included."""
    elements = [_element(element, columns) for element in segment.elements]
    while elements and elements[-1][0] == [""]:
        elements.pop()
    parts: list[Part] = []
    for number, (pieces, _) in enumerate(elements):
        parts += ["*", *pieces] if number else pieces
    if elements[-1][1]:  # what is empty at the end takes its separators along
        parts = [_trimmed(join(parts), "*")]
    return [*parts, "~"]


def _element(element: Element, columns: Columns) -> tuple[list[Part], bool]:
    """Pieces of one element, and whether it may be empty in some row."""
    components = [_component(component, columns) for component in element]
    while components and components[-1][0] == [""]:
        components.pop()
    if not components:
        return [""], True
    if len(element) == 1:
        return components[0]
    head = next((p for c in element for p in c if isinstance(p, Field)), None)
    if head is not None and head.optional and head.column not in columns:
        return [""], True
    parts: list[Part] = []
    for number, (pieces, _) in enumerate(components):
        if number:
            parts.append(":")
        parts += pieces
        list_ = next((p for p in element[number] if isinstance(p, Field) and p.most > 1), None)
        if list_ is not None and number < len(components) - 1:
            parts.append(_padding(list_, columns))
    if components[-1][1]:
        parts = [_trimmed(join(parts), ":")]
    if head is not None and head.optional and columns.given(head.column) is not True:
        return [chosen(columns.given(head.column), join(parts), "")], True
    return parts, False


def _component(component: Component, columns: Columns) -> tuple[list[Part], bool]:
    """Pieces of one component, and whether it may be empty in some row."""
    pieces: list[Part] = []
    empty = True
    for piece in component:
        if isinstance(piece, str):
            pieces.append(piece)
            empty = False
        else:
            pieces.append(value(piece, columns))
            empty = empty and not piece.default and columns.given(piece.column) is not True
    merged = _merged(pieces) or [""]
    return merged, empty


def value(field: Field, columns: Columns) -> Part:
    """A column as it stands in its segment."""
    name = field.column
    if name not in columns:
        return field.default
    if name in columns.texts:
        text = columns.texts[name]
        if text.constant:
            return text.constant.replace(" ", field.between) if field.most > 1 else text.constant
        array = text.array
        if field.most > 1:
            return pc.replace_substring(array, " ", field.between)
        if field.default and text.given is not True:
            return chosen(text.given, array, field.default)
        return array
    array = columns.others[name]
    if name.endswith("_cents"):
        return amounts(array)
    if name.endswith("_thousandths"):
        return thousandths(array)
    return days(array) if pa.types.is_date(array.type) else _texts(array)


def _padding(list_: Field, columns: Columns) -> Part:
    """Colons for the components that a list leaves empty before the next one."""
    none = ":" * (list_.most - 1)
    if list_.column not in columns:
        return none
    text = columns.texts[list_.column]
    count = text.each(lambda items: max(0, len(items.split()) - 1), np.int64)
    return pa.array([none[used:] for used in range(list_.most)]).take(pa.array(count))


def _trimmed(part: Part, separator: str) -> Part:
    return part.rstrip(separator) if isinstance(part, str) else pc.ascii_rtrim(part, separator)


# --- values --------------------------------------------------------------------------------------------------------


def numbers(values: Ints) -> pa.Array:
    """Whole numbers as text."""
    return pa.array(values).cast(pa.string())


def _texts(array: pa.Array) -> pa.Array:
    text = array.cast(pa.string())
    return pc.fill_null(text, "") if array.null_count else text


_HUNDREDTHS = pa.array([""] + [f".{cents:02d}".rstrip("0") for cents in range(1, 100)])
_THOUSANDTHS = pa.array([""] + [f".{part:03d}".rstrip("0") for part in range(1, 1000)])


def amounts(cents: pa.Array) -> pa.Array:
    """Integer cents as decimal text without needless zeros: 20000 is 200, 14250 is 142.5, -5 is -.05, 0 is 0."""
    return _decimals(cents, 100, _HUNDREDTHS)


def thousandths(parts: pa.Array) -> pa.Array:
    """Integer thousandths likewise: 1500 is 1.5."""
    return _decimals(parts, 1000, _THOUSANDTHS)


def _decimals(values: pa.Array, unit: int, fractions: pa.Array) -> pa.Array:
    known = pc.fill_null(values, 0) if values.null_count else values
    signed = known.to_numpy()
    size = np.abs(signed)
    whole, rest = np.divmod(size, unit)
    text: Part = numbers(whole)
    if rest.any():
        bare = (whole == 0) & (rest > 0)  # X12.6: no leading zero
        if bare.any():
            text = chosen(~bare, text, "")
        text = join([text, fractions.take(pa.array(rest))])
    if (signed < 0).any():
        text = join([chosen(signed < 0, "-", ""), text])
    return chosen(pc.is_valid(values), text, "") if values.null_count else text


def days(values: pa.Array) -> pa.Array:
    """Dates as CCYYMMDD."""
    known = pc.fill_null(values.view(pa.int32()), 0).to_numpy().astype("datetime64[D]")
    months = known.astype("datetime64[M]")
    month = months.astype(np.int64)
    day = (known - months).astype(np.int64) + 1
    text = numbers((month // 12 + 1970) * 10_000 + (month % 12 + 1) * 100 + day)
    return chosen(pc.is_valid(values), text, "") if values.null_count else text


# --- what repeats --------------------------------------------------------------------------------------------------


def gathered(texts: pa.Array, owner: Ints, owners: int) -> pa.Array:
    """Texts of each owner as one, in the order they come; `owner` ascends."""
    ends = np.cumsum(np.bincount(owner, minlength=owners))
    offsets = pa.array(np.append(0, ends).astype(np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), "")


def packed(texts: pa.Array, group: Ints, heads: Part, most: int) -> pa.Array:
    """Items as the elements of segments: `most` to a segment, a new one for each group; `group` ascends.

    Each text is an item with the star before it; the first of a segment comes after its head (``HI``), the last
    before the terminator, without the stars of what is empty at its end. Side by side they are the segments.
    """
    rows = np.arange(len(group))
    place = rows - np.maximum.accumulate(np.where(changes(group), rows, 0))
    opens = place % most == 0
    closes = np.ones(len(group), np.bool_)
    closes[:-1] = opens[1:]
    ended = join([pc.ascii_rtrim(texts, "*"), "~"])
    return column_of(join([chosen(opens, heads, ""), chosen(closes, ended, texts)]), len(group))


def changes(keys: Ints) -> Mask:
    """Where a value differs from the one before; the first row counts as a change."""
    found = np.ones(len(keys), np.bool_)
    found[1:] = keys[1:] != keys[:-1]
    return found
