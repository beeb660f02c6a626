"""What judging an encounter needs besides the encounter: the practice's master data, the day, the severities.

Both are values handed in by the caller: the domain itself reads no clock, no file and no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.billing.references import References

Column: TypeAlias = "pd.Series[Any]"  # one column of a frame, of whatever type


def words(text: str) -> list[str]:
    """Column names written as one text, blanks between."""
    return text.split()


def beside(keys: Column, table: Column) -> Column:
    """Value of `table` (a column indexed by key) for each key, with the table's own type; missing where unknown."""
    return pd.Series(table.reindex(keys).array, index=keys.index)


def beside_each(keys: Column, table: pd.DataFrame) -> dict[str, Column]:
    """`beside` for each column of a table, the keys looked up once: many rows, few keys."""
    at, known = pd.factorize(keys)
    found = table.reindex(known)
    return {
        str(name): pd.Series(column.array.take(at, allow_fill=True), index=keys.index)
        for name, column in found.items()
    }


def among(keys: Column, others: Column) -> Column:
    """Whether each key is one of `others`; an absent one never is. `Series.isin` looks at texts one by one."""
    known = pa.array(others.dropna().unique(), pa.string())
    found = pc.is_in(pa.array(keys, pa.string()), value_set=known)
    return pd.Series(found.to_numpy(zero_copy_only=False), index=keys.index, dtype="bool")


@dataclass(frozen=True)
class Masters:
    """The newest versions of the master tables, each with its ``row_id``; columns as the ledger names them."""

    payers: pd.DataFrame
    providers: pd.DataFrame
    enrollments: pd.DataFrame
    patients: pd.DataFrame
    coverages: pd.DataFrame
    authorizations: pd.DataFrame
    consents: pd.DataFrame
    fees: pd.DataFrame
    contracts: pd.DataFrame
    licenses: pd.DataFrame = field(default_factory=pd.DataFrame)
    supervisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    payer_classes: pd.DataFrame = field(default_factory=pd.DataFrame)
    schedule: pd.DataFrame = field(default_factory=pd.DataFrame)
    stays: pd.DataFrame = field(default_factory=pd.DataFrame)
    programmes: pd.DataFrame = field(default_factory=pd.DataFrame)
    eligibility_answers: pd.DataFrame = field(
        default_factory=pd.DataFrame
    )  # facts: what payers said of the cover


@dataclass(frozen=True)
class JudgeContext:
    """The day and the configuration that encounters are judged under.

    ``severities`` maps a rule id to hold, warn, shadow or off; ``overrides`` maps (payer_id, rule id) to the same
    and wins for that payer. A rule that is configured nowhere holds: forgetting one must not let a claim out.
    ``dates`` are the first and last day of service a rule speaks of, ``parameters`` the numbers it works with.
    """

    business_date: date
    place_of_service: str = "11"
    tax_id: str = ""  # the practice's; blank where nobody said
    npi: str = ""  # the practice's own (type 2), which its claims go out under; likewise
    date_window_days: int = 1
    timely_margin_days: int = 15
    severities: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[tuple[str, str], str] = field(default_factory=dict)
    references: References = field(default_factory=References)
    dates: Mapping[str, tuple[date | None, date | None]] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def today(self) -> pd.Timestamp:
        """The business date, comparable with date columns."""
        return pd.Timestamp(self.business_date)

    def severity(self, rule_id: str, payer_id: str | None = None) -> str:
        """Severity of a rule, for one payer where it has its own."""
        general = self.severities.get(rule_id, "hold")
        return general if payer_id is None else self.overrides.get((payer_id, rule_id), general)
