"""A back-test reads little of a ledger and in runs of days; it must come to what reading everything comes to.

A small practice with all that makes reading little hard: claims sent again and answered twice, two claims of one
encounter, answers to the claim as a whole, reversals, adjustments of a claim, remarks, secondary claims, remittances
that contradict each other, charges on no claim, and encounters that changed after they were billed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_backtesting import fact

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import backtesting, masters, rebilling, recognising
from tasks.billing import backtest, billed, denials
from tasks.billing.backtest import Batch
from tasks.billing.context import beside
from tasks.billing.remittances import CONFLICT
from tests.support import postgres

FIRST, LAST = dt.date(2026, 1, 20), dt.date(2026, 3, 31)
CODES = ("90837", "90834", "90833", "90791", "99214", "90785")
# What a payer says of a line: share paid, then group, reason and share of the charge.
ANSWERS: tuple[tuple[float, tuple[tuple[str, str, float], ...]], ...] = (
    (0.8, (("CO", "45", 0.2),)),
    (0.6, (("CO", "45", 0.2), ("PR", "3", 0.2))),
    (0.0, (("PR", "1", 0.8), ("CO", "45", 0.2))),
    (0.0, (("CO", "107", 1.0),)),
    (0.0, (("OA", "18", 1.0),)),
    (0.5, (("CO", "97", 0.5),)),
    (0.0, (("CO", "29", 1.0),)),
    (0.0, (("CO", "45", 1.0),)),
    (1.0, ()),
)


class Practice:
    """Facts of a practice, made of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: str, **values: Any) -> None:
        self.rows.setdefault(table, []).append(fact(table, **values))

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def one(self, *values: Any) -> Any:
        return values[int(self.random.integers(len(values)))]

    def day(self, day: dt.date, at_most: int) -> dt.date:
        return day + dt.timedelta(days=int(self.random.integers(1, at_most)))

    def visit(self, number: int) -> None:
        day = dt.date(2026, 1, 1) + dt.timedelta(days=int(self.random.integers(0, 100)))
        versions = 2 if self.chance(0.1) else 1
        person, payer = f"P{self.random.integers(0, 12)}", self.one("ACME", "BLUE")
        for version in range(1, versions + 1):
            row = f"R{number}.{version}"
            self.add("encounters", encounter_id=f"E{number}", row_id=row, version=version, patient_id=person,
                     service_date=day, rendering_id="CL1", minutes=int(self.one(20, 40, 55)) + version,
                     modality=self.one("video", "in_person"))  # fmt: skip
            let_go = self.day(day, self.one(4, 4, 4, 150))
            if self.chance(0.2):
                self.add("decisions", decision_id=f"H{row}", encounter_id=f"E{number}", sequence=1,
                         outcome="held", decided_on=let_go - dt.timedelta(days=2))  # fmt: skip
            self.add("decisions", decision_id=f"D{row}", encounter_id=f"E{number}", sequence=2,
                     outcome="charged", decided_on=let_go)  # fmt: skip
            charges = [
                self.charge(number, version, at, person, payer, day) for at in range(1, self.one(2, 3, 4))
            ]
            self.sent(charges, payer, let_go, f"{number}.{version}")

    def charge(self, number: int, version: int, at: int, person: str, payer: str, day: dt.date) -> str:
        name = f"CH{self.random.integers(10**9)}.{number}.{version}.{at}"
        self.add("charge_lines", charge_id=name, encounter_id=f"E{number}", encounter_row_id=f"R{number}.{version}",
                 decision_id=f"DR{number}.{version}", position=at, patient_id=person, payer_id=payer,
                 rendering_id=self.one("CL1", "CL2"), service_date=day, place_of_service="11",
                 code=self.one(*CODES), charge_cents=10_000, diagnoses="F411", pointers="1")  # fmt: skip
        return name

    def sent(self, charges: list[str], payer: str, day: dt.date, number: str) -> None:
        if self.chance(0.05):
            return
        parts = [charges[:1], charges[1:]] if self.chance(0.3) else [charges]
        for part, lines in enumerate(part for part in parts if part):
            for attempt in range(1, 2 + self.chance(0.2)):
                self.claim(f"C{number}.{part}.{attempt}", lines[: self.one(1, 9)] if attempt > 1 else lines,
                           payer, "P", attempt, day + dt.timedelta(days=30 * (attempt - 1)))  # fmt: skip
            if self.chance(0.2):
                self.claim(f"S{number}.{part}", lines, "OTHER", "S", 1, day + dt.timedelta(days=20))

    def claim(
        self, name: str, charges: list[str], payer: str, order: str, attempt: int, day: dt.date
    ) -> None:
        self.add("claims", claim_id=name, payer_id=payer, payer_order=order, attempt=attempt, built_on=day)
        lines = [f"L{name}.{at}" for at in range(len(charges))]
        for line, charge in zip(lines, charges, strict=True):
            self.add("claim_lines", line_id=line, claim_id=name, charge_id=charge, charge_cents=10_000)
        for turn in range(self.one(0, 1, 1, 1, 1, 2)):
            self.answer(f"{name}.{turn}", name, lines, self.day(day, 40) + dt.timedelta(days=10 * turn))

    def answer(self, name: str, claim: str, lines: list[str], day: dt.date) -> None:
        check = f"RM{day}.{self.one(1, 2)}"
        if check not in {row["remittance_id"] for row in self.rows.get("remittances", ())}:
            self.add("remittances", remittance_id=check, payment_date=day)
            if self.chance(0.1):
                self.add("quarantine", quarantine_id=f"Q{check}", expectation=CONFLICT, subject_id=check)
        whole = self.chance(0.1)
        paid = [self.said(name, check, None if whole else line, at) for at, line in enumerate(lines)]
        if self.chance(0.05):
            self.add("remitted_adjustments", adjustment_id=f"A{name}", remittance_id=check, position=1,
                     remitted_claim_id=f"RC{name}", group_code="CO", carc="107", amount_cents=5_000)  # fmt: skip
        self.add("remitted_claims", remitted_claim_id=f"RC{name}", remittance_id=check, claim_id=claim,
                 status=self.one("1", "1", "1", "1", "1", "2", "4", "22", "23", "25", "19"),
                 charge_cents=10_000 * len(lines), paid_cents=sum(paid),
                 remarks=self.one(None, None, None, None, None, "MA01", "MA130"))  # fmt: skip

    def said(self, name: str, check: str, line: str | None, at: int) -> int:
        share, reasons = self.one(*ANSWERS, *ANSWERS[:2] * 4)
        remarks = self.one(None, None, None, None, "N122", "M86")
        owner = None if line is None else f"RL{name}.{at}"
        if line is not None:
            self.add("remitted_lines", remitted_line_id=owner, remitted_claim_id=f"RC{name}", remittance_id=check,
                     position=at + 1, line_id=self.one(line, line, line, None), charge_cents=10_000,
                     paid_cents=int(10_000 * share), remarks=remarks)  # fmt: skip
        for position, (group, carc, part) in enumerate(reasons, 1):
            self.add("remitted_adjustments", adjustment_id=f"A{name}.{at}.{position}", remittance_id=check,
                     position=position, remitted_claim_id=f"RC{name}", remitted_line_id=owner, group_code=group,
                     carc=carc, amount_cents=int(10_000 * part))  # fmt: skip
        return int(10_000 * share)


