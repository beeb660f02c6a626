"""Writers of bank files for tests: what a bank would send for these payments, totals, counts and hash included."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

DAY = dt.date(2026, 1, 20)
PAYER = "1512345678"


@dataclass(frozen=True)
class Payment:
    """One payment to the practice."""

    cents: int
    trace: str | None = "EFT0000123"
    payer: str | None = PAYER
    reference: str = "B0001"
    debit: bool = False

    @property
    def trn(self) -> str | None:
        return (
            None
            if self.trace is None
            else f"TRN*1*{self.trace}" + (f"*{self.payer}" if self.payer else "") + "~"
        )


def bai2(
    *payments: Payment, day: dt.date = DAY, width: int = 60, end: str = "\n", lead: str = "ACH CREDIT "
) -> bytes:
    """A BAI2 file with one account; texts run on in records of `width` characters."""
    account = ["03,0123456789,USD,010,+500000,,/"]
    for one in payments:
        head = f"16,{'455' if one.debit else '142'},{one.cents},Z,{one.reference},,"
        text = lead + (one.trn or "NO ADDENDA")
        room = max(width - len(head), 1)
        account.append(head + text[:room])
        rest = text[room:]
        while rest:
            account.append("88," + rest[: width - 3])
            rest = rest[width - 3 :]
    total = 500000 + sum(one.cents for one in payments)
    stamp = day.strftime("%y%m%d")
    lines = [f"01,122099999,123456789,{stamp},0600,1,,,2/", f"02,123456789,122099999,1,{stamp},,USD,2/"]
    lines += [*account, f"49,{total},{len(account) + 1}/", f"98,{total},1,{len(account) + 3}/"]
    lines.append(f"99,{total},1,{len(account) + 5}/")
    return "".join(line + end for line in lines).encode()


def nacha(
    *payments: Payment, day: dt.date = DAY, end: str = "\n", entry_class: str = "CCD", amount: str = ""
) -> bytes:
    """A NACHA file with one batch; an addenda for each payment that has a trace."""
    stamp = day.strftime("%y%m%d")
    lines = [f"101 122099999 123456789{stamp}0600A094101{'EXAMPLE BANK':<23}{'EXAMPLE PRACTICE':<23}{'':8}"]
    company = payments[0].payer if payments and payments[0].payer else PAYER
    lines.append(
        f"5220{'EXAMPLE PLAN':<16}{'':20}{company:<10}{entry_class}{'HCCLAIMPMT':<10}{stamp}{stamp}   1122099990000001"
    )
    entries = hash_ = debits = credits_ = 0
    for number, one in enumerate(payments, 1):
        code = "27" if one.debit else "22"
        lines.append(
            f"6{code}122099999{'0123456789':<17}{one.cents:010d}{'':15}{'EXAMPLE PRACTICE':<22}  "
            f"{int(one.trace is not None)}12209999{number:07d}"
        )
        entries, hash_ = entries + 1, hash_ + 12209999
        debits, credits_ = debits + one.cents * one.debit, credits_ + one.cents * (not one.debit)
        if one.trn:
            lines.append(f"705{one.trn:<80}0001{number:07d}")
            entries += 1
    sums = f"{hash_ % 10**10:010d}{debits:012d}{credits_:012d}"
    lines.append(f"8220{entries:06d}{sums}{company:<10}{'':25}122099990000001")
    blocks = -(-(len(lines) + 1) // 10)
    lines.append(f"9000001{blocks:06d}{entries:08d}{sums}{'':39}")
    lines += ["9" * 94] * (-len(lines) % 10)
    assert {len(line) for line in lines} == {94}
    return "".join(line + end for line in lines).encode()
