"""The frame of a synthetic 835: envelopes and header. Its claims are made by `dense_835`; nobody in them is real."""

from __future__ import annotations

from collections.abc import Sequence

INTERCHANGE = (
    "ISA*00*          *00*          *ZZ*PAYER99999     *ZZ*SUBMIT123      *260112*0930*^*00501*{control:09d}*0*T*:~",
    "GS*HP*PAYER99999*SUBMIT123*20260112*0930*1*X*005010X221A1~",
)


def dollars(cents: int) -> str:
    """Cents as the guide writes them: no trailing zeros after the point."""
    whole, part = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return sign + (f"{whole}.{part:02d}".rstrip("0") if part else str(whole))


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
