"""``cleanclaim worklist`` and ``cleanclaim claim`` as a person types them, on a small office."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from configs.settings import load_settings
from connectors.ledger import Ledger
from flows import desk
from flows.cli import app
from tasks import standing
from tasks.door import plain
from tasks.policies import write_off_by_policy
from tests.support import books
from tests.support.remittance_frames import clp, remit, svc

FIRST, SECOND = "C000000001", "C000000002"
NAME = "Quimby"
DAY = dt.date(2026, 3, 15)
DENIED = remit(
    clp(SECOND, "1", 12_000, 0, svc(12_000, 0, ("CO", "197", 12_000), control="L2")),
    trace="EFT7",
    day=books.JANUARY,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger: one claim is paid with a share for the patient, one denied."""
    path = tmp_path_factory.mktemp("made") / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{path}") as book:
        book.load("patients", books.filled("patients", {"patient_id": "P0001", "last_name": NAME}))
        book.load("payers", books.filled("payers", {"payer_id": "ACME", "payer_class": "commercial"}))
        visit = {"encounter_id": "EL1", "patient_id": "P0001", "service_date": dt.date(2026, 1, 5)}
        book.load("encounters", books.filled("encounters", visit))
        books.charged(book)
        books.read(book, books.PAID, DENIED)
    return path


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "home"
    root.mkdir()
    (root / "ledger.sqlite").write_bytes(made.read_bytes())
    monkeypatch.setenv("CLEANCLAIM_HOME", str(root))
    monkeypatch.setenv("CLEANCLAIM_LOCK_WAIT_SECONDS", "0")
    monkeypatch.setattr(desk.out, "width", 250)
    monkeypatch.delenv("CLEANCLAIM_DATABASE_URL", raising=False)
    return root


def run(*arguments: object, status: int = 0) -> str:
    told = CliRunner().invoke(app, [*map(str, arguments)])
    assert told.exit_code == status, told.output
    return told.stdout


def items(home: Path) -> dict[str, list[dict[str, Any]]]:
    """Open items by queue."""
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}", migrate=False) as book:
        rows = standing.work(book, load_settings(home), DAY)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in desk.records(rows[rows["status"] == "open"]):
        found.setdefault(str(row["queue"]), []).append(row)
    return found


def test_all_denials_are_asked_for_by_one_name_and_their_place_is_explained(home: Path) -> None:
    as_of = ("--as-of", DAY)
    (denied,) = json.loads(run("worklist", "list", "--queue", "denials", "--json", *as_of))["items"]
    assert (denied["queue"], denied["claim_id"]) == ("denials_appeal", SECOND)
    assert denied["expected_cents"] == 12_000 * denied["recovery_rate"] // 10_000
    told = run("worklist", "show", denied["item_id"], *as_of)
    assert "expected $42.00 = recoverable $120.00 x 35 %" in told
    assert "priority 168.00 = expected x urgency 4 (due within a week)" in told
    run("worklist", "list", "--queue", "denied", status=2)


def test_people_s_actions_ask_for_a_reason_a_day_to_come_and_an_item_that_is_there(home: Path) -> None:
    for wrong in (
        ("resolve", "x", "--reason", " "), ("resolve", "x"), ("note", "x", ""), ("assign", "zz", "kim"),
        ("snooze", "x", "--until", DAY, "--as-of", DAY), ("snooze", "x", "--until", "soon"),
    ):  # fmt: skip
        run("worklist", *wrong, status=2)
    (denied,) = items(home)["denials_appeal"]
    run("worklist", "snooze", denied["item_id"][:10], "--until", "2026-03-16", "--as-of", DAY)
    assert "denials_appeal" not in items(home)


def test_a_write_off_closes_a_denial_and_a_refund_a_credit(home: Path, tmp_path: Path) -> None:
    (share,) = items(home)["patients"]
    assert (share["claim_id"], share["amount_cents"], share["category"]) == (FIRST, 3_000, "31-60")
    file = tmp_path / "patient_payments.csv"
    file.write_text(
        "payment_id,patient_id,received_on,amount_cents,encounter_id\nPP1,P0001,2026-03-01,3400,EL1\n"
    )
    run("load", "patient_payments", file)
    run("load", "patient_payments", file)
    of = ("worklist", "write-off", "--claim", SECOND, "--kind", "denial")
    told = json.loads(run(*of, "--line", "1", "--amount", "20.00", "--reason", "little", "--json"))
    assert told["posted"] == 2
    for wrong in (("--amount", "x"), ("--amount", "500"), ("--amount", "1", "--line", "9")):
        run(*of, *wrong, "--reason", "x", status=2)
    found = items(home)
    assert "patients" not in found
    assert [one["amount_cents"] for one in found["denials_appeal"]] == [10_000]
    assert [(one["reason"], one["amount_cents"]) for one in found["credits"]] == [("CREDIT_PATIENT", 400)]
    run(*of, "--amount", "100", "--reason", "no appeal left")
    assert [row["detail"] for row in json.loads(run("ledger", "audit", "--json"))["actions"]] == [
        "denial 2000 cents of receivable_payer",
        "denial 10000 cents of receivable_payer",
    ]
    back = ("worklist", "refund", "--claim", FIRST, "--to", "patient", "--reason", "paid too much")
    run(*back, "--amount", "5", status=2)
    run(*back, "--amount", "4.00")
    assert not {"credits", "denials_appeal", "patients"} & set(items(home))


