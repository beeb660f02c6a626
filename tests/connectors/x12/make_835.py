"""Remittances for tests, written segment by segment with the counts right unless a test breaks them."""

from __future__ import annotations

from collections.abc import Sequence

ISA = "ISA*00*          *00*          *ZZ*PAYER99999     *ZZ*SUBMIT123      *260112*0930*^*00501*{control:09d}*0*T*:"
CLAIM = (
    "CLP*C1*1*200*120*30*12*ICN1",
    "SVC*HC:90837:95*200*120**1",
    "CAS*CO*45*50",
    "CAS*PR*3*30",
    "REF*6R*L1",
)


def transaction(
    *body: str, bpr: str = "120", direction: str = "C", plb: Sequence[str] = (), control: str = "0001"
) -> list[str]:
    """ST to SE around the segments of the claims."""
    inside = [
        f"BPR*I*{bpr}*{direction}*ACH************20260121",
        "TRN*1*EFT1*1512345678",
        "N1*PR*EXAMPLE HEALTH PLAN",
        "N1*PE*EXAMPLE GROUP*XX*1234567893",
        "LX*1",
        *body,
        *plb,
    ]
    return [f"ST*835*{control}", *inside, f"SE*{len(inside) + 2}*{control}"]


def interchange(
    *sets: Sequence[str], control: int = 7, code: str = "HP", version: str = "005010X221A1"
) -> list[str]:
    """ISA to IEA around transaction sets, one group."""
    return [
        ISA.format(control=control),
        f"GS*{code}*PAYER99999*SUBMIT123*20260112*0930*1*X*{version}",
        *(segment for each in sets for segment in each),
        f"GE*{len(sets)}*1",
        f"IEA*1*{control:09d}",
    ]


def written(segments: Sequence[str], end: str = "~") -> bytes:
    """Segments as bytes, each with its terminator (and what follows it)."""
    return "".join(segment + end for segment in segments).encode()


def remittance(*body: str, bpr: str = "120", direction: str = "C", plb: Sequence[str] = ()) -> bytes:
    """A whole file of one remittance."""
    return written(interchange(transaction(*(body or CLAIM), bpr=bpr, direction=direction, plb=plb)))
