"""Procedure codes and modifiers as a line carries them, and lists as the ledger writes them.

Five families of code must be told apart: psychotherapy by minutes (stand-alone, and as an add-on to an E/M),
sessions without a clock, crisis, E/M chosen by decision making or time, and programme days. What the reference
table says of a single code is in ``scrub.codebook``; here it is a frame that whole columns can be looked up in.

Source: ``configs/reference/procedure_codes.tsv`` and ``modifiers.tsv``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd

from tasks.billing.context import Column
from tasks.billing.scrub import codebook
from tasks.billing.scrub.modifiers import rank

UNRANKED = 99  # a modifier the table does not know sorts last
TELEHEALTH = ("93", "95", "FQ", "GQ", "GT")


@cache
def clocks() -> pd.DataFrame:
    """By code: unit (text), first (first billable minute, Int64) and chain (the code whose clock it runs on)."""
    known = codebook.codes().values()
    return pd.DataFrame(
        {
            "unit": pd.Series([code.unit for code in known], dtype="str"),
            "first": pd.Series([code.minutes_min for code in known], dtype="Int64"),
            # 96130 and 96131 count the same minutes; so do 90839 and 90840
            "chain": pd.Series([min(code.primaries, default=code.code) for code in known], dtype="str"),
        }
    ).set_index(pd.Index([code.code for code in known]))


def primaries(code: str) -> frozenset[str]:
    """Codes that the add-on `code` may be added to; empty for a code that stands alone."""
    return codebook.codes()[code].primaries


@cache
def order_modifiers(text: str) -> str:
    """Modifiers once each, in the order payers price them (``modifiers.tsv`` sequence_rank), blanks between.

    >>> order_modifiers("95 HO 25 95")
    '25 HO 95'
    """
    ranks = {mod: rank(mod) or UNRANKED for mod in text.split()}  # ranks of the table begin at 10
    return " ".join(sorted(ranks, key=ranks.__getitem__))


@cache
def normalise_diagnoses(text: str) -> str:
    """Diagnoses without dots, in capitals, once each, in the order given, blanks between.

    >>> normalise_diagnoses("f41.1 F33.1 F411")
    'F411 F331'
    """
    return " ".join(dict.fromkeys(text.upper().replace(".", "").split()))


def each(function: Callable[[str], str], texts: Column) -> Column:
    """A text function over a column, computed once for each different value; missing stays missing."""
    return texts.map({text: function(text) for text in texts.dropna().unique()}).astype("str")


def listed(items: Column, lists: Column) -> Column:
    """Whether each item is in the blank-separated list beside it; ``*`` lists everything, missing nothing."""
    pairs = pd.DataFrame({"item": items, "list": lists}).astype("str")
    distinct = pairs.dropna().drop_duplicates()
    distinct["listed"] = [
        not {item, "*"}.isdisjoint(text.split())
        for item, text in zip(distinct["item"], distinct["list"], strict=True)
    ]
    found = pairs.merge(distinct, on=["item", "list"], how="left")["listed"]
    return pd.Series(found.fillna(False).astype(bool).to_numpy(), index=items.index)
