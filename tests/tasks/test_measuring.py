"""Figures of a ledger: a past day comes out as it was, on both engines, to the claim."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from configs.settings import load_settings
from connectors.ledger import Ledger
from flows.cli import app
from tasks import measuring, periods, recognising
from tasks.asof import AsOf
from tasks.billing import posting
from tasks.moment import moment
from tests.support import backfills, postgres
from tests.support.histories import filled, read_remittances
from tests.support.remittance_frames import claim, claim_line, clp, remit, svc

START = dt.date(2026, 1, 5)
DAYS = 70


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def office(random: Random) -> list[tuple[int, str, Any]]:
    """What happens in an office, each on its day: charges, claims, answers of partner and payer, appeals."""
    steps: list[tuple[int, str, Any]] = []
    for number in range(1, 13):
        steps += _encounter(random, number, random.randrange(30))
    return sorted(steps, key=lambda step: step[0])


def _encounter(random: Random, number: int, served: int) -> list[tuple[int, str, Any]]:
    charge, name = random.choice([10_001, 15_000, 20_000]), f"C{number:09}"
    made = served + random.randrange(6)
    decided = {"encounter_id": f"E{number}", "encounter_row_id": f"E{number}"}
    steps: list[tuple[int, str, Any]] = []
    if random.random() < 0.3:
        held = {"decision_id": f"H{number}", "sequence": 1, "outcome": "held", "decided_on": day(served)}
        steps.append((served, "decisions", decided | held))
    passed = {"decision_id": f"D{number}", "sequence": 2, "outcome": "charged", "decided_on": day(made)}
    steps.append((made, "decisions", decided | passed))
    charged = {
        "charge_id": f"CH{number}", "encounter_id": f"E{number}", "decision_id": f"D{number}", "payer_id": "ACME",
        "service_date": day(served), "charge_cents": charge, "units": 1,
    }  # fmt: skip
    steps.append((made, "charge_lines", charged))
    sent = made + random.randrange(3)
    built = claim(name, charge) | {
        "built_on": day(sent), "service_from": day(served), "frequency": "1", "payer_order": "P", "attempt": 1,
    }  # fmt: skip
    line = claim_line(f"L{number}", name, charge, charge_id=f"CH{number}", encounter_id=f"E{number}", units=1)
    steps += [(sent, "claims", built), (sent, "claim_lines", line)]
    word = sent + 2
    if random.random() < 0.25:
        refused = {
            "ack_id": f"A{number}", "kind": "277CA", "partner": "sandbox", "claim_id": name, "code": "A7",
            "detail": "562", "stated_on": day(word), "sender": "payer",
        }  # fmt: skip
        steps.append((word, "acknowledgments", refused))
        again = built | {
            "claim_id": f"R{number:09}",
            "replaces_claim_id": name,
            "attempt": 2,
            "built_on": day(word),
        }
        steps += [
            (word, "claims", again),
            (word, "claim_lines", line | {"claim_id": again["claim_id"], "line_id": f"M{number}"}),
        ]
        name, line = again["claim_id"], line | {"line_id": f"M{number}"}
    return steps + _answers(random, number, name, line["line_id"], charge, word + random.randrange(25))


def _answers(
    random: Random, number: int, name: str, line: str, charge: int, word: int
) -> list[tuple[int, str, Any]]:
    """A payment or denial under our number or the payer's; a correction or an appeal of what was denied."""
    denied, strange = random.random() < 0.5, random.random() < 0.3
    control = f"LOST{number}" if strange else name

    def answer(at: int, status: str, *cas: tuple[str, str, int], sign: int = 1) -> tuple[int, str, Any]:
        paid = sign * (charge - sum(cents for *_, cents in cas))
        told = tuple((group, carc, sign * cents) for group, carc, cents in cas)
        one = svc(sign * charge, paid, *told, control=None if strange else line)
        body = clp(control, status, sign * charge, paid, one, icn=f"ICN{number}")
        return (at, "remit", remit(body, trace=f"EFT{number}-{at}-{status}", day=day(at)))

    steps: list[tuple[int, str, Any]] = []
    if strange:  # the payer's number is taught by a 277CA that comes before or after the answer
        taught = {
            "ack_id": f"T{number}", "kind": "277CA", "partner": "sandbox", "claim_id": name, "code": "A2",
            "payer_control": f"ICN{number}", "stated_on": day(word + random.randrange(-2, 12)), "sender": "payer",
        }  # fmt: skip
        steps.append(((taught["stated_on"] - START).days, "acknowledgments", taught))
    good = (("CO", "45", 3_000), ("PR", "3", 1_000))
    if not denied:
        return [*steps, answer(word, "1", *good)]
    steps.append(answer(word, "1", ("CO", "197", charge)))
    later = word + 1 + random.randrange(25)
    fate = random.choice(["corrected", "appealed", "let go", "nothing"])
    if fate == "corrected":
        steps += [answer(later, "22", ("CO", "197", charge), sign=-1), answer(later, "1", *good)]
    elif fate == "appealed":
        appeal = {
            "appeal_id": f"AP{number}",
            "claim_id": name,
            "opened_on": day(word),
            "due_on": day(word + 60),
        }
        decided = {
            "event_id": f"AE{number}", "appeal_id": f"AP{number}", "sequence": 1, "action": "decided",
            "happened_on": day(later), "outcome": random.choice(["overturned", "upheld"]),
        }  # fmt: skip
        steps += [(word, "appeals", appeal), (later, "appeal_events", decided)]
    elif fate == "let go":
        gone = {
            "write_off_id": f"W{number}", "claim_id": name, "account": "receivable_payer", "sequence": 1,
            "amount_cents": charge, "kind": "denial", "decided_on": day(later),
        }  # fmt: skip
        steps.append((later, "write_offs", gone))
    return steps


