"""A rule over the ledger's own history, read in runs of days so that a large ledger fits into little memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import masters, rebilling, recognising
from tasks.billing import backtest, billed, denials
from tasks.billing.backtest import Batch
from tasks.billing.context import Masters, among, beside, words
from tasks.billing.scrub.common import LOOK_BACK
from tasks.moment import Moment

LINES = 100_000  # charge lines in memory at a time
BEHIND = 8  # days of earlier lines that a run is judged beside

# What is read of each table, and no more: reading is what a back-test of a large ledger waits for.
OF_CHARGE = words(
    "charge_id encounter_id encounter_row_id decision_id position patient_id payer_id coverage_id rendering_id"
    " supervising_id service_date place_of_service code modifiers units charge_cents diagnoses pointers level_of_care"
)
OF_CLAIM_ANSWER = words("remitted_claim_id remittance_id claim_id status remarks charge_cents paid_cents")
OF_LINE_ANSWER = words(
    "remitted_line_id remitted_claim_id remittance_id line_id position charge_cents paid_cents remarks"
)
OF_REASON = words("remitted_claim_id remitted_line_id remittance_id position group_code carc amount_cents")
# Reasons that deny nothing on a line that was paid and carries no remark.
PLAIN = frozenset({("CO", "45"), ("PR", "1"), ("PR", "2"), ("PR", "3")})
ANSWERED = frozenset({"1", "2", "3", "19", "20", "21"})


@dataclass(frozen=True)
class Tested:
    """Counts by payer, and how many lines the ledger could not show as they were judged."""

    by_payer: pd.DataFrame
    lines: int
    hold_days: float


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
        now = Moment(view)
        context = masters.context(settings, last, now, config)
        days = now.read("charge_lines", columns=["service_date"])["service_date"]
        days = days[(days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))]
        waits = hold_days(
            now.read("decisions", columns=["encounter_id", "sequence", "outcome", "decided_on"])
        )
        found = backtest.run(_batches(now, days, rule_id), rule_id, context, waits)
    return Tested(found, len(days), waits)


def hold_days(decisions: pd.DataFrame) -> float:
    """Days an encounter of this practice is held before it is charged, in the middle; 1 where none was."""
    held = decisions[decisions["outcome"] == "held"].groupby("encounter_id")["decided_on"].min()
    free = decisions[decisions["outcome"] == "charged"].groupby("encounter_id")["decided_on"].max()
    waited = (free - held).dt.days.dropna()
    waited = waited[waited > 0]
    return float(waited.median()) if len(waited) else 1.0


def _batches(ledger: Moment, days: pd.Series, rule_id: str) -> Iterator[Batch]:
    """Runs of days with what the rule reads: a gate the encounters, a rule that looks back the lines before."""
    known = masters.current(ledger)
    disputed = recognising.held(ledger)
    whole, looks_back = backtest.is_gate(rule_id), backtest.reads_history(rule_id)
    before = _before(ledger, days.min(), known) if looks_back and len(days) else pd.DataFrame()
    for run in backtest.spans(days, LINES):
        charges = ledger.read("charge_lines", where={"service_date": run}, columns=OF_CHARGE)
        lines = _lines(ledger, charges, known)
        answers = _answers(ledger, lines, disputed)
        if whole:
            versions = charges["encounter_row_id"].unique().tolist()
            met = ledger.read("encounters", where={"row_id": versions})
            yield Batch(lines, before, answers, met, known)
        else:
            yield Batch(lines, before, answers)
        if looks_back:
            before = _carried(before, lines, run[-1] - pd.Timedelta(days=BEHIND))


def _before(ledger: Moment, first: pd.Timestamp, known: Masters) -> pd.DataFrame:
    """Lines that the first run is judged beside: BEHIND days, and the codes that are looked for however long ago."""
    near = [first - pd.Timedelta(days=n) for n in range(1, BEHIND + 1)]
    parts = [
        ledger.read("charge_lines", where=where, columns=OF_CHARGE)
        for where in ({"service_date": near}, {"code": sorted(LOOK_BACK)})
    ]
    charges = pd.concat(parts, ignore_index=True).drop_duplicates("charge_id")
    charges = charges[charges["service_date"] < first].reset_index(drop=True)
    return _lines(ledger, charges, known).drop(columns="let_go_on")


def _carried(before: pd.DataFrame, lines: pd.DataFrame, since: pd.Timestamp) -> pd.DataFrame:
    """What the next run is judged beside: the days before it, and the few codes that are looked for ever after."""
    seen = pd.concat([before, lines.drop(columns="let_go_on")], ignore_index=True)
    return seen[(seen["service_date"] >= since) | seen["code"].isin(LOOK_BACK)].reset_index(drop=True)


def _lines(ledger: Moment, charges: pd.DataFrame, known: Masters) -> pd.DataFrame:
    """Charge lines with what the rules read of their visit, payer and clinician, and the day they were let go."""
    decided = ledger.read(
        "decisions", where={"decision_id": charges["decision_id"].unique().tolist()},
        columns=["decision_id", "decided_on"],
    )  # fmt: skip
    let_go = decided.set_index("decision_id")["decided_on"]
    rows = billed.completed(charges, rebilling.versions(ledger, charges), known)
    return rows.assign(let_go_on=beside(charges["decision_id"], let_go))


def _answers(ledger: Moment, lines: pd.DataFrame, disputed: set[str]) -> pd.DataFrame:
    """What became of each line that is on a claim; the first answer counts: later ones are corrections."""
    wanted = lines["charge_id"].tolist()
    on_claims = ledger.read(
        "claim_lines", where={"charge_id": wanted}, columns=["line_id", "claim_id", "charge_id"]
    )
    claims = ledger.read(
        "claims", where={"claim_id": on_claims["claim_id"].unique().tolist()},
        columns=["claim_id", "built_on", "attempt", "payer_order"],
    )  # fmt: skip
    claims = claims[claims["payer_order"] == "P"]
    dated = on_claims.merge(claims, on="claim_id").sort_values(["charge_id", "attempt"], kind="stable")
    verdicts = _verdicts(ledger, dated, disputed)
    rows = dated.merge(verdicts, on="line_id", how="left")
    # Of several claims of the same line: the first that was answered, else the first.
    rows["silent"] = rows["denied"].isna()
    rows = rows.sort_values(["charge_id", "silent", "attempt", "answered_on"], kind="stable").drop_duplicates(
        "charge_id"
    )
    own = lines[["charge_id", "encounter_id", "position", "payer_id", "charge_cents", "let_go_on"]]
    return own.merge(rows.drop(columns="silent"), on="charge_id")[backtest.ANSWERS]


def _verdicts(ledger: Moment, lines: pd.DataFrame, disputed: set[str]) -> pd.DataFrame:
    """Verdicts on claim lines, with the day of the answer and what was paid."""
    answers = ledger.read(
        "remitted_claims", where={"claim_id": lines["claim_id"].unique().tolist()}, columns=OF_CLAIM_ANSWER
    )
    answers = answers[~answers["remittance_id"].isin(disputed)]
    checks = {"remittance_id": answers["remittance_id"].unique().tolist()}
    services = ledger.read("remitted_lines", where=checks, columns=OF_LINE_ANSWER)
    services = services[among(services["remitted_claim_id"], answers["remitted_claim_id"])]
    reasons = ledger.read("remitted_adjustments", where=checks, columns=OF_REASON)
    reasons = reasons[among(reasons["remitted_claim_id"], answers["remitted_claim_id"])]
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


def _classified(answers: pd.DataFrame, services: pd.DataFrame, reasons: pd.DataFrame) -> pd.DataFrame:
    """`denials.classify`; claims that are plainly paid do not wait for it.

    Plainly paid: adjudicated, no remark, every line paid, and nothing but the contract's part and the patient's taken
    off.
    """
    odd = pd.Index(list(zip(reasons["group_code"], reasons["carc"], strict=True))).isin(list(PLAIN))
    unclear = {
        *reasons.loc[~odd, "remitted_claim_id"],
        *services.loc[(services["paid_cents"] <= 0) | services["remarks"].notna(), "remitted_claim_id"],
        *answers.loc[~answers["status"].isin(ANSWERED) | answers["remarks"].notna(), "remitted_claim_id"],
        *answers.loc[
            ~among(answers["remitted_claim_id"], services["remitted_claim_id"]), "remitted_claim_id"
        ],
    }
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
