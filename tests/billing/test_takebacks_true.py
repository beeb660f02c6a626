"""The take-back graph against a history that knows what every provider adjustment really took or gave."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.sources.history import History, made
from connectors.x12 import decode_835
from tasks.billing import matching, remittances, takebacks
from tasks.billing.remittances import RemittanceFacts
from tasks.frames import of_arrow
from tests.support.remittance_frames import ledger
from tests.support.takebacks import FRAMES, hold
from tests.support.truths import untrue

SEEDS = range(4)


def facts(history: History) -> RemittanceFacts:
    """The remittance facts of a history's bytes, matched to its claims; what is in dispute left out."""
    decoded = decode_835([file.data for file in history.files])
    joined = remittances.with_envelopes(
        of_arrow(decoded.transactions),
        of_arrow(decoded.sets),
        of_arrow(decoded.interchanges),
        [f"{at:064x}" for at in range(len(history.files))],
    )
    tables = (decoded.claims, decoded.lines, decoded.adjustments, decoded.provider_adjustments)
    found = remittances.facts(
        joined, *map(of_arrow, tables), payers=ledger("payers", *history.rows["payers"])
    )
    none = found.remittances.iloc[:0]
    disputed = remittances.conflicts(found.remittances, none, found.remitted_claims)["subject_id"]
    found = remittances.without(found, disputed)
    claims, _ = matching.match(
        found.remitted_claims,
        found.remitted_lines,
        ledger("claims", *history.rows["claims"]),
        ledger("claim_lines", *history.rows["claim_lines"]),
        ledger("remitted_claims")[["payer_control", "claim_id"]],
    )
    return RemittanceFacts(**{**vars(found), "remitted_claims": claims})


@pytest.mark.parametrize("seed", SEEDS)
def test_every_link_is_true_and_every_cent_is_linked_or_work(seed: int) -> None:
    history = made(months=60, claims_a_month=25, seed=seed)
    found = facts(history)
    frames = {name: getattr(found, name) for name in FRAMES}
    parts = takebacks.explain(**frames)
    assert untrue(parts, found.remittances, found.remitted_claims, history.truths) == []
    hold(parts, frames)


def test_a_link_that_is_missing_or_wrong_is_noticed() -> None:
    history = made(months=40, claims_a_month=25, seed=1)
    found = facts(history)
    parts = takebacks.explain(**{name: getattr(found, name) for name in FRAMES})
    lost = parts.assign(partner_id=None)
    assert any(
        "not paired" in one for one in untrue(lost, found.remittances, found.remitted_claims, history.truths)
    )
    named = parts["remitted_claim_id"].dropna().unique()
    moved = parts.assign(
        remitted_claim_id=parts["remitted_claim_id"].map(
            dict(zip(named, [*named[1:], named[0]], strict=True))
        )
    )
    assert any(
        "linked to" in one for one in untrue(moved, found.remittances, found.remitted_claims, history.truths)
    )


def test_the_history_holds_what_payers_do() -> None:
    """Every code, status and form that the generator promises is there, and every 835 balances."""
    history = made(months=120, claims_a_month=30)
    codes = Counter(truth.code for truth in history.truths)
    assert set(codes) == {*["WO", "FB", "72", "L6", "CS", "B2", "J1", "AP", "IR", "LE", "CT", "E3", "WU"]}
    assert min(codes[code] for code in ("WO", "FB", "72", "L6", "CS", "J1")) > 20
    decoded = decode_835([file.data for file in history.files])
    assert not decoded.problems.num_rows
    transactions, claims = of_arrow(decoded.transactions), of_arrow(decoded.claims)
    assert transactions["balanced"].all()
    assert set(transactions["method"]) == {"ACH", "CHK", "NON"}
    assert set(claims["status"]) == {*["1", "2", "3", "19", "20", "22", "23", "25"]}
    adjustments = of_arrow(decoded.adjustments)
    assert {"45", "253", "104", "23", "197"} <= set(adjustments["carc"])
    assert adjustments["line"].isna().any()
    assert made(months=120, claims_a_month=30).files == history.files
