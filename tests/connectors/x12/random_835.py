"""Valid 835s of every shape, each with what has to be said of it.

Every choice is one whole number between two bounds, asked of ``pick``: ``random.Random(seed).randint`` for the fuzzer,
a drawn integer for Hypothesis, where 0 is always the plainest choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Pick = Callable[[int, int], int]

PUNCTUATION = b"*:~|>^!\"#$%&'()+,/;<=?@[\\]_`{}"
CONTROLS = bytes([1, *range(5, 9), 11, 12, *range(14, 26), *range(27, 32), 127])  # 2-4: see crashers
DELIMITERS = PUNCTUATION + CONTROLS + bytes(range(128, 256))
ISA = (
    "ISA",
    "00",
    " " * 10,
    "00",
    " " * 10,
    "ZZ",
    f"{'PAYER99999':15}",
    "ZZ",
    f"{'SUBMIT123':15}",
    "260112",
    "0930",
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Verdict(NamedTuple):
    """What has to be said of a line, a claim or a set: the difference in cents, and whether it balances."""

    difference: int
    balanced: bool


BALANCED = Verdict(0, True)


@dataclass
class Set:
    """Segments of a set as lists of elements (components as tuples), and its verdicts."""

    segments: list[list[str | tuple[str, ...]]] = field(default_factory=list, repr=False)
    verdict: Verdict = BALANCED
    claims: list[Verdict] = field(default_factory=list)
    lines: list[Verdict] = field(default_factory=list)

    def add(self, *elements: str | tuple[str, ...]) -> None:
        self.segments.append(list(elements))


@dataclass
class File:
    """Bytes of one file, and its sets in order."""

    data: bytes
    sets: list[Set]


class Delimiters(NamedTuple):
    element: bytes
    component: bytes
    repetition: bytes
    end: bytes
    after: bytes  # line end or blanks after each terminator

    def write(self, segment: Sequence[str | tuple[str, ...]]) -> bytes:
        texts = [":".join(each) if isinstance(each, tuple) else each for each in segment]
        joined = b"\x00".join(text.encode() for text in texts)
        return joined.replace(b":", self.component).replace(b"\x00", self.element) + self.end + self.after


def file(pick: Pick, off: bool = True) -> File:
    """One file of one or two interchanges; ``off`` allows sums that do not agree."""
    wrapped = pick(0, 7) == 7
    delimiters = _delimiters(pick, wrapped)
    sets: list[Set] = []
    data = b""
    for number in range(1, pick(1, 2) + 1):
        data += _interchange(pick, delimiters, number, sets, off and pick(0, 2) == 2)
        if not wrapped and pick(0, 3) == 3:
            delimiters = _delimiters(pick, wrapped)
    return File(_dressed(pick, data, delimiters, wrapped), sets)


def _delimiters(pick: Pick, wrapped: bool) -> Delimiters:
    left = bytearray(DELIMITERS)
    if pick(0, 2) == 0:
        left = bytearray(PUNCTUATION)
    element, component, end, repetition = (bytes([left.pop(pick(0, len(left) - 1))]) for _ in range(4))
    style = 0 if wrapped else pick(0, 6)
    if style == 5:
        return Delimiters(element, component, repetition, b"\n", b"")
    if style == 6:
        return Delimiters(element, component, repetition, b"\r", b"\n")
    after = (b"", b"", b"\n", b"\r\n", b" \r\n")[style]
    return Delimiters(element, component, repetition, end, after)


def _dressed(pick: Pick, data: bytes, delimiters: Delimiters, wrapped: bool) -> bytes:
    """What senders put around and into a file: no last terminator, line breaks, blanks, a byte order mark."""
    if pick(0, 7) == 7:
        data = data.removesuffix(delimiters.after).removesuffix(delimiters.end)
    if wrapped:
        line_end = (b"\r\n", b"\n")[pick(0, 1)]
        data = line_end.join(data[at : at + 80] for at in range(0, len(data), 80))
    data += (b"", b"\r\n", b"   \r\n\r\n", b"\x1a", b"\x00\x00")[pick(0, 4)]
    return (b"", BYTE_ORDER_MARK, b"\r\n", BYTE_ORDER_MARK + b"\r\n")[pick(0, 3)] + data


def _interchange(pick: Pick, delimiters: Delimiters, number: int, sets: list[Set], off: bool) -> bytes:
    """ISA to IEA; its sets are added to ``sets``."""
    segments: list[list[str | tuple[str, ...]]] = [[*ISA, "R", "00501", f"{number:09d}", "0", "T", ":"]]
    groups = pick(1, 2)
    for group in range(1, groups + 1):
        count = pick(1, 2)
        segments.append(["GS", "HP", "P", "S", "20260112", "0930", str(group), "X", "005010X221A1"])
        for each in range(1, count + 1):
            sets.append(_Writer(pick, off).remittance(f"{each:04d}"))
            segments += sets[-1].segments
        segments.append(["GE", str(count), str(group)])
    segments.append(["IEA", str(groups), f"{number:09d}"])
    written = [delimiters.write(segment) for segment in segments]
    written[0] = written[0].replace(delimiters.element + b"R", delimiters.element + delimiters.repetition, 1)
    return b"".join(written)


class _Writer:
    """Writes one remittance; sums are kept in whole cents."""

    def __init__(self, pick: Pick, off: bool) -> None:
        self.pick, self.off = pick, off
        self.set = Set()
        self.paid = 0

    def remittance(self, control: str) -> Set:
        header, body = Set(), self.set
        for number in range(self.pick(0, 3)):
            self._claim(number)
        held = self._provider_adjustments()
        difference = self._off()
        self._header(header, control, self.paid - held + difference)
        balanced = difference == 0 and all(each.balanced for each in (*body.claims, *body.lines))
        segments = [*header.segments, *body.segments]
        segments.append(["SE", str(len(segments) + 1), control])
        return Set(segments, Verdict(difference, balanced), body.claims, body.lines)

    def _off(self) -> int:
        return self.pick(-2, 2) if self.off and self.pick(0, 3) == 3 else 0

    def _cents(self) -> int:
        return (self.pick(0, 300), self.pick(-20000, 20000), self.pick(-(10**9), 10**9))[self.pick(0, 2)]

    def _money(self, cents: int) -> str:
        """One of the ways to write an amount."""
        sign, (whole, part) = "-" if cents < 0 else "", divmod(abs(cents), 100)
        written = (
            f"{whole}.{part:02d}",
            f"{whole}.{part:02d}".rstrip("0").rstrip("."),
            f"00{whole}.{part:02d}",
            f"{whole}.{part:02d}0",
            f"{whole or ''}.{part:02d}",
            f"{whole}." if not part else f"{whole}.{part:02d}",
        )
        return sign + written[self.pick(0, 5)]

    def _header(self, header: Set, control: str, payment: int) -> None:
        debit = payment < 0 and self.pick(0, 1) == 0
        amount = self._money(-payment if debit else payment)
        header.add("ST", "835", control)
        header.add("BPR", "I", amount, "D" if debit else "C", "ACH", *[""] * 11, "20260121")
        header.add("TRN", "1", f"EFT{control}", "1512345678")
        if self.pick(0, 1):
            header.add("REF", "EV", "X")
            header.add("DTM", "405", "20260120")
        header.add("N1", "PR", "EXAMPLE HEALTH PLAN")
        if self.pick(0, 1):
            header.add("N3", "1 ISA STREET")
            header.add("REF", "2U", "12345")
        header.add("N1", "PE", "EXAMPLE GROUP", "XX", "1234567893")

    def _claim(self, number: int) -> None:
        """Loop 2100; charge and paid are known only when the lines are written."""
        if number == 0 or self.pick(0, 1):
            self.set.add("LX", str(number + 1))
        at = len(self.set.segments)
        adjusted = self._adjustments(self.pick(0, 1))
        if self.pick(0, 1):
            self.set.add("NM1", "QC", "1", "EXAMPLE", "LISA")
            self.set.add("DTM", "232", "20260105")
        charge = 0
        for _ in range(self.pick(0, 3)):
            line_charge, line_adjusted = self._line()
            charge, adjusted = charge + line_charge, adjusted + line_adjusted
        if not charge or self.pick(0, 7) == 7:
            charge = self._cents()
        difference = self._off()
        paid = charge - adjusted - difference
        money = (self._money(charge), self._money(paid))
        self.set.segments.insert(at, ["CLP", f"C{number}", "1", *money, "", "12", f"ICN{number}"])
        count = sum(segment[0] == "SVC" for segment in self.set.segments[at:])
        lines = self.set.lines[len(self.set.lines) - count :]
        balanced = difference == 0 and all(line.balanced for line in lines)
        self.set.claims.append(Verdict(difference, balanced))
        self.paid += paid

    def _line(self) -> tuple[int, int]:
        """Loop 2110: its charge and what is adjusted."""
        charge, at = self._cents(), len(self.set.segments)
        if self.pick(0, 1):
            self.set.add("DTM", "472", "20260105")
        adjusted = self._adjustments(self.pick(0, 2))
        if self.pick(0, 1):
            self.set.add("REF", "6R", "L1")
            self.set.add("AMT", "B6", "100")
            self.set.add("LQ", "HE", "N1")
        difference = self._off()
        money = (self._money(charge), self._money(charge - adjusted - difference))
        code = ("HC", "90837", "95") if self.pick(0, 1) else ("HC", "90837")
        self.set.segments.insert(at, ["SVC", code, *money, "", "1"])
        self.set.lines.append(Verdict(difference, difference == 0))
        return charge, adjusted

    def _adjustments(self, segments: int) -> int:
        """CAS with one to six reasons each: their sum."""
        total = 0
        for _ in range(segments):
            elements: list[str | tuple[str, ...]] = ["CAS", ("CO", "PR", "OA", "PI")[self.pick(0, 3)]]
            for _ in range(self.pick(1, 6)):
                if len(elements) > 2 and self.pick(0, 9) == 9:
                    elements += ["", "", ""]
                    continue
                cents = self._cents()
                elements += ["45", self._money(cents), "1.5" if self.pick(0, 3) == 3 else ""]
                total += cents
            while not elements[-1]:
                elements.pop()
            self.set.add(*elements)
        return total

    def _provider_adjustments(self) -> int:
        """PLB with one to six pairs each: their sum."""
        total = 0
        for _ in range(self.pick(0, 2)):
            elements: list[str | tuple[str, ...]] = ["PLB", "1234567893", "20261231"]
            for _ in range(self.pick(1, 6)):
                cents = self._cents()
                elements += [("WO", "ICN1") if self.pick(0, 1) else "L6", self._money(cents)]
                total += cents
            self.set.add(*elements)
        return total
