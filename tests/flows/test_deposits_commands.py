"""Deposits at the desk: loaded from a bank's file, in the proof and in the queue; a broken file says where."""

from __future__ import annotations

from pathlib import Path

import flow_kit as kit
import pytest

from tests.connectors.sources import bank_files
from tests.connectors.sources.bank_files import Payment


@pytest.fixture
def office(tmp_path: Path) -> kit.Office:
    office = kit.Office(tmp_path / "home")
    assert office.run("init").status == 0
    return office


def test_a_bank_file_from_loading_to_the_queue(office: kit.Office, tmp_path: Path) -> None:
    path = tmp_path / "bank.txt"
    path.write_bytes(bank_files.bai2(Payment(14250)))
    (load,) = office.run("load", "deposits", path, "--json").json["loads"]
    assert (load["read"], load["new"], load["same"], load["kept_out"]) == (1, 1, 0, 0)
    path.write_bytes(bank_files.nacha(Payment(14250)))
    (load,) = office.run("load", "deposits", path, "--json").json["loads"]
    assert (load["read"], load["new"], load["same"]) == (1, 0, 1)
    lone = {"count": 1, "deposit_cents": 14250, "remittance_cents": 0}
    assert office.proof()["deposits"]["deposit_without_remittance"] == lone
    shown = office.run("proof").out
    assert "deposit_without_remittance" in shown
    assert "$142.50" in shown
    told = office.run("worklist", "list", "--queue", "deposits", "--json", "--as-of", "2026-01-26")
    (item,) = told.json["items"]
    assert (item["amount_cents"], item["reason"], item["deadline"]) == (14250, "NOTHING_FOUND", "2026-01-30")
    assert "EFT0000123" not in told.out, "traces are shown by x12 inspect --show-phi alone"


def test_a_broken_file_says_line_and_code_and_no_value(office: kit.Office, tmp_path: Path) -> None:
    path = tmp_path / "bank.txt"
    path.write_bytes(bank_files.bai2(Payment(14250)).replace(b"49,514250,", b"49,987654,"))
    told = office.run("load", "deposits", path)
    assert told.status == 1
    assert "CONTROL_TOTAL" in told.err
    assert not {"987654", "514250", "14250", "EFT0000123"} & set(
        (told.out + told.err).replace(",", " ").split()
    )
    assert sum(sums["count"] for sums in office.proof()["deposits"].values()) == 0
