"""Ten years of a practice, from the bytes of its payers to the proof: every account named, every cent explained."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from configs import reference
from configs.settings import Settings
from connectors.ledger import Ledger
from connectors.sources.history import History, made
from flows import desk
from flows.cli import app
from flows.commands import proof as command
from tasks import histories, proving, standing
from tasks.billing import accounts, posting, suspense
from tasks.recognising import live
from tests.support import postgres
from tests.support.truths import untrue


def enter(home: Path, monkeypatch: pytest.MonkeyPatch, url: str = "") -> tuple[Settings, Ledger]:
    """A home of its own, its ledger at `url` or in it."""
    from tasks.door import open_ledger

    home.mkdir()
    monkeypatch.setenv("CLEANCLAIM_HOME", str(home))
    if url:
        monkeypatch.setenv("CLEANCLAIM_DATABASE_URL", url)
    else:
        monkeypatch.delenv("CLEANCLAIM_DATABASE_URL", raising=False)
    settings = desk.enter(home)
    return settings, open_ledger(settings)


def assert_explained(ledger: Ledger, history: History) -> dict[str, Any]:
    """What must hold of the proof of any history."""
    proof = json.loads(json.dumps(proving.prove(ledger)))
    assert proof["problems"] == []
    assert proof["balanced"]
    known = {row["account"]: row["own_words"] for row in reference.table("accounts")}
    used = {name for name, of in proof["chart"].items() if of["entries"]}
    journal = ledger.read("journal")
    assert used == set(posting.standing(journal)["account"])
    assert all(proof["chart"][name]["meaning"] == known[name] for name in used)
    assert set(proof["suspense"]) == accounts.of_kind("suspense")
    for account, of in proof["suspense"].items():
        assert of["balance_cents"] == proof["accounts"][account]
        assert of["balance_cents"] == sum(reason["cents"] for reason in of["by_reason"].values())
        assert of["balance_cents"] == sum(item["cents"] for item in of["items"])
        assert all(reason["waits_for"] and reason["next_action"] for reason in of["by_reason"].values())
        assert all(item["remittance_id"] and item["segment"] for item in of["items"])
    assert_recouped_cents_are_linked_or_work(ledger, proof["takebacks"], history)
    owed = journal[journal["account"] == "receivable_patient"].groupby("claim_id")["amount_cents"].sum()
    assert owed[owed != 0].to_dict() == {claim: cents for claim, cents in history.shares.items() if cents}
    return proof


def assert_recouped_cents_are_linked_or_work(ledger: Ledger, told: dict[str, Any], history: History) -> None:
    """The graph is the truth of the history, and the open chains are all that is unexplained."""
    parts = standing.taken_back(ledger)
    facts = (live(ledger, "remittances"), live(ledger, "remitted_claims"))
    assert untrue(parts, *facts, history.truths) == []
    left = int(parts["unexplained_cents"].sum())
    assert left == sum(chain["balance_cents"] for chain in told["open_chains"])
    of_codes = told["by_code"].values()
    assert sum(of["amount_cents"] for of in of_codes) == int(
        live(ledger, "provider_adjustments")["amount_cents"].sum()
    )
    assert sum(of["unexplained_cents"] for of in of_codes) == sum(
        of["cents"] for of in told["by_reason"].values()
    )


@pytest.fixture(scope="module")
def decade() -> History:
    return made(months=120, claims_a_month=25)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_of_ten_years_every_account_is_named_and_every_suspense_cent_explained(
    decade: History, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, ledger = enter(home, monkeypatch)
    told = histories.replay(settings, ledger, decade, at_once=240)
    assert told["files"] == len(decade.files)
    proof = assert_explained(ledger, decade)
    reasons = {reason for of in proof["suspense"].values() for reason in of["by_reason"]}
    assert reasons >= {
        "UNMATCHED",
        "REVERSED",
        "FORWARDED",
        "ESTIMATE",
        "EXPLAINED",
        "PAIRED",
        "NO_REFERENCE",
    }
    assert_queue_is_what_waits(settings, ledger)
    command.show(proof)
    shown = capsys.readouterr().out
    assert all(name in shown for name, of in proof["chart"].items() if of["entries"])


def assert_queue_is_what_waits(settings: Settings, ledger: Ledger) -> None:
    """The queue has the items that are work, to the cent, and its sums come from the database."""
    found = standing.in_suspense(ledger)
    work = standing.work(ledger, settings, dt.date(2026, 1, 31))
    listed = work[work["queue"] == "suspense"]
    waiting = found[~found["reason"].isin(suspense.NO_WORK)]
    assert listed["amount_cents"].sum() == -waiting["cents"].sum()
    assert not listed.empty


def test_a_shorter_history_is_explained_on_postgresql_and_ends_the_same_in_any_order(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = made(months=24, claims_a_month=10, seed=3)
    settings, ledger = enter(home, monkeypatch, postgres.fresh_database())
    histories.replay(settings, ledger, history)
    assert_explained(ledger, history)
    shuffled = Random(1).sample(history.files, len(history.files))
    settings, other = enter(tmp_path / "other", monkeypatch)
    histories.replay(settings, other, replace(history, files=shuffled))
    assert other.fingerprint() == ledger.fingerprint()
    assert proving.prove(other) == proving.prove(ledger)


def test_a_person_posts_a_history_by_a_command_into_a_new_home_only(home: Path, tmp_path: Path) -> None:
    def run(*arguments: object) -> Any:
        return CliRunner().invoke(
            app, ["sandbox", "history", "--months", "3", "--claims", "4", *map(str, arguments)]
        )

    written = run("--out", tmp_path / "files", "--json")
    files = list((tmp_path / "files").rglob("*.835"))
    assert json.loads(written.stdout)["files"] == len(files) > 0
    told = run("--home", home, "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["files"] == len(files)
    assert run("--home", home).exit_code == desk.USAGE
