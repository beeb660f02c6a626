"""Reference tables: readable, whole, and each row with its provenance."""

from __future__ import annotations

import re

import pytest

from configs import reference


@pytest.mark.parametrize("name", reference.names())
def test_every_row_says_where_it_comes_from(name):
    rows = reference.table(name)
    assert rows
    if name in ("sources", "never_log"):  # what is cited, and a list of names
        return
    for number, row in enumerate(rows, start=2):
        assert re.search(r"V:|^K|T\b|\+K", row["prov"]), f"line {number}"


@pytest.mark.parametrize("name", reference.names())
def test_every_row_has_every_column(name):
    columns = {frozenset(row) for row in reference.table(name)}
    assert len(columns) == 1


def test_sources_that_rows_name_are_listed():
    known = {row["id"] for row in reference.table("sources")}
    for name in reference.names():
        for row in reference.table(name):
            cited = re.findall(r"\bS\d\d\b", row.get("prov", ""))
            assert set(cited) <= known, name


def test_a_repeated_key_is_a_fault_of_the_file():
    with pytest.raises(ValueError, match="repeats"):
        reference.by_key("denial_overrides", "category")
