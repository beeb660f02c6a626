"""Which code and revenue code a day of a stay, or a service in it, is billed by.

Where a programme is paid by the day, an encounter that documents the day (``programme_day``, ``iop_sud``, or a day rate
that the source states) is one line of one unit: the programme's code under its revenue code. Bed days usually have no
procedure code: then the revenue code is the line's code, and what it is priced, contracted and remitted by. Therapy
and medical visits within such a programme keep their own codes and go on an 837P, where the pair rules judge them
beside the day.

Where it is paid by the service (Medicare), every service keeps its code, and the code says the revenue code: 0914 for
individual therapy, 0915 for a group, 0916 for a family, 0918 for testing (V:S18). What no revenue code names is 0900,
treatment in general; an add-on goes under its base's.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from configs import reference
from tasks.billing.context import Column
from tasks.billing.institutional.programmes import DAY, INSTITUTIONAL, SERVICE
from tasks.billing.scrub import codebook

SOURCE = "institutional lines v1: revenue_codes.tsv usual_hcpcs, claim_form_router.tsv"
# Kinds of encounter that document a day of a programme.
DAY_KINDS = ("programme_day", "iop_sud")
STATED = r"^(?P<code>[0-9A-Z]{5})(?P<modifiers>(?:-[0-9A-Z]{2})*)$"
TREATMENT = "0900"  # behavioural-health treatment in general
LEAVE = "018"  # leave of absence: a bed that is held has no procedure
ANY_LEVEL = "any"


@cache
def day_rates() -> frozenset[str]:
    """Codes that are paid by the day."""
    return frozenset(code for code, known in codebook.codes().items() if known.unit == "per_diem")


def _stated(visits: pd.DataFrame) -> pd.DataFrame:
    """``code`` and ``modifiers`` that the source states, where it states one item alone."""
    found = visits["codes"].astype("str").str.strip().str.upper().str.extract(STATED)
    modifiers = found["modifiers"].fillna("").str.replace("-", " ").str.strip()
    return pd.DataFrame({"code": found["code"], "modifiers": modifiers}, index=visits.index).astype("str")


def is_day(visits: pd.DataFrame, said: pd.DataFrame) -> Column:
    """Whether each visit documents a day of the programme that `said` (``programmes.SAYS``) bills by the day."""
    silent = visits["codes"].fillna("").str.strip() == ""
    code = _stated(visits)["code"]
    rate = code.isin(day_rates()) | (code == said["code"]).fillna(False)
    documents = (silent & visits["service_kind"].isin(DAY_KINDS)) | (~silent & rate)
    return ((said["line"] == DAY) & documents).fillna(False).astype(bool)


def on_institutional_form(visits: pd.DataFrame, said: pd.DataFrame) -> Column:
    """Whether each visit goes on an 837I: a service of a programme paid so, or a day of one paid by the day."""
    asked = (said["form"] == INSTITUTIONAL) & visits["stay_id"].notna()
    return (asked & ((said["line"] == SERVICE) | is_day(visits, said))).fillna(False).astype(bool)


def days(visits: pd.DataFrame) -> pd.DataFrame:
    """Items (encounter_id, code, modifiers, units) of visits that are days: one each."""
    stated = _stated(visits)
    revenue = visits["revenue_code"].fillna(visits["programme_revenue_code"])
    code = stated["code"].fillna(visits["programme_code"])
    code = code.mask(revenue.str.startswith(LEAVE).fillna(False).astype(bool)).fillna(revenue)
    items = pd.DataFrame(
        {"encounter_id": visits["encounter_id"], "code": code, "modifiers": stated["modifiers"], "units": 1}
    )
    return items[items["code"].notna()].astype({"code": "str", "units": "Int64"})


@cache
def _revenue_of(level: str) -> dict[str, str]:
    """Revenue code by procedure code at a level of care; the row that names fewest codes wins."""
    rows = []
    for row in reference.table("revenue_codes"):
        if not {level, ANY_LEVEL}.isdisjoint(row["level_of_care"].split(",")):
            rows.append((row["rev"], codebook.expand(row["usual_hcpcs"])))
    rows.sort(key=lambda row: (-len(row[1]), row[0]), reverse=False)
    return {code: revenue for revenue, listed in rows for code in listed}


def revenue_codes(lines: pd.DataFrame) -> Column:
    """Revenue code of each line of an 837I, null for the others.

    `lines` are in order of encounter and position, with ``code``, ``form``, ``level_of_care``, ``programme_line``,
    ``programme_code``, ``programme_revenue_code`` and ``stated_revenue_code``.
    """
    some = lines[lines["form"] == INSTITUTIONAL]
    own = [
        _revenue_of(level).get(code) for level, code in zip(some["level_of_care"], some["code"], strict=True)
    ]
    by_code = pd.Series(own, index=some.index, dtype="str")
    day = some["programme_line"] == DAY
    usual = some["programme_revenue_code"]
    # A day rate that the source states itself may be of the programme's twin (S9480 and H0015).
    other = day & some["programme_code"].notna() & (some["code"] != some["programme_code"])
    found = some["stated_revenue_code"].fillna(by_code.where(other | ~day)).fillna(usual)
    adds = some["code"].isin({code for code, known in codebook.codes().items() if known.add_on})
    base = found.mask(adds | (found.isna())).groupby(some["encounter_id"]).transform("first")
    found = found.mask(adds & base.notna() & some["stated_revenue_code"].isna(), base).fillna(TREATMENT)
    return found.reindex(lines.index).astype("str")
