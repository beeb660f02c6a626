"""Facts in and out, transactions, bookkeeping, and errors that give nothing away."""

from __future__ import annotations

import datetime as dt
import stat
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from connectors.ledger import FrameError, Ledger, LedgerError, conform, empty
from tests.connectors.ledger import samples


def test_every_table_gives_back_what_it_was_given(ledger: Ledger) -> None:
    for name in samples.FACTS + samples.BOOKKEEPING:
        whole, required = samples.rows(name, range(5)), samples.rows(name, range(5, 8), nullable=False)
        frame = pd.concat([whole, required], ignore_index=True)
        assert ledger.add(name, frame) == 8
        assert_frame_equal(ledger.read(name), conform(name, frame))


def test_storing_a_fact_again_is_a_no_op(ledger: Ledger) -> None:
    assert ledger.add("claims", samples.rows("claims", range(10))) == 10
    assert ledger.add("claims", samples.rows("claims", range(5, 15))) == 5
    assert ledger.add("claims", samples.rows("claims", [3, 3, 99, 99])) == 1
    assert ledger.count("claims") == 16


def test_bulk_rows_go_the_same_way_as_single_ones(ledger: Ledger) -> None:
    many = samples.rows("journal", range(3000))
    assert ledger.add("journal", many.iloc[:100]) == 100
    assert ledger.add("journal", many) == 2900
    assert ledger.add("journal", many) == 0
    assert_frame_equal(
        ledger.read("journal").sort_values("position", ignore_index=True), conform("journal", many)
    )


AWKWARD = [
    "",
    '"',
    "a,b",
    "line\nbreak",
    "\\.",
    "\n\\.\n",
    "NULL",
    "\\N",
    "ÄÖ ß 漢字",
    "'",
    " blank ",
    "\t",
    "NaN",
]


@pytest.mark.parametrize("size", [20, 1300])
def test_awkward_texts_survive(ledger: Ledger, size: int) -> None:
    frame = samples.rows("work_events", range(size))
    frame["reason"] = [AWKWARD[i % len(AWKWARD)] for i in range(size)]
    frame["person"] = [None if i % 2 else "" for i in range(size)]
    ledger.add("work_events", frame)
    read = ledger.read("work_events").sort_values("sequence", ignore_index=True)
    assert read["reason"].tolist() == frame["reason"].tolist()
    assert read["person"].isna().tolist() == [bool(i % 2) for i in range(size)]


def test_another_fact_under_a_used_control_number_is_refused(ledger: Ledger) -> None:
    first = samples.rows("submissions", [1], interchange_control="000000007", partner="sandbox")
    other = samples.rows("submissions", [2], interchange_control="000000007", partner="sandbox")
    assert ledger.add("submissions", first) == 1
    assert ledger.add("submissions", first) == 0
    with pytest.raises(LedgerError):
        ledger.add("submissions", other)
    assert ledger.count("submissions") == 1


def test_a_transaction_is_all_or_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.transaction() as tx:  # noqa: PT012
        tx.add("claims", samples.rows("claims", range(3)))
        tx.load("patients", samples.rows("patients", range(3)))
        assert tx.next_number("sandbox/interchange") == 1
        assert tx.count("claims") == 3
        raise RuntimeError
    assert ledger.count("claims") == ledger.count("patients") == ledger.count("counters") == 0
    assert ledger.next_number("sandbox/interchange") == 1


def test_a_refused_row_takes_the_whole_transaction_with_it(ledger: Ledger) -> None:
    with pytest.raises(LedgerError), ledger.transaction() as tx:  # noqa: PT012
        tx.add("claims", samples.rows("claims", range(3)))
        tx.add("submissions", samples.rows("submissions", [1, 2], interchange_control="1", partner="sandbox"))
    assert ledger.count("claims") == 0


def test_a_transaction_within_a_transaction_is_refused_at_once(ledger: Ledger) -> None:
    with ledger.transaction(), pytest.raises(LedgerError, match="NESTED_TRANSACTION"):
        ledger.next_number("sandbox/interchange")
    assert ledger.next_number("sandbox/interchange") == 1


