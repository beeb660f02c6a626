"""Modifiers: at most four, none twice, in the order payers price by.

An 837P line has four places. Pricing modifiers come first, then the clinician's level, programme and setting,
telehealth, liability; some plans want telehealth first (``modifier_order`` telehealth_first). The same modifier twice
is refused. With more than four, the pricing and telehealth ones stay, then the others in order, and the rest goes into
the note; none is dropped silently, and the finding's change names them. The order is a warning. The liability family
(GA, GX, GY, GZ) speaks to Medicare alone: GA says that the person signed for the cost, GZ that nobody did, and a line
with GZ is denied for certain and can never be billed to the person; both together contradict each other, and GX (a
voluntary notice) goes with GY.

Passes::

    encounter_id  code   modifiers    payer_class
    E1            90837  .            commercial
    E2            H0004  59 HO HQ 95  medicaid
    E3            H2014  U1           medicaid
    E4            90837  GA           medicare_ffs
    E5            90837  GX GY        medicare_ffs

Passes::

    encounter_id  code   modifiers  payer_modifier_order
    E1            90837  95 HO      telehealth_first
    E2            90837  HO 95      usual

Fails::

    encounter_id  code   modifiers       payer_class   finds
    E1            90837  95 95           commercial    MODIFIER_REPEATED
    E2            H0004  59 HO HE HQ 95  medicaid      MODIFIER_COUNT
    E3            99214  95 25           commercial    MODIFIER_ORDER
    E4            90837  ZZ              commercial    MODIFIER_UNKNOWN
    E5            90837  GA              commercial    MODIFIER_LIABILITY
    E6            90837  GZ              medicare_ffs  MODIFIER_DENIAL
    E7            90837  GA GZ           medicare_ffs  MODIFIER_DENIAL
    E8            90837  GX              medicare_ffs  MODIFIER_DENIAL

Fails::

    encounter_id  code   modifiers  payer_modifier_order  finds
    E1            90837  HO 95      telehealth_first      MODIFIER_ORDER
    E2            90837  95 HO      usual                 MODIFIER_ORDER
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub import columns
from tasks.billing.scrub.common import Context, found, has_modifier, join, lookup, member

ID = "MODIFIER"
VERSION = 2
SOURCE = "modifiers.tsv sequence_rank (V:S21; V:S63; K)"
DEFAULT_SEVERITY = {
    "MODIFIER_COUNT": "hold",
    "MODIFIER_REPEATED": "hold",
    "MODIFIER_ORDER": "warn",
    "MODIFIER_UNKNOWN": "warn",
    "MODIFIER_LIABILITY": "warn",
    "MODIFIER_DENIAL": "warn",
}
FIX = {
    "MODIFIER_COUNT": "Keep four: pricing and telehealth first, then in order; put the others into the note.",
    "MODIFIER_REPEATED": "Take the second one off.",
    "MODIFIER_ORDER": "Sort them: pricing, level, programme, setting, telehealth, liability; or as the payer wants.",
    "MODIFIER_UNKNOWN": "Check the modifier.",
    "MODIFIER_LIABILITY": "Take it off; only Medicare reads it.",
    "MODIFIER_DENIAL": "Have the notice signed and use GA, or expect the denial; GX goes with GY.",
}
PREDICTS = {
    "MODIFIER_COUNT": "CARC4 N519",
    "MODIFIER_REPEATED": "CARC4 N519",
    "MODIFIER_UNKNOWN": "CARC4 CARC182 N823",
    "MODIFIER_LIABILITY": "CARC4 N519",
    "MODIFIER_DENIAL": "CARC50",
}
CHANGE = {
    "MODIFIER_REPEATED": "modifiers=each once",
    "MODIFIER_ORDER": "modifiers=sort",
    "MODIFIER_UNKNOWN": "modifiers=remove the unknown one",
    "MODIFIER_LIABILITY": "modifiers=remove GA GX GY GZ",
}
MOST = 4
TELEHEALTH_FIRST = "telehealth_first"  # payers.modifier_order
_RANK = {row["mod"]: int(row["sequence_rank"]) for row in reference.table("modifiers")}
_CLASS = {row["mod"]: row["class"] for row in reference.table("modifiers")}
_KEPT = ("pricing", "telehealth")
_LIABILITY = ("GA", "GX", "GY", "GZ")
_STATE = re.compile(r"U[1-9A-D]")  # state-defined, U1 to UD: one row of the table speaks for all


def rank(modifier: str) -> int | None:
    """Place of a modifier in the order, None where it is unknown."""
    return _RANK.get("U1" if _STATE.fullmatch(modifier) else modifier)


def telehealth_first(text: str) -> str:
    """Modifiers with the telehealth ones before all others, else in the order given.

    >>> telehealth_first("25 HO 95")
    '95 25 HO'
    """
    return " ".join(sorted(text.split(), key=lambda mod: _CLASS.get(mod) != "telehealth"))


def beyond_four(text: str) -> list[str]:
    """What has to go into the note: all but four, of which pricing and telehealth modifiers are the first.

    >>> beyond_four("59 HO HE HQ 95")
    ['HQ']
    """
    given = list(dict.fromkeys(text.split()))
    kept = sorted(given, key=lambda mod: _CLASS.get(mod) not in _KEPT)[:MOST]
    return [mod for mod in given if mod not in kept]


def _unordered(text: str) -> bool:
    ranks = [r for r in map(rank, text.split()) if r is not None]
    return ranks != sorted(ranks)


def _unordered_telehealth_first(text: str) -> bool:
    mods = [mod for mod in text.split() if rank(mod) is not None]
    if " ".join(mods) != telehealth_first(" ".join(mods)):
        return True
    return _unordered(" ".join(mod for mod in mods if _CLASS.get(mod) != "telehealth"))


def _contradicts(text: str) -> bool:
    """GZ, alone or with GA, and GX without GY."""
    mods = set(text.split())
    return "GZ" in mods or ("GX" in mods and "GY" not in mods)


def _too_many(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines with more than four; the change says which of them go into the note."""
    text = lines["modifiers"]
    many = lookup(text, lambda t: len(t.split()) > MOST, False, bool)
    said = found(lines, many, "MODIFIER_COUNT", "modifiers", "More than four modifiers.")
    if said.empty:
        return said
    into_note = {value: " ".join(beyond_four(value)) for value in text[many].unique()}
    return said.assign(
        change="modifiers=move to the note " + text[many].astype("str").map(into_note).fillna("")
    )


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines with too many, repeated, unsorted, unknown or wrong liability modifiers."""
    text = lines["modifiers"]
    if not len(text.cat.categories):
        return join()
    medicare = member(lines["payer_class"], ["medicare_ffs"])
    repeated = lookup(text, lambda t: len(set(t.split())) < len(t.split()), False, bool)
    first = member(columns.text(lines, "payer_modifier_order"), [TELEHEALTH_FIRST])
    unordered = lookup(text, _unordered, False, bool)
    if first.any():
        unordered = np.where(first, lookup(text, _unordered_telehealth_first, False, bool), unordered)
    unknown = lookup(text, lambda t: None in map(rank, t.split()), False, bool)
    liability = has_modifier(lines, *_LIABILITY)

    return join(
        _too_many(lines),
        found(lines, repeated, "MODIFIER_REPEATED", "modifiers", "The same modifier twice."),
        found(
            lines,
            unordered,
            "MODIFIER_ORDER",
            "modifiers payer_modifier_order",
            "The modifiers are not in the payer's order.",
        ),
        found(lines, unknown, "MODIFIER_UNKNOWN", "modifiers", "A modifier is not in the table."),
        found(
            lines,
            liability & ~medicare,
            "MODIFIER_LIABILITY",
            "modifiers payer_class",
            "A Medicare modifier for another payer.",
        ),
        found(
            lines,
            medicare & lookup(text, _contradicts, False, bool),
            "MODIFIER_DENIAL",
            "modifiers payer_class",
            "The liability modifiers ask for a denial that nobody else pays for, or contradict each other.",
        ),
    )