def test_a_claim_that_is_named_by_its_id_is_corrected_without_working_out_the_queues(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worked_out(*_: object) -> None:
        raise AssertionError("every queue was worked out for one claim")

    with monkeypatch.context() as patch:
        patch.setattr(standing, "work", worked_out)
        told = run("worklist", "correct", "--claim", SECOND, "--reason", "another modifier")
    assert SECOND in told
    assert [item["claim_id"] for item in items(home).get("corrections", [])] == []
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}", migrate=False) as book:
        assert book.read("work_events")["action"].tolist() == ["correct"]


def test_a_queue_is_exported_as_the_format_says(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "queue.dat"
    export = ("worklist", "export", "--queue", "denials", "--out", out, "--format", "xlsx", "--as-of", DAY)
    assert json.loads(run(*export, "--json"))["items"] == 1
    sheet = load_workbook(out.rename(out.with_suffix(".xlsx"))).active
    row = {head.value: cell for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert (row["recoverable"].value, row["recoverable"].number_format) == (120, "#,##0.00")
    assert row["deadline"].is_date
    assert sheet.freeze_panes == "A2"


def test_the_timeline_has_every_fact_in_order_and_no_name(home: Path) -> None:
    letting_go = ("--amount", "5", "--kind", "charity", "--reason", f"{NAME} asked")
    run("worklist", "write-off", "--claim", FIRST, *letting_go)
    told = json.loads(run("claim", "show", FIRST, "--raw", "--json"))
    assert (told["claim_id"], told["family"]) == (FIRST, [FIRST])
    events = told["events"]
    assert {event["kind"] for event in events} == {
        "encounter", "charge", "claim", "answer", "line", "adjustment", "posting", "write_off",
    }  # fmt: skip
    days = [event["day"] for event in events if event["day"]]
    assert days == sorted(days)
    (line,) = [event for event in events if event["kind"] == "line"]
    assert (line["cents"], line["transaction"], len(line["file"])) == (12_000, 1, 64)
    assert line["segment"] > 0
    assert [event["cents"] for event in events if event["what"] == "PR-3"] == [3_000]
    assert {event["raw"] for event in events} == {None}, "the archive has no such file"
    shown = run("claim", "show", FIRST)
    assert NAME not in shown + json.dumps(told)
    assert "write_off_charity" in shown
    run("claim", "show", "C9", status=2)


def test_what_people_did_with_a_closed_item_stays_in_the_timeline(home: Path) -> None:
    (denied,) = items(home)["denials_appeal"]
    run("worklist", "note", denied["item_id"], f"{NAME} called", "--as-of", DAY)
    run(
        "worklist",
        "write-off",
        "--claim",
        SECOND,
        "--amount",
        "120",
        "--kind",
        "denial",
        "--reason",
        "let go",
    )
    events = json.loads(run("claim", "show", SECOND, "--json"))["events"]
    (work,) = [event for event in events if event["kind"] == "work"]
    assert work["what"].startswith("note denials")
    assert pd.Timestamp(work["day"]) >= pd.Timestamp(DAY)


def test_a_policy_lets_small_balances_go_once(home: Path) -> None:
    (home / "cleanclaim.toml").write_text("[write_offs]\npatient_small_balance_cents = 3000\n")
    policy = plain(write_off_by_policy)
    assert policy(DAY) == {"write_offs": 1, "posted": 2}
    assert policy(DAY) == {"write_offs": 0, "posted": 0}
    assert "patients" not in items(home)
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}", migrate=False) as book:
        (row,) = book.read("write_offs").to_dict("records")
    assert (row["policy"], row["amount_cents"], row["kind"]) == ("small_balance", 3_000, "small_balance")
