"""Stage: write off what the practice's policy lets go (`tasks.billing.small_balances`). Off unless the settings say."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from configs.settings import WriteOffs
from tasks import patients, settling, standing
from tasks.billing import accounts, families, small_balances
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import records
from tasks.moment import Moment, moment


@stage("write off by policy")
def write_off_by_policy(date: dt.date) -> dict[str, int]:
    """Write off small balances, or take such a write-off back, and post it; a second run finds nothing to do."""
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        decided = _decided(now, settings.write_offs)
    with ledger.transaction() as tx:
        for row in records(decided):
            more = {"charge_id": None, "kind": "small_balance", "policy": small_balances.POLICY}
            settling.store(tx, row | more | {"decided_on": pd.Timestamp(date)})
        counts = {"write_offs": len(decided), "posted": patients.settle(tx)}
    log.info("write off by policy: %s", counts)
    return counts


def _decided(ledger: Moment, policy: WriteOffs) -> pd.DataFrame:
    limits = {
        "receivable_patient": policy.patient_small_balance_cents,
        "receivable_payer": policy.payer_small_balance_cents,
    }
    claims, lines = ledger.read("claims"), ledger.read("claim_lines")
    journal = ledger.read("journal", {"account": list(limits)})
    held = pd.concat(
        [accounts.by_claim(journal, name, claims, lines).assign(account=name) for name in limits],
        ignore_index=True,
    )
    waiting = set(standing.unspoken(ledger)["claim_id"])
    written = ledger.read("write_offs", {"policy": small_balances.POLICY})
    first = families.firsts(claims, lines)
    written = written.assign(claim_id=written["claim_id"].map(first).astype("str"))
    return small_balances.decide(held, waiting, written, limits)
