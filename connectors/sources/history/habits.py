"""What each payer does with a claim, and what it does of itself month by month; the package says who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connectors.sources.history.desk import Desk, Event
from connectors.sources.history.judging import (
    Terms,
    after,
    denied,
    nothing,
    primary,
    split,
    without_lines,
)
from connectors.sources.history.model import Answer, Check, Claim, Plb

TERMS = {
    "FED": Terms(7_000, coinsurance=2_000, sequestration=200),
    "BLUE": Terms(8_000, copay=2_500),
    "UNI": Terms(6_500, copay=4_000),
    "AID": Terms(5_500, withhold=500),
}
Desks = Mapping[str, Desk]


def answer(desks: Desks, claim: Claim, months: int) -> None:
    """Let the claim's payer answer it in so many months, and do later what it is given to."""
    {"FED": _fed, "BLUE": _blue, "UNI": _uni, "AID": _aid}[claim.payer](desks, claim, months)


def _judged(desk: Desk, claim: Claim, cut: int = 0) -> Answer:
    if desk.chance(6):
        return denied(claim, desk.icn())
    return primary(claim, TERMS[desk.name], desk.icn(), cut=cut)


def _corrected(desk: Desk, claim: Claim, first: Answer, more: int = 0) -> Answer:
    """The same claim judged anew: less is allowed, or more where `more` says so."""
    cut = desk.random.randrange(1, 2_000) - more
    return primary(claim, TERMS[desk.name], desk.icn(), cut=cut, status=first.status)


def _fed(desks: Desks, claim: Claim, months: int) -> None:
    """Corrections in the same check; what crossed over is the supplement's next."""
    desk = desks["FED"]
    first = _judged(desk, claim)
    if claim.later:
        desk.pay(replace(first, status="19", remark="MA18"), months)
        _crossed(desks, claim, first, months + 1)
        return
    desk.pay(first, months)
    if first.paid and desk.chance(9):
        again = _corrected(desk, claim, first, more=1_000)
        desk.later(
            months + desk.random.randrange(1, 7), lambda check: check.answers.extend([first.back(), again])
        )


def _crossed(desks: Desks, claim: Claim, first: Answer, months: int) -> None:
    """The supplement pays most of what was left to the patient; Medicaid the rest, where the patient has it."""
    desk = desks["SUP"]
    further = "AID" in claim.later
    echoes = not desk.chance(20)
    second = after(claim, first, desk.icn(), status="20" if further else "2", share=8_000, echoes=echoes)
    desk.pay(second, months)
    if further:
        desks["AID"].pay(after(claim, second, desks["AID"].icn(), status="3", share=10_000), months + 1)
    elif second.paid and desk.chance(10):
        again = after(claim, first, desk.icn(), status="2", share=6_000, echoes=echoes)
        desk.later(months + 3, lambda check: check.answers.extend([second.back(), again]))


def _blue(desks: Desks, claim: Claim, months: int) -> None:
    """Deferrals and their recoveries, interest, adjustments taken and given back, estimates before the visit."""
    desk = desks["BLUE"]
    first = _judged(desk, claim)
    if desk.chance(4):
        desk.pay(nothing(claim, "25", desk.icn(), "101"), max(0, months - 1))
    desk.pay(first, months)
    if not first.paid:
        return
    if desk.chance(12):
        _deferred(desk, claim, first, months + desk.random.randrange(1, 10))
    elif desk.chance(6):
        _plb(
            desk, months, Plb("L6", first.icn, -desk.random.randrange(50, 900), {claim.control}, undoes=True)
        )
    elif desk.chance(3):
        cents = desk.random.randrange(1_000, 9_000)
        taken, given = (Plb("CS", first.icn, sign * cents, {claim.control}) for sign in (1, -1))
        _plb(desk, months + 1, taken)
        desk.later(months + 3, _returns(taken, given))
    elif desk.chance(1):
        _plb(
            desk, months + 1, Plb("CS", first.icn, 777, {claim.control})
        )  # a part of it, and nobody says why


def _plb(desk: Desk, months: int, plb: Plb) -> None:
    """The adjustment in the check of that month."""
    desk.later(months, lambda check: check.plbs.append(plb))


def _returns(taken: Plb, given: Plb) -> Event:
    def event(check: Check) -> None:
        given.pay_off(taken, taken.cents)
        check.plbs.append(given)

    return event