def test_readers_see_one_moment_beside_a_writer(ledger: Ledger) -> None:
    ledger.add("claims", samples.rows("claims", range(3)))
    with ledger.snapshot() as view:
        assert view.count("claims") == 3
        ledger.add("claims", samples.rows("claims", range(3, 5)))
        assert view.count("claims") == len(view.read("claims")) == 3
    assert ledger.count("claims") == 5


# --- reading ---------------------------------------------------------------------------------------------------


def test_where_takes_values_lists_and_nulls(ledger: Ledger) -> None:
    frame = samples.rows("acknowledgments", range(6))
    frame.loc[4:, "claim_id"] = None
    ledger.add("acknowledgments", frame)

    def found(**where: object) -> list[str]:
        return ledger.read("acknowledgments", where)["ack_id"].str.removeprefix("ack_id ").tolist()

    assert found() == ["0", "1", "2", "3", "4", "5"]
    assert found(claim_id="claim_id 2") == ["2"]
    assert found(claim_id=["claim_id 2", "claim_id 0", "nobody"]) == ["0", "2"]
    assert found(claim_id=None) == found(claim_id=np.nan) == found(claim_id=[pd.NA]) == ["4", "5"]
    assert found(claim_id=["claim_id 2", None]) == ["2", "4", "5"]
    assert found(claim_id=[]) == []
    assert found(charge_cents=[1, np.int64(3)]) == found(charge_cents={1, 3}) == ["1", "3"]
    assert found(stated_on=[dt.date(2026, 1, 6), pd.Timestamp("2026-01-08")]) == ["1", "3"]
    assert found(stated_on=pd.Timestamp("2026-01-06")) == ["1"]
    assert found(claim_id=frame["claim_id"], charge_cents=pd.Series([1, 4])) == ["1", "4"]


def test_where_takes_flags(ledger: Ledger) -> None:
    ledger.add("claims", samples.rows("claims", range(4)))
    assert ledger.read("claims", {"part2": True}, ["claim_id"])["claim_id"].tolist() == [
        "claim_id 0",
        "claim_id 2",
    ]
    assert ledger.count("claims", {"part2": [True, False]}) == 4


def test_a_list_may_be_longer_than_any_limit_on_parameters(ledger: Ledger) -> None:
    ledger.add("journal", samples.rows("journal", range(50)))
    wanted = [f"entry_id {number}" for number in range(40_000)]
    assert (
        len(ledger.read("journal", {"entry_id": wanted, "account": [f"account {n}" for n in range(40_000)]}))
        == 50
    )


def test_columns_come_as_asked_for(ledger: Ledger) -> None:
    ledger.add("claims", samples.rows("claims", range(2)))
    read = ledger.read("claims", columns=["charge_cents", "claim_id"])
    assert list(read.columns) == ["charge_cents", "claim_id"]
    with pytest.raises(LedgerError, match=r"NO_COLUMN: claims\.nothing"):
        ledger.read("claims", columns=["nothing"])
    with pytest.raises(LedgerError, match="NO_TABLE: nothing"):
        ledger.read("nothing")


def test_nothing_found_has_the_dtypes_of_everything(ledger: Ledger) -> None:
    for name in samples.FACTS:
        assert_frame_equal(ledger.read(name), empty(name))


def test_what_is_made_of_one_empty_answer_is_in_no_other(ledger: Ledger) -> None:
    first = ledger.read("claims", {"claim_id": "nobody"})
    first["claim_id"] = first["charge_cents"]
    first.loc[0] = pd.Series(dtype=object)
    first.columns = first.columns.str.upper()
    assert_frame_equal(ledger.read("claims", {"claim_id": "nobody"}), empty("claims"))


def test_the_same_question_with_other_values_has_its_own_answer(ledger: Ledger) -> None:
    ledger.add("journal", samples.rows("journal", range(6)))

    def found(*numbers: int) -> list[str]:
        wanted = {
            "entry_id": [f"entry_id {n}" for n in numbers],
            "account": [f"account {n}" for n in numbers],
        }
        return ledger.read("journal", wanted, ["entry_id"])["entry_id"].tolist()

    assert [found(1), found(2), found(1, 3), found(4, 5), found(9), found()] == [
        ["entry_id 1"],
        ["entry_id 2"],
        ["entry_id 1", "entry_id 3"],
        ["entry_id 4", "entry_id 5"],
        [],
        [],
    ]


