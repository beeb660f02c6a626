"""ICD-10-CM by date, against the yearly breakpoints of the public order files."""

from __future__ import annotations

import doctest
from datetime import date

import numpy as np
import pandas as pd
import pytest

from tasks.billing import icd


def one(code: str, day: str) -> str:
    return str(icd.status(pd.Series([code]), pd.Series(pd.to_datetime([day]))).iloc[0])


@pytest.mark.parametrize(
    ("code", "day", "status"),
    [
        ("F411", "2026-01-05", icd.BILLABLE),
        ("F33", "2026-01-05", icd.HEADER),
        ("F32A", "2021-09-30", icd.NOT_YET),
        ("F32A", "2021-10-01", icd.BILLABLE),
        ("F78A1", "2021-10-01", icd.BILLABLE),
        ("F78", "2021-09-30", icd.BILLABLE),
        ("F78", "2021-10-01", icd.HEADER),
        ("F01511", "2022-09-30", icd.NOT_YET),
        ("F0151", "2022-09-30", icd.BILLABLE),
        ("F0151", "2022-10-01", icd.HEADER),
        ("F438", "2022-10-01", icd.HEADER),
        ("F4381", "2022-10-01", icd.BILLABLE),
        ("F50810", "2024-10-01", icd.BILLABLE),
        ("F412", "2026-01-05", icd.INVALID),
        ("F3310", "2026-01-05", icd.INVALID),
        ("Z630", "2026-01-05", icd.BILLABLE),
        ("Z63", "2026-01-05", icd.HEADER),
        ("Z590", "2021-09-30", icd.BILLABLE),
        ("Z590", "2021-10-01", icd.UNKNOWN),
        ("R45851", "2026-01-05", icd.UNKNOWN),
        ("Z0389", "2026-01-05", icd.UNKNOWN),
        ("FXX", "2026-01-05", icd.UNKNOWN),
    ],
)
def test_status(code: str, day: str, status: str) -> None:
    assert one(code, day) == status


def test_many_at_once_keep_their_index_and_absent_is_unknown() -> None:
    codes = pd.Series(["F411", None, "F33", "F411"], index=[7, 8, 9, 3])
    days = pd.Series(pd.to_datetime(["2026-01-05"] * 4), index=[7, 8, 9, 3])
    status = icd.status(codes, days)
    assert list(status.index) == [7, 8, 9, 3]
    assert list(status) == [icd.BILLABLE, icd.UNKNOWN, icd.HEADER, icd.BILLABLE]


def test_the_table_counts_what_the_order_file_counts() -> None:
    chapter = icd.table()[icd.table().index.str.startswith("F")]
    days = pd.Series(pd.to_datetime(["2025-10-01"] * len(chapter)))
    status = icd.status(pd.Series(chapter.index), days)
    assert len(chapter) == 1112
    assert (status == icd.BILLABLE).sum() == 871
    assert (status == icd.HEADER).sum() == 241


def test_every_header_trap_is_a_header_and_its_replacements_are_not() -> None:
    traps = icd.replacements()
    day = date(2026, 1, 5)
    assert {icd.is_billable(code, day) for code in traps} == {False}
    assert set(icd.children("F33.4", day)) == {"F3340", "F3341", "F3342"}
    assert "F5002" in icd.children("F50", date(2024, 9, 30))
    assert "F5002" not in icd.children("F50", date(2024, 10, 1))


def test_windows_do_not_overlap_their_headers() -> None:
    known = icd.table()
    assert (known["billable_from"] >= known["valid_from"]).all()
    turned = known["billable_before"] < np.datetime64("2100-01-01")
    assert turned.sum() == 9


def test_a_row_without_a_fiscal_year_is_a_fault_of_the_file() -> None:
    with pytest.raises(ValueError, match="fiscal year"):
        icd._windows("some day", True)


def test_doctests() -> None:
    assert doctest.testmod(icd).failed == 0
