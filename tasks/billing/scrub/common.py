"""What every rule works with: prepared lines, lookups over whole columns, and the frame of findings.

``prepare`` gives lines and history the same columns, the same order (encounter, position) and shared categories, so
that a rule asks a question once for each distinct code and not once for each line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from tasks.billing.references import References

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
    "em_basis",
    "service_kind",
    "supervising_id",
    "start_time",
    "end_time",
    "patient_state",
    "payer_telehealth_codes",
    "payer_modifier_order",
    "payer_quarter_hour_rule",
    "payer_beside_programme",
    "payer_filing_basis",
    "payer_class_codes",
    "treating_class",
    "location_id",
)
NUMBERS = (
    "position",
    "units",
    "charge_cents",
    "payer_timely_filing_days",
    "payer_programme_minutes",
    "minutes",
    "therapy_minutes",
)
FLAGS = ("payer_audio_allowed", "new_patient")
DATES = ("service_date",)
COLUMNS = (*TEXT, *NUMBERS, *FLAGS, *DATES)

# What lines of the institutional form bring besides (``institutional``). `prepare` gives those of them that the lines
# have, and none where no line goes on an 837I: most batches are professional and pay nothing for what they lack.
INSTITUTIONAL = "837I"
INSTITUTIONAL_TEXT = (
    "form",
    "revenue_code",
    "type_of_bill",
    "condition_codes",
    "stay_id",
    "stay_patient_status",
    "stay_level_of_care",
    "stay_attending_id",
    "stay_attending_class",
    "programme_line",
)
INSTITUTIONAL_NUMBERS = ("stay_weekly_hours",)
INSTITUTIONAL_DATES = ("stay_admitted_on", "stay_discharged_on")
INSTITUTIONAL_COLUMNS = (*INSTITUTIONAL_TEXT, *INSTITUTIONAL_NUMBERS, *INSTITUTIONAL_DATES)

# Codes that rules look for further back than the weeks around a line, with the most days that any of them looks:
# another intake within six months (``intake_again``). Programme days are asked for by week, like all the rest.
LOOK_BACK = {"90791": 184, "90792": 184}

# What a rule may say of a finding beyond its words; null where it does not (see `registry` for what fills it then).
DETAILS = ["reference_version", "change", "predicts", "data_as_of"]
FOUND = ["encounter_id", "line", "payer_id", "rule_id", "fields", "message", *DETAILS]
FINDINGS = ["encounter_id", "line", "rule_id", "severity", "fields", "message", "fix", "source", *DETAILS]
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
        """hold, warn, shadow or off by rule id."""

    @property
    def overrides(self) -> Mapping[tuple[str, str], str]:
        """hold, warn, shadow or off by (payer id, rule id); wins over `severities`."""

    @property
    def dates(self) -> Mapping[str, tuple[date | None, date | None]]:
        """First and last day of service that a rule speaks of, by rule id."""

    @property
    def references(self) -> References:
        """The official files that were loaded."""

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """The numbers that a site gave a rule, by rule id and name."""


def _complete(frame: pd.DataFrame, visits: pd.DataFrame | None, names: Sequence[str]) -> pd.DataFrame:
    """All of `names`; what the lines lack comes from their visit, else is null."""
    missing = [name for name in names if name not in frame.columns]
    if visits is not None and missing and not frame.empty:
        known = visits.drop_duplicates("encounter_id", keep="last").set_index("encounter_id")
        theirs = [name for name in missing if name in known.columns]
        at = pd.Index(frame["encounter_id"])
        frame = frame.assign(**{name: known[name].reindex(at).array for name in theirs})
    return frame.reindex(columns=list(names))


def _institutional(lines: pd.DataFrame, visits: pd.DataFrame | None, history: pd.DataFrame) -> Sequence[str]:
    """The columns of institutional lines that these bring; none where neither they nor their history has one."""
    if not any("form" in frame and frame["form"].eq(INSTITUTIONAL).any() for frame in (lines, history)):
        return ()
    brought = {"form", *lines.columns, *(visits.columns if visits is not None else ())}
    return [name for name in INSTITUTIONAL_COLUMNS if name in brought]


def _categories(column: pd.Series) -> pd.Categorical:
    """Text as categories in order of appearance (sorting them would cost more than it gives); blank is null."""
    codes, values = pd.factorize(column)
    known = pd.Index(values, dtype=object)
    codes = np.where(known.isin([""])[codes] & (codes >= 0), -1, codes) if len(known) else codes
    return pd.Categorical.from_codes(codes, known)


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """By encounter and position, as everything that is prepared stands."""
    return frame.sort_values(["encounter_id", "position"], kind="stable", ignore_index=True)


def _among(values: pd.Series, wanted: pd.Series) -> Flags:
    """Whether each value is one of `wanted`; by numbering both at once, which long text columns take gladly."""
    codes = pd.factorize(
        pd.concat([wanted.astype(values.dtype), values], ignore_index=True), use_na_sentinel=False
    )[0]
    seen = np.zeros(int(codes.max(initial=-1)) + 1, dtype=bool)
    seen[codes[: len(wanted)]] = True
    return seen[codes[len(wanted) :]]


def _weeks(days: pd.Series) -> npt.NDArray[np.float64]:
    """Number of the seven days a date is in; NaN where it is missing."""
    dates = pd.to_datetime(days).astype("datetime64[s]").to_numpy()
    seconds = dates.astype("int64").astype(np.float64)
    return np.floor(np.where(np.isnat(dates), np.nan, seconds) / (7 * 86_400))


def _relevant(history: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Earlier lines of the same people around the same days; an encounter is never compared with its own past.

    Around is the week and those beside it: rules about a day ask for the day, rules about seven days find them.
    LOOK_BACK codes stay for as long as a rule looks for them.
    """
    if history.empty:
        return history
    weeks = np.unique(_weeks(lines["service_date"])[:, None] + np.array([-1.0, 0.0, 1.0]))
    near = np.isin(_weeks(history["service_date"]), weeks)
    near |= looked_for(history, pd.to_datetime(lines["service_date"]).min())
    same = _among(history["patient_id"], lines["patient_id"]) & near
    return history[same & ~_among(history["encounter_id"], lines["encounter_id"])]


