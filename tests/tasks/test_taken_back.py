"""Take-backs of a stored ledger: in the proof, in the queue, on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.ledger import Ledger
from flows.commands import proof as command
from tasks import proving, standing
from tests.support.remittance_frames import CLAIM_LINES, CLAIMS, journal_of, matched
from tests.support.takebacks import FRAMES, check, paid, reversal

ONE, TWO = "C000000001", "C000000002"
HISTORY = [
    check(1, paid(ONE, 9000)),
    check(2, reversal(ONE, 9000), paid(TWO, 5000), plb=(("WO", ONE, -9000), ("L6", "ICN" + TWO, -120))),
    check(3, paid(TWO, 12000), plb=(("WO", ONE, 5000), ("WO", "", 777), ("CS", "", -300))),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """The remittances of `HISTORY`, posted; the claims stay outside, so nothing else is to be proved."""
    book = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    facts = matched(*HISTORY, claims=CLAIMS.iloc[:0], lines=CLAIM_LINES.iloc[:0])
    tables = {**vars(facts), "claims": CLAIMS.iloc[:0], "claim_lines": CLAIM_LINES.iloc[:0]}
    for name in (*FRAMES, "remitted_lines", "remitted_adjustments"):
        book.add(name, tables[name])
    book.add("journal", journal_of(tables))
    return book


def test_the_proof_says_what_is_explained_and_what_is_open(ledger):
    made = json.loads(json.dumps(proving.prove(ledger)))
    assert made["balanced"]
    found = made["takebacks"]
    assert found["by_code"]["WO"] == {
        "count": 3,
        "amount_cents": -3223,
        "explained_cents": 10000,
        "unexplained_cents": 4777,
    }
    assert found["by_code"]["L6"]["explained_cents"] == 120
    assert found["by_reason"] == {
        "NO_REFERENCE": {"count": 2, "cents": 1077},
        "OPEN": {"count": 1, "cents": 4000},
    }
    deferred = next(chain for chain in found["open_chains"] if chain["reasons"] == ["OPEN"])
    assert deferred["balance_cents"] == -4000
    assert [(step["kind"], step["cents"], step["balance_cents"]) for step in deferred["steps"]] == [
        ("reversal", -9000, 0),
        ("deferral", -5000, -5000),
        ("deferral", -4000, -9000),
        ("recovery", 5000, -4000),
    ]


def test_the_proof_holds_no_number_of_a_claim_or_a_check(ledger):
    printed = json.dumps(proving.prove(ledger)["takebacks"])
    assert not any(number in printed for number in (ONE, TWO, "ICN", "EFT"))


def test_the_proof_shows_the_open_chains_to_people(ledger, capsys):
    command.show(proving.prove(ledger))
    shown = capsys.readouterr().out
    assert "unexplained" in shown
    assert "open -$40.00 OPEN: 2026-01-07 reversal -$90.00" in shown


def test_what_changes_in_the_ledger_changes_what_is_explained(ledger):
    later = matched(
        check(4, paid(TWO, 9000), plb=(("WO", ONE, 4000),)),
        claims=CLAIMS.iloc[:0],
        lines=CLAIM_LINES.iloc[:0],
    )
    for name in FRAMES:
        ledger.add(name, getattr(later, name))
    parts = standing.taken_back(ledger)
    assert set(parts.loc[parts["reason"].notna(), "reason"]) == {"NO_REFERENCE"}


def test_a_chain_is_shown_from_the_first_payment_to_the_last_cent(ledger):
    """Closed chains were nowhere to be seen: only what is open was in the proof."""
    (chain,) = [one for one in proving.takeback_chains(ledger) if one["reasons"] == ["OPEN"]]
    assert [(step["kind"], step["cents"], step["balance_cents"]) for step in chain["steps"]] == [
        ("payment", 9000, 0),
        ("reversal", -9000, 0),
        ("deferral", -5000, -5000),
        ("deferral", -4000, -9000),
        ("recovery", 5000, -4000),
    ]
    last = matched(
        check(4, paid(TWO, 9000), plb=(("WO", ONE, 4000),)),
        claims=CLAIMS.iloc[:0],
        lines=CLAIM_LINES.iloc[:0],
    )
    for name in FRAMES:
        ledger.add(name, getattr(last, name))
    assert chain["chain_id"] not in {one["chain_id"] for one in proving.takeback_chains(ledger)}
    (closed,) = [one for one in proving.takeback_chains(ledger, closed=True) if one["state"] == "closed"]
    assert (closed["chain_id"], closed["balance_cents"], closed["reasons"]) == (chain["chain_id"], 0, [])
    assert closed["steps"][-1]["kind"] == "recovery"
