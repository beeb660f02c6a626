"""Lists of codes, modifiers and diagnoses."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest

from configs import reference
from tasks.billing import codes, npi


def test_every_modifier_of_the_table_has_its_place() -> None:
    known = [row["mod"] for row in reference.table("modifiers")]
    ordered = codes.order_modifiers(" ".join(reversed(known))).split()
    ranks = {row["mod"]: int(row["sequence_rank"]) for row in reference.table("modifiers")}
    assert [ranks[mod] for mod in ordered] == sorted(ranks[mod] for mod in known)


@pytest.mark.parametrize(
    ("given", "ordered"),
    [("95 25", "25 95"), ("GT HQ HO", "HO HQ GT"), ("95 95", "95"), ("Z9 95", "95 Z9"), ("59 25", "25 59")],
)
def test_pricing_comes_before_telehealth_and_the_unknown_last(given: str, ordered: str) -> None:
    assert codes.order_modifiers(given) == ordered


def test_interactive_complexity_belongs_to_psychotherapy_and_intake() -> None:
    assert codes.primaries("90785") == {
        "90791", "90792", "90832", "90833", "90834", "90836", "90837", "90838", "90853",
    }  # fmt: skip
    assert codes.primaries("90837") == frozenset()


def test_a_list_names_its_items_and_a_star_everything() -> None:
    items = pd.Series(["90837", "90837", "90837", "9083", None, "90837"], index=list("abcdef"), dtype="str")
    lists = pd.Series(["90834 90837", "*", None, "90837", "*", ""], index=list("abcdef"), dtype="str")
    answer = codes.listed(items, lists).to_dict()
    assert answer == {"a": True, "b": True, "c": False, "d": False, "e": False, "f": False}


def test_each_distinct_text_is_asked_once() -> None:
    asked: list[str] = []

    def upper(text: str) -> str:
        asked.append(text)
        return text.upper()

    column = pd.Series(["a", "b", "a", None], dtype="str")
    assert codes.each(upper, column).tolist()[:3] == ["A", "B", "A"]
    assert codes.each(upper, column).isna().tolist() == [False, False, False, True]
    assert asked == ["a", "b", "a", "b"]


@pytest.mark.parametrize("module", [codes, npi])
def test_the_examples_in_the_manual_pages_hold(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted
    assert not result.failed