def looked_for(history: pd.DataFrame, first: pd.Timestamp) -> Flags:
    """Which earlier lines a rule may still look for on the day `first` because of their code (LOOK_BACK)."""
    days = pd.to_timedelta(history["code"].map(LOOK_BACK).astype("float64"), unit="D")
    near: Flags = (pd.to_datetime(history["service_date"]) >= first - days).to_numpy(dtype=bool)
    return near


def prepare(
    lines: pd.DataFrame,
    visits: pd.DataFrame | None,
    history: pd.DataFrame | None,
    only: Collection[str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines and relevant history with COLUMNS (and those of institutional lines), ordered; text as shared categories,
    numbers as float with NaN. `only` limits the columns to those that will be asked for.
    """
    past = _relevant(history, lines) if history is not None else lines.iloc[:0]
    more = _institutional(lines, visits, past)
    names = tuple(name for name in (*COLUMNS, *more) if only is None or name in only)
    new, old = ordered(_complete(lines, visits, names)), ordered(_complete(past, None, names))
    both = pd.concat([new, old], ignore_index=True) if len(old) else new
    data: dict[str, Any] = {
        name: _categories(both[name]) for name in (*TEXT, *INSTITUTIONAL_TEXT) if name in names
    }
    data |= {
        name: both[name].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        for name in (*NUMBERS, *INSTITUTIONAL_NUMBERS)
        if name in names
    }
    data |= {name: both[name].astype("boolean") for name in FLAGS if name in names}
    data |= {
        name: pd.to_datetime(both[name]).astype("datetime64[s]")
        for name in (*DATES, *INSTITUTIONAL_DATES)
        if name in names
    }
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
    lines: pd.DataFrame,
    mask: Flags,
    rule_id: str,
    fields: str,
    message: str,
    *,
    encounter: bool = False,
    **details: Any,
) -> pd.DataFrame:
    """The frame of what a rule has to say: one row a flagged line, or one an encounter with a null line.

    `details` are columns of DETAILS: the smallest change that passes (``units=1 modifiers``: columns and codes,
    never values of the record), what a payer would answer, the edition of the official file that judged.
    """
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
        | details
    )


def of_list(
    lines: pd.DataFrame, column: str, broken: Callable[[str], Collection[str]], message: str
) -> pd.DataFrame:
    """Findings of whole encounters, where `broken` names the rule ids that the text of a column breaks."""
    ids = {rule_id for text in lines[column].cat.categories for rule_id in broken(text)}

    def breaking(rule_id: str) -> Flags:
        return lookup(lines[column], lambda text: rule_id in broken(text), False, bool)

    return join(
        *(
            found(lines, breaking(rule_id), rule_id, column, message, encounter=True)
            for rule_id in sorted(ids)
        )
    )


def join(*parts: pd.DataFrame) -> pd.DataFrame:
    """The findings of several questions in one frame."""
    some = [part for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else NOTHING