def test_a_text_that_no_database_keeps_is_refused_in_a_question_too(ledger: Ledger) -> None:
    for wanted in ("a\x00b", ["a", "a\x00b"], "a\ud800", 7, ["a", 7]):
        with pytest.raises(LedgerError, match=r"NOT_TEXT: claims\.claim_id"):
            ledger.read("claims", {"claim_id": wanted})


def test_batches_are_the_table_in_pieces(ledger: Ledger) -> None:
    ledger.add("journal", samples.rows("journal", range(250)))
    batches = list(ledger.batches("journal", rows=100))
    assert [len(batch) for batch in batches] == [100, 100, 50]
    assert_frame_equal(pd.concat(batches, ignore_index=True), ledger.read("journal"))
    assert list(ledger.batches("claims")) == []


# --- bookkeeping -----------------------------------------------------------------------------------------------


def test_put_changes_only_the_columns_it_brings(ledger: Ledger) -> None:
    started = dt.datetime(2026, 1, 5, 18, 30)
    ledger.put("runs", {"run_id": "R1", "flow": "daily", "business_date": samples.DAY, "started_at": started})
    ledger.put(
        "runs",
        [
            {"run_id": "R1", "flow": "daily", "business_date": samples.DAY, "outcome": "completed"},
            {"run_id": "R2", "flow": "responses", "business_date": samples.DAY, "counts": "{}"},
        ],
    )
    runs = ledger.read("runs")
    assert runs["run_id"].tolist() == ["R1", "R2"]
    assert runs["started_at"].tolist() == [pd.Timestamp(started), pd.NaT]
    assert runs["outcome"].isna().tolist() == [False, True]
    assert ledger.put("runs", []) == ledger.put("runs", runs.iloc[:0]) == 0


def test_put_is_for_bookkeeping_and_add_is_not_for_master_data(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="NOT_BOOKKEEPING: claims"):
        ledger.put("claims", samples.rows("claims", [1]))
    with pytest.raises(LedgerError, match="MASTER_DATA_IS_LOADED: patients"):
        ledger.add("patients", samples.rows("patients", [1]))


def test_counters_count_for_themselves(ledger: Ledger) -> None:
    assert [ledger.next_number("a/interchange") for _ in range(3)] == [1, 2, 3]
    assert ledger.next_number("b/interchange") == 1
    ledger.put("counters", {"name": "a/interchange", "value": 500})
    assert ledger.next_number("a/interchange") == 501


# --- what gets out ---------------------------------------------------------------------------------------------

SECRET = "Tester-Alexandria"


def assert_silent(error: BaseException) -> None:
    """Neither the message nor anything a traceback or a crash reporter can reach holds a value."""
    text = "".join(traceback.format_exception(error))
    while error is not None:
        assert SECRET not in text + str(error) + repr(error.args)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]


def test_a_missing_value_is_named_by_column(ledger: Ledger) -> None:
    frame = samples.rows("claims", range(3), patient_id=SECRET)
    frame.loc[1:, "payer_id"] = None
    with pytest.raises(FrameError, match=r"MISSING: claims\.payer_id \(2 rows\)") as caught:
        ledger.add("claims", frame)
    assert_silent(caught.value)


def test_the_database_s_own_refusal_says_nothing(ledger: Ledger) -> None:
    row = {"run_id": SECRET, "flow": SECRET, "business_date": None}
    with pytest.raises(LedgerError) as caught:
        ledger.put("runs", row)
    assert_silent(caught.value)
    assert "business_date" in caught.value.where


