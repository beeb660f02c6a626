"""An independent, slow judge of an 835: split, walk, Decimal. It shares no code with the decoder.

It knows nothing but arithmetic and the envelope, so it may call balanced what the decoder distrusts for other
reasons; the decoder must never call balanced what this does not.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def _amount(text: str) -> Decimal:
    if not text or not text.isascii() or text.strip() != text or "_" in text or text[0] == "+":
        raise InvalidOperation
    if "e" in text.lower() or not any(c.isdigit() for c in text):
        raise InvalidOperation
    value = Decimal(text)
    if not value.is_finite():
        raise InvalidOperation
    return value


def _element(segment: list[str], number: int) -> str:
    return segment[number] if number < len(segment) else ""


def _adjustments(segment: list[str], first: int, width: int) -> Decimal:
    total = Decimal(0)
    for at in range(first, len(segment), width):
        if any(_element(segment, at - 1 + n) for n in range(width)):
            total += _amount(_element(segment, at))
    return total


def verdicts(data: bytes, element: str = "*", end: str = "~") -> list[bool]:
    """One verdict for each ST, in order, of bytes whose delimiters the caller knows."""
    text = data.decode("latin-1")
    raw = [piece.strip("\r\n \t\x00\x1a").replace("\n", "").replace("\r", "") for piece in text.split(end)]
    segments = [piece.split(element) for piece in raw if piece]
    found, inside = [], None
    for segment in segments:
        if segment[0] == "ST":
            inside = [segment]
            found.append(inside)
        elif inside is not None and segment[0] in ("GS", "GE", "ISA", "IEA"):
            inside = None  # cut off: it never reached its SE
        elif inside is not None:
            inside.append(segment)
            if segment[0] == "SE":
                inside = None
    return [_balanced(each) for each in found]


def _balanced(segments: list[list[str]]) -> bool:
    if segments[-1][0] != "SE" or _element(segments[-1], 1).lstrip("0") != str(len(segments)):
        return False
    if _element(segments[-1], 2) != _element(segments[0], 2):
        return False
    try:
        return _arithmetic(segments)
    except InvalidOperation:
        return False


def _arithmetic(segments: list[list[str]]) -> bool:
    payment, paid, held = None, Decimal(0), Decimal(0)
    claim = line = None
    off: list[Decimal] = []

    def close(balance: Decimal | None) -> None:
        if balance is not None:
            off.append(balance)

    for segment in segments:
        tag = segment[0]
        if tag == "BPR":
            amount = _amount(_element(segment, 2))
            payment = -abs(amount) if _element(segment, 3) == "D" else amount
        elif tag == "CLP":
            close(line)
            close(claim)
            claim, line = _amount(_element(segment, 3)) - _amount(_element(segment, 4)), None
            paid += _amount(_element(segment, 4))
        elif tag == "SVC":
            close(line)
            line = _amount(_element(segment, 2)) - _amount(_element(segment, 3))
        elif tag == "CAS":
            adjusted = _adjustments(segment, 3, 3)
            claim = None if claim is None else claim - adjusted
            line = None if line is None else line - adjusted
        elif tag == "PLB":
            held += _adjustments(segment, 4, 2)
    close(line)
    close(claim)
    return payment is not None and payment == paid - held and not any(off)
