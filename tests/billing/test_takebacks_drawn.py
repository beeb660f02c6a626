"""Any history: the arithmetic holds, nothing depends on the order of arrival, and no cause explains two things."""

from __future__ import annotations

import datetime as dt
from random import Random

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.billing import takebacks
from tests.support.remittance_frames import ledger
from tests.support.takebacks import START, hold

CODES = ("WO", "WO", "WO", "FB", "FB", "72", "AP", "CS", "J1", "L6", "IR", "B2", "Z9")
SIZES = (1000, 1000, 2000, 3000, 5000)
PAYERS = ("1512345678", "1598765432")


def drawn(random: Random) -> dict[str, pd.DataFrame]:
    """A few checks of two payers on few days, with claims paid and reversed, and adjustments that name anything."""
    remittances, claims, adjustments = [], [], []
    for number in range(random.randint(2, 7)):
        name, place = f"R{number}", random.randint(0, 3)
        remittances.append(
            {
                "remittance_id": name,
                "payer_identifier": random.choice(PAYERS),
                "trace": f"EFT{random.randint(1, 5):07}",
                "payment_date": START + dt.timedelta(days=place) if place else None,
                "production_date": START,
                "bpr_cents": random.choice((0, *SIZES)),
            }
        )
        for at in range(random.randint(0, 3)):
            claim, size = random.randint(1, 3), random.choice(SIZES)
            back = random.random() < 0.4
            claims.append(
                {
                    "remitted_claim_id": f"{name}-{at}",
                    "remittance_id": name,
                    "position": at + 1,
                    "claim_control": f"C00000000{claim}",
                    "claim_id": f"C00000000{claim}" if claim < 3 else None,
                    "payer_control": f"ICN{claim}{random.randint(1, 2)}",
                    "status": "22" if back else "1",
                    "paid_cents": -size if back else size,
                }
            )
        for at in range(random.randint(0, 4)):
            adjustments.append(
                {
                    "adjustment_id": f"{name}+{at}",
                    "remittance_id": name,
                    "position": at + 1,
                    "code": random.choice(CODES),
                    "reference": random.choice(
                        (
                            None,
                            "C000000001",
                            "C000000002",
                            "ICN11",
                            "ICN 31",
                            "AR 771",
                            "EFT0000001",
                            "0000002",
                        )
                    ),
                    "amount_cents": random.choice((1, -1)) * random.choice(SIZES),
                }
            )
    return {
        "remittances": ledger("remittances", *remittances),
        "remitted_claims": ledger("remitted_claims", *claims),
        "provider_adjustments": ledger("provider_adjustments", *adjustments),
    }


def shuffled(facts: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    return {name: rows.sample(frac=1, random_state=seed) for name, rows in facts.items()}


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**9))
def test_whatever_was_sent_every_cent_is_explained_or_work_and_chains_say_what_is_open(seed):
    facts = drawn(Random(seed))
    hold(takebacks.explain(**facts), facts)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**9), st.integers(0, 10**6))
def test_the_order_in_which_rows_came_changes_nothing(seed, order):
    facts = drawn(Random(seed))
    other = shuffled(facts, order)
    parts, again = takebacks.explain(**facts), takebacks.explain(**other)
    pd.testing.assert_frame_equal(parts, again)
    pd.testing.assert_frame_equal(
        takebacks.members(parts, facts["remittances"], facts["remitted_claims"]),
        takebacks.members(again, other["remittances"], other["remitted_claims"]),
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**9))
def test_no_more_is_taken_back_of_a_claim_than_the_payer_paid(seed):
    """Of what payments alone explain: recoveries without a counterpart, claim by claim and payer by payer."""
    facts = drawn(Random(seed))
    parts = takebacks.explain(**facts)
    tied = parts[(parts["code"] == "WO") & parts["partner_id"].isna() & parts["reason"].isna()]
    tied = tied[tied["remitted_claim_id"].notna() & (tied["amount_cents"] > 0)]
    claims = facts["remitted_claims"].merge(facts["remittances"], on="remittance_id")
    claims = claims[claims["status"] != "22"]
    names = dict(
        zip(
            facts["remitted_claims"]["remitted_claim_id"],
            facts["remitted_claims"]["claim_control"],
            strict=True,
        )
    )
    taken = tied.groupby([tied["payer_identifier"], tied["remitted_claim_id"].map(names)])[
        "amount_cents"
    ].sum()
    paid = claims.groupby(["payer_identifier", "claim_control"])["paid_cents"].sum()
    assert all(cents <= paid[key] for key, cents in taken.items())
