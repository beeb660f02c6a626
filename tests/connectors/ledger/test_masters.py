"""Chains of versions."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from configs.identity import digest
from connectors.ledger import FrameError, Ledger, LedgerError, LoadCounts, conform
from tests.connectors.ledger import samples


def fees(*rows: tuple[str, str | None, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["code", "modifier", "charge_cents"])
    return frame.assign(effective_from=pd.Timestamp("2026-01-01"))


def test_every_master_table_loads_and_loads_again(ledger: Ledger) -> None:
    for name in samples.MASTERS:
        frame = samples.rows(name, range(4))
        assert ledger.load(name, frame) == LoadCounts(new=4, changed=0, same=0)
        assert ledger.load(name, frame) == LoadCounts(new=0, changed=0, same=4)
        assert ledger.load(name, ledger.current(name)) == LoadCounts(new=0, changed=0, same=4)
        columns = list(frame.columns)
        assert_frame_equal(ledger.current(name)[columns], conform(name, frame)[columns])


def test_a_change_is_the_next_version_and_names_the_one_before(ledger: Ledger) -> None:
    ledger.load("fees", fees(("90837", "95", 20000), ("90834", "95", 15000)))
    first = ledger.current("fees").set_index("code")
    assert ledger.load("fees", fees(("90837", "95", 21000))) == LoadCounts(new=0, changed=1, same=0)
    second = ledger.current("fees").set_index("code")
    assert second.loc["90837", ["version", "previous_id", "charge_cents"]].tolist() == [
        2,
        first.loc["90837", "row_id"],
        21000,
    ]
    assert_frame_equal(second.loc[["90834"]], first.loc[["90834"]])
    assert ledger.count("fees") == 3


def test_going_back_is_a_new_version_too(ledger: Ledger) -> None:
    for charge in (20000, 21000, 20000):
        ledger.load("fees", fees(("90837", "95", charge)))
    history = ledger.read("fees").sort_values("version")
    assert history["charge_cents"].tolist() == [20000, 21000, 20000]
    assert history["row_id"].nunique() == 3
    assert history["previous_id"].tolist()[1:] == history["row_id"].tolist()[:-1]


def test_row_id_is_a_digest_of_key_content_and_the_version_before(ledger: Ledger) -> None:
    ledger.load("fees", fees(("90837", None, 20000)))
    ledger.load("fees", fees(("90837", None, 21000)))
    day = samples.DAY.replace(day=1)
    first = digest("fees", "90837", "", day, 20000, None, None)
    assert ledger.current("fees")["row_id"][0] == digest("fees", "90837", "", day, 21000, None, first)


def test_of_one_key_twice_in_a_frame_the_last_counts(ledger: Ledger) -> None:
    frame = fees(("90837", "95", 1), ("90834", "95", 2), ("90837", "95", 3))
    assert ledger.load("fees", frame) == LoadCounts(new=2, changed=0, same=0)
    assert ledger.current("fees")["charge_cents"].tolist() == [2, 3]
    assert ledger.load("fees", frame) == LoadCounts(new=0, changed=0, same=2)


def test_blank_is_empty_in_a_key_and_null_elsewhere(ledger: Ledger) -> None:
    ledger.load("fees", fees(("90837", None, 20000)))
    assert ledger.load("fees", fees(("90837", "", 20000))) == LoadCounts(new=0, changed=0, same=1)
    assert ledger.current("fees")["modifier"].tolist() == [""]
    patients = samples.rows("patients", [1])
    ledger.load("patients", patients.assign(middle_name=""))
    assert ledger.current("patients")["middle_name"].isna().all()
    assert ledger.load("patients", patients.drop(columns="middle_name")).same == 1


def test_a_key_of_several_columns_is_a_key(ledger: Ledger) -> None:
    frame = pd.concat(
        [fees(("90837", "95", 1)), fees(("90837", "95", 2)).assign(effective_from="2027-01-01")]
    )
    frame["effective_from"] = pd.to_datetime(frame["effective_from"])
    assert ledger.load("fees", frame).new == 2
    assert ledger.load("fees", frame.iloc[:1]).same == 1


def test_current_narrows_down(ledger: Ledger) -> None:
    ledger.load("patients", samples.rows("patients", range(5)))
    ledger.load("patients", samples.rows("patients", [2], city="ELSEWHERE"))
    found = ledger.current("patients", {"patient_id": ["patient_id 2", "patient_id 4"]})
    assert found["version"].tolist() == [2, 1]


def test_what_is_required_is_required(ledger: Ledger) -> None:
    with pytest.raises(FrameError, match=r"MISSING: patients\.last_name \(1 rows\)"):
        ledger.load("patients", samples.rows("patients", [1], last_name=" ".strip()))
    with pytest.raises(LedgerError, match="NOT_MASTER_DATA: claims"):
        ledger.load("claims", samples.rows("claims", [1]))
    with pytest.raises(LedgerError, match="NOT_MASTER_DATA: claims"):
        ledger.current("claims")


def test_an_empty_frame_loads_nothing(ledger: Ledger) -> None:
    assert ledger.load("patients", samples.rows("patients", range(0))) == LoadCounts(0, 0, 0)
