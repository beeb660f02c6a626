"""What a page is made of. A block says what stands there; how it looks is the renderer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Letterhead:
    """Who sends it: name, then lines of address and telephone."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the document's own."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph; `small` for notices."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Address:
    """Lines of an address where the window of an envelope shows it, and facts to the right of it."""

    lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fields:
    """Names and values side by side, in as many columns."""

    pairs: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True)
class Column:
    """A column of a grid: its head, its part of the width, and whether its figures stand to the right."""

    head: str
    width: float
    right: bool = False


@dataclass(frozen=True)
class Grid:
    """A table; the heads are repeated on every page it runs over, `total` is its last row, in bold."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Box:
    """Something that must not be overlooked."""

    title: str
    text: str


@dataclass(frozen=True)
class Signature:
    """A line to sign on, with what stands under it and, of a letter, the close above it; it is never torn apart."""

    lines: tuple[str, ...]
    close: str = ""


@dataclass(frozen=True)
class Coupon:
    """The part of a bill that comes back with the payment: cut along the line."""

    title: str
    pairs: tuple[tuple[str, str], ...]
    address: tuple[str, ...]


Block: TypeAlias = Heading | Text | Bullets | Address | Fields | Grid | Box | Signature | Coupon


@dataclass(frozen=True)
class Document:
    """A document. `title` and `footer` stand in the file's properties and on every page: ids, never a name."""

    title: str
    letterhead: Letterhead
    footer: str
    blocks: tuple[Block, ...]