def written(url: str, steps: list[tuple[int, str, Any]]) -> Ledger:
    """A ledger in which these steps happened, in three runs: facts are the same in any portions."""
    book = Ledger.open(url)
    size = -(-len(steps) // 3) or 1
    for run in (steps[at : at + size] for at in range(0, len(steps), size)):
        rows: dict[str, list[dict[str, Any]]] = {}
        for _, kind, one in run:
            rows.setdefault(kind, []).append(one)
        remits = rows.pop("remit", [])
        with book.transaction() as tx:
            for kind, listed in rows.items():
                tx.add(kind, filled(kind, *listed))
            if "charge_lines" in rows:
                charges = filled("charge_lines", *rows["charge_lines"])
                tx.add("journal", periods.booked(tx, posting.post_charges(charges)))
            if remits:
                read_remittances(tx, remits)
            recognising.recognise(tx)
    return book


def figures(book: Ledger, home: Path, as_of: dt.date, days: int = 45) -> dict[str, Any]:
    return measuring.told(measuring.measured(book, load_settings(home), as_of, days), claims=True)


@pytest.mark.parametrize(("engine", "seed"), [("sqlite", 1), ("sqlite", 53), ("postgresql", 58)])
def test_a_past_day_is_what_the_ledger_was_that_stopped_there(engine: str, seed: int, tmp_path: Path) -> None:
    """In the last two an answer that came before the day is recognised only by a number taught after it."""

    def url(name: str) -> str:
        return f"sqlite:///{tmp_path}/{name}.sqlite" if engine == "sqlite" else postgres.fresh_database()

    random = Random(seed)
    steps = office(random)
    whole = written(url("whole"), steps)
    stop = random.randrange(25, 60)
    stopped = written(url("stopped"), [step for step in steps if step[0] <= stop])
    now = figures(stopped, tmp_path, day(stop))
    assert figures(whole, tmp_path, day(stop)) == now
    later = figures(whole, tmp_path, day(DAYS))
    assert later != now
    assert all(each["value"] is not None for each in later.values())
    for book in (stopped, whole):
        book.close()


def test_receivables_are_those_of_the_journal(tmp_path: Path) -> None:
    book = written(f"sqlite:///{tmp_path}/l.sqlite", office(Random(7)))
    journal = book.read("journal")
    owed = journal[journal["account"].isin(["receivable_payer", "receivable_patient"])]
    found = figures(book, tmp_path, day(400), 500)["days_in_ar"]
    by_claim = owed.assign(
        owner=owed["claim_id"].fillna(owed["charge_id"].str.replace("CH", "", regex=False).str.zfill(9))
    )
    number = by_claim["owner"].str[-9:].str.lstrip("0")
    sums = by_claim["amount_cents"].groupby(number).sum()
    assert found["numerator"] == int(sums[sums > 0].sum())
    assert found["denominator"] == -int(journal.loc[journal["account"] == "revenue", "amount_cents"].sum())
    assert sum(each["amount"] for each in found["numerator_claims"]) == found["numerator"]
    book.close()


def test_the_command_tells_the_figures_and_the_claims_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEANCLAIM_DATABASE_URL", raising=False)
    written(f"sqlite:///{tmp_path}/ledger.sqlite", office(Random(3))).close()
    asked = ["metrics", "--home", str(tmp_path), "--as-of", "2026-03-01"]
    told = CliRunner().invoke(app, [*asked, "--json", "--claims"])
    assert told.exit_code == 0, told.output
    made = json.loads(told.stdout)
    assert (made["as_of"], made["days"]) == ("2026-03-01", 90)
    rate = made["metrics"]["initial_denial_rate"]
    assert rate["value"] == pytest.approx(100 * rate["numerator"] / rate["denominator"], abs=0.005)
    assert {each["claim_id"] for each in rate["numerator_claims"]} <= {
        each["claim_id"] for each in rate["denominator_claims"]
    }
    plain = json.loads(CliRunner().invoke(app, [*asked, "--json", "--days", "7"]).stdout)
    assert plain["days"] == 7
    assert "numerator_claims" not in plain["metrics"]["days_in_ar"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0
    assert "initial denial rate" in shown.stdout


def test_an_empty_ledger_has_figures_without_a_value(tmp_path: Path) -> None:
    book = Ledger.open(f"sqlite:///{tmp_path}/l.sqlite")
    found = figures(book, tmp_path, pd.Timestamp("2026-01-31").date())
    assert {name: each["value"] for name, each in found.items() if name != "cost_of_delay"} == dict.fromkeys(
        [name for name in found if name != "cost_of_delay"]
    )
    assert found["cost_of_delay"]["value"] == 0
    book.close()


@pytest.mark.parametrize("stops", [1, 2, 3, 6])
def test_claims_from_before_the_system_were_not_seen_on_any_day(stops: int, tmp_path: Path) -> None:
    """Their answers counted as nobody's, their charges not at all: receivables of a backfilled ledger were too low."""
    checks = sorted(backfills.CHECKS, key=lambda one: one["day"])
    with Ledger.open(f"sqlite:///{tmp_path}/whole.sqlite") as whole:
        for some, book in ((checks, whole), (checks[:stops], None)):
            into = book or Ledger.open(f"sqlite:///{tmp_path}/stopped.sqlite")
            with into.transaction() as tx:
                read_remittances(tx, some, adopt=True)
                recognising.recognise(tx)
        assert whole.count("adopted_claims") == 5
        with moment(whole) as now:
            then = AsOf(now, checks[stops - 1]["day"]).sums(
                "journal", ["account", "claim_id"], "amount_cents"
            )
        journal = into.read("journal")
        into.close()
    stood = journal.groupby(["account", "claim_id"], dropna=False)["amount_cents"].sum()
    assert dict(
        zip(zip(then["account"], then["claim_id"].fillna(""), strict=True), then["amount_cents"], strict=True)
    ) == {
        (account, "" if pd.isna(claim_id) else claim_id): cents
        for (account, claim_id), cents in stood[stood != 0].items()
    }


def test_receivables_of_claims_from_before_the_system_were_left_out_of_days_in_ar(tmp_path: Path) -> None:
    """A claim that was paid and taken back is owed, whoever sent it."""
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as book:
        with book.transaction() as tx:
            read_remittances(tx, backfills.CHECKS, adopt=True)
            recognising.recognise(tx)
        owed = measuring.measured(book, load_settings(tmp_path), dt.date(2026, 6, 1), 90)
        journal = book.read("journal")
    sums = journal[journal["account"].str.startswith("receivable")].groupby("claim_id")["amount_cents"].sum()
    assert sums[sums > 0].sum() >= 20_000
    for formula in ("days_in_ar", "ar_over_90"):
        assert owed[formula].total("numerator") == sums[sums > 0].sum(), formula
