"""The sources' catalogue, the empty files and the page of columns are in step with the ledger's schema."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.ledger import schema
from connectors.sources import catalogue, columns, templates
from connectors.sources.files import read_table
from tests.connectors.sources import regenerate

DOCS = Path(__file__).parents[3] / "docs"
AGAIN = "run: python tests/connectors/sources/regenerate.py"
TYPES = {sa.Text: {"text"}, sa.BigInteger: {"number", "cents"}, sa.Boolean: {"flag"}, sa.Date: {"date"}}


def test_the_catalogue_is_what_the_schema_makes_of_it() -> None:
    assert regenerate.CATALOGUE.read_text(encoding="utf-8") == regenerate.catalogue(), AGAIN


@pytest.mark.parametrize("name", [*schema.MASTER_KINDS, "deposits"])
def test_every_column_of_the_schema_is_in_the_catalogue(name: str) -> None:
    table, kind = schema.metadata.tables[name], catalogue.KINDS[name]
    theirs = [column for column in table.columns if column.name not in regenerate.OURS]
    assert [c.name for c in kind.columns] == [c.name for c in theirs]
    for ours, their in zip(kind.columns, theirs, strict=True):
        assert ours.type in TYPES[type(their.type)]
        assert ours.required == (not their.nullable)
        assert ours.phi == bool(their.info["phi"])
    assert list(kind.key) == table.info.get("key", ["deposit_id"])


def test_rules_are_about_columns_that_exist() -> None:
    places = [
        *columns.ALLOWED,
        *columns.SHAPES,
        *columns.LISTS,
        *columns.BLANK_KEYS,
        *columns.MAY_BE_NEGATIVE,
    ]
    places += [
        *columns.NEEDED_WHEN,
        *((kind, other) for (kind, _), (other, _) in columns.NEEDED_WHEN.items()),
    ]
    for kind, column in places:
        assert catalogue.KINDS[kind].column(column)
    for kind, column in columns.BLANK_KEYS:
        assert column in catalogue.KINDS[kind].key


def test_words_that_the_schema_names_are_the_words_allowed() -> None:
    for (kind, name), words in columns.ALLOWED.items():
        meaning = catalogue.KINDS[kind].column(name).meaning
        if all(word in meaning for word in words[:2]) and "…" not in meaning:
            assert all(word in meaning for word in words), (kind, name)


def test_templates_are_empty_files_that_load(tmp_path: Path) -> None:
    written = templates.write(tmp_path)
    assert {path.name for path in written} == {f"{name}.csv" for name in catalogue.KINDS}
    for name in catalogue.KINDS:
        loaded = read_table(name, tmp_path / f"{name}.csv")
        assert loaded.rows.empty
        assert loaded.problems.empty


def test_the_docs_are_up_to_date(tmp_path: Path) -> None:
    for path in templates.write(tmp_path):
        assert (DOCS / "templates" / path.name).read_text(encoding="utf-8") == path.read_text(
            encoding="utf-8"
        ), AGAIN
    assert (DOCS / "columns.md").read_text(encoding="utf-8") == templates.page(), AGAIN


def test_the_page_names_every_column() -> None:
    page = templates.page()
    for kind in catalogue.KINDS.values():
        section = page.split(f"\n## {kind.name}\n")[1].split("\n## ")[0]
        for column in kind.columns:
            assert f"| `{column.name}` | {column.type} |" in section
