"""Modifiers: at most four, none twice, in the order payers price by.

An 837P line has four places. Pricing modifiers come first, then the clinician's level, programme and setting,
telehealth, liability. The same modifier twice is refused. With more than four, the pricing and telehealth ones stay
and the rest goes into the note; none is dropped silently. The order is a warning: a few plans want it otherwise. The
liability family (GA, GX, GY, GZ) speaks to Medicare alone.

Passes::

    encounter_id  code   modifiers    payer_class
    E1            90837  .            commercial
    E2            H0004  59 HO HQ 95  medicaid
    E3            H2014  U1           medicaid
    E4            90837  GA           medicare_ffs

Fails::

    encounter_id  code   modifiers       payer_class  finds
    E1            90837  95 95           commercial   MODIFIER_REPEATED
    E2            H0004  59 HO HE HQ 95  medicaid     MODIFIER_COUNT
    E3            99214  95 25           commercial   MODIFIER_ORDER
    E4            90837  ZZ              commercial   MODIFIER_UNKNOWN
    E5            90837  GA              commercial   MODIFIER_LIABILITY
"""

from __future__ import annotations

import re

import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, found, has_modifier, join, lookup, member

ID = "MODIFIER"
SOURCE = "modifiers.tsv sequence_rank (V:S21; V:S63; K)"
DEFAULT_SEVERITY = {
    "MODIFIER_COUNT": "hold",
    "MODIFIER_REPEATED": "hold",
    "MODIFIER_ORDER": "warn",
    "MODIFIER_UNKNOWN": "warn",
    "MODIFIER_LIABILITY": "warn",
}
FIX = {
    "MODIFIER_COUNT": "Keep the pricing and telehealth modifiers, at most four.",
    "MODIFIER_REPEATED": "Take the second one off.",
    "MODIFIER_ORDER": "Sort them: pricing, level, programme, setting, telehealth, liability.",
    "MODIFIER_UNKNOWN": "Check the modifier.",
    "MODIFIER_LIABILITY": "Take it off; only Medicare reads it.",
}
_RANK = {row["mod"]: int(row["sequence_rank"]) for row in reference.table("modifiers")}
_STATE = re.compile(r"U[1-9A-D]")  # state-defined, U1 to UD: one row of the table speaks for all


def rank(modifier: str) -> int | None:
    """Place of a modifier in the order, None where it is unknown."""
    return _RANK.get("U1" if _STATE.fullmatch(modifier) else modifier)


def _unordered(text: str) -> bool:
    ranks = [r for r in map(rank, text.split()) if r is not None]
    return ranks != sorted(ranks)


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines with too many, repeated, unsorted, unknown or misplaced liability modifiers."""
    text = lines["modifiers"]
    many = lookup(text, lambda t: len(t.split()) > 4, False, bool)
    repeated = lookup(text, lambda t: len(set(t.split())) < len(t.split()), False, bool)
    unordered = lookup(text, _unordered, False, bool)
    unknown = lookup(text, lambda t: None in map(rank, t.split()), False, bool)
    liability = has_modifier(lines, "GA", "GX", "GY", "GZ") & ~member(lines["payer_class"], ["medicare_ffs"])
    return join(
        found(lines, many, "MODIFIER_COUNT", "modifiers", "More than four modifiers."),
        found(lines, repeated, "MODIFIER_REPEATED", "modifiers", "The same modifier twice."),
        found(lines, unordered, "MODIFIER_ORDER", "modifiers", "The modifiers are not in pricing order."),
        found(lines, unknown, "MODIFIER_UNKNOWN", "modifiers", "A modifier is not in the table."),
        found(
            lines,
            liability,
            "MODIFIER_LIABILITY",
            "modifiers payer_class",
            "A Medicare modifier for another payer.",
        ),
    )
