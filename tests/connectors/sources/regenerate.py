"""Write what follows from the ledger's schema: the sources' catalogue, docs/columns.md and docs/templates.

    python tests/connectors/sources/regenerate.py

It stands among the tests because nothing in the packages may see both the ledger's schema and the sources.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from connectors.ledger import schema  # noqa: E402

CATALOGUE = ROOT / "connectors" / "sources" / "catalogue.py"
HEAD = '''# ruff: noqa: E501
"""The columns of every kind of file, in the ledger's order.

Written from the ledger's schema by ``tests/connectors/sources/regenerate.py``: change the schema, then run that.
"""

from __future__ import annotations

from connectors.sources.columns import CENTS, DATE, FLAG, NUMBER, TEXT, Column, Kind

'''
TYPES = {sa.Text: "TEXT", sa.BigInteger: "NUMBER", sa.Boolean: "FLAG", sa.Date: "DATE"}
OURS = {
    "row_id",
    "version",
    "previous_id",
    "deposit_row_id",
    "reference",
    "source",
}  # the ledger's own, never in a file
DEPOSITS_KEY = ["deposit_id"]  # deposits are facts: the schema names no key


def catalogue() -> str:
    """The text of ``catalogue.py``."""
    tables = [*schema.MASTER_KINDS.values(), schema.deposits]
    body = "KINDS: dict[str, Kind] = {kind.name: kind for kind in (\n" + "".join(map(_kind, tables)) + ")}\n"
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(CATALOGUE), "-"],
        input=HEAD + body,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return done.stdout


def _kind(table: sa.Table) -> str:
    key = tuple(table.info.get("key", DEPOSITS_KEY))
    columns = "".join(_column(column) for column in table.columns if column.name not in OURS)
    return f"Kind({table.name!r}, {table.comment!r}, {key!r}, (\n{columns}),),\n"


def _column(column: sa.Column[Any]) -> str:
    type_ = "CENTS" if column.name.endswith("_cents") else TYPES[type(column.type)]
    phi = ", phi=True" if column.info.get("phi") else ""
    required = not column.nullable
    return f"Column({column.name!r}, {type_}, {required}, {column.comment!r}, {column.info['example']!r}{phi}),\n"


def main() -> None:
    """Write everything."""
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
    from connectors.sources import templates

    docs = ROOT / "docs"
    templates.write(docs / "templates")
    (docs / "columns.md").write_text(templates.page(), encoding="utf-8")


if __name__ == "__main__":
    main()
