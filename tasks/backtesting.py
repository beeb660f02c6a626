"""A rule over the ledger's own history, read in runs of days so that a large ledger fits into little memory.

What takes time is reading, so little is read: the database puts a line beside its session, and what became of it is
asked only where it can count, that is of lines that the rule speaks of and of claims that were not plainly paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd

from configs.settings import Settings
from connectors.ledger import Ledger, past
from connectors.ledger.store import Snapshot
from tasks import masters, recognising
from tasks.billing import backtest, billed, denials
from tasks.billing.backtest import Batch
from tasks.billing.context import Masters, among, beside, words
from tasks.billing.institutional.stays import STAY_COLUMNS
from tasks.billing.scrub.common import LOOK_BACK, looked_for
from tasks.moment import Moment

LINES = 100_000  # charge lines in memory at a time
RUNS = 5  # times as many are sorted by the database at a time
BEHIND = 8  # days of earlier lines that a run is judged beside

# What is read of each table, and no more: reading is what a back-test of a large ledger waits for.
OF_CHARGE = words(
    "charge_id encounter_id encounter_row_id position patient_id payer_id coverage_id rendering_id supervising_id"
    " service_date place_of_service code modifiers units charge_cents diagnoses pointers level_of_care form"
    " revenue_code type_of_bill condition_codes stay_id"
)
OF_LINE = (
    {name: f"charge_lines.{name}" for name in OF_CHARGE}
    | {name: f"encounters.{name}" for name in billed.OF_VISIT}
    | {"treating_id": "encounters.rendering_id"}
)
LET_GO = {"let_go_on": "decisions.decided_on"}
# Beside what a rule asks for itself: how lines are told apart, and where the masters are looked up.
NEEDED = words("charge_id encounter_id position patient_id payer_id service_date code")
CLINICIANS = words("rendering_id supervising_id treating_id")
OF_CLINICIANS = words("provider_class treating_class payer_class_codes")
OF_CLAIM = {name: f"claim_lines.{name}" for name in ("line_id", "claim_id")}
OF_CLAIM_ANSWER = words("remitted_claim_id remittance_id claim_id status remarks charge_cents paid_cents")
OF_LINE_ANSWER = words(
    "remitted_line_id remitted_claim_id remittance_id line_id position charge_cents paid_cents remarks"
)
OF_REASON = words("remitted_claim_id remitted_line_id remittance_id position group_code carc amount_cents")
TYPES = {
    "built_on": "datetime64[s]",
    "answered_on": "datetime64[s]",
    "denied": "boolean",
    "denied_cents": "Int64",
    "paid_cents": "Int64",
}
# Reasons that deny nothing on a line that was paid and carries no remark.
PLAIN = frozenset({("CO", "45"), ("PR", "1"), ("PR", "2"), ("PR", "3")})
ANSWERED = frozenset({"1", "2", "3", "19", "20", "21"})


@dataclass(frozen=True)
class Tested:
    """Counts by payer, and how many lines the ledger could not show as they were judged."""

    by_payer: pd.DataFrame
    lines: int
    hold_days: float


@dataclass(frozen=True)
class Told:
    """One moment of the ledger, with what of it every run of days asks for."""

    view: Snapshot
    now: Moment

    @cached_property
    def known(self) -> Masters:
        """The masters as they are today."""
        return masters.current(self.now, with_answers=True)

    @cached_property
    def disputed(self) -> set[str]:
        """Remittances that contradict each other: they say nothing."""
        return recognising.held(self.now)

    @cached_property
    def later(self) -> pd.Series:
        """Claims to payers after the first, which are not asked."""
        return past.later_claims(self.view)["claim_id"]

    @cached_property
    def unclear(self) -> pd.Series:
        """Claims of which an answer may be a denial; of all others the verdict is known: they were paid."""
        return past.not_plainly_paid(self.view, ANSWERED, PLAIN)["claim_id"]


def backtested(
    settings: Settings,
    ledger: Ledger,
    rule_id: str,
    first: dt.date,
    last: dt.date,
    config: Path | None = None,
) -> Tested:
    """Run one scrub rule over the lines of service from `first` to `last`, both inclusive."""
    with ledger.snapshot() as view:
        told = Told(view, Moment(view))
        context = masters.context(settings, last, told.now, config)
        counted = past.days(view, first, last)
        days = pd.Series(np.repeat(counted["service_date"].to_numpy(), counted["lines"].to_numpy("int64")))
        waits = hold_days(_of_held(told.now))
        found = backtest.run(_batches(told, days, rule_id), rule_id, context, waits)
    return Tested(found, len(days), waits)


def _of_held(ledger: Moment) -> pd.DataFrame:
    """Decisions about encounters that were ever held: of the others, most of a large ledger, nothing is asked."""
    wanted = ["encounter_id", "sequence", "outcome", "decided_on"]
    held = ledger.read("decisions", where={"outcome": "held"}, columns=wanted)
    free = {"outcome": "charged", "encounter_id": held["encounter_id"].unique().tolist()}
    return pd.concat([held, ledger.read("decisions", where=free, columns=wanted)], ignore_index=True)


def hold_days(decisions: pd.DataFrame) -> float:
    """Days an encounter of this practice is held before it is charged, in the middle; 1 where none was."""
    held = decisions[decisions["outcome"] == "held"].groupby("encounter_id")["decided_on"].min()
    free = decisions[decisions["outcome"] == "charged"].groupby("encounter_id")["decided_on"].max()
    waited = (free - held).dt.days.dropna()
    waited = waited[waited > 0]
    return float(waited.median()) if len(waited) else 1.0


def _columns(rule_id: str) -> dict[str, str]:
    """What is read of a charge line and its session for a rule: all that a gate might ask for, else what it names."""
    named = backtest.reads(rule_id)
    if named is None:
        return OF_LINE
    wanted = {*NEEDED, *named}
    wanted |= {*CLINICIANS} if not named.isdisjoint(OF_CLINICIANS) else set()
    wanted |= {"stay_id"} if not named.isdisjoint(STAY_COLUMNS) else set()
    return {name: column for name, column in OF_LINE.items() if name in wanted}


def _batches(told: Told, days: pd.Series, rule_id: str) -> Iterator[Batch]:
    """Runs of days with what the rule reads: a gate the encounters, a rule that looks back the lines before."""
    whole, looks_back = backtest.is_gate(rule_id), backtest.reads_history(rule_id)
    columns, named = _columns(rule_id), backtest.reads(rule_id)
    dated = LET_GO if backtest.asks_the_day(rule_id) else {}
    before = pd.DataFrame()
    if looks_back and len(days):
        before = billed.beside_masters(_before(told.view, columns, days.min()), told.known, named)
    for last, rows in _runs(told.view, columns | dated | OF_CLAIM, days):
        charges = rows.drop_duplicates("charge_id").drop(columns=[*OF_CLAIM])
        lines = billed.beside_masters(charges.reset_index(drop=True), told.known, named)
        claimed = rows[rows["line_id"].notna() & ~among(rows["claim_id"], told.later)]
        answers = partial(_answers, told, claimed)
        if whole:
            versions = lines["encounter_row_id"].unique().tolist()
            met = told.now.read("encounters", where={"row_id": versions})
            yield Batch(lines, before, answers, met, told.known)
        else:
            yield Batch(lines, before, answers)
        if looks_back:
            before = _carried(before, lines, last)


def _runs(
    view: Snapshot, columns: dict[str, str], days: pd.Series
) -> Iterator[tuple[pd.Timestamp, pd.DataFrame]]:
    """Charge lines in runs of days, each with its last day."""
    spans = [(run[0], run[-1]) for run in backtest.spans(days, LINES)]
    for at in range(0, len(spans), RUNS):
        some = spans[at : at + RUNS]
        parts = past.runs(view, columns, [(first.date(), last.date()) for first, last in some])
        yield from zip((last for _, last in some), parts, strict=True)


def _before(view: Snapshot, columns: dict[str, str], first: pd.Timestamp) -> pd.DataFrame:
    """Lines that the first run is judged beside: BEHIND days, and the codes that are looked for further back."""
    spans = {BEHIND: None, max(LOOK_BACK.values()): LOOK_BACK}
    parts = [past.lines(view, columns, *_days_before(first, days), codes) for days, codes in spans.items()]
    return pd.concat(parts, ignore_index=True).drop_duplicates("charge_id", ignore_index=True)


def _days_before(first: pd.Timestamp, days: int) -> tuple[dt.date, dt.date]:
    return (first - pd.Timedelta(days=days)).date(), (first - pd.Timedelta(days=1)).date()


def _carried(before: pd.DataFrame, lines: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """What the run after the day `last` is judged beside: the days before it, and what is looked for further back."""
    seen = pd.concat([before, lines.drop(columns="let_go_on", errors="ignore")], ignore_index=True)
    near = seen["service_date"] >= last - pd.Timedelta(days=BEHIND)
    return seen[near | looked_for(seen, last)].reset_index(drop=True)


def _answers(told: Told, claimed: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """What became of each line that is on a claim; the first answer counts: later ones are corrections.

    `claimed` is one row a charge line and claim, `said` what the rule said of them. Of a claim that was plainly paid or
    not answered, of whose lines the rule says nothing and none is on another claim, nothing is asked: it is counted.
    """
    several = claimed["charge_id"].duplicated(keep=False)
    counts = several | among(claimed["claim_id"], told.unclear) | backtest.spoken_of(said, claimed)
    # Of a claim that counts, all lines do: what was paid of it would have come later as a whole.
    asked = among(claimed["claim_id"], claimed.loc[counts, "claim_id"])
    rows = _first_answers(told, claimed.loc[asked])
    return (
        pd.concat([rows, claimed.loc[~asked]], ignore_index=True)
        .reindex(columns=backtest.ANSWERS)
        .astype(TYPES)
    )


def _first_answers(told: Told, claimed: pd.DataFrame) -> pd.DataFrame:
    """`claimed` with the claim and verdict of each charge line that count, one row a charge line."""
    claims = told.now.read(
        "claims", where={"claim_id": claimed["claim_id"].unique().tolist()},
        columns=["claim_id", "built_on", "attempt"],
    )  # fmt: skip
    dated = claimed.merge(claims, on="claim_id").sort_values(["charge_id", "attempt"], kind="stable")
    rows = dated.merge(_verdicts(told, dated), on="line_id", how="left")
    # Of several claims of the same line: the first that was answered, else the first.
    rows["silent"] = rows["denied"].isna()
    order = ["charge_id", "silent", "attempt", "answered_on"]
    return rows.sort_values(order, kind="stable").drop_duplicates("charge_id")


def _verdicts(told: Told, lines: pd.DataFrame) -> pd.DataFrame:
    """Verdicts on claim lines, with the day of the answer and what was paid."""
    ledger = told.now
    answers = ledger.read(
        "remitted_claims", where={"claim_id": lines["claim_id"].unique().tolist()}, columns=OF_CLAIM_ANSWER
    )
    answers = answers[~answers["remittance_id"].isin(told.disputed)]
    mine = {"remitted_claim_id": answers["remitted_claim_id"].tolist()}
    checks = {"remittance_id": answers["remittance_id"].unique().tolist()}
    services = ledger.read("remitted_lines", where=mine, columns=OF_LINE_ANSWER)
    reasons = ledger.read("remitted_adjustments", where=checks | mine, columns=OF_REASON)
    dates = ledger.read(
        "remittances", where=checks, columns=["remittance_id", "payment_date"],
    )  # fmt: skip
    judged = _classified(answers, services, reasons)
    judged = judged[~judged["category"].isin(denials.NOT_ADJUDICATED.values())]
    judged["answered_on"] = beside(judged["remittance_id"], dates.set_index("remittance_id")["payment_date"])
    paid = services.set_index("remitted_line_id")["paid_cents"]
    judged["paid_cents"] = beside(judged["remitted_line_id"], paid)
    owners = answers.set_index("remitted_claim_id")["claim_id"]
    kept = words("line_id denied category reasons denied_cents paid_cents answered_on")
    of_lines = judged.loc[judged["line_id"].notna(), kept]
    # A claim that was answered as a whole: its answer is that of every line.
    bare = judged[judged["remitted_line_id"].isna()].assign(
        claim_id=lambda rows: beside(rows["remitted_claim_id"], owners)
    )
    spread = lines[["line_id", "claim_id"]].merge(bare.drop(columns="line_id"), on="claim_id")[kept]
    both = pd.concat([of_lines, spread], ignore_index=True) if len(spread) else of_lines
    return both.sort_values("answered_on", kind="stable").drop_duplicates("line_id")


def _unclear(answers: pd.DataFrame, services: pd.DataFrame) -> set[str]:
    """Claims that are not plainly paid by what is said of them and of their lines, whatever their adjustments say."""
    without = ~among(answers["remitted_claim_id"], services["remitted_claim_id"])
    return {
        *services.loc[(services["paid_cents"] <= 0) | services["remarks"].notna(), "remitted_claim_id"],
        *answers.loc[
            ~answers["status"].isin(ANSWERED) | answers["remarks"].notna() | without, "remitted_claim_id"
        ],
    }


def _classified(answers: pd.DataFrame, services: pd.DataFrame, reasons: pd.DataFrame) -> pd.DataFrame:
    """`denials.classify`; claims that are plainly paid do not wait for it.

    Plainly paid: adjudicated, no remark, every line paid, and nothing but the contract's part and the patient's taken
    off.
    """
    odd = pd.Index(list(zip(reasons["group_code"], reasons["carc"], strict=True))).isin(list(PLAIN))
    unclear = {*reasons.loc[~odd, "remitted_claim_id"], *_unclear(answers, services)}
    look = pd.Series(list(unclear), dtype="str")
    judged = denials.classify(
        *(rows[among(rows["remitted_claim_id"], look)] for rows in (answers, services, reasons))
    )
    plain = services[~among(services["remitted_claim_id"], look)]
    paid = plain[["remittance_id", "remitted_claim_id", "remitted_line_id", "line_id"]].assign(
        denied=False, category="paid", reasons="", denied_cents=0
    )
    names = [*paid.columns]
    both = pd.concat([judged[names], paid], ignore_index=True)
    return both.astype({"denied": "boolean", "denied_cents": "Int64"})
