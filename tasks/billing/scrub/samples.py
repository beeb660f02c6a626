"""The samples in the rules' manual pages, read as frames.

A page shows tables under ``Passes::``, ``Fails::`` and ``History::``. Cells are two blanks apart, ``.`` is null. The
last column of a failing table, ``finds``, names the rule ids found on that line (``.`` for none). A row goes on after a
backslash. Columns a sample leaves out take the values of DEFAULTS; lines with a column of institutional lines are of
the 837I. History counts for every table of the page.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tasks.billing.pages import tables
from tasks.billing.scrub.common import INSTITUTIONAL, INSTITUTIONAL_COLUMNS

DEFAULTS: dict[str, str | int | None] = {
    "patient_id": "P1",
    "payer_id": "ACME",
    "coverage_id": "COV1",
    "rendering_id": "CL1",
    "service_date": "2026-01-05",
    "place_of_service": "11",
    "code": "90837",
    "modifiers": None,
    "units": 1,
    "charge_cents": 10000,
    "diagnoses": "F411",
    "pointers": "1",
}
_NUMBERS = (
    "position", "units", "charge_cents", "payer_timely_filing_days", "minutes", "therapy_minutes",
    "payer_programme_minutes", "stay_weekly_hours",
)  # fmt: skip
_DATES = ("service_date", "stay_admitted_on", "stay_discharged_on")
_HEADINGS = ("Passes", "Fails", "History")


@dataclass(frozen=True)
class Sample:
    """One table: kind is Passes, Fails or History; `expected` holds (encounter, position, rule id)."""

    kind: str
    lines: pd.DataFrame
    expected: frozenset[tuple[str, int, str]]


def _frame(rows: list[list[str]]) -> pd.DataFrame:
    header, *body = rows
    frame = pd.DataFrame(body, columns=header, dtype=object).replace({".": None})
    for name, value in DEFAULTS.items():
        if name not in frame:
            frame[name] = value
    if "form" not in frame and not set(INSTITUTIONAL_COLUMNS).isdisjoint(frame):
        frame["form"] = INSTITUTIONAL
    if "position" not in frame:
        frame["position"] = frame.groupby("encounter_id").cumcount() + 1
    for name in _NUMBERS:
        if name in frame:
            frame[name] = pd.to_numeric(frame[name]).astype("Int64")
    if "payer_audio_allowed" in frame:
        frame["payer_audio_allowed"] = (
            frame["payer_audio_allowed"].map({"true": True, "false": False}).astype("boolean")
        )
    for name in _DATES:
        if name in frame:
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def read(page: str) -> list[Sample]:
    """All samples of a manual page, in order."""
    samples = []
    for kind, rows in tables(page, _HEADINGS):
        frame = _frame(rows)
        finds = frame.pop("finds") if "finds" in frame else pd.Series([None] * len(frame))
        expected = frozenset(
            (encounter, int(position), rule_id)
            for encounter, position, ids in zip(frame["encounter_id"], frame["position"], finds, strict=True)
            for rule_id in (ids or "").split()
        )
        samples.append(Sample(kind, frame, expected))
    return samples
