"""The letter: a template of texts, filled with the facts of a case, as paragraphs, headings and lists.

Templates write plain text. A blank line ends a paragraph; ``## `` begins a heading, ``- `` an item of a list, and a
name in double brackets (``[[services]]``) stands where a table goes. A name that a template asks for and the case does
not have is a fault of the template and stops the letter, rather than leaving a hole in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from tasks.billing.appeals.case import Case

Kind = Literal["paragraph", "heading", "list", "place"]
FRAME = "letter"
_PLACE = re.compile(r"\[\[(\w+)\]\]")


@dataclass(frozen=True)
class Part:
    """A paragraph, heading, list (items one a line) or the name of a place."""

    kind: Kind
    text: str


def usd(cents: int) -> str:
    """An amount for a letter.

    >>> usd(123456), usd(-5)
    ('$1,234.56', '-$0.05')
    """
    sign, size = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}${size // 100:,}.{size % 100:02d}"


def long_day(day: date) -> str:
    """A day for a letter.

    >>> long_day(date(2026, 3, 5))
    'March 5, 2026'
    """
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def compose(case: Case, templates: Mapping[str, str]) -> tuple[Part, ...]:
    """The letter's parts in order; `templates` by name, the frame (`FRAME`) and one for each argument."""
    environment = SandboxedEnvironment(
        loader=DictLoader(dict(templates)),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(usd=usd, day=long_day)
    text = environment.get_template(FRAME).render(case=case, argument=case.argument.name)
    return parts(text)


def parts(text: str) -> tuple[Part, ...]:
    """Plain text in its parts."""
    found = []
    for chunk in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in chunk.splitlines() if line.strip()]
        if not lines:
            continue
        if place := _PLACE.fullmatch(lines[0]):
            found.append(Part("place", place.group(1)))
        elif lines[0].startswith("## "):
            found.append(Part("heading", lines[0].removeprefix("## ")))
        elif all(line.startswith("- ") for line in lines):
            found.append(Part("list", "\n".join(line.removeprefix("- ") for line in lines)))
        else:
            found.append(Part("paragraph", " ".join(lines)))
    return tuple(found)
