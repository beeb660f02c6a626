"""Empty files to fill in, and the page that says what goes into them."""

from __future__ import annotations

from pathlib import Path

from connectors.sources.catalogue import KINDS
from connectors.sources.columns import BLANK_KEYS, NEEDED_WHEN, Kind, asked_for

HEAD = """# Columns of the files that `cleanclaim load` takes

One file holds one kind. CSV is UTF-8 with a header; Parquet has the same columns. Columns may stand in any order,
optional ones may be left out. A bad row is reported with its line and column and kept out; the others go in. Of rows
with the same key the last one counts, and a row that is loaded again unchanged changes nothing.

| type | written as |
|---|---|
| text | as it is; leading zeros stay |
| number | digits |
| cents | an amount in whole cents: 12000 is 120.00 |
| flag | true or false (yes, no, 1 and 0 will do) |
| date | 2026-01-05 (20260105 and 01/05/2026 will do) |

This page is written from the ledger's schema; the files are in `templates/`.
"""


def write(folder: Path | str) -> list[Path]:
    """Write an empty CSV per kind to `folder`: the header and nothing else."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for kind in KINDS.values():
        header = ",".join(column.name for column in kind.columns)
        (target / f"{kind.name}.csv").write_text(header + "\n", encoding="utf-8")
    return [target / f"{name}.csv" for name in KINDS]


def page() -> str:
    """The text of ``columns.md``."""
    return "\n".join([HEAD, *(_section(kind) for kind in KINDS.values())])


def _section(kind: Kind) -> str:
    lines = [f"## {kind.name}", "", kind.about, f"Key: {', '.join(f'`{name}`' for name in kind.key)}.", ""]
    lines += ["| column | type | required | meaning | example |", "|---|---|---|---|---|"]
    for column in kind.columns:
        place = (kind.name, column.name)
        required = "yes" if column.required and place not in BLANK_KEYS else ""
        if place in NEEDED_WHEN:
            other, words = NEEDED_WHEN[place]
            required = f"with {other} {', '.join(sorted(words))}"
        asked = [words for words in asked_for(*place) if not _said(words, column.meaning)]
        meaning = column.meaning + (f" ({'; '.join(asked)})" if asked else "")
        example = f"`{column.example}`" if column.example else ""
        lines.append(
            f"| `{column.name}` | {column.type} | {required} | {_cell(meaning)} | {_cell(example)} |"
        )
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _said(words: str, meaning: str) -> bool:
    """Whether the meaning says as much already."""
    return all(word in meaning for word in words.removeprefix("one of ").split(", "))
