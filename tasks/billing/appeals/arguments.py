"""What an appeal argues, and what must lie beside the letter: by the codes of the denial, else by its category.

Read in the order CARC, RARC, category; the rows are ``appeal_arguments.tsv``, the enclosures
``appeal_enclosures.tsv``. A code says more than a category: CARC 151 counts as a limit of benefits, and is answered as
what it is, a question of need.

Not everything can be appealed. What was never adjudicated has no appeal rights (MA130: send a new claim); what a
corrected claim or another payer settles is settled faster by it, so a person must insist (``carc.tsv``, appealable N).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from configs import reference

GENERIC = "generic"
NEVER_ADJUDICATED = "rejection_like"


@dataclass(frozen=True)
class Argument:
    """A row of ``appeal_arguments.tsv``; its name is that of a template in ``configs/templates/appeals``."""

    name: str
    carcs: frozenset[str]
    rarcs: frozenset[str]
    categories: frozenset[str]
    enclosures: tuple[str, ...]


@dataclass(frozen=True)
class Enclosure:
    """Something beside the letter; ``made`` where the packet has it, else a person adds it."""

    name: str
    words: str
    made: bool


@cache
def arguments() -> dict[str, Argument]:
    """Every argument by name, in the order of the table."""
    rows = (
        Argument(
            name=row["argument"],
            carcs=frozenset(row["carcs"].split()),
            rarcs=frozenset(row["rarcs"].split()),
            categories=frozenset(row["categories"].split()),
            enclosures=tuple(row["enclosures"].split()),
        )
        for row in reference.table("appeal_arguments")
    )
    return {row.name: row for row in rows}


@cache
def enclosures() -> dict[str, Enclosure]:
    """Every enclosure by name."""
    rows = reference.table("appeal_enclosures")
    return {
        row["enclosure"]: Enclosure(row["enclosure"], row["own_words"], row["made"] == "Y") for row in rows
    }


def argument_for(category: str, carcs: Collection[str], rarcs: Collection[str]) -> Argument:
    """The argument for a denial of this category with these codes."""
    every = arguments().values()
    for fits in (
        lambda row: not row.carcs.isdisjoint(carcs),
        lambda row: not row.rarcs.isdisjoint(rarcs),
        lambda row: category in row.categories,
    ):
        if found := next(filter(fits, every), None):
            return found
    return arguments()[GENERIC]


def refusal(category: str, carcs: Collection[str], *, insists: bool) -> str | None:
    """Why a denial cannot be appealed; None where it can. `insists`: a person wants to where another way is faster."""
    if category == NEVER_ADJUDICATED:
        return "the payer never adjudicated it, so there is nothing to appeal: send it as a new claim (frequency 1)"
    known = [row for code in carcs if (row := reference.by_key("carc", "carc").get(code))]
    denials = [row for row in known if row["is_denial"] != "N"]
    if denials and all(row["appealable"] == "N" for row in denials) and not insists:
        action = denials[0]["action"].replace("_", " ")
        return f"CARC {denials[0]['carc']} is settled otherwise ({action}); --anyway appeals it all the same"
    return None
