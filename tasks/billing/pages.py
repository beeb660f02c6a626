"""Tables in the manual pages of gates and rules: below a heading, cells two blanks apart."""

from __future__ import annotations

import re
from collections.abc import Collection


def tables(page: str, headings: Collection[str]) -> list[tuple[str, list[list[str]]]]:
    """The tables below ``Heading::`` lines, in order: heading, rows of cells. A row goes on after a backslash."""
    wanted = re.compile(rf"^({'|'.join(headings)})::\s*$")
    found: list[tuple[str, list[list[str]]]] = []
    for line in re.sub(r"\\\n\s+", "", page).splitlines():
        heading = wanted.match(line)
        if heading:
            found.append((heading.group(1), []))
        elif line.startswith("    ") and found:
            found[-1][1].append(re.split(r"\s{2,}", line.strip()))
    return found
