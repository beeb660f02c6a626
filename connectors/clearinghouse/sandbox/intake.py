"""The front door: which interchange, set and claim gets past it, by fault or, now and then, by the seed.

What the seed picks hangs on the claims alone: an upload of the same claims at another time meets the same rejections.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from connectors.clearinghouse.sandbox.adjudicator import key, payer_control
from connectors.clearinghouse.sandbox.counts import Processed
from connectors.clearinghouse.sandbox.document import Claim, Group, Interchange, Party, Set
from connectors.clearinghouse.sandbox.edits import (
    SEEDED_REJECTIONS,
    Fault,
    Rejection,
    claim_rejection,
    group_errors,
    interchange_note,
    set_errors,
    set_faults,
)

Verdict = tuple[Set, list[str], list[Fault]]  # IK502 codes of the envelope, faults of segments
Judged = list[tuple[Claim, Rejection | None]]

SETS_FOR_A_REJECTION = 3  # an interchange with this many sound sets loses one of them
CLAIMS_FOR_A_REJECTION, REJECTED_PERCENT, REJECTED_AT_LEAST = 40, 2, 2


@dataclass
class Intake:
    """The verdicts on one interchange.

    `groups` are the arguments of the 999 writer, `claim_sets` the claims of accepted sets with the clearinghouse's
    verdict, `refused` the payer's rejections by CLM01.
    """

    seed: int
    note: str
    groups: list[tuple[Group, list[str], list[Verdict]]] = field(default_factory=list)
    claim_sets: list[tuple[Set, Judged]] = field(default_factory=list)
    refused: dict[str, Rejection] = field(default_factory=dict)

    @property
    def forwarded(self) -> list[Claim]:
        """Claims that the clearinghouse passed on to payers."""
        return [claim for _, judged in self.claim_sets for claim, rejection in judged if rejection is None]

    @property
    def adjudicable(self) -> list[Claim]:
        """Claims that their payer accepted."""
        return [claim for claim in self.forwarded if claim.control not in self.refused]

    def counts(self) -> Processed:
        """The front door's part of the counts."""
        verdicts = [verdict for _, _, verdicts in self.groups for verdict in verdicts]
        judged = [rejection for _, claims in self.claim_sets for _, rejection in claims]
        return Processed(
            interchanges_rejected=int(self.note != "000"),
            sets_accepted=len(self.claim_sets),
            sets_rejected=len(verdicts) - len(self.claim_sets),
            claims=sum(len(set_.claims) for set_, _, _ in verdicts),
            claims_returned=sum(rejection is not None for rejection in judged),
            claims_rejected=len(self.refused),
        )

    def payer_control(self, claim: Claim) -> str:
        return payer_control(self.seed, claim)

    def by_payer(self) -> list[tuple[Set, Party, Judged]]:
        """Forwarded claims by uploaded set and payer, with the payer's verdict."""
        result = []
        for set_, judged in self.claim_sets:
            payers: dict[str, tuple[Party, Judged]] = {}
            for claim, rejection in judged:
                if rejection is None:
                    _, theirs = payers.setdefault(claim.payer.id, (claim.payer, []))
                    theirs.append((claim, self.refused.get(claim.control)))
            result += [(set_, payer, theirs) for payer, theirs in payers.values()]
        return result


def take_in(interchange: Interchange, seed: int, received: date) -> Intake:
    """Judge an interchange: envelope, groups and sets, then the claims of the sets that passed."""
    intake = Intake(seed, interchange_note(interchange))
    if intake.note != "000":
        return intake
    for group in interchange.groups:
        intake.groups.append((group, group_errors(group), [_verdict(set_) for set_ in group.sets]))
    _refuse_one_set(intake)
    seen: set[str] = set()
    for _, errors, verdicts in intake.groups:
        for set_, codes, faults in verdicts:
            if not (errors or codes or faults):
                intake.claim_sets.append((set_, _returned(set_, received, seen)))
    intake.refused = _refused(intake.forwarded, seed)
    return intake


def _verdict(set_: Set) -> Verdict:
    """Faults within are looked for only where the set was read as an 837."""
    codes = set_errors(set_)
    return set_, codes, [] if codes and not set_.claims else set_faults(set_)


def _refuse_one_set(intake: Intake) -> None:
    """Of three sound sets or more, exactly one is rejected for its last service line, chosen by the seed."""
    verdicts = [verdict for _, errors, verdicts in intake.groups if not errors for verdict in verdicts]
    sound = [verdict for verdict in verdicts if not verdict[1] and not verdict[2]]
    if len(verdicts) < SETS_FOR_A_REJECTION or len(sound) < len(verdicts):
        return

    def rank(verdict: Verdict) -> str:
        return key(intake.seed, "set", *(claim.control for claim in verdict[0].claims))

    set_, _, faults = min(verdicts, key=rank)
    line = set_.claims[-1].lines[-1]
    name, element = set_.segments[line.segment - 1].id, 5 if line.revenue else 4
    faults.append(Fault(name, line.segment, "2400", "8", element, "380", "6", line.units))


def _returned(set_: Set, received: date, seen: set[str]) -> Judged:
    """The clearinghouse's verdict on each claim; `seen` gathers CLM01s across the interchange."""
    judged: Judged = []
    for claim in set_.claims:
        judged.append((claim, claim_rejection(claim, received, seen)))
        seen.add(claim.control)
    return judged


def _refused(claims: list[Claim], seed: int) -> dict[str, Rejection]:
    """The payers' rejections: about 2 %, at least two of forty, by rank; replacements are let through."""
    if len(claims) < CLAIMS_FOR_A_REJECTION:
        return {}
    fresh = [claim.control for claim in claims if claim.frequency not in ("7", "8")]
    ranked = sorted(fresh, key=lambda control: key(seed, "refused", control))
    share = max(REJECTED_AT_LEAST, len(claims) * REJECTED_PERCENT // 100)
    return {c: SEEDED_REJECTIONS[i % len(SEEDED_REJECTIONS)] for i, c in enumerate(ranked[:share])}
