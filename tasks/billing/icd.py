"""ICD-10-CM: which diagnosis may be billed on which day.

Codes have three to seven characters; the dot after the third never travels in X12 and is left out here. Only
leaves are billable: a header (``F33``) names a group of codes and draws a rejection. The set changes every
October 1, when the federal fiscal year begins, and a code that was a leaf may become a header that day (``F50.02``
on 2024-10-01). The date of service decides, never the date of the claim.

The shipped tables hold chapter F as of FY2026 and the psychosocial Z categories as of FY2021
(``configs/reference/icd10_*.tsv``, extracts of the public CDC order files). What lies outside them is ``unknown``:
worth a look, not wrong. Where the site loaded the order file of the date of service (``cleanclaim load reference
icd10cm``), that file judges, all chapters of it, and nothing is unknown; the shipped tables judge the other days.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.references import References

BILLABLE = "billable"
HEADER = "header"  # names a group; the codes below it are billable
NOT_YET = "not_yet"  # its first fiscal year begins after the date
GONE = "gone"  # was deleted before the date
INVALID = "invalid"  # inside a shipped chapter, and not in it
UNKNOWN = "unknown"  # outside the shipped chapters, or where they are known to be out of date

SOURCE = "icd10_f_chapter.tsv (FY2026), icd10_z_psychosocial_fy2021.tsv (FY2021)"

# The Z table is FY2021's; these categories were changed afterwards, so that its word counts only until then.
OUTDATED_Z = ("Z59",)
OUTDATED_AFTER = date(2021, 9, 30)

_FISCAL_YEAR = re.compile(r"FY(\d{4})")
_MAX = np.datetime64("2262-01-01", "s")
_MIN = np.datetime64("1900-01-01", "s")


def fiscal_year_start(year: int) -> date:
    """First day of a federal fiscal year: FY2026 begins on 2025-10-01."""
    return date(year - 1, 10, 1)


def compact(code: str) -> str:
    """A code as it travels: upper case, without dot or blanks."""
    return code.replace(".", "").strip().upper()


def dotted(code: str) -> str:
    """A code as people write it.

    >>> dotted("F411"), dotted("F99")
    ('F41.1', 'F99')
    """
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def _windows(first_fy: str, leaf: bool) -> tuple[np.datetime64, np.datetime64, np.datetime64]:
    """(valid from, billable from, billable before) of one row of the table.

    ``<=FY2021`` is older than the table and open to the left. ``header since FY2023`` was a leaf until then.
    """
    first, _, turned = first_fy.partition(";")
    year = _FISCAL_YEAR.search(first)
    if year is None:
        raise ValueError("first_fy names no fiscal year")
    start = _MIN if first.startswith("<=") else np.datetime64(fiscal_year_start(int(year.group(1))), "s")
    until = _FISCAL_YEAR.search(turned)
    if until is not None:
        return start, start, np.datetime64(fiscal_year_start(int(until.group(1))), "s")
    return start, start if leaf else _MAX, _MAX


@cache
def table() -> pd.DataFrame:
    """The shipped codes, indexed by code: valid_from, billable_from, billable_before, unspecified, prov.

    A code is billable on days in [billable_from, billable_before). ``unspecified`` marks the leaves that leave
    severity or kind open.
    """
    rows = [*reference.table("icd10_f_chapter"), *reference.table("icd10_z_psychosocial_fy2021")]
    windows = [_windows(row["first_fy"], row["billable"] == "1") for row in rows]
    frame = pd.DataFrame(
        {
            "valid_from": np.array([w[0] for w in windows]),
            "billable_from": np.array([w[1] for w in windows]),
            "billable_before": np.array([w[2] for w in windows]),
            "unspecified": [bool(re.search(r"\bunsp", row["official_short_title"], re.I)) for row in rows],
            "prov": [row["prov"] for row in rows],
        },
        index=pd.Index([row["code"] for row in rows], name="code"),
    )
    if frame.index.has_duplicates:
        raise ValueError("the ICD tables repeat a code")
    return frame


def _outside(code: str) -> str:
    return INVALID if re.fullmatch(r"F(0[1-9]|[1-9]\d).{0,4}", code) else UNKNOWN


def status(codes: pd.Series, dates: pd.Series) -> pd.Series:
    """What each code (without dots) is on the date beside it; text, one of the constants of this module.

    >>> day = pd.Series(pd.to_datetime(["2024-09-30", "2024-10-01"]))
    >>> list(status(pd.Series(["F5002", "F5002"]), day))
    ['billable', 'header']
    """
    known = table()
    groups, distinct = pd.factorize(codes.astype(object), use_na_sentinel=False)
    distinct = pd.Index(["" if pd.isna(code) else code for code in distinct], dtype=object)
    at = known.index.get_indexer(distinct)
    fallback = np.array([_outside(code) for code in distinct], dtype=object)
    outdated = np.array([code.startswith(OUTDATED_Z) for code in distinct], dtype=bool)[groups]
    row = at[groups]
    day = dates.to_numpy(dtype="datetime64[s]")
    before_first = day < known["valid_from"].to_numpy("datetime64[s]")[row]
    leaf = (day >= known["billable_from"].to_numpy("datetime64[s]")[row]) & (
        day < known["billable_before"].to_numpy("datetime64[s]")[row]
    )
    found = np.select([before_first, leaf], [NOT_YET, BILLABLE], HEADER).astype(object)
    stale = outdated & leaf & (day > np.datetime64(OUTDATED_AFTER, "s"))
    found = np.where(stale, UNKNOWN, found)
    return pd.Series(np.where(row >= 0, found, fallback[groups]), index=codes.index, dtype=object)


def official_status(codes: pd.Series, dates: pd.Series, known: References) -> pd.DataFrame:
    """What each code is on the date beside it, and who says so: columns status and edition, the latter null where the
    shipped tables do.

    `codes` without dots. The edition whose window holds the date judges: a code it has is billable or a header, one it
    does not have begins later, was deleted before, or never was.
    """
    answer = pd.DataFrame({"status": status(codes, dates), "edition": None}, index=codes.index)
    table = known.of_codes("icd10cm", pd.Index(codes.unique()))
    if table is None:
        return answer
    day = dates.to_numpy(dtype="datetime64[s]")
    edition = known.judging("icd10cm", day)
    covered = ~pd.isna(edition)
    if not covered.any():
        return answer
    asked = pd.DataFrame({"code": codes.astype(object).to_numpy()[covered], "day": day[covered]})
    asked["row"] = np.arange(len(asked))
    pairs = asked.merge(table.astype({"code": object}), on="code")
    inside = pairs[(pairs["effective_from"] <= pairs["day"]) & (pairs["day"] <= pairs["effective_to"])]
    later = pairs.loc[pairs["effective_from"] > pairs["day"], "row"]
    earlier = pairs.loc[pairs["effective_to"] < pairs["day"], "row"]
    found = np.full(len(asked), INVALID, dtype=object)
    found[later.to_numpy()] = NOT_YET
    found[earlier.to_numpy()] = GONE
    found[inside["row"].to_numpy()] = np.where(inside["billable"], BILLABLE, HEADER)
    answer.loc[covered, "status"] = found
    answer["edition"] = edition
    return answer


def is_billable(code: str, on: date) -> bool | None:
    """Whether one code may be billed on a day; None where the shipped tables do not know it.

    >>> is_billable("F33", date(2026, 1, 5)), is_billable("F33.1", date(2026, 1, 5))
    (False, True)
    """
    day = pd.Series(np.array([on], dtype="datetime64[s]"))
    answer = status(pd.Series([compact(code)]), day).iloc[0]
    return None if answer == UNKNOWN else bool(answer == BILLABLE)


@cache
def replacements() -> dict[str, str]:
    """What to use in place of often-typed headers: code without dot -> text for a person's screen (not a log)."""
    rows = reference.table("icd10_header_traps")
    typed = [(code, row["use_instead"]) for row in rows for code in row["typed"].split()]
    return {compact(code): instead for code, instead in typed if re.fullmatch(r"F\d\d(\.\w+)?", code)}


def children(code: str, on: date) -> list[str]:
    """Billable codes below a header on a day: what a person may choose from."""
    under = table().index[table().index.str.startswith(compact(code))]
    day = pd.Series(np.array([on] * len(under), dtype="datetime64[s]"))
    return [str(c) for c, s in zip(under, status(pd.Series(under), day), strict=True) if s == BILLABLE]
