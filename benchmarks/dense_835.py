"""835s as dense as payers send them, to measure the codec with: about 800 bytes a claim.

::

    paid        two to four lines; CO, PI and PR with one to three triplets, remarks
    secondary   OA*23 for what the primary paid
    denied      CLP02 = 4, every line CO with its LQ*HE
    corrected   a reversal (CLP02 = 22, all amounts negated) and the new answer after it
    forwarded   CLP02 = 19 and the crossover carrier

Every line, claim and remittance is balanced, with PLB at the end; the same seed gives the same bytes; nobody in them
is real. The token ``K00001`` stands in every control number, so that a block of claims can be repeated under new ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import BinaryIO

from synthetic_835 import closing, dollars, header, opening

CODES = ("90837", "90834", "90791", "90853", "99214", "99213", "H0015", "H2019", "96130", "T1016")
MODIFIERS = ("", ":95", ":HO", ":GT", ":HO:95")
FAMILY = ("TESTER", "SAMPLE", "SPECIMEN", "PLACEHOLDER", "EXAMPLE", "DUMMY", "MOCKUP", "FIXTURE")
GIVEN = ("ALEX", "JORDAN", "CASEY", "ROBIN", "MORGAN", "JAMIE", "TAYLOR", "RILEY")
RENDERING = tuple(f"NM1*82*1*CLINICIAN*{name}****XX*299999900{n}~" for n, name in enumerate(GIVEN))
DENIALS = (("197", "N54"), ("16", "M127"), ("29", "N211"), ("50", "N115"), ("96", "N130"))
KINDS = ("paid", "secondary", "denied", "corrected", "forwarded")
WEIGHTS = (78, 8, 7, 4, 3)
STATUS = {"paid": "1", "secondary": "2", "denied": "4", "corrected": "1", "forwarded": "19"}
CLAIMS_PER_SET = 10_000  # what the guide asks payers not to exceed


@dataclass(frozen=True)
class Line:
    """An answered service line: cents, adjustments by group with their (reason, cents), remark."""

    code: str
    charge: int
    paid: int
    adjustments: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    remark: str = ""


@dataclass(frozen=True)
class Block:
    """The claims of one remittance as text, and what they come to."""

    text: str
    claims: int
    lines: int
    segments: int
    paid: int

    def renumbered(self, number: int) -> Block:
        """The same claims under other control numbers."""
        return Block(
            self.text.replace("K00000", f"K{number:05d}"), self.claims, self.lines, self.segments, self.paid
        )


@dataclass(frozen=True)
class Made:
    """Bytes, and what a reader must find in them; ``paid`` is the sum of CLP04 in cents."""

    data: bytes
    claims: int
    lines: int
    paid: int


def block(claims: int, seed: int, number: int = 0) -> Block:
    """`claims` answered claims."""
    random = Random(seed * 1_000_003 + number)
    segments: list[str] = []
    made = lines = paid = 0
    while made < claims:
        kind = random.choices(KINDS, WEIGHTS)[0]
        if kind == "corrected" and claims - made < 2:
            kind = "paid"
        control = f"K{number:05d}C{made:07d}"
        person, day = random.randrange(1_000_000), f"202601{random.randint(2, 15):02d}"
        answered = [_answer(random, kind) for _ in range(random.choice((2, 3, 3, 4, 4)))]
        answers = [(STATUS[kind], answered, 1)]
        if kind == "corrected":  # what was paid before, at other terms, is taken back first
            answers.insert(0, ("22", [_answer(random, "paid", line) for line in answered], -1))
        for status, given, sign in answers:
            segments += _claim(status, control, person, day, given, sign)
            paid += sign * sum(line.paid for line in given)
            lines += len(given)
            made += 1
    return Block("".join(segments), made, lines, len(segments), paid)


def remittance(claims: Block, number: int = 1, *, times: int = 1) -> Iterator[str]:
    """ST to SE in parts: the same claims `times` over, under new control numbers each time."""
    total = claims.paid * times
    provider, withheld, segments = _provider_adjustments(total)
    head = header(number, f"EFT{number:09d}", total - withheld)
    yield "".join(head)
    for time in range(times):
        yield claims.renumbered((number - 1) * times + time + 1).text
    yield f"{provider}SE*{len(head) + claims.segments * times + segments + 1}*{number:04d}~"


def one(claims: int, seed: int) -> Made:
    """One interchange with one 835."""
    made = block(claims, seed)
    text = opening(1) + "".join(remittance(made)) + closing(1)
    return Made(text.encode(), made.claims, made.lines, made.paid)


def many(count: int, seed: int) -> list[bytes]:
    """`count` interchanges of about 5 KB, no two alike."""
    found = []
    for number in range(1, count + 1):
        made = block(5 + number % 2, seed, number)
        found.append((opening(number) + "".join(remittance(made, number)) + closing(number)).encode())
    return found


def write_large(stream: BinaryIO, size: int, seed: int, *, one_set: bool = False) -> int:
    """Write one interchange of about `size` bytes, block by block: sets of 10,000 claims, or one set of all.

    Returns the number of claims.
    """
    claims = block(CLAIMS_PER_SET, seed)
    times = max(1, math.ceil(size / len(claims.text)))
    stream.write(opening(1).encode())
    for number in range(1, 1 + (1 if one_set else times)):
        for part in remittance(claims, number, times=times if one_set else 1):
            stream.write(part.encode())
    stream.write(closing(1, 1 if one_set else times).encode())
    return claims.claims * times


def _answer(random: Random, kind: str, given: Line | None = None) -> Line:
    """One line answered; `given` fixes its code and charge."""
    code = given.code if given else random.choice(CODES) + random.choice(MODIFIERS)
    charge = given.charge if given else random.randint(6_000, 32_000)
    if kind == "denied" or random.random() < 0.03:
        reason, remark = random.choice(DENIALS)
        return Line(code, charge, 0, (("CO", ((reason, charge),)),), remark)
    left = charge
    groups = []
    for group, reasons in _reductions(random, kind):
        taken = []
        for reason, percent in reasons:
            taken.append((reason, max(1, left * percent // 100)))
            left -= taken[-1][1]
        groups.append((group, tuple(taken)))
    return Line(code, charge, left, tuple(groups))


def _reductions(random: Random, kind: str) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """By group: the reasons, and what each takes of what is left, in percent."""
    contractual = [("45", random.randint(5, 35))]
    if random.random() < 0.5:
        contractual.append(("253", 2))
    if random.random() < 0.2:
        contractual.append(("237", random.randint(1, 4)))
    yield "CO", contractual
    if kind == "secondary":
        yield "OA", [("23", random.randint(50, 90))]
    elif random.random() < 0.15:
        yield "PI", [("131", random.randint(1, 9))]
    shared = sorted(random.sample(("1", "2", "3"), random.choice((0, 1, 1, 2, 3))))
    if shared:
        yield "PR", [(reason, random.randint(5, 20)) for reason in shared]


def _claim(status: str, control: str, person: int, day: str, lines: list[Line], sign: int) -> list[str]:
    """CLP to the last segment of its last line."""
    charge, paid = (sign * sum(cents) for cents in zip(*((x.charge, x.paid) for x in lines), strict=True))
    groups = [adjusted for line in lines for adjusted in line.adjustments]
    share = sum(cents for group, reasons in groups if group == "PR" for _, cents in reasons)
    owed, frequency = (dollars(share) if share else "", "1") if sign > 0 else ("", "8")
    payer_control = f"2026012{control}{'P' if sign > 0 else 'R'}"
    name = f"{FAMILY[person % 8]}*{GIVEN[person // 8 % 8]}*{'ABCDEFGH'[person // 64 % 8]}"
    segments = [
        f"CLP*{control}*{status}*{dollars(charge)}*{dollars(paid)}*{owed}*12*{payer_control}*11*{frequency}~",
        f"NM1*QC*1*{name}***MI*XYZ{person:09d}~",
        *([f"NM1*IL*1*{FAMILY[person % 8]}*PARENT****MI*XYZ{person:09d}~"] if person % 2 else []),
        RENDERING[person % len(RENDERING)],
        *(["NM1*TT*2*EXAMPLE SECONDARY PLAN*****PI*54321~"] if status == "19" else []),
        *(["MOA***MA01*MA18~"] if person % 5 == 0 else []),
        f"REF*1L*GRP{person % 400:05d}~",
        "REF*CE*COMMERCIAL PPO~",
        f"REF*EA*MR{person:07d}~",
        *([f"REF*G1*AUTH{person:07d}~"] if person % 3 == 0 else []),
        f"DTM*232*{day}~",
        f"DTM*233*{day}~",
        "DTM*050*20260116~",
        "PER*CX*CLAIM SERVICE*TE*8005550100~",
        *([f"AMT*AU*{dollars(paid)}~"] if paid else []),
        *([f"AMT*F5*{dollars(share)}~"] if owed and person % 4 == 0 else []),
    ]
    for number, line in enumerate(lines, start=1):
        segments += _line(line, f"{control.replace('C', 'L')}{number}", day, sign)
    return segments


def _line(line: Line, control: str, day: str, sign: int) -> list[str]:
    """SVC to the last segment of the line."""
    segments = [
        f"SVC*HC:{line.code}*{dollars(sign * line.charge)}*{dollars(sign * line.paid)}**1~",
        f"DTM*472*{day}~",
    ]
    for group, reasons in line.adjustments:
        triplets = "**".join(f"{reason}*{dollars(sign * cents)}" for reason, cents in reasons)
        segments.append(f"CAS*{group}*{triplets}~")
    segments += ["REF*LU*11~", f"REF*6R*{control}~"]
    if line.remark:
        return [*segments, f"LQ*HE*{line.remark}~"]
    _, contractual = line.adjustments[0]
    return [*segments, f"AMT*B6*{dollars(sign * (line.charge - contractual[0][1]))}~"]


def _provider_adjustments(paid: int) -> tuple[str, int, int]:
    """The PLB segment, the cents it withholds and 1; a payer that would owe less than nothing carries it forward."""
    if paid < 0:
        return f"PLB*1234567893*20261231*FB:K00000B*{dollars(paid)}~", paid, 1
    withheld, interest, fee = paid // 200, paid // 5_000, paid // 2_500
    pairs = f"WO:K00000W*{dollars(withheld)}*L6:K00000I*{dollars(-interest)}*72:K00000R*{dollars(fee)}"
    return f"PLB*1234567893*20261231*{pairs}~", withheld - interest + fee, 1