def written(ledger: Ledger, seed: int, visits: int = 200) -> None:
    practice = Practice(seed)
    for number in range(visits):
        practice.visit(number)
    with ledger.transaction() as tx:
        for payer, ways in (("ACME", {"timely_filing_days": 90}), ("BLUE", {})):
            tx.load("payers", pd.DataFrame([fact("payers", payer_id=payer, **ways)]))
        for clinician in ("CL1", "CL2"):
            tx.load(
                "providers", pd.DataFrame([fact("providers", provider_id=clinician, provider_class="MD")])
            )
        for version in (1, 2):
            some = [row for row in practice.rows["encounters"] if row["version"] == version]
            tx.load("encounters", pd.DataFrame(some))
        known = tx.read("encounters", columns=["row_id", "encounter_id", "version"])
        rows = "R" + known["encounter_id"].str[1:] + "." + known["version"].astype("str")
        named = dict(zip(rows, known["row_id"], strict=True))
        for charge in practice.rows["charge_lines"]:
            charge["encounter_row_id"] = named[charge["encounter_row_id"]]
        for name, facts in practice.rows.items():
            if name != "encounters":
                tx.add(name, pd.DataFrame(facts))


def everything(settings: Settings, ledger: Ledger, rule_id: str, folder: Path) -> pd.DataFrame:
    """The rule over all lines at once: every table read whole, every answer classified, both kept as Parquet."""
    charges = ledger.read("charge_lines")
    decided = ledger.read("decisions").set_index("decision_id")["decided_on"]
    known = masters.current(ledger)
    lines = billed.completed(charges, rebilling.versions(ledger, charges), known)
    lines = lines.assign(let_go_on=beside(charges["decision_id"], decided))
    days = pd.to_datetime(lines["service_date"])
    inside = (days >= pd.Timestamp(FIRST)) & (days <= pd.Timestamp(LAST))
    answers = answered(ledger, lines[inside])
    lines[inside].to_parquet(folder / "lines.parquet")
    answers.to_parquet(folder / "answers.parquet")
    batch = Batch(
        pd.read_parquet(folder / "lines.parquet"),
        lines[days < pd.Timestamp(FIRST)].reset_index(drop=True),
        pd.read_parquet(folder / "answers.parquet"),
        ledger.read("encounters"),
        known,
    )
    context = masters.context(settings, LAST, ledger)
    waits = backtesting.hold_days(ledger.read("decisions"))
    return backtest.run([batch], rule_id, context, waits)


