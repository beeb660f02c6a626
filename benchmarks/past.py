"""A practice's past in a ledger: what was billed, sent and answered, for rules to be tried on.

    python benchmarks/past.py sqlite:///FILE --claims 100000

The claims are those of `backtest.make`, as facts: sessions, decisions (one in fifty was held first), charge lines,
claims, and remittances of one payer and day. Ids are as long and as scattered as those of production; half of the paid
lines leave a share to the patient, and one claim in twenty carries a remark.
"""

from __future__ import annotations

import argparse
import base64
from collections.abc import Iterator

import numpy as np
import pandas as pd
from backtest import CLAIMS, PART, PAYERS, SEED, answers_of, lines_of

from connectors.ledger import Ledger, schema
from connectors.ledger.bulk import insert_new
from connectors.ledger.frames import to_arrow
from connectors.ledger.store import Transaction

BLANKS = {"TEXT": "-", "BIGINT": 1, "BOOLEAN": False, "DATE": pd.Timestamp("2025-01-05")}
VISIT = ["minutes", "therapy_minutes", "modality"]
# What the answers of `backtest` are, as adjustments: group, reason, what of 15,000 cents.
REASONS = {
    "CO-45": [("CO", "45", 3_000)],
    "CO-97 CO-45": [("CO", "97", 15_000)],
    "OA-18": [("OA", "18", 15_000)],
    "CO-107/N122": [("CO", "107", 15_000)],
}
SHARE = 2_000  # of a paid line, the patient's


def fill(ledger: Ledger, claims: int) -> None:
    """Write `claims` claims of one year into an empty ledger."""
    random = np.random.default_rng(SEED)
    with ledger.transaction() as tx:
        _add(tx, "payers", pd.DataFrame({"payer_id": PAYERS, "payer_class": "commercial", "row_id": PAYERS}))
        clinicians = pd.Series(range(200)).map("CL{:03}".format)
        own = {"provider_id": clinicians, "provider_class": "MD", "row_id": clinicians}
        _add(tx, "providers", pd.DataFrame(own))
    for first in range(0, claims, PART):
        lines = lines_of(random, first, min(PART, claims - first), claims)
        with ledger.transaction() as tx:
            for name, frame in _facts(random, lines):
                _add(tx, name, frame)


def _facts(random: np.random.Generator, lines: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    visits = lines.drop_duplicates("encounter_id").reset_index(drop=True)
    visits = visits.assign(row_id=_ids(random, len(visits)), decision_id=_ids(random, len(visits)))
    visits = visits.assign(claim_id=_opaque(random, len(visits)))
    owner = visits.set_index("encounter_id")

    def theirs(name: str) -> np.ndarray:
        return owner[name].reindex(lines["encounter_id"]).to_numpy()

    charges = lines.assign(
        charge_id=_ids(random, len(lines)),
        line_id=_opaque(random, len(lines)),
        encounter_row_id=theirs("row_id"),
        decision_id=theirs("decision_id"),
        claim_id=theirs("claim_id"),
    )
    yield (
        "encounters",
        visits[["encounter_id", "row_id", "patient_id", "service_date", "rendering_id", *VISIT]],
    )
    held = visits.iloc[::50]
    yield (
        "decisions",
        held[["encounter_id"]].assign(
            decision_id=_ids(random, len(held)), outcome="held", decided_on=held["service_date"]
        ),
    )
    yield "decisions", visits.assign(outcome="charged", decided_on=visits["let_go_on"], sequence=2)
    yield "charge_lines", charges
    sums = charges.groupby("claim_id")["charge_cents"].sum()
    yield (
        "claims",
        visits.assign(
            payer_order="P",
            attempt=1,
            built_on=visits["let_go_on"],
            charge_cents=sums.reindex(visits["claim_id"]).to_numpy(),
        ),
    )
    yield "claim_lines", charges
    yield from _answered(random, charges)


def _answered(random: np.random.Generator, charges: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """One remittance a payer and day, a remitted claim for each claim that was answered, its lines, their reasons."""
    said = answers_of(random, charges)
    rows = charges.assign(**said[["answered_on", "reasons", "denied", "paid_cents"]])
    rows = rows[rows["reasons"].notna()].reset_index(drop=True)
    rows = rows.rename(columns={"answered_on": "payment_date"})
    rows["paid_cents"] -= np.where((rows["paid_cents"] > 0) & (random.random(len(rows)) < 0.5), SHARE, 0)
    checks = rows.groupby(["payer_id", "payment_date"], as_index=False)["paid_cents"].sum()
    checks = checks.rename(columns={"paid_cents": "bpr_cents"}).assign(
        remittance_id=_ids(random, len(checks))
    )
    yield "remittances", checks
    rows = rows.merge(checks.drop(columns="bpr_cents"), on=["payer_id", "payment_date"])
    sums = {"charge_cents": "sum", "paid_cents": "sum"}
    answers = rows.groupby(["remittance_id", "claim_id"], as_index=False).agg(sums)
    answers = answers.assign(
        remitted_claim_id=_ids(random, len(answers)),
        claim_control=answers["claim_id"],
        matched_by="control",
        status="1",
        remarks=np.where(random.random(len(answers)) < 0.05, "MA01", None),
    )
    yield "remitted_claims", answers
    rows = rows.merge(answers[["remittance_id", "claim_id", "remitted_claim_id"]]).assign(
        remitted_line_id=_ids(random, len(rows)),
        remarks=np.where(rows["reasons"] == "CO-107/N122", "N122", None),
    )
    rows["line_control"] = rows["line_id"]
    yield "remitted_lines", rows
    owners = ["remittance_id", "remitted_claim_id", "remitted_line_id"]
    parts = [
        rows.loc[rows["reasons"] == text, owners].assign(group_code=group, carc=carc, amount_cents=amount)
        for text, reasons in REASONS.items()
        for group, carc, amount in reasons
    ]
    shared = rows.loc[rows["paid_cents"] == 12_000 - SHARE, owners]
    parts.append(shared.assign(group_code="PR", carc="3", amount_cents=SHARE, position=2))
    reasons = pd.concat(parts, ignore_index=True).fillna({"position": 1})
    yield "remitted_adjustments", reasons.assign(adjustment_id=_ids(random, len(reasons)))


def _ids(random: np.random.Generator, size: int) -> list[str]:
    """As digests: 32 hexadecimal digits."""
    text = random.bytes(16 * size).hex()
    return [text[at : at + 32] for at in range(0, 32 * size, 32)]


def _opaque(random: np.random.Generator, size: int) -> list[str]:
    """As outsiders see them: 20 characters of base 32."""
    text = base64.b32encode(random.bytes(25 * size)).decode()
    return [text[at : at + 20] for at in range(0, 40 * size, 40)]


def _add(tx: Transaction, name: str, frame: pd.DataFrame) -> None:
    """Insert rows with something in every column that must not be empty; masters as their first version."""
    table = schema.metadata.tables[name]
    needed = [column for column in table.columns if not column.nullable and column.name not in frame]
    blanks = {column.name: BLANKS[str(column.type)] for column in needed}
    insert_new(tx._connection, table, to_arrow(name, frame.assign(**blanks)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--claims", type=int, default=CLAIMS)
    asked = parser.parse_args()
    with Ledger.open(asked.url) as made:
        fill(made, asked.claims)
