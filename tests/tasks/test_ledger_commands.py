"""``cleanclaim ledger`` as a person types it."""

from __future__ import annotations

import csv
import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from connectors.ledger import Ledger
from flows import desk
from flows.cli import app
from tests.support import books

SECRET = "Alex Tester called [/] twice"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose ledger has a payment, and one that nobody recognised."""
    root = tmp_path / "home"
    root.mkdir()
    monkeypatch.setenv("CLEANCLAIM_HOME", str(root))
    monkeypatch.setenv("CLEANCLAIM_LOCK_WAIT_SECONDS", "0")
    monkeypatch.setattr(desk.out, "width", 200)  # a reason that is folded would not be found
    monkeypatch.delenv("CLEANCLAIM_DATABASE_URL", raising=False)
    book = Ledger.open(f"sqlite:///{root / 'ledger.sqlite'}")
    books.charged(book)
    books.read(book, books.PAID, books.STRANGER)
    yield root
    book.close()


def ledger(home: Path) -> Ledger:
    from configs.settings import load_settings
    from tasks.door import open_ledger

    return open_ledger(load_settings(home))


def run(*arguments: object, status: int = 0) -> str:
    told = CliRunner().invoke(app, ["ledger", *map(str, arguments)])
    assert told.exit_code == status, told.output
    return told.stdout


def run_json(*arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return found


def test_a_month_is_closed_listed_and_not_closed_again(home: Path) -> None:
    told = run_json("close", "2026-01", "--reason", SECRET)
    assert told["closed_by"] == getpass.getuser()
    (month,) = run_json("months")["months"]
    assert (month["month"], month["closed_by"], month["holds"]) == ("2026-01", getpass.getuser(), True)
    assert month["debit_cents"] == month["credit_cents"] == told["debit_cents"]
    assert "as closed" in run("months")
    run("close", "2026-01", "--reason", "again", status=2)
    run("close", "2999-01", "--reason", "early", status=2)
    assert SECRET not in run("months")


def test_a_changed_month_is_shown_and_does_not_prove(home: Path) -> None:
    run("close", "2026-01", "--reason", "month end")
    extra = ledger(home).read("journal").iloc[:1]
    ledger(home).add("journal", extra.assign(entry_id="X:1", posting_id="X", amount_cents=0))
    (month,) = run_json("months")["months"]
    assert month["holds"] is False
    assert "CHANGED" in run("months")
    proof = CliRunner().invoke(app, ["proof", "--json"])
    assert proof.exit_code == 3
    problems = json.loads(proof.stdout)["problems"]
    assert {"check": "closed_month", "subject_kind": "month", "subject_id": "2026-01"} in problems


def test_a_remitted_claim_is_assigned_by_the_beginning_of_its_id(home: Path) -> None:
    lost = books.remitted(ledger(home), "LOST")
    told = run_json("assign", lost[:12], "C000000002", "--reason", SECRET)
    assert (told["remitted_claim_id"], told["claim_id"], told["recognised"]) == (lost, "C000000002", 1)
    assert run_json("assign", lost, "none", "--reason", "not ours")["claim_id"] is None
    for remitted, claim in (("nothing", "C000000002"), (lost, "C999999999")):
        run("assign", remitted, claim, "--reason", "wrong", status=2)
    assert ledger(home).count("assignments") == 2


def test_the_audit_shows_reasons_only_when_asked(home: Path) -> None:
    run("assign", books.remitted(ledger(home), "LOST"), "C000000002", "--reason", SECRET)
    run("close", "2026-01", "--reason", SECRET)
    rows = run_json("audit")["actions"]
    assert [(row["person"], row["action"], row["subject_kind"]) for row in rows] == [
        (getpass.getuser(), "assign", "remitted_claim"),
        (getpass.getuser(), "close", "month"),
    ]
    assert SECRET not in run("audit")
    assert SECRET not in json.dumps(rows)
    assert SECRET in run("audit", "--show-phi")
    assert [row["reason"] for row in run_json("audit", "--show-phi")["actions"]] == [SECRET, SECRET]
    today = str(pd.Timestamp.now("UTC").date())
    assert len(run_json("audit", "--from", "2026-01-01", "--person", getpass.getuser())["actions"]) == 2
    assert run_json("audit", "--to", "2026-01-01")["actions"] == []
    assert run_json("audit", "--from", today, "--person", "nobody")["actions"] == []


@pytest.mark.parametrize("kind", ["csv", "parquet", "beancount"])
def test_the_journal_is_exported(home: Path, tmp_path: Path, kind: str) -> None:
    told = run_json("export", "--format", kind, "--out", tmp_path / "out")
    assert told == {
        "out": str(tmp_path / "out" / f"journal.{kind}"),
        "entries": ledger(home).count("journal"),
    }
    assert str(told["entries"]) in run("export", "--format", kind, "--out", tmp_path / "out")


def test_a_part_of_the_journal_is_exported(home: Path, tmp_path: Path) -> None:
    run("export", "--format", "csv", "--out", tmp_path, "--from", "2026-01-05", "--to", "2026-01-05")
    with (tmp_path / "journal.csv").open(newline="") as stream:
        assert {row["effective_on"] for row in csv.DictReader(stream)} == {"2026-01-05"}
    run("export", "--format", "xlsx", "--out", tmp_path, status=2)


def test_nothing_is_closed_or_assigned_while_a_run_writes(home: Path) -> None:
    with ledger(home).lock("run"):
        run("close", "2026-01", "--reason", "month end", status=4)
        lost = books.remitted(ledger(home), "LOST")
        run("assign", lost, "C000000002", "--reason", "by phone", status=4)
    assert ledger(home).count("closings") == ledger(home).count("assignments") == 0


def test_the_chains_of_take_backs_are_listed_all_or_of_one_claim(home: Path) -> None:
    corrected = books.CORRECTED | {"plb": (("WO", "C000000001", 37), ("L6", "C000000001", -3))}
    books.read(ledger(home), corrected)
    found = run_json("takebacks", "--claim", "C000000001")["chains"]
    assert found == run_json("takebacks", "--all")["chains"]
    (chain,) = found
    assert [step["kind"] for step in chain["steps"]] == ["payment", "reversal", "payment", "recovery"]
    assert run_json("takebacks", "--claim", "C000000002")["chains"] == []
    shown = run("takebacks")
    assert "1 chains, 1 open" in shown
    assert "AMOUNT_DIFFERS" in shown
    assert not any(number in shown for number in ("ICN1", "EFT", "C000000001"))
