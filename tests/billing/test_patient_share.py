"""What a patient owes: the last payer's PR, less payments and write-offs, and only when all in line have spoken."""

from __future__ import annotations

import pandas as pd
import pytest

from tasks.billing import patient_share, posting, small_balances
from tests.support.remittance_frames import claim, claim_line, clp, journal_of, ledger, matched, remit, svc

TODAY = pd.Timestamp("2026-03-15")
LINES = [claim_line("L1", "C1", 12000), claim_line("L2", "C1", 8000, service_date="2026-01-06", position=2)]
SECOND = [
    claim_line("S1", "C2", 12000, charge_id="CHL1"),
    claim_line("S2", "C2", 8000, charge_id="CHL2", position=2),
]
PRIMARY = clp(
    "C1", "1", 20000, 12000,
    svc(12000, 7000, ("CO", "45", 3000), ("PR", "2", 2000), control="L1"),
    svc(8000, 5000, ("CO", "45", 2000), ("PR", "3", 1000), control="L2"),
)  # fmt: skip
LATER = clp(
    "C2", "2", 20000, 2500,
    svc(12000, 2000, ("OA", "23", 10000), control="S1"),
    svc(8000, 500, ("OA", "23", 7000), ("PR", "3", 500), control="S2"),
)  # fmt: skip


def owed(*answers, states, claims=None, payments=0, written=0, passing=("C1",)):
    """The one family's row after these answers."""
    ours = ledger("claims", *(claims or [claim("C1", 20000)]))
    lines = ledger("claim_lines", *LINES, *(SECOND if len(ours) > 1 else []))
    made = [remit(one, day=pd.Timestamp(day).date(), trace=day) for day, one in answers]
    facts = matched(*made, claims=ours, lines=lines)
    journal = [journal_of({**vars(facts), "claims": ours, "claim_lines": lines})]
    nothing = pd.DataFrame({"claim_id": [], "patient_id": [], "cents": []}).astype({"cents": "Int64"})
    if payments:
        paid = {"payment_id": "PP1", "patient_id": "P0001", "amount_cents": payments, "encounter_id": "EL1"}
        journal.append(
            posting.patient_payments(ledger("patient_payments", paid).assign(claim_id="C1"), nothing)
        )
    if written:
        off = {"write_off_id": "W1", "claim_id": "C1", "account": "receivable_patient", "kind": "charity"}
        journal.append(posting.write_offs(ledger("write_offs", off | {"amount_cents": written}), ours))
    told = pd.DataFrame(list(states.items()), columns=["claim_id", "state"])
    entries = pd.concat(journal, ignore_index=True)
    waiting = patient_share.waits(ours, lines, told, facts.remitted_claims, passing)
    return patient_share.owed(entries, ours, lines, waiting, TODAY)


def row(*answers, **more) -> tuple[int, str]:
    (found,) = owed(*answers, **more).to_dict("records")
    return found["balance_cents"], found["state"]


ONE = ("2026-02-01", PRIMARY)
TWO = ("2026-03-01", LATER)
BOTH = [claim("C1", 20000, secondary_coverage_id="COV2"), claim("C2", 20000, payer_order="S")]
COVERED = [claim("C1", 20000, secondary_coverage_id="COV2")]


@pytest.mark.parametrize(
    ("answers", "more", "told"),
    [
        ([ONE], {"states": {"C1": "paid"}}, (3000, "due")),
        ([ONE], {"states": {"C1": "paid"}, "payments": 3000}, (0, "settled")),
        ([ONE], {"states": {"C1": "paid"}, "payments": 1000, "written": 500}, (1500, "due")),
        ([ONE], {"states": {"C1": "paid"}, "payments": 3500}, (-500, "credit")),
        # A secondary policy that nobody billed yet, that is billed, that answered.
        ([ONE], {"states": {"C1": "paid"}, "claims": COVERED}, (3000, "waits")),
        ([ONE], {"states": {"C1": "paid", "C2": "sent"}, "claims": BOTH}, (3000, "waits")),
        ([ONE, TWO], {"states": {"C1": "paid", "C2": "paid"}, "claims": BOTH}, (500, "due")),
        # The primary left nothing to the next payer: no claim goes there.
        (
            [ONE],
            {"states": {"C1": "paid"}, "claims": COVERED, "passing": (), "payments": 3500},
            (-500, "credit"),
        ),
        # Passed on by the payer, or taken back.
        ([ONE], {"states": {"C1": "crossed_over"}}, (3000, "waits")),
        ([ONE], {"states": {"C1": "reversed"}}, (3000, "waits")),
    ],
)
def test_the_last_payer_says_what_is_owed(answers, more, told):
    assert row(*answers, **more) == told


def test_a_crossover_is_answered_on_the_same_claim():
    later = (
        "2026-03-01",
        {**LATER, "control": "C1", "lines": ()} | {"cas": (("OA", "23", 17000), ("PR", "3", 500))},
    )
    assert row(ONE, later, states={"C1": "paid"}, claims=COVERED) == (500, "due")


def test_a_qualified_beneficiary_and_group_co_owe_nothing():
    for line in (
        svc(20000, 17000, ("PR", "2", 3000), remarks="N781", control="L1"),
        svc(20000, 17000, ("CO", "2", 3000), control="L1"),
    ):
        rows = owed(("2026-02-01", clp("C1", "1", 20000, 17000, line)), states={"C1": "paid"})
        assert rows.empty


def test_ages_count_from_the_last_answer():
    rows = owed(ONE, states={"C1": "paid"})
    assert rows[["since", "days", "age"]].values.tolist() == [[pd.Timestamp("2026-02-01"), 42, "31-60"]]
    found = patient_share.age(pd.Series([0, 30, 31, 60, 61, 90, 91], dtype="Int64"))
    assert found.tolist() == ["0-30", "0-30", "31-60", "31-60", "61-90", "61-90", "over 90"]


def balance(cents: int, account: str = "receivable_patient") -> pd.DataFrame:
    return pd.DataFrame(
        {"claim_id": ["C1"], "account": [account], "cents": pd.Series([cents], dtype="Int64")}
    )


def written(cents: int) -> pd.DataFrame:
    rows = [{"claim_id": "C1", "account": "receivable_patient", "amount_cents": cents}] if cents else []
    return ledger("write_offs", *rows)


@pytest.mark.parametrize(
    ("cents", "before", "limit", "decided"),
    [
        (499, 0, 500, [499]),
        (500, 0, 500, [500]),
        (501, 0, 500, []),
        (499, 0, 0, []),
        (0, 500, 500, []),
        (-300, 500, 500, [-300]),
        (-800, 500, 500, [-500]),
        (-300, 0, 500, []),
    ],
)
def test_a_small_balance_is_let_go_as_a_whole_and_taken_back_when_it_was_wrong(cents, before, limit, decided):
    limits = {"receivable_patient": limit}
    found = small_balances.decide(balance(cents), set(), written(before), limits)
    assert found["amount_cents"].tolist() == decided
    assert small_balances.decide(balance(cents), {"C1"}, written(before), limits).empty
