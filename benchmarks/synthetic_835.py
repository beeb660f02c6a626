"""Synthetic 835s that answer given claims, balanced at every level and the same for the same seed.

Line: charge - adjustments = paid. Claim: the sum of its lines. Remittance: the sum of its claims = BPR02. Nobody in
them is real. Remittances as dense as payers send them, for the codec, are made by `dense_835`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

RENDERING_NPI = "2999999001"  # no NPI that begins with 2 has been given to anyone
INTERCHANGE = (
    "ISA*00*          *00*          *ZZ*PAYER99999     *ZZ*SUBMIT123      *260112*0930*^*00501*{control:09d}*0*T*:~",
    "GS*HP*PAYER99999*SUBMIT123*20260112*0930*1*X*005010X221A1~",
)


def dollars(cents: int) -> str:
    """Cents as the guide writes them: no trailing zeros after the point."""
    whole, part = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return sign + (f"{whole}.{part:02d}".rstrip("0") if part else str(whole))


@dataclass(frozen=True)
class Billed:
    """A claim to be answered: CLM01, and for each line its REF*6R, code and charge in cents."""

    control: str
    lines: tuple[tuple[str, str, int], ...]


def opening(control: int) -> str:
    """ISA and GS."""
    return "".join(INTERCHANGE).format(control=control)


def closing(control: int, transactions: int = 1) -> str:
    """GE and IEA."""
    return f"GE*{transactions}*1~IEA*1*{control:09d}~"


def header(number: int, trace: str, paid: int) -> Sequence[str]:
    """ST to LX of a remittance that pays `paid` cents: eleven segments."""
    return (
        f"ST*835*{number:04d}~",
        f"BPR*I*{dollars(paid)}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20260121~",
        f"TRN*1*{trace}*1512345678~",
        "DTM*405*20260120~",
        "N1*PR*EXAMPLE HEALTH PLAN~",
        "N3*PO BOX 1~",
        "N4*CHICAGO*IL*606010001~",
        "PER*BL*EDI*TE*8005550100~",
        "N1*PE*EXAMPLE GROUP*XX*1234567893~",
        "REF*TJ*123456789~",
        "LX*1~",
    )


def interchange(claims: Iterable[Billed], seed: int, *, control: int = 1) -> bytes:
    """One interchange with one 835 that answers `claims`."""
    random = Random(seed * 1_000_003 + control)
    paid, body = 0, []
    for number, claim in enumerate(claims):
        segments, amount = _answer(random, claim, f"ICN{control:05d}{number:07d}")
        body += segments
        paid += amount
    head = header(1, f"EFT{control:09d}", paid)
    trailer = f"SE*{len(head) + len(body) + 1}*0001~"
    return "".join([opening(control), *head, *body, trailer, closing(control)]).encode()


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
        f"NM1*82*1*ROE*JORDAN****XX*{RENDERING_NPI}~",
        "REF*1L*GRP001~",
        "DTM*232*20260105~",
        "DTM*233*20260105~",
        "DTM*050*20260110~",
        f"AMT*AU*{dollars(paid)}~",
    ]
    return head + lines, paid