@pytest.mark.parametrize("size", [1, 600])
def test_a_broken_unique_rule_says_nothing(ledger: Ledger, size: int) -> None:
    frame = samples.rows("submissions", range(size + 1), partner=SECRET, interchange_control="1")
    with pytest.raises(LedgerError) as caught:
        ledger.add("submissions", frame)
    assert_silent(caught.value)
    assert "interchange_control" in caught.value.where


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("charge_cents", SECRET, "NOT_WHOLE"),
        ("charge_cents", 120.5, "NOT_WHOLE"),
        ("charge_cents", 2**70, "NOT_WHOLE"),
        ("patient_id", 4711, "NOT_TEXT"),
        ("patient_id", f"{SECRET}\x00", "NOT_TEXT"),
        ("patient_id", f"{SECRET}\udc80", "NOT_TEXT"),
        ("part2", SECRET, "NOT_A_FLAG"),
        ("part2", 1, "NOT_A_FLAG"),
        ("service_from", SECRET, "NOT_A_DAY"),
        ("service_from", dt.datetime(2026, 1, 5, 14, 30), "NOT_A_DAY"),
        ("service_from", 20260105, "NOT_A_DAY"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(ledger: Ledger, column: str, value: object, code: str) -> None:
    frame = samples.rows("claims", range(2)).astype(object)
    frame[column] = pd.Series([value, value], dtype=object)
    with pytest.raises(FrameError, match=rf"{code}: claims\.{column}") as caught:
        ledger.add("claims", frame)
    assert_silent(caught.value)


def test_a_url_never_shows(ledger: Ledger, tmp_path: Path) -> None:
    assert repr(ledger) in ("<Ledger on sqlite>", "<Ledger on postgresql>")
    for url in (
        f"mysql://u:{SECRET}@h/d",
        SECRET,
        f"{SECRET}://",
        "sqlite://",
        f"postgresql://u:{SECRET}@h:x/d",
    ):
        with pytest.raises(LedgerError, match="BAD_URL") as caught:
            Ledger.open(url)
        assert_silent(caught.value)


def test_a_database_that_is_not_there_says_so() -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger.open(f"postgresql://{SECRET}:{SECRET}@127.0.0.1:1/ledger?connect_timeout=2")
    assert_silent(caught.value)


def test_the_file_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/deep/ledger.sqlite") as ledger:
        ledger.next_number("x")
        for path in (tmp_path / "deep").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.suffix


# --- frames ----------------------------------------------------------------------------------------------------


def test_conform_orders_types_and_fills() -> None:
    frame = pd.DataFrame({"helper": [1, 2], "charge_cents": [100.0, np.nan], "ack_id": ["b", "a"]})
    fitted = conform("acknowledgments", frame)
    assert list(fitted.columns) == list(empty("acknowledgments").columns)
    assert fitted.dtypes.equals(empty("acknowledgments").dtypes)
    assert fitted["charge_cents"].tolist() == [100, pd.NA]
    assert fitted["kind"].isna().all()


@pytest.mark.parametrize(
    "days",
    [
        [dt.date(2026, 1, 5), None],
        ["2026-01-05", None],
        pd.Series(["2026-01-05", None], dtype="datetime64[ns]"),
        pd.Series([pd.Timestamp("2026-01-05"), pd.NaT], dtype=object),
        pd.array(["2026-01-05", None], dtype="datetime64[s]"),
    ],
)
def test_days_come_in_many_dresses(days: object) -> None:
    fitted = conform("acknowledgments", pd.DataFrame({"stated_on": days}))
    assert fitted["stated_on"].tolist() == [pd.Timestamp("2026-01-05"), pd.NaT]
    assert str(fitted["stated_on"].dtype) == "datetime64[s]"


def test_zoned_instants_become_utc() -> None:
    zoned = pd.Series([pd.Timestamp("2026-01-05 18:30", tz="America/New_York")])
    assert conform("runs", pd.DataFrame({"started_at": zoned}))["started_at"][0] == pd.Timestamp(
        "2026-01-05 23:30"
    )


def test_flags_and_categories_and_arrow_tables_fit() -> None:
    frame = pd.DataFrame({"part2": [True, None], "claim_id": pd.Categorical(["a", "b"])})
    assert conform("claims", frame)["part2"].tolist() == [True, pd.NA]
    assert conform("claims", frame)["claim_id"].tolist() == ["a", "b"]
    table = pa.table({"claim_id": ["a"], "service_from": pa.array([dt.date(2026, 1, 5)])})
    assert conform("claims", table)["service_from"][0] == pd.Timestamp("2026-01-05")
