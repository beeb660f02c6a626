"""Reference tables: tab-separated files beside this module, each row with its provenance (``prov``).

``V:Sxx`` rows were checked against source Sxx of ``sources.tsv``; ``K`` rows are from knowledge and are
meant to be confirmed or overridden by a site. CPT, CARC and RARC meanings are in our own words.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "reference"

Row = MappingProxyType[str, str]


@cache
def table(name: str) -> tuple[Row, ...]:
    """Rows of ``reference/NAME.tsv`` in file order, each a read-only mapping of text; blank is ''."""
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(MappingProxyType({k: v or "" for k, v in row.items() if k}) for row in reader)


@cache
def by_key(name: str, column: str) -> MappingProxyType[str, Row]:
    """The table as a mapping from `column`; a repeated key is a fault of the file."""
    rows: dict[str, Row] = {}
    for row in table(name):
        if row[column] in rows:
            raise ValueError(f"{name}.tsv repeats a {column}")
        rows[row[column]] = row
    return MappingProxyType(rows)


def names() -> list[str]:
    """Names of all reference tables."""
    return sorted(path.stem for path in FOLDER.glob("*.tsv"))
