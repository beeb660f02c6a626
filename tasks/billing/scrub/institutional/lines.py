"""What the rules of the institutional form share: its lines, their level of care, and the type of bill.

A facility bills on the 837I: a type of bill says what kind of facility and care (digits one and two, ``013`` hospital
outpatient; a fourth digit is the frequency), each line has a revenue code, and the claim tells of the stay. What goes
with which level of care stands in ``institutional_levels.tsv``; its rows marked K are what sites confirm or change.
A column that lines do not have is one that nobody tracks, and the rules that read it stay silent. Null says that
there is none, which only the rules about what must be there take amiss.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from configs import reference
from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import INSTITUTIONAL, Flags, lookup, member

MEDICARE = "medicare_ffs"
OUTPATIENT = "outpatient"
# Room and board: what counts days of a level that is a bed (revenue_codes.tsv), and the accommodations beside them.
BEDS = frozenset({"inpatient", "rtc", "detox", "residential"})
ACCOMMODATION = re.compile(r"01[0-5]\d|100[0-5]")
BILL = re.compile(r"0?([1-9]\d)([0-9A-Z]?)")
REVENUE = re.compile(r"\d{4}")


@cache
def levels() -> dict[str, dict[str, frozenset[str]]]:
    """Lists of ``institutional_levels.tsv`` by level of care and column."""
    return {
        row["loc"]: {name: frozenset(row[name].split()) for name in row if name not in ("loc", "notes")}
        for row in reference.table("institutional_levels")
    }


@cache
def bed_levels() -> frozenset[str]:
    """Levels of care that are a bed."""
    return frozenset(loc for loc, row in levels().items() if "Y" in row["bed"])


@cache
def bed_bills() -> frozenset[str]:
    """Types of bill that nothing but a bed has."""
    beds = frozenset[str]().union(*(levels()[loc]["bills"] for loc in bed_levels()))
    return beds.difference(*(row["bills"] for loc, row in levels().items() if loc not in bed_levels()))


def bill(type_of_bill: str) -> str:
    """The two digits that say facility and care: ``13`` of 013, 0131 and 131; blank where it is no type of bill.

    >>> bill("013"), bill("0132"), bill("861"), bill("x")
    ('13', '13', '86', '')
    """
    found = BILL.fullmatch(type_of_bill)
    return found[1] if found else ""


def frequency(type_of_bill: str) -> str:
    """The digit that says which bill of the stay it is; blank where it is left to the claim.

    >>> frequency("0132"), frequency("013")
    ('2', '')
    """
    found = BILL.fullmatch(type_of_bill)
    return found[2] if found else ""


def of(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines of the 837I, with `level` (the stay's, else the line's own) and `bill`; empty where there are none."""
    some = lines.loc[is_institutional(lines)]
    if some.empty:
        return some
    return some.assign(
        level=first(text(some, "stay_level_of_care"), some["level_of_care"]), bill=_bills(some)
    )


def first(column: pd.Series, other: pd.Series) -> pd.Categorical:
    """The column's value, else the other's; both and the answer are categories."""
    names = column.cat.categories.union(other.cat.categories)
    mine, theirs = (
        np.append(names.get_indexer(each.cat.categories), -1)[each.cat.codes] for each in (column, other)
    )
    return pd.Categorical.from_codes(np.where(mine >= 0, mine, theirs), names)


def _bills(lines: pd.DataFrame) -> pd.Categorical:
    """The two digits of the type of bill as categories; null where the lines say none."""
    types = text(lines, "type_of_bill")
    codes, names = pd.factorize(np.array([bill(value) for value in types.cat.categories], dtype=object))
    return pd.Categorical.from_codes(np.append(codes, -1)[types.cat.codes], pd.Index(names, dtype=object))


@cache
def _is_bed(revenue_code: str) -> bool:
    row = reference.by_key("revenue_codes", "rev").get(revenue_code)
    if row is None:
        return bool(ACCOMMODATION.fullmatch(revenue_code))
    return row["unit"] == "day" and BEDS.issuperset(row["level_of_care"].split(","))


def bed(lines: pd.DataFrame) -> Flags:
    """Lines of room and board, leave among them."""
    return lookup(text(lines, "revenue_code"), _is_bed, False, bool)


def none(lines: pd.DataFrame) -> Flags:
    """No line."""
    return np.zeros(len(lines), dtype=bool)


def is_institutional(lines: pd.DataFrame) -> Flags:
    """Lines of the 837I."""
    if "form" not in lines:
        return none(lines)
    return member(lines["form"], [INSTITUTIONAL])


def of_bed_bill(lines: pd.DataFrame) -> Flags:
    """Lines whose type of bill nothing but a bed has (11, 65, 66, 86, 89)."""
    return lookup(text(lines, "type_of_bill"), lambda value: bill(value) in bed_bills(), False, bool)


def medicare(lines: pd.DataFrame) -> Flags:
    """Lines of Medicare itself; a plan that stands in for it has rules of its own."""
    return member(lines["payer_class"], [MEDICARE])


def among(values: pd.Series, some: pd.DataFrame, column: str) -> Flags:
    """Whether each line's value is in the list that its level of care has in `column`; a level without one has all."""
    fits = np.ones(len(some), dtype=bool)
    for level in some["level"].cat.categories.intersection(pd.Index(list(levels()))):
        listed = levels()[level][column]
        if listed:
            fits &= ~member(some["level"], [level]) | member(values, listed)
    return fits


def days(lines: pd.DataFrame, name: str) -> npt.NDArray[np.datetime64]:
    """A column of days; not a time where it is null or absent."""
    if name not in lines:
        return np.full(len(lines), np.datetime64("NaT", "s"))
    return lines[name].to_numpy(dtype="datetime64[s]")


def lacking(lines: pd.DataFrame, name: str) -> Flags:
    """Lines whose column is tracked and null."""
    return lines[name].isna().to_numpy() if name in lines else none(lines)


def alone(lines: pd.DataFrame) -> Flags:
    """Lines whose code is a revenue code, standing without a procedure code."""
    return lookup(lines["code"], lambda code: bool(REVENUE.fullmatch(code)), False, bool)
