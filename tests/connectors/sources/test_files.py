"""What people and spreadsheets put into files, and what comes of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from configs.identity import digest
from connectors.ledger import conform
from connectors.sources.catalogue import KINDS
from connectors.sources.cells import MESSAGES, Fault, parser
from connectors.sources.checks import Loaded
from connectors.sources.columns import Rule
from connectors.sources.files import read_table

SECRET = "Testerson"

FEES = "code,modifier,effective_from,charge_cents\n"


def load(folder: Path, kind: str, content: str | bytes) -> Loaded:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(kind, path)


def said(loaded: Loaded) -> list[tuple[Any, ...]]:
    return list(loaded.problems[["row", "column", "code"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "content",
    [
        FEES + "90837,95,2026-01-01,20000\n",
        "\ufeff" + FEES + "90837,95,2026-01-01,20000",
        (FEES + "90837,95,2026-01-01,20000\n").replace("\n", "\r\n"),
        (FEES + "90837,95,2026-01-01,20000\n").replace("\n", "\r"),
        (FEES + "90837,95,20260101,20000\n").replace(",", ";"),
        (FEES + "90837,95,01/01/2026,20000\n").replace(",", "\t"),
        "\n\n" + FEES + "\n,,,\n  90837 , 95,1/1/2026,020000\n\n",
        "Effective_From, CODE ,Charge_Cents,modifier\n2026-01-01 00:00:00,90837,20000,95\n",
        '"code","modifier","effective_from","charge_cents"\n"90837","95","2026-01-01","20000"\n',
        FEES.strip() + ",effective_to,,\n90837,95,2026-01-01,20000\n",
    ],
)
def test_a_row_however_it_is_written(tmp_path: Path, content: str) -> None:
    loaded = load(tmp_path, "fees", content)
    assert said(loaded) == []
    [row] = loaded.rows.to_dict("records")
    assert row["code"] == "90837"
    assert row["modifier"] == "95"
    assert row["effective_from"] == pd.Timestamp("2026-01-01")
    assert row["charge_cents"] == 20000
    assert pd.isna(row["effective_to"])


def test_rows_have_the_ledger_s_columns_and_dtypes(tmp_path: Path) -> None:
    for name, kind in KINDS.items():
        header = ",".join(column.name for column in kind.columns)
        rows = load(tmp_path, name, header + "\n").rows
        theirs = conform(name, rows)[list(rows.columns)]
        assert rows.dtypes.equals(theirs.dtypes), name


def test_a_bad_row_stays_out_and_the_good_ones_go_in(tmp_path: Path) -> None:
    content = FEES + (
        "90837,95,2026-01-01,20000\n"  # line 2
        "\n"
        f"{SECRET},,13/01/2026,120.00\n"  # line 4
        '"90834","95","2026-01-01","15000"\n'
        ",95,,\n"  # line 6
    )
    loaded = load(tmp_path, "fees", content)
    assert loaded.rows["code"].tolist() == ["90837", "90834"]
    assert said(loaded) == [
        (4, "code", "WRONG_SHAPE"),
        (4, "effective_from", "NOT_A_DATE"),
        (4, "charge_cents", "NOT_CENTS"),
        (6, "code", "MISSING"),
        (6, "effective_from", "MISSING"),
        (6, "charge_cents", "MISSING"),
    ]
    assert "10000" in loaded.problems["message"][2]
    assert not loaded.problems["message"].str.contains(SECRET).any()


def test_codes_keep_their_leading_zeros(tmp_path: Path) -> None:
    content = (
        "encounter_id,patient_id,service_date,rendering_id,service_kind,diagnoses,modality,patient_location,"
        "place_of_service\n0001,0002,2026-01-05,0003,crisis,F41.1  F33.1,VIDEO,Home,02\n"
    )
    row = load(tmp_path, "encounters", content).rows.iloc[0]
    assert row[["encounter_id", "patient_id", "place_of_service"]].tolist() == ["0001", "0002", "02"]
    assert row["diagnoses"] == "F41.1 F33.1"
    assert row[["modality", "patient_location"]].tolist() == ["video", "home"]


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    content = FEES + '90837,"95\n",2026-01-01,20000\r\n90834,"9\n5",2026-01-01,1\n90832,95,2026-01-01,x\n'
    loaded = load(tmp_path, "fees", content)
    assert said(loaded) == [(4, "modifier", "CONTROL_CHARACTER"), (6, "charge_cents", "NOT_CENTS")]
    assert loaded.rows["code"].tolist() == ["90837"]


def test_of_the_same_key_the_last_row_counts(tmp_path: Path) -> None:
    content = FEES + "90837,,2026-01-01,1\n90837,,2026-01-01,2\n90837,95,2026-01-01,3\n90837,,2026-01-01,4\n"
    loaded = load(tmp_path, "fees", content)
    assert loaded.rows["charge_cents"].tolist() == [3, 4]
    assert loaded.rows["modifier"].tolist() == ["95", ""]
    assert said(loaded) == [(2, "code", "DUPLICATE_KEY"), (3, "code", "DUPLICATE_KEY")]


def test_a_bad_row_does_not_replace_a_good_one(tmp_path: Path) -> None:
    loaded = load(tmp_path, "fees", FEES + "90837,,2026-01-01,1\n90837,,2026-01-01,x\n")
    assert loaded.rows["charge_cents"].tolist() == [1]


# --- headers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "problems", "rows"),
    [
        ("code,effective_from", [("charge_cents", "MISSING_COLUMN")], 0),
        ("code,effective_from,charge_cents,our_own_mark", [("our_own_mark", "UNKNOWN_COLUMN")], 1),
        ("code,effective_from,charge_cents,our_own_note", [("our_own_note", "REFUSED_COLUMN")], 0),
        ("code,effective_from,charge_cents,Notes", [("column 4", "REFUSED_COLUMN")], 0),
        ("code,effective_from,charge_cents,note_signed_on", [("note_signed_on", "UNKNOWN_COLUMN")], 1),
        ("code,effective_from,charge_cents,modifer", [("column 4", "MISSPELT_COLUMN")], 0),
        ("code,effective_from,charge_cents,effectiv_to", [("effectiv_to", "MISSPELT_COLUMN")], 0),
        ("code,effective_from,charge_cents,code", [("code", "DUPLICATE_COLUMN")], 0),
        (f"code,effective_from,charge_cents,{SECRET}", [("column 4", "UNKNOWN_COLUMN")], 1),
        (f"90837,2026-01-01,1,{SECRET}", [("", "NO_HEADER")], 0),
        ("", [("", "NO_HEADER")], 0),
    ],
)
def test_headers(tmp_path: Path, header: str, problems: list[tuple[str, str]], rows: int) -> None:
    loaded = load(tmp_path, "fees", f"{header}\n90837,2026-01-01,20000,1\n" if header else "")
    assert [(column, code) for _, column, code in said(loaded)] == problems
    assert len(loaded.rows) == rows
    assert not loaded.problems.astype(str).stack().str.contains(SECRET, case=False).any()


def test_cells_beyond_the_header(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, "fees", FEES + "90837,,2026-01-01,1,\n90834,,2026-01-01,1,extra\n90832,,2026-01-01,1\n"
    )
    assert said(loaded) == [(3, "", "TOO_MANY_CELLS")]
    assert loaded.rows["code"].tolist() == ["90837", "90832"]


def test_one_bad_cell_of_a_json_on_one_line_kept_every_row_out(tmp_path: Path) -> None:
    row = '{{"code": "{}", "modifier": "", "effective_from": "2026-01-01", "charge_cents": {}, "{}": null}}'
    rows = [row.format("90837", 1, "a_b"), row.format("90834", '"x"', "a_b"), row.format("90832", 3, "a_b"),
            row.format("90832", 4, "a_b")]  # fmt: skip
    loaded = load(tmp_path, "fees", f"[{', '.join(rows)}]")
    assert loaded.rows["code"].tolist() == ["90837", "90832"]
    assert loaded.rows["charge_cents"].tolist() == [1, 4]
    told = [(0, "a_b", "UNKNOWN_COLUMN"), (1, "charge_cents", "NOT_CENTS"), (1, "code", "DUPLICATE_KEY")]
    assert said(loaded) == told
    one_by_one = load(tmp_path, "fees", "\n".join(rows))
    pd.testing.assert_frame_equal(one_by_one.rows, loaded.rows)
    mixed = load(tmp_path, "fees", f"[{rows[0]}, 7, {rows[2]}]")
    assert mixed.rows["code"].tolist() == ["90837", "90832"]
    assert said(mixed)[1:] == [(1, "", "NOT_READABLE")]


# --- files that are something else -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (FEES.encode() + "90837,Ä,2026-01-01,1\n".encode("cp1252"), 2),
        (FEES.encode("utf-16"), 1),
        (b"PK\x03\x04 a workbook", 1),
        (b"\x1f\x8b compressed", 1),
        (b"PAR1 but not really", 1),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, row: int) -> None:
    loaded = load(tmp_path, "fees", content)
    assert said(loaded) == [(row, "", "NOT_READABLE")]
    assert loaded.rows.empty


@pytest.mark.parametrize("line", ['90834,"9"5,2026-01-01,1', f"90834,{'x' * 140_000},2026-01-01,1"])
def test_one_broken_line_does_not_take_the_others_along(tmp_path: Path, line: str) -> None:
    content = FEES + f"90837,95,2026-01-01,20000\n{line}\n90832,95,2026-01-01,10000\n"
    loaded = load(tmp_path, "fees", content)
    assert said(loaded) == [(3, "", "NOT_READABLE")]
    assert loaded.rows["code"].tolist() == ["90837", "90832"]


def test_a_quote_that_never_ends_is_reported_where_it_begins(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, "fees", FEES + '90837,95,2026-01-01,20000\n90834,"95,2026-01-01,1\n90832,,2026-01-01,1\n'
    )
    assert said(loaded) == [(3, "", "NOT_READABLE")]
    assert loaded.rows["code"].tolist() == ["90837"]


def test_an_unknown_kind_and_a_missing_file_are_the_caller_s_fault(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one of: payers providers"):
        read_table("claims", tmp_path / "x.csv")
    with pytest.raises(FileNotFoundError):
        read_table("fees", tmp_path / "x.csv")


# --- single cells ------------------------------------------------------------------------------------------------

ANYTHING = Rule({}, None, None)


@pytest.mark.parametrize(
    ("type_", "cell", "value"),
    [
        ("date", "2026-01-05", dt.date(2026, 1, 5)),
        ("date", "20260105", dt.date(2026, 1, 5)),
        ("date", "01/05/2026", dt.date(2026, 1, 5)),
        ("date", "1/5/2026", dt.date(2026, 1, 5)),
        ("date", "2026-01-05T00:00:00", dt.date(2026, 1, 5)),
        ("date", dt.datetime(2026, 1, 5), dt.date(2026, 1, 5)),
        ("date", "9999-12-31", dt.date(9999, 12, 31)),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("date", "2026-02-29", "NOT_A_DATE"),
        ("date", "13/01/2026", "NOT_A_DATE"),
        ("date", "01/05/26", "NOT_A_DATE"),
        ("date", "0206-01-05", "NOT_A_DATE"),
        ("date", "46027", "NOT_A_DATE"),
        ("date", 20260105, "NOT_A_DATE"),
        ("date", "5 Jan 2026", "NOT_A_DATE"),
        ("date", "2026-01-05 14:30", "HAS_A_TIME"),
        ("date", dt.datetime(2026, 1, 5, 14, 30), "HAS_A_TIME"),
        ("date", dt.datetime(2026, 1, 5, tzinfo=dt.UTC), "HAS_A_TIME"),
        ("number", "53", 53),
        ("number", " 0053 ", 53),
        ("number", 53.0, 53),
        ("number", "53.0", "NOT_A_NUMBER"),
        ("number", "٣", "NOT_A_NUMBER"),
        ("number", "1_000", "NOT_A_NUMBER"),
        ("number", "-5", "NEGATIVE"),
        ("number", True, "NOT_A_NUMBER"),
        ("number", float("inf"), "NOT_A_NUMBER"),
        ("number", "9" * 5000, "TOO_LARGE"),
        ("cents", "12000", 12000),
        ("cents", Decimal("12000"), 12000),
        ("cents", Decimal("Infinity"), "NOT_CENTS"),
        ("cents", "120.00", "NOT_CENTS"),
        ("cents", "$120", "NOT_CENTS"),
        ("cents", "1,200", "NOT_CENTS"),
        ("cents", 120.0, "NOT_CENTS"),
        ("flag", "TRUE", True),
        ("flag", "yes", True),
        ("flag", "1", True),
        ("flag", 1, True),
        ("flag", "f", False),
        ("flag", "No", False),
        ("flag", False, False),
        ("flag", "maybe", "NOT_A_FLAG"),
        ("flag", 2, "NOT_A_FLAG"),
        ("flag", 1.0, "NOT_A_FLAG"),
        ("text", "\u00a0x ", "x"),
        ("text", 7, "7"),
        ("text", 7.5, "NOT_TEXT"),
        ("text", b"x", "NOT_TEXT"),
        ("text", "a\x00b", "CONTROL_CHARACTER"),
        ("text", "", None),
        ("text", "  ", None),
        ("text", None, None),
    ],
)
def test_cells(type_: str, cell: object, value: object) -> None:
    parsed = parser(type_, rule=ANYTHING, negative=False)(cell)
    assert (parsed.code if isinstance(parsed, Fault) else parsed) == value
    assert not isinstance(parsed, Fault) or parsed.code in MESSAGES


@pytest.mark.parametrize(
    ("kind", "row", "problems"),
    [
        ("patients", {"sex": "X"}, [("sex", "NOT_ALLOWED")]),
        ("patients", {"zip": "6270"}, [("zip", "WRONG_SHAPE")]),
        ("payers", {"payer_class": "federal"}, [("payer_class", "NOT_ALLOWED")]),
        ("payers", {"telehealth_rule": "95"}, [("telehealth_rule", "NOT_ALLOWED")]),
        ("payers", {"provider_classes": "MD WIZARD"}, [("provider_classes", "NOT_ALLOWED")]),
        ("coverages", {"relationship": "1"}, [("relationship", "NOT_ALLOWED")]),
        (
            "coverages",
            {"relationship": "19", "subscriber_last_name": ""},
            [("subscriber_last_name", "MISSING")],
        ),
        ("coverages", {"effective_to": "2025-01-01"}, [("effective_to", "WRONG_ORDER")]),
        ("authorizations", {"status": "maybe"}, [("status", "NOT_ALLOWED")]),
        ("contracts", {"rate_cents": ""}, [("rate_cents", "MISSING")]),
        (
            "contracts",
            {"method": "percent_of_fee", "percent_basis_points": ""},
            [("percent_basis_points", "MISSING")],
        ),
        ("contracts", {"place_group": "office"}, [("place_group", "NOT_ALLOWED")]),
        ("contracts", {"modifier": "HO U1"}, []),
        ("contracts", {"modifier": "HO U1 U2 U3 U4"}, [("modifier", "TOO_MANY")]),
        ("contracts", {"tolerance_cents": "-1"}, [("tolerance_cents", "NEGATIVE")]),
        ("contracts", {"lesser_of": "perhaps"}, [("lesser_of", "NOT_A_FLAG")]),
        ("encounters", {"service_kind": "chat"}, [("service_kind", "NOT_ALLOWED")]),
        ("encounters", {"diagnoses": "F41.1,F33.1"}, [("diagnoses", "NOT_A_LIST")]),
        ("encounters", {"diagnoses": " ".join(["F41.1"] * 13)}, [("diagnoses", "TOO_MANY")]),
        ("encounters", {"diagnoses": "anxiety"}, [("diagnoses", "WRONG_SHAPE")]),
        ("encounters", {"codes": "99214-25 90833"}, []),
        ("encounters", {"place_of_service": "2"}, [("place_of_service", "WRONG_SHAPE")]),
        ("providers", {"npi": "12345"}, [("npi", "WRONG_SHAPE")]),
        ("deposits", {"amount_cents": "-500"}, []),
    ],
)
def test_columns_have_rules(
    tmp_path: Path, kind: str, row: dict[str, str], problems: list[tuple[str, str]]
) -> None:
    given = {column.name: column.example for column in KINDS[kind].columns} | row
    pd.DataFrame([given]).to_csv(tmp_path / "x.csv", index=False)
    loaded = read_table(kind, tmp_path / "x.csv")
    assert [(column, code) for _, column, code in said(loaded)] == problems
    assert len(loaded.rows) == (not problems)


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_the_schema_are_good_rows(tmp_path: Path, kind: str) -> None:
    pd.DataFrame([{c.name: c.example for c in KINDS[kind].columns}]).to_csv(tmp_path / "x.csv", index=False)
    loaded = read_table(kind, tmp_path / "x.csv")
    assert said(loaded) == []
    assert len(loaded.rows) == 1


def test_deposits_are_facts_with_an_identity(tmp_path: Path) -> None:
    content = "deposit_id,deposited_on,trace,payer_identifier,amount_cents\nD1,2026-01-21,EFT1,,14250\n"
    rows = load(tmp_path, "deposits", content).rows
    assert rows["deposit_row_id"].tolist() == [
        digest("deposits", "D1", dt.date(2026, 1, 21), "EFT1", None, 14250)
    ]


# --- parquet -----------------------------------------------------------------------------------------------------


def test_parquet_brings_typed_cells(tmp_path: Path) -> None:
    table = pa.table(
        {
            "encounter_id": [101, 102, 103],
            "patient_id": ["P1", "P2", "P3"],
            "service_date": pa.array([dt.date(2026, 1, 5)] * 3),
            "signed_on": pa.array(
                [pd.Timestamp("2026-01-06"), None, pd.Timestamp("2026-01-06 10:00")], pa.timestamp("ns")
            ),
            "rendering_id": ["CL1"] * 3,
            "service_kind": pa.array(["crisis"] * 3).dictionary_encode(),
            "minutes": [53.0, float("nan"), 30.0],
            "new_patient": [True, None, False],
            "diagnoses": ["F411"] * 3,
            "modality": ["video"] * 3,
            "patient_location": ["home"] * 3,
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    loaded = read_table("encounters", tmp_path / "x.parquet")
    assert said(loaded) == [(4, "signed_on", "HAS_A_TIME")]
    assert loaded.rows["encounter_id"].tolist() == ["101", "102"]
    assert loaded.rows["minutes"].tolist() == [53, pd.NA]
    assert loaded.rows["new_patient"].tolist() == [True, pd.NA]


def test_parquet_and_csv_give_the_same_rows(tmp_path: Path) -> None:
    good = FEES + "90837,,2026-01-01,20000\n90834,95,2026-01-01,15000\n"
    from_csv = load(tmp_path, "fees", good)
    from_csv.rows.to_parquet(tmp_path / "x.parquet")
    from_parquet = read_table("fees", tmp_path / "x.parquet")
    pd.testing.assert_frame_equal(from_csv.rows, from_parquet.rows)


def test_parquet_with_dollars_in_floats_or_nested_cells_is_refused_by_cell(tmp_path: Path) -> None:
    table = pa.table({"deposit_id": [["D1"]], "deposited_on": ["2026-01-01"], "amount_cents": [120.0]})
    pq.write_table(table, tmp_path / "x.parquet")
    loaded = read_table("deposits", tmp_path / "x.parquet")
    assert said(loaded) == [(2, "deposit_id", "NOT_TEXT"), (2, "amount_cents", "NOT_CENTS")]
