"""Extra, wrong remittances for those who test a receiver, and one that never comes; off unless asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from connectors.clearinghouse.sandbox.adjudicator import Decision, key, number
from connectors.clearinghouse.sandbox.checks import FIRST_CHECK_DAYS, Checkbook
from connectors.clearinghouse.sandbox.document import Party
from connectors.clearinghouse.sandbox.remittance import Remittance

UNBALANCED, TRUNCATED, UNKNOWN_CLAIM = "unbalanced_835", "truncated_835", "unknown_claim_835"
NO_ANSWER = "no_answer"
FAULTS = (NO_ANSWER, TRUNCATED, UNBALANCED, UNKNOWN_CLAIM)
# What follows it: the claim that was left out has a check of its own.
LATE_ANSWER = "late_answer"
SILENT = frozenset((NO_ANSWER, LATE_ANSWER))


def remittance_for(fault: str, sound: Remittance, book: Checkbook) -> Remittance:
    """One more check of the payer of `sound`, for its first paid claim, with a trace of its own."""
    decisions = [decision for decision, back in sound.claims if not back] or [sound.claims[0][0]]
    decision = next((d for d in decisions if d.paid_cents > 0), decisions[0])
    if fault == UNKNOWN_CLAIM:
        decision = _stranger(decision, book)
    elif fault == UNBALANCED:
        decision = _short_by_a_cent(decision)
    return book.check(FIRST_CHECK_DAYS, [(decision, False)], purpose=fault)


def spoil(fault: str, data: bytes) -> bytes:
    """The bytes as they are delivered: a truncated file ends within its claims, without SE, GE and IEA."""
    if fault != TRUNCATED:
        return data
    return data[: data.index(b"SVC*") + 8]


def _short_by_a_cent(decision: Decision) -> Decision:
    """The first line pays a cent more than charge less adjustments; the claim and the check follow it."""
    first, *others = decision.lines
    return replace(decision, lines=[replace(first, paid_cents=first.paid_cents + 1), *others])


def _stranger(decision: Decision, book: Checkbook) -> Decision:
    """The same decision on a claim that nobody sent: other control numbers, another patient."""
    control = "X" + key(book.seed, "stranger", book.upload)[:18].upper()
    nobody = Party("UNKNOWN", "PATIENT", "MI", control)
    lines = [replace(d.line, control=f"{control[:16]}L{d.line.position}") for d in decision.lines]
    claim = replace(decision.claim, control=control, patient=nobody, subscriber=nobody, lines=lines)
    decided = [replace(d, line=line) for d, line in zip(decision.lines, lines, strict=True)]
    number_ = str(number(book.seed, "stranger", book.upload, digits=12))
    return replace(decision, claim=claim, payer_control=number_, lines=decided, interest_cents=0)


def unanswered(decisions: Sequence[Decision], spoken: Collection[Decision], seed: int) -> list[Decision]:
    """The decisions without one that a payer never sends; `spoken` are those of which later checks speak.

    What is lost is the first payer's decision on a professional original: a file of corrections, or of stays, is
    answered whole.
    """
    told = {decision.claim.control for decision in spoken}
    silent = [
        one
        for one in decisions
        if one.paid_cents > 0
        and one.claim.control not in told
        and (one.claim.order, one.claim.frequency, one.claim.institutional) == ("P", "1", False)
    ]
    lost = max(silent, key=lambda one: key(seed, "silent", one.claim.control), default=None)
    return [one for one in decisions if one is not lost]
