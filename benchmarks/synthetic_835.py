"""Synthetic 835s of any size, balanced at every level and the same for the same seed. Nobody in them is real.

Line: charge - adjustments = paid. Claim: the sum of its lines. Remittance: the sum of its claims = BPR02.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

CODES = ("90837", "90834", "90791", "99214", "H0015")
INTERCHANGE = (
    "ISA*00*          *00*          *ZZ*PAYER99999     *ZZ*SUBMIT123      *260112*0930*^*00501*{control:09d}*0*T*:~",
    "GS*HP*PAYER99999*SUBMIT123*20260112*0930*1*X*005010X221A1~",
)
BYTES_PER_CLAIM = 430  # about; two lines a claim


def dollars(cents: int) -> str:
    """Cents as the guide writes them: no trailing zeros after the point."""
    whole, part = divmod(cents, 100)
    return f"{whole}.{part:02d}".rstrip("0") if part else str(whole)


@dataclass(frozen=True)
class Billed:
    """A claim to be answered: CLM01, and for each line its REF*6R, code and charge in cents."""

    control: str
    lines: tuple[tuple[str, str, int], ...]


def made_up(count: int, seed: int, *, file: int = 1) -> Iterator[Billed]:
    """Claims of two lines that nobody sent."""
    random = Random(seed * 1_000_003 + file)
    for number in range(count):
        lines = tuple(
            (f"L{file:05d}{number * 2 + line:07d}", random.choice(CODES), random.randint(5000, 30000))
            for line in range(2)
        )
        yield Billed(f"C{file:05d}{number:07d}", lines)


def interchange(claims: Iterable[Billed], seed: int, *, control: int = 1) -> bytes:
    """One interchange with one 835 that answers `claims`."""
    random = Random(seed * 1_000_003 + control)
    paid, body = 0, []
    for number, claim in enumerate(claims):
        segments, amount = _answer(random, claim, f"ICN{control:05d}{number:07d}")
        body += segments
        paid += amount
    head = [
        "ST*835*0001~",
        f"BPR*I*{dollars(paid)}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20260121~",
        f"TRN*1*EFT{control:09d}*1512345678~",
        "DTM*405*20260120~",
        "N1*PR*EXAMPLE HEALTH PLAN~",
        "N3*PO BOX 1~",
        "N4*CHICAGO*IL*606010001~",
        "PER*BL*EDI*TE*8005550100~",
        "N1*PE*EXAMPLE GROUP*XX*1234567893~",
        "REF*TJ*123456789~",
        "LX*1~",
    ]
    count = len(head) + len(body) + 1
    tail = [f"SE*{count}*0001~", "GE*1*1~", f"IEA*1*{control:09d}~"]
    opening = [segment.format(control=control) for segment in INTERCHANGE]
    return "".join([*opening, *head, *body, *tail]).encode()


def of_size(size: int, seed: int) -> bytes:
    """One interchange of about `size` bytes."""
    return interchange(made_up(max(1, size // BYTES_PER_CLAIM), seed), seed)


def files(count: int, claims: int, seed: int) -> list[bytes]:
    """`count` interchanges of `claims` claims each, no two alike."""
    return [
        interchange(made_up(claims, seed, file=number), seed, control=number)
        for number in range(1, count + 1)
    ]


def _answer(random: Random, claim: Billed, payer_control: str) -> tuple[list[str], int]:
    """Segments of one remitted claim, and what it pays in cents."""
    charge, paid, lines = 0, 0, []
    for line_control, code, charged in claim.lines:
        kept = random.randint(1, charged // 10)
        share = random.choice((0, min(2500, charged // 4), min(3000, charged // 4)))
        amount = charged - kept - share
        charge, paid = charge + charged, paid + amount
        lines += [
            f"SVC*HC:{code}:95*{dollars(charged)}*{dollars(amount)}**1~",
            "DTM*472*20260105~",
            f"CAS*CO*45*{dollars(kept)}~",
            *([f"CAS*PR*3*{dollars(share)}~"] if share else []),
            f"REF*6R*{line_control}~",
            f"AMT*B6*{dollars(charged - kept)}~",
        ]
    head = [
        f"CLP*{claim.control}*1*{dollars(charge)}*{dollars(paid)}**12*{payer_control}*11*1~",
        "NM1*QC*1*TESTER*ALEX****MI*XYZ000000001~",
        "NM1*82*1*ROE*JORDAN****XX*1003000126~",
        "REF*1L*GRP001~",
        "DTM*232*20260105~",
        "DTM*233*20260105~",
        "DTM*050*20260110~",
        f"AMT*AU*{dollars(paid)}~",
    ]
    return head + lines, paid
