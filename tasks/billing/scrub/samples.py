"""The samples in the rules' manual pages, read as frames.

A page shows tables under ``Passes::``, ``Fails::`` and ``History::``. Cells are two blanks apart, ``.`` is null. The
last column of a failing table, ``finds``, names the rule ids found on that line (``.`` for none). A row goes on after a
backslash. Columns a sample
leaves out take the values of DEFAULTS. History counts for every table of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

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
    "payer_programme_minutes",
)  # fmt: skip
_HEADING = re.compile(r"^(Passes|Fails|History)::\s*$")


@dataclass(frozen=True)
class Sample:
    """One table: kind is Passes, Fails or History; `expected` holds (encounter, position, rule id)."""

    kind: str
    lines: pd.DataFrame
    expected: frozenset[tuple[str, int, str]]


def _tables(page: str) -> list[tuple[str, list[list[str]]]]:
    tables: list[tuple[str, list[list[str]]]] = []
    for line in re.sub(r"\\\n\s+", "", page).splitlines():
        heading = _HEADING.match(line)
        if heading:
            tables.append((heading.group(1), []))
        elif line.startswith("    ") and tables:
            tables[-1][1].append(re.split(r"\s{2,}", line.strip()))
    return tables


def _frame(rows: list[list[str]]) -> pd.DataFrame:
    header, *body = rows
    frame = pd.DataFrame(body, columns=header, dtype=object).replace({".": None})
    for name, value in DEFAULTS.items():
        if name not in frame:
            frame[name] = value
    if "position" not in frame:
        frame["position"] = frame.groupby("encounter_id").cumcount() + 1
    for name in _NUMBERS:
        if name in frame:
            frame[name] = pd.to_numeric(frame[name]).astype("Int64")
    if "payer_audio_allowed" in frame:
        frame["payer_audio_allowed"] = (
            frame["payer_audio_allowed"].map({"true": True, "false": False}).astype("boolean")
        )
    frame["service_date"] = pd.to_datetime(frame["service_date"]).astype("datetime64[s]")
    return frame


def read(page: str) -> list[Sample]:
    """All samples of a manual page, in order."""
    samples = []
    for kind, rows in _tables(page):
        frame = _frame(rows)
        finds = frame.pop("finds") if "finds" in frame else pd.Series([None] * len(frame))
        expected = frozenset(
            (encounter, int(position), rule_id)
            for encounter, position, ids in zip(frame["encounter_id"], frame["position"], finds, strict=True)
            for rule_id in (ids or "").split()
        )
        samples.append(Sample(kind, frame, expected))
    return samples
