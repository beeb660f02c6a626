"""The level of a visit must be supported.

An evaluation-and-management visit is chosen by medical decision making or by total time. With psychotherapy in the
same session it is chosen by decision making alone: the therapy minutes are not visit minutes, and a level by time is
only believable from the minutes that remain. A level above what is documented is the commonest finding of audits.
Where the encounter says what the level rests on (``em_basis``, time or mdm), only that counts: a level by time needs
the minutes however high the decision making, and goes with psychotherapy never. Where neither decision making nor
minutes are documented, the rule has nothing to say; the coding gate has.

Passes::

    encounter_id  code   modifiers  em_level  minutes  therapy_minutes
    E1            99214  25         moderate  55       30
    E1            90833  .          moderate  55       30
    E2            99214  .          low       30       .
    E3            99213  .          moderate  .        .

Fails::

    encounter_id  code   modifiers  em_level  minutes  therapy_minutes  finds
    E1            99215  25         moderate  55       30               EM_LEVEL
    E1            90833  .          moderate  55       30               .
    E2            99215  .          moderate  39       .                EM_LEVEL
    E3            99215  25         .         55       30               EM_LEVEL
    E3            90833  .          .         55       30               .
    E4            99214  25         low       75       30               EM_LEVEL
    E4            90833  .          low       75       30               .

Passes::

    encounter_id  code   modifiers  em_level  minutes  therapy_minutes  em_basis
    E1            99215  .          low       40       .                time
    E2            99215  .          high      20       .                mdm
    E3            99215  .          low       40       .                .

Fails::

    encounter_id  code   modifiers  em_level  minutes  therapy_minutes  em_basis  finds
    E1            99215  .          low       40       .                mdm       EM_LEVEL
    E2            99215  .          high      39       .                time      EM_LEVEL
    E3            99214  25         moderate  60       30               time      EM_LEVEL
    E3            90833  .          moderate  60       30               time      .
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import Context, any_in_group, found, join, keys, lookup, member

ID = "EM_LEVEL"
VERSION = 2
SOURCE = "code_pair_rules.tsv PR19; procedure_codes.tsv min_min of 99202-99215; encounters.em_basis (V:S56; V:S51; K)"
DEFAULT_SEVERITY = "hold"
FIX = "Bill the level that the documented decision making supports."
PREDICTS = "CARC150 M25"
CHANGE = "code=of the documented level"

# Decision making that each office visit asks for, least first.
MDM = ("straightforward", "low", "moderate", "high")
_LEVEL = {f"99{group}{2 + rank}": rank for group in ("20", "21") for rank in range(4)}


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Office visits above the documented decision making and not carried by the minutes either."""
    known = codebook.codes()
    level = lookup(lines["code"], lambda c: _LEVEL.get(c, np.nan), np.nan, float)
    if np.isnan(level).all():
        return join()
    documented = lookup(lines["em_level"], lambda m: MDM.index(m) if m in MDM else np.nan, np.nan, float)
    needed = lookup(lines["code"], lambda c: known[c].minutes_min if c in _LEVEL else np.nan, np.nan, float)
    therapy = any_in_group(
        keys(lines, "encounter_id", "rendering_id"), member(lines["code"], ("90833", "90836", "90838"))
    )
    visit = lines["minutes"].to_numpy() - np.nan_to_num(lines["therapy_minutes"].to_numpy())
    basis = text(lines, "em_basis")
    timed, decided = member(basis, ["time"]), member(basis, ["mdm"])
    by_decision = (documented >= level) & ~timed
    by_time = (visit >= needed) & (~therapy | (np.isnan(documented) & ~timed)) & ~decided
    silent = np.isnan(documented) & np.isnan(visit)
    wrong = ~np.isnan(level) & ~by_decision & ~by_time & ~silent
    return found(
        lines,
        wrong,
        ID,
        "code em_level em_basis minutes therapy_minutes",
        "The visit's level is above what is documented.",
    )
