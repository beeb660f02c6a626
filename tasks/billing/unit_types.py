"""What a unit of an authorization is: a visit, a day, a billed unit or an hour.

Payers approve care in the unit they think in. Twelve visits are twelve appointments, whatever is billed at each; ten
days of a programme are ten dates, with one line or with four; an authorization of testing or of behaviour analysis is
by the hour, while its codes are billed by the quarter. Counting billed units against all of them uses some up too soon
(care stops that was approved) and others too late (CARC 198). So every authorization is counted by its own type:

* visit: one an encounter, however many lines it has;
* day: one a date of service;
* unit, and where nothing is said: the units of the line, which is what the code itself counts in;
* hour: minutes. A code with a clock takes its units times that (``each_15``: a quarter hour); of any other the
  documented minutes of the visit count, once for all its lines; where none are documented, the least its code needs.
  A code without any of these has no hours, and an authorization by the hour does not cover it.

Entries of ``authorization_units`` stay in units of the line: what they come to follows from the authorization's type
and the charge, and is worked out here. So a type that is corrected later counts what was reserved before it anew.
Hours are held in minutes, so that a quarter of one costs a quarter; a person reads whole hours.

Source: 06 section 6 (unit types, K); ``level_of_care.tsv`` auth_unit; ``procedure_codes.tsv`` unit, min_min.
"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from tasks.billing.context import Column, beside, words
from tasks.billing.scrub import codebook

VISIT, DAY, UNIT, HOUR = "visit", "day", "unit", "hour"
ONE_HOUR = 60
# What is asked of a line or a reserved charge; minutes are those documented of its visit.
COUNTED = words("authorization_id encounter_id service_date code units minutes")
_CLOCK = re.compile(r"(?:each|first)_(\d+)")


@cache
def clock(code: str) -> int | None:
    """Minutes that one unit of a code stands for; None where it counts no time.

    >>> clock("H0004"), clock("96131"), clock("90837")
    (15, 60, None)
    """
    known = codebook.codes().get(code)
    found = _CLOCK.fullmatch(known.unit) if known else None
    return int(found[1]) if found else None


@cache
def _least(code: str) -> int | None:
    known = codebook.codes().get(code)
    return known.minutes_min if known else None


def _by_code(codes: Column, answer: object) -> Column:
    return codes.map({code: answer(code) for code in codes.dropna().unique()}).astype("Int64")  # type: ignore[operator]


def timed(lines: pd.DataFrame) -> Column:
    """Whether it is known how long each line takes; `lines` has ``code`` and, where documented, ``minutes``."""
    documented = lines["minutes"].notna() if "minutes" in lines else False
    return _by_code(lines["code"], clock).notna() | documented | _by_code(lines["code"], _least).notna()


def counted(rows: pd.DataFrame, on_file: pd.DataFrame) -> Column:
    """What each row takes of its authorization in its parts (Int64), in the order of the rows.

    `rows` has COUNTED; of the rows of one visit or day the first takes one and the others nothing. A row without an
    authorization takes its own units.
    """
    kind = beside(rows["authorization_id"], on_file.set_index("authorization_id")["unit_type"])
    again = {
        VISIT: rows.duplicated(["authorization_id", "encounter_id", "service_date"]),
        DAY: rows.duplicated(["authorization_id", "service_date"]),
    }
    taken = rows["units"].astype("Int64")
    for name, repeated in again.items():
        taken = taken.mask((kind == name).fillna(False).astype(bool), (~repeated).astype("Int64"))
    hourly = (kind == HOUR).fillna(False).astype(bool)
    return taken.where(~hourly, _minutes(rows)) if hourly.any() else taken


def _minutes(rows: pd.DataFrame) -> Column:
    by_clock = rows["units"].astype("Int64") * _by_code(rows["code"], clock)
    documented = rows["minutes"].astype("Int64")
    open_ = by_clock.isna() & documented.notna()
    first = ~rows[open_].duplicated(["authorization_id", "encounter_id"]).reindex(
        rows.index, fill_value=False
    )
    documented = documented.where(first | documented.isna(), 0)
    return by_clock.fillna(documented).fillna(_by_code(rows["code"], _least)).fillna(0)


def _size(on_file: pd.DataFrame) -> Column:
    """Parts that a unit of each authorization has, by authorization_id: sixty where it is by the hour."""
    kind = on_file.set_index("authorization_id")["unit_type"]
    return (kind == HOUR).fillna(False).astype("Int64") * (ONE_HOUR - 1) + 1


def parts(on_file: pd.DataFrame, column: str = "units_approved") -> Column:
    """Units of a column in parts, by authorization_id."""
    return on_file.set_index("authorization_id")[column].astype("Int64") * _size(on_file)


def whole(names: Column, amounts: Column, on_file: pd.DataFrame, *, up: bool = False) -> Column:
    """Parts of the authorizations `names` as whole units: what is begun counts where `up`, else what is complete."""
    size = beside(names, _size(on_file)).astype("Int64")
    return -(-amounts.astype("Int64") // size) if up else amounts.astype("Int64") // size