def answered(ledger: Ledger, lines: pd.DataFrame) -> pd.DataFrame:
    out = recognising.held(ledger)
    claims, services, reasons = (
        ledger.read(f"remitted_{name}") for name in ("claims", "lines", "adjustments")
    )
    judged = denials.classify(claims, services, reasons)
    judged = judged[~judged["remittance_id"].isin(out)]
    judged = judged[~judged["category"].isin(denials.NOT_ADJUDICATED.values())]
    dates = ledger.read("remittances").set_index("remittance_id")["payment_date"]
    judged["answered_on"] = beside(judged["remittance_id"], dates)
    judged["paid_cents"] = beside(
        judged["remitted_line_id"], services.set_index("remitted_line_id")["paid_cents"]
    )
    judged["claim_id"] = beside(
        judged["remitted_claim_id"], claims.set_index("remitted_claim_id")["claim_id"]
    )
    ours = ledger.read("claim_lines", columns=["line_id", "claim_id", "charge_id"])
    bare = judged[judged["remitted_line_id"].isna()].drop(columns="line_id")
    both = pd.concat(
        [
            judged[judged["line_id"].notna()].drop(columns="claim_id"),
            ours[["line_id", "claim_id"]].merge(bare, on="claim_id").drop(columns="claim_id"),
        ]
    )
    verdicts = both.sort_values("answered_on", kind="stable").drop_duplicates("line_id")
    sent = ledger.read("claims", where={"payer_order": "P"}, columns=["claim_id", "built_on", "attempt"])
    rows = ours.merge(sent, on="claim_id").merge(verdicts, on="line_id", how="left")
    rows = rows.assign(silent=rows["denied"].isna())
    order = ["charge_id", "silent", "attempt", "answered_on"]
    first = rows.sort_values(order, kind="stable").drop_duplicates("charge_id")
    own = lines[["charge_id", "encounter_id", "position", "payer_id", "charge_cents", "let_go_on"]]
    return own.merge(first.drop(columns="silent"), on="charge_id")[backtest.ANSWERS]


@pytest.fixture(scope="module", params=[("sqlite", 3), ("postgresql", 11)], ids=lambda param: param[0])
def practice(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, Ledger]]:
    engine, seed = request.param
    home = tmp_path_factory.mktemp("whole")
    url = postgres.fresh_database() if engine == "postgresql" else f"sqlite:///{home / 'ledger.sqlite'}"
    with Ledger.open(url) as ledger:
        written(ledger, seed)
        yield Settings(home=home), ledger


RULES = ("ADD_ON_ALONE", "DUPLICATE", "INTAKE_AGAIN", "TIMELY_PAST", "PAIR_PR03", "GATE_COVERAGE")


@pytest.mark.parametrize("rule_id", RULES)
def test_the_ledger_in_runs_of_days_comes_to_what_everything_at_once_comes_to(
    practice: tuple[Settings, Ledger], rule_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, ledger = practice
    whole = everything(settings, ledger, rule_id, tmp_path)
    tested = backtesting.backtested(settings, ledger, rule_id, FIRST, LAST)
    monkeypatch.setattr(backtesting, "LINES", 60)
    monkeypatch.setattr(backtesting, "RUNS", 2)
    in_runs = backtesting.backtested(settings, ledger, rule_id, FIRST, LAST)
    assert whole["flagged"].sum() > 0
    assert whole[["denials_prevented", "missed", "denied_otherwise", "not_judged"]].to_numpy().sum() > 0
    pd.testing.assert_frame_equal(tested.by_payer, whole)
    assert tested.lines == in_runs.lines > 60
    pd.testing.assert_frame_equal(in_runs.by_payer, whole)