def _deferred(desk: Desk, claim: Claim, first: Answer, months: int) -> None:
    """The reversal and the correction in one check, the difference given back there and collected later."""
    again = _corrected(desk, claim, first)
    owed = first.paid - again.paid
    deferral = Plb("WO", first.icn, -owed, {claim.control})

    def reverse(check: Check) -> None:
        check.answers.extend([first.back(), again])
        check.plbs.append(deferral)

    desk.later(months, reverse)
    parts = desk.random.randrange(1, 4) if owed > 300 else 1
    sizes = [owed // parts] * (parts - 1)
    sizes.append(owed - sum(sizes))
    silent = parts == 1 and desk.chance(15)  # no reference: only the amount may tell
    for number, cents in enumerate(sizes, 1):
        event = _collects(deferral, "" if silent else first.icn, cents, told=not silent)
        desk.later(months + number, event, apart=desk.chance(40))


def _collects(deferral: Plb, reference: str, cents: int, *, told: bool) -> Event:
    def event(check: Check) -> None:
        recovery = Plb("WO", reference, cents, set(deferral.claims), told=told)
        recovery.pay_off(deferral, cents)
        deferral.told &= told
        check.plbs.append(recovery)

    return event


def _uni(desks: Desks, claim: Claim, months: int) -> None:
    """Whole payments taken back or refunded; reversals whose corrections come later; forms of its own."""
    desk = desks["UNI"]
    first = _judged(desk, claim)
    if desk.chance(10):
        first = without_lines(first)
    elif first.paid and desk.chance(6):
        first = split(first)
    desk.pay(first, months)
    if not first.paid:
        return
    taken = Plb("WO", claim.control, first.paid, {claim.control})
    if desk.chance(4):
        taken.undoes = True
        desk.later(
            months + desk.random.randrange(2, 12),
            lambda check: check.plbs.append(taken),
            apart=desk.chance(30),
        )
    elif desk.chance(4):
        refund = Plb("72", claim.control, -first.paid, {claim.control})
        refund.pay_off(taken, first.paid)  # both in one check, or in none
        desk.later(months + 4, lambda check: check.plbs.extend([taken, refund]))
    elif desk.chance(9):
        desk.pay(first.back(), months + 2, apart=desk.chance(60))
        desk.pay(_corrected(desk, claim, first, more=1_000), months + 3, apart=desk.chance(50))


def _aid(desks: Desks, claim: Claim, months: int) -> None:
    """What it withheld comes back by the quarter; some claims are another payer's; some payments are offset at once."""
    desk = desks["AID"]
    if desk.chance(4):
        desk.pay(nothing(claim, "23", desk.icn(), "109"), months)
        other = desks["UNI"]
        other.pay(primary(claim, TERMS["UNI"], other.icn()), months + 1)
        return
    first = _judged(desk, claim)
    desk.pay(first, months)
    if first.paid and desk.chance(3):
        _plb(desk, months, Plb("J1", first.icn, first.paid, {claim.control}, undoes=True))


def of_itself(desks: Desks, month: int) -> None:
    """What the payers do without a claim of ours in this month."""
    _accounts(desks, month)
    _advance(desks["FED"], month)
    _checks_as_a_whole(desks["UNI"], month)
    _strangers(desks["SUP"], month)
    if month % 12 == 4:  # debts older than this history, or of nobody knows what
        desks["UNI"].later(0, lambda check: check.plbs.append(Plb("WO", f"OLD{month:05}7", 4_321 + month)))
        desks["AID"].later(0, lambda check: check.plbs.append(Plb("WU", "", 1_234 + month)))
        desks["BLUE"].later(0, lambda check: check.plbs.append(Plb("CS", "", -(555 + month))))


def _accounts(desks: Desks, month: int) -> None:
    """Adjustments that their account explains."""
    year = 2016 + month // 12
    said = [("AID", "CT", f"CAP{year}{month:03}", -(20_000 + 10 * month), True)]
    said.append(("AID", "E3", f"WH{year}{month:03}", -(3_000 + month), month % 3 == 2))
    said.append(("AID", "IR", "", 1_500 + month, month % 12 == 1))
    said.append(("AID", "LE", f"LEVY{year}", 2_500 + month, month % 12 == 7))
    said.append(("BLUE", "B2", "", -(900 + month), month % 6 == 5))
    said.append(("BLUE", "L6", "", 45 + month, month % 24 == 9))
    for payer, code, reference, cents, now in said:
        if now:
            _plb(desks[payer], 0, Plb(code, reference, cents, undoes=True))


def _advance(desk: Desk, month: int) -> None:
    """An advance in the third year of every five, recovered in four checks under its own number."""
    if month % 60 != 30:
        return
    reference = f"ADV{month:05}"
    given = Plb("AP", reference, -40_000)
    _plb(desk, 0, given)
    for number in range(4):
        desk.later(6 + number, _recovers(given, reference))


def _recovers(given: Plb, reference: str) -> Event:
    def event(check: Check) -> None:
        part = Plb("AP", reference, 10_000)
        part.pay_off(given, 10_000)
        check.plbs.append(part)

    return event


def _checks_as_a_whole(desk: Desk, month: int) -> None:
    """Once in three years a check is taken back by its trace, and one that was lost is given again."""
    if month % 36 not in (20, 28) or len(desk.checks) < 6:
        return
    sign = 1 if month % 36 == 20 else -1
    earlier = next(check for check in reversed(desk.checks[:-2]) if check.bpr > 0)
    _plb(desk, 0, Plb("WO" if sign > 0 else "CS", earlier.trace, sign * earlier.bpr, undoes=True))


def _strangers(desk: Desk, month: int) -> None:
    """Claims that were never ours, one in six reversed later; money on a status that should carry none."""
    if desk.chance(50):
        paid = desk.random.randrange(3_000, 15_000)
        icn, control = desk.icn(), f"EXT{month:06}"
        stranger = Answer(control, "1", paid, paid, icn)
        desk.pay(stranger, 0)
        if desk.chance(16):
            desk.pay(stranger.back(), 2)
    if month % 40 == 15:
        desk.pay(Answer(f"EXT{month:06}F", "23", 2_000, 2_000, desk.icn()), 0)
        desk.pay(Answer(f"EXT{month:06}E", "25", 1_500, 1_500, desk.icn()), 0)
