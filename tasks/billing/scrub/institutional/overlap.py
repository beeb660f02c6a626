"""Intensive outpatient and partial hospital do not overlap, and at Medicare not within seven days.

Medicare returns an intensive outpatient bill that overlaps a partial hospital bill, or that begins within seven days
of a line of one, of the same person and provider. A day between two days of one partial hospital stay is held; one that
comes within seven days after is a warning, because where the bill begins is settled when it is made, and who steps
down from one programme to the other is rightly in both. Where the intensive outpatient day was billed first, the
partial hospital days around it are held. Two programmes on one day are the level of care's question.

Passes::

    encounter_id  level_of_care  payer_class   service_date  stay_id  patient_id
    E1            php            medicare_ffs  2026-01-05    S1       P1
    E2            php            medicare_ffs  2026-01-09    S1       P1
    E3            iop            medicare_ffs  2026-01-17    S2       P1
    E4            php            commercial    2026-01-05    S3       P2
    E5            php            commercial    2026-01-09    S3       P2
    E6            iop            commercial    2026-01-07    S4       P2
    E7            iop            medicare_ffs  2026-01-07    S5       P3
    E8            iop            medicare_ffs  2026-01-08    S5       P3

Fails::

    encounter_id  level_of_care  payer_class   service_date  stay_id  patient_id  finds
    E1            php            medicare_ffs  2026-01-05    S1       P1          .
    E2            php            medicare_ffs  2026-01-09    S1       P1          .
    E3            iop            medicare_ffs  2026-01-07    S2       P1          INST_OVERLAP
    E4            iop            medicare_ffs  2026-01-16    S2       P1          INST_OVERLAP_NEAR
    E5            php            medicare_ffs  2026-01-06    S6       P6          INST_OVERLAP
    E6            php            medicare_ffs  2026-01-08    S6       P6          INST_OVERLAP
    E7            iop            medicare_ffs  2026-01-07    S8       P7          INST_OVERLAP_NEAR

History::

    encounter_id  level_of_care  payer_class   service_date  stay_id  patient_id
    E00           iop            medicare_ffs  2026-01-07    S7       P6
    E01           php            medicare_ffs  2026-01-02    S9       P7
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import Context, Flags, found, join, keys, member, together
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_OVERLAP"
SINCE = date(2026, 11, 26)
SOURCE = "Medicare's return of intensive outpatient bills beside partial hospital (V:S74)"
DEFAULT_SEVERITY = {"INST_OVERLAP": "hold", "INST_OVERLAP_NEAR": "warn"}
FIX = {
    "INST_OVERLAP": "Correct the day or the programme: a person is in one programme at a time.",
    "INST_OVERLAP_NEAR": "Begin the bill more than seven days after partial hospital, or expect it back.",
}
PREDICTS = "CARC231 M80"
CHANGE = {"INST_OVERLAP": "service_date", "INST_OVERLAP_NEAR": "service_date"}
DAYS = 7  # parameter `days` of INST_OVERLAP_NEAR


def _within(some: pd.DataFrame, partial: Flags, intensive: Flags, new: Flags) -> Flags:
    """Intensive outpatient days between two of a partial hospital stay; where they are out, the stay's new days."""
    people, days = keys(some, "patient_id"), some["service_date"].to_numpy()
    stays = partial & text(some, "stay_id").notna().to_numpy()
    stay = np.where(stays, keys(some.assign(stay=text(some, "stay_id").cat.codes), "patient_id", "stay"), -1)
    frame = pd.DataFrame({"person": people, "stay": stay, "day": days, "row": np.arange(len(some))})
    spans = frame[stays].groupby(["person", "stay"])["day"].agg(first="min", last="max").reset_index()
    inside = frame.loc[intensive, ["person", "day", "row"]].merge(spans, on="person")
    inside = inside[(inside["first"] < inside["day"]) & (inside["day"] < inside["last"])]
    row = inside["row"].to_numpy(dtype=np.int64)
    hit = inst.none(some)
    hit[row] = True
    return hit | np.isin(stay, inside["stay"].to_numpy()[~new[row]])


def _soon(some: pd.DataFrame, partial: Flags, intensive: Flags, days: int) -> Flags:
    """Intensive outpatient days that begin within `days` after a partial hospital day of the person."""
    row = np.arange(len(some))
    person = keys(some, "patient_id")
    frame = pd.DataFrame({"person": person, "day": some["service_date"].to_numpy(), "row": row}).dropna()
    before = frame[partial[frame["row"]]].rename(columns={"row": "other"})
    before = before.assign(last=before["day"]).sort_values("day")
    after = frame[intensive[frame["row"]]].sort_values("day")
    near = pd.merge_asof(
        after, before, on="day", by="person", tolerance=pd.Timedelta(days=days), allow_exact_matches=False
    )
    hit = inst.none(some)
    hit[near.loc[near["last"].notna(), "row"].to_numpy()] = True
    return hit


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Medicare's intensive outpatient lines inside a partial hospital stay, or soon after one."""
    mine = inst.is_institutional(lines) & inst.medicare(lines)
    if not mine.any():
        return join()
    both, new = together(lines, history)
    ours = inst.is_institutional(both) & inst.medicare(both)
    some, new = inst.of(both.loc[ours]), new[ours]
    partial, intensive = member(some["level"], ["php"]), member(some["level"], ["iop"])
    if not partial.any() or not intensive.any():
        return join()
    within = _within(some, partial, intensive, new)
    days = context.parameters.get("INST_OVERLAP_NEAR", {}).get("days", DAYS)
    near = _soon(some, partial, intensive, days)
    fields = "level_of_care service_date stay_id"
    return join(
        found(
            some,
            within & new,
            "INST_OVERLAP",
            fields,
            "Intensive outpatient and partial hospital of one person overlap.",
        ),
        found(
            some,
            near & ~within & new,
            "INST_OVERLAP_NEAR",
            fields,
            "An intensive outpatient day soon after partial hospital.",
        ),
    )
