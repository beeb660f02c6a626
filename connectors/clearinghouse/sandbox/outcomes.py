"""The outcomes that the sandbox deals out, as a table, and the fixed pattern they are dealt in.

`slots` is how many of each 64 claims get the outcome; an outcome with several variants takes them in turn. CARC and
RARC meanings stand in ``configs/reference``; MA130 travels in MOA, every other remark in the line's LQ*HE.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

PAID, COINSURANCE, COPAY, DEDUCTIBLE, MIXED = (
    "paid",
    "coinsurance",
    "copay",
    "deductible",
    "deductible_coinsurance",
)
LINE_DENIED, DENIED, SECONDARY = "line_denied", "denied", "secondary"


@dataclass(frozen=True)
class Outcome:
    """One way to answer a claim.

    `split` is how each line's allowed amount is divided; `status` is CLP02 (a secondary payer's 2 or 3 replaces a
    1); group, carc and remark explain the denied line or claim; `claim_remark` goes to MOA03.
    """

    name: str
    split: str
    status: str = "1"
    group: str = ""
    carc: str = ""
    remark: str = ""
    claim_remark: str = ""


@dataclass(frozen=True)
class Family:
    """Outcomes that share slots of the pattern; `several_lines` asks for a claim with two lines or more."""

    name: str
    slots: int
    variants: tuple[Outcome, ...]
    several_lines: bool = False


def _denied(name: str, group: str, carc: str, status: str = "4", **remarks: str) -> Outcome:
    return Outcome(name, DENIED, status, group, carc, **remarks)


FAMILIES = (
    Family("paid_in_full", 20, (Outcome("paid_in_full", PAID),)),
    Family("coinsurance", 10, (Outcome("coinsurance", COINSURANCE),)),
    Family("copay", 9, (Outcome("copay", COPAY),)),
    # A full deductible whose status is 4, and below denials whose status is 1: both occur, neither may mislead.
    Family("deductible", 4, (Outcome("deductible_1", DEDUCTIBLE), Outcome("deductible_4", DEDUCTIBLE, "4"))),
    Family("deductible_coinsurance", 3, (Outcome("deductible_coinsurance", MIXED),)),
    Family(
        "line_denied",
        2,
        (
            Outcome("line_denied_197", LINE_DENIED, "1", "CO", "197"),
            Outcome("line_denied_50", LINE_DENIED, "1", "CO", "50", "N661"),
        ),
        several_lines=True,
    ),
    Family("bundled", 2, (Outcome("bundled_97", LINE_DENIED, "1", "CO", "97", "M15"),), several_lines=True),
    Family("authorization", 3, (_denied("authorization_197", "CO", "197"),)),
    Family("eligibility", 2, (_denied("eligibility_27", "CO", "27"), _denied("eligibility_26", "CO", "26"))),
    Family("timely_filing", 1, (_denied("timely_filing_29", "CO", "29"),)),
    Family("duplicate", 1, (_denied("duplicate_18", "OA", "18"),)),
    Family(
        "coding",
        2,
        (_denied("coding_4", "CO", "4", "1", remark="N519"), _denied("coding_11", "CO", "11", "1")),
    ),
    Family("medical_necessity", 2, (_denied("medical_necessity_50", "CO", "50", "1", remark="N661"),)),
    Family(
        "missing_information",
        3,
        (
            _denied("missing_16_n290", "CO", "16", remark="N290"),
            _denied("missing_16_ma130", "CO", "16", claim_remark="MA130"),
            _denied("missing_16_m127", "CO", "16", remark="M127"),
        ),
    ),
)

PAID_IN_FULL = FAMILIES[0].variants[0]  # also what a replacement claim gets: the correction worked
COORDINATED = Outcome("secondary", SECONDARY)  # forced by SBR01 S or T
STANDARD = ("paid_in_full", "coinsurance", "copay")  # claims whose payment a later check may change


def pattern() -> tuple[Outcome, ...]:
    """The 64 slots in their order: every family once at the front, payments first so that
    a file of three claims is paid, the rest spread evenly."""
    slots = [
        (Fraction(turn, family.slots), rank, family.variants[turn % len(family.variants)])
        for rank, family in enumerate(FAMILIES)
        for turn in range(family.slots)
    ]
    return tuple(outcome for _, _, outcome in sorted(slots, key=lambda slot: slot[:2]))


PATTERN = pattern()
SEVERAL_LINES = frozenset(v.name for family in FAMILIES if family.several_lines for v in family.variants)
