"""What every rule works with: prepared lines, lookups over whole columns, and the frame of findings.

``prepare`` gives lines and history the same columns, the same order (encounter, position) and shared categories, so
that a rule asks a question once for each distinct code and not once for each line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import reduce
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Keys = npt.NDArray[np.int64]

TEXT = (
    "encounter_id",
    "patient_id",
    "payer_id",
    "coverage_id",
    "rendering_id",
    "place_of_service",
    "code",
    "modifiers",
    "diagnoses",
    "pointers",
    "level_of_care",
    "payer_class",
    "payer_telehealth_rule",
    "provider_class",
    "modality",
    "patient_location",
    "em_level",
)
NUMBERS = ("position", "units", "charge_cents", "payer_timely_filing_days", "minutes", "therapy_minutes")
FLAGS = ("payer_audio_allowed",)
DATES = ("service_date",)
COLUMNS = (*TEXT, *NUMBERS, *FLAGS, *DATES)

FOUND = ["encounter_id", "line", "payer_id", "rule_id", "fields", "message"]
FINDINGS = ["encounter_id", "line", "rule_id", "severity", "fields", "message", "fix", "source"]
NOTHING = pd.DataFrame(columns=FOUND)


class Context(Protocol):
    """What the rules may know besides the lines (``tasks.billing.context.JudgeContext``)."""

    @property
    def business_date(self) -> date:
        """The day the batch is of."""

    @property
    def timely_margin_days(self) -> int:
        """Days before a filing limit from which a line is worth a warning."""

    @property
    def severities(self) -> Mapping[str, str]:
        """hold, warn or off by rule id."""

    @property
    def overrides(self) -> Mapping[tuple[str, str], str]:
        """hold, warn or off by (payer id, rule id); wins over `severities`."""


def _complete(frame: pd.DataFrame, visits: pd.DataFrame | None) -> pd.DataFrame:
    """All of COLUMNS; what the lines lack comes from their visit, else is null."""
    missing = [name for name in COLUMNS if name not in frame.columns]
    if visits is not None and missing and not frame.empty:
        known = visits.drop_duplicates("encounter_id", keep="last").set_index("encounter_id")
        theirs = [name for name in missing if name in known.columns]
        at = pd.Index(frame["encounter_id"])
        frame = frame.assign(**{name: known[name].reindex(at).array for name in theirs})
    return frame.reindex(columns=list(COLUMNS))


def _categories(column: pd.Series) -> pd.Categorical:
    """Text as categories in order of appearance (sorting them would cost more than it gives); blank is null."""
    codes, values = pd.factorize(column)
    known = pd.Index(values, dtype=object)
    codes = np.where(known.isin([""])[codes] & (codes >= 0), -1, codes) if len(known) else codes
    return pd.Categorical.from_codes(codes, known)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["encounter_id", "position"], kind="stable").reset_index(drop=True)


def _among(values: pd.Series, wanted: pd.Series) -> Flags:
    """Whether each value is one of `wanted`; by numbering both at once, which long text columns take gladly."""
    codes = pd.factorize(
        pd.concat([wanted.astype(values.dtype), values], ignore_index=True), use_na_sentinel=False
    )[0]
    seen = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    seen[codes[: len(wanted)]] = True
    return seen[codes[len(wanted) :]]


def _relevant(history: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Earlier lines of the same people on the same days; an encounter is never compared with its own past."""
    if history.empty:
        return history
    same = _among(history["patient_id"], lines["patient_id"]) & _among(
        history["service_date"], lines["service_date"]
    )
    return history[same & ~_among(history["encounter_id"], lines["encounter_id"])]


def prepare(
    lines: pd.DataFrame, visits: pd.DataFrame | None, history: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines and relevant history with COLUMNS, ordered, text as shared categories, numbers as float with NaN."""
    new = _ordered(_complete(lines, visits))
    old = _ordered(_complete(_relevant(history, lines) if history is not None else lines.iloc[:0], None))
    both = pd.concat([new, old], ignore_index=True) if len(old) else new
    data: dict[str, Any] = {name: _categories(both[name]) for name in TEXT}
    data |= {
        name: both[name].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan) for name in NUMBERS
    }
    data |= {name: both[name].astype("boolean") for name in FLAGS}
    data |= {name: pd.to_datetime(both[name]).astype("datetime64[s]") for name in DATES}
    ready = pd.DataFrame(data)
    return ready.iloc[: len(new)], ready.iloc[len(new) :].reset_index(drop=True)


def together(lines: pd.DataFrame, history: pd.DataFrame) -> tuple[pd.DataFrame, Flags]:
    """History first, then the lines, and a mask of which rows are lines."""
    if history.empty:
        return lines, np.ones(len(lines), dtype=bool)
    both = pd.concat([history, lines], ignore_index=True)
    return both, np.arange(len(both)) >= len(history)


def lookup(
    column: pd.Series, answer: Callable[[str], Any], default: Any, dtype: Any = None
) -> npt.NDArray[Any]:
    """`answer` for each row of a categorical column, asked once a category; `default` where it is null."""
    table = np.array([*(answer(value) for value in column.cat.categories), default], dtype=dtype)
    return table[column.cat.codes.to_numpy()]


def member(column: pd.Series, wanted: Collection[str]) -> Flags:
    """Whether each row's value is one of `wanted`."""
    return lookup(column, lambda value: value in wanted, False, bool)


def has_modifier(lines: pd.DataFrame, *wanted: str) -> Flags:
    """Whether each line carries one of the modifiers."""
    return lookup(lines["modifiers"], lambda value: not set(wanted).isdisjoint(value.split()), False, bool)


def _numbered(values: pd.Series | Keys) -> Keys:
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def keys(frame: pd.DataFrame, *columns: str) -> Keys:
    """A number for each distinct combination of the columns (null equals null), from 0 without gaps."""

    def numbered(name: str) -> Keys:
        column = frame[name]
        coded = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else _numbered(column)
        return np.asarray(coded, dtype=np.int64) + 1

    def joined(left: Keys, right: Keys) -> Keys:
        return _numbered(left * (int(right.max(initial=0)) + 1) + right)

    return _numbered(reduce(joined, (numbered(name) for name in columns)))


def any_in_group(groups: Keys, flags: Flags) -> Flags:
    """For each row, whether any row of its group is flagged."""
    seen = np.zeros(int(groups.max(initial=-1)) + 1, dtype=bool)
    seen[groups[flags]] = True
    return seen[groups]


def found(
    lines: pd.DataFrame, mask: Flags, rule_id: str, fields: str, message: str, *, encounter: bool = False
) -> pd.DataFrame:
    """The frame of what a rule has to say: one row a flagged line, or one an encounter with a null line."""
    if not mask.any():
        return NOTHING
    some = lines.loc[mask, ["encounter_id", "position", "payer_id"]]
    if encounter:
        some = some.drop_duplicates("encounter_id").assign(position=np.nan)
    return pd.DataFrame(
        {
            "encounter_id": some["encounter_id"].astype(object),
            "line": some["position"].astype("Int64"),
            "payer_id": some["payer_id"].astype(object),
            "rule_id": rule_id,
            "fields": fields,
            "message": message,
        }
    )


def join(*parts: pd.DataFrame) -> pd.DataFrame:
    """The findings of several questions in one frame."""
    some = [part for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else NOTHING
