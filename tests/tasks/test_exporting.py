"""Exports that a spreadsheet opens: typed, and nothing in them runs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from openpyxl import load_workbook

from tasks.exporting import dollars, export, neutral

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|cmd", "%x", "\uff1d1", "\uff20SUM(A1)"]


def items() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "reason": pd.Series(["=HYPERLINK(1)", "CO-197"], dtype="str"),
            "amount_cents": pd.Series([-1234, None], dtype="Int64"),
            "deadline": pd.to_datetime(["2026-03-01", None]),
        }
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_a_spreadsheet_would_run_is_neutralised(text):
    assert neutral(text) == "'" + text
    assert neutral("CO-197") == "CO-197"


def test_csv_neutralises_text_and_keeps_days(tmp_path):
    lines = export(items(), tmp_path / "x.csv").read_text().splitlines()
    assert lines == ["reason,amount_cents,deadline", "'=HYPERLINK(1),-1234,2026-03-01", "CO-197,,"]


def test_xlsx_has_typed_cells_a_frozen_header_and_no_formula(tmp_path):
    sheet = load_workbook(export(items(), tmp_path / "x.xlsx")).active
    assert [cell.value for cell in sheet[1]] == ["reason", "amount", "deadline"]
    reason, amount, deadline = sheet[2]
    assert (reason.data_type, reason.value) == ("s", "'=HYPERLINK(1)")
    assert Decimal(str(amount.value)) == Decimal("-12.34")
    assert deadline.value.date() == dt.date(2026, 3, 1)
    assert (sheet.freeze_panes, sheet["B3"].value) == ("A2", None)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_is_a_formula_in_a_workbook(tmp_path, text):
    """Nor does a control character, which a workbook cannot hold, stop the export."""
    rows = pd.DataFrame({"reason": pd.Series([text, text + "\x07"], dtype="str")})
    sheet = load_workbook(export(rows, tmp_path / "x.xlsx")).active
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert all(cell.value.startswith("'") and "\x07" not in cell.value for cell in sheet["A"][1:])


def test_columns_are_as_wide_as_what_is_in_them_and_filters_are_on(tmp_path):
    rows = items().assign(next_action=["x" * 200, "y"])
    sheet = load_workbook(export(rows, tmp_path / "x.xlsx")).active
    widths = {name: sheet.column_dimensions[name].width for name in "ABD"}
    assert widths == {"A": 17, "B": 9, "D": 60}
    assert sheet.auto_filter.ref == "A1:D3"
    assert sheet["B2"].number_format == "#,##0.00"


def test_the_kind_that_is_named_goes_before_the_ending(tmp_path):
    assert export(items(), tmp_path / "queue.txt", "csv").read_text().startswith("reason,")


def test_parquet_keeps_every_row_and_type(tmp_path):
    assert pd.read_parquet(export(items(), tmp_path / "x.parquet"))["amount_cents"].tolist()[0] == -1234


def test_another_suffix_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(ValueError, match=r"\.csv"):
        export(items(), tmp_path / "x.txt")
    assert not list(tmp_path.iterdir())


def test_cents_become_text_without_a_float():
    assert [dollars(c) for c in (0, 5, -5, 123456789012345678)] == [
        "0.00",
        "0.05",
        "-0.05",
        "1234567890123456.78",
    ]
