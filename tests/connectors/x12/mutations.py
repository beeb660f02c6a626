"""What happens to files on their way: bytes changed, segments lost, files cut, joined and wrapped.

Half of the mutants get their counts made right again, so that what is judged is the money and not SE01.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from random_835 import DELIMITERS
from slow_835 import delimiters_of

Other = Callable[[random.Random], bytes]
Mutation = Callable[[random.Random, bytes, Other], bytes]

OCTETS = b"*:~|>^.-+0159ACISTGE\r\n \t\x00\x1a\x02\x1c\x7f\x80\xbf\xc3\xe9\xff"
DIGITS = b"0123456789.-"
NUMBERS = (
    b"0 -0 00 1 -1 .5 5. . - -. 1.001 1.230 12,5 1e5 +5 1_0 0x1 NaN inf 99999999999 9999999999.99 10000000000 "
    b"92233720368547758.07 -92233720368547758.08 184467440737095516.16 1234567.8 12345678 123456789.01 "
    b"000000000000000000000012 \xd9\xa1\xd9\xa2 \xb2 - "
).split(b" ")
TAGS = (
    b"ISA IEA GS GE ST SE TA1 BPR TRN LX CLP CAS SVC PLB N1 NM1 REF DTM AMT AK1 AK2 IK3 IK5 AK9 HL STC CLM SV1 SV2 HI"
).split(b" ")


def mutated(rng: random.Random, data: bytes, other: Other) -> bytes:
    """One to five mutations, and for half of them right counts."""
    for _ in range(min(rng.randint(1, 5), rng.randint(1, 5))):
        data = rng.choice(MUTATIONS)(rng, data, other)
    return recounted(data) if rng.random() < 0.5 else data


def _delimiters(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Element, component and end of the first ISA, or the usual ones."""
    found = delimiters_of(data[max(data.find(b"ISA"), 0) :][:600].decode("latin-1"), 0)
    if found is None:
        return b"*", b":", b"~"
    return found.element.encode("latin-1"), found.component.encode("latin-1"), found.end.encode("latin-1")


# --- Bytes -----------------------------------------------------------------------------------------------------


def _octet(rng: random.Random, data: bytes) -> bytes:
    choice = rng.random()
    if choice < 0.4:
        return bytes([rng.choice(OCTETS)])
    return rng.choice(_delimiters(data)) if choice < 0.7 else bytes([rng.randrange(256)])


def set_byte(rng: random.Random, data: bytes, other: Other) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + _octet(rng, data) + data[at + 1 :]


def insert_byte(rng: random.Random, data: bytes, other: Other) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + _octet(rng, data) * rng.choice((1, 1, 1, 2, 9)) + data[at:]


def swap_bytes(rng: random.Random, data: bytes, other: Other) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at : at + 2][::-1] + data[at + 2 :]


def _piece(rng: random.Random, data: bytes) -> tuple[int, int]:
    at = rng.randrange(len(data) + 1)
    return at, at + rng.choice((1, 2, 5, 20, 60, 300))


def delete_piece(rng: random.Random, data: bytes, other: Other) -> bytes:
    low, high = _piece(rng, data)
    return data[:low] + data[high:]


def repeat_piece(rng: random.Random, data: bytes, other: Other) -> bytes:
    low, high = _piece(rng, data)
    return data[:high] + data[low:high] + data[high:]


def cut(rng: random.Random, data: bytes, other: Other) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] if rng.random() < 0.8 else data[at:]


def change_digit(rng: random.Random, data: bytes, other: Other) -> bytes:
    places = [match.start() for match in re.finditer(rb"[0-9]", data)]
    if not places:
        return data
    at = rng.choice(places)
    return data[:at] + bytes([rng.choice(DIGITS)]) + data[at + 1 :]


# --- Segments and elements -------------------------------------------------------------------------------------


def _segments(data: bytes) -> tuple[bytes, list[bytes]]:
    end = _delimiters(data)[2]
    return end, data.split(end)


def delete_segment(rng: random.Random, data: bytes, other: Other) -> bytes:
    end, segments = _segments(data)
    del segments[rng.randrange(len(segments))]
    return end.join(segments)


def repeat_segment(rng: random.Random, data: bytes, other: Other) -> bytes:
    end, segments = _segments(data)
    at = rng.randrange(len(segments))
    segments.insert(at, segments[at])
    return end.join(segments)


def move_segment(rng: random.Random, data: bytes, other: Other) -> bytes:
    end, segments = _segments(data)
    moved = segments.pop(rng.randrange(len(segments)))
    near = rng.randrange(len(segments) + 1)
    segments.insert(near, moved)
    return end.join(segments)


def swap_segments(rng: random.Random, data: bytes, other: Other) -> bytes:
    end, segments = _segments(data)
    at = rng.randrange(len(segments))
    segments[at : at + 2] = segments[at : at + 2][::-1]
    return end.join(segments)


def foreign_segments(rng: random.Random, data: bytes, other: Other) -> bytes:
    """Segments of another file, its delimiters made ours."""
    (element, _, end), (_, segments) = _delimiters(data), _segments(data)
    theirs = other(rng)
    their_element, _, their_end = _delimiters(theirs)
    listed = [each.replace(their_element, element) for each in theirs.split(their_end)]
    at, low = rng.randrange(len(segments) + 1), rng.randrange(len(listed))
    segments[at:at] = listed[low : low + rng.choice((1, 1, 2, 5, 40))]
    return end.join(segments)


def _edited(rng: random.Random, data: bytes, edit: Callable[[bytes, list[bytes]], None]) -> bytes:
    """One segment, its elements edited in place; those that hold money more often than others."""
    (element, _, end), (_, segments) = _delimiters(data), _segments(data)
    money = [
        at for at, each in enumerate(segments) if each.strip()[:3] in (b"BPR", b"CLP", b"CAS", b"SVC", b"PLB")
    ]
    at = rng.choice(money) if money and rng.random() < 0.6 else rng.randrange(len(segments))
    elements = segments[at].split(element)
    edit(element, elements)
    segments[at] = element.join(elements)
    return end.join(segments)


def blank_element(rng: random.Random, data: bytes, other: Other) -> bytes:
    def edit(_: bytes, elements: list[bytes]) -> None:
        elements[rng.randrange(len(elements))] = rng.choice((b"", b"", b" ", b"   "))

    return _edited(rng, data, edit)


def drop_element(rng: random.Random, data: bytes, other: Other) -> bytes:
    def edit(_: bytes, elements: list[bytes]) -> None:
        at = rng.randrange(len(elements))
        del elements[at : at + rng.choice((1, 30))]

    return _edited(rng, data, edit)


def more_elements(rng: random.Random, data: bytes, other: Other) -> bytes:
    def edit(_: bytes, elements: list[bytes]) -> None:
        elements += rng.choice((elements[-3:], elements[-2:], [b""] * 3, [b"1"])) * rng.choice((1, 2, 6, 20))

    return _edited(rng, data, edit)


def other_number(rng: random.Random, data: bytes, other: Other) -> bytes:
    def edit(_: bytes, elements: list[bytes]) -> None:
        numbers = [at for at, each in enumerate(elements) if re.fullmatch(rb"-?[0-9.]+", each)]
        if numbers:
            elements[rng.choice(numbers)] = rng.choice(NUMBERS)

    return _edited(rng, data, edit)


def other_tag(rng: random.Random, data: bytes, other: Other) -> bytes:
    def edit(_: bytes, elements: list[bytes]) -> None:
        elements[0] = rng.choice((*TAGS, elements[0].lower(), elements[0] + b" ", b" " + elements[0], b""))

    return _edited(rng, data, edit)


def swap_elements(rng: random.Random, data: bytes, other: Other) -> bytes:
    def edit(_: bytes, elements: list[bytes]) -> None:
        at = rng.randrange(len(elements))
        elements[at : at + 2] = elements[at : at + 2][::-1]

    return _edited(rng, data, edit)


# --- Files -----------------------------------------------------------------------------------------------------


def swap_delimiters(rng: random.Random, data: bytes, other: Other) -> bytes:
    """Two bytes trade places in the whole file, or from some place on."""
    first = rng.choice(_delimiters(data))
    second = rng.choice((*_delimiters(data), bytes([rng.choice(DELIMITERS)]), bytes([rng.choice(OCTETS)])))
    table = bytearray(range(256))
    table[first[0]], table[second[0]] = second[0], first[0]
    at = 0 if rng.random() < 0.7 else rng.randrange(len(data) + 1)
    return data[:at] + data[at:].translate(bytes(table))


def splice(rng: random.Random, data: bytes, other: Other) -> bytes:
    theirs = other(rng)
    low, high = rng.randrange(len(data) + 1), rng.randrange(len(theirs) + 1)
    return rng.choice(
        (data[:low] + theirs[high:], data + theirs, data[:low] + theirs + data[low:], data[:low] + theirs)
    )


def wrap(rng: random.Random, data: bytes, other: Other) -> bytes:
    width, line_end = rng.choice((80, 80, 72, 1, 35)), rng.choice((b"\r\n", b"\n", b"\r"))
    if width == 1 and len(data) > 5000:
        width = 80
    return line_end.join(data[at : at + width] for at in range(0, len(data), width))


def line_ends(rng: random.Random, data: bytes, other: Other) -> bytes:
    end = _delimiters(data)[2]
    return data.replace(end, end + rng.choice((b"\r\n", b"\n", b"\r", b"  ", b"\r\n\t ", b"\n\n", end)))


def dressed(rng: random.Random, data: bytes, other: Other) -> bytes:
    around = (
        b"\xef\xbb\xbf",
        b"\r\n",
        b" ",
        b"\x00",
        b"\x1a",
        b"garbage",
        b"ISA",
        b"ISA*00",
        b"\xff\xfe",
        b"IEA*1*1~",
    )
    return rng.choice(((rng.choice(around) + data), (data + rng.choice(around))))


def recounted(data: bytes) -> bytes:
    """SE01, GE01 and IEA01 as they should be."""
    (element, _, end), (_, segments) = _delimiters(data), _segments(data)
    counted = {b"SE": 0, b"GE": 0, b"IEA": 0}
    opens = {b"ST": b"SE", b"GS": b"GE", b"ISA": b"IEA"}
    for at, segment in enumerate(segments):
        lead = segment[: len(segment) - len(segment.lstrip())]
        elements = segment.lstrip().split(element)
        tag = elements[0]
        counted[b"SE"] += bool(segment.strip())
        if tag in opens:
            counted[opens[tag]] = 1 if tag == b"ST" else 0
        if tag in counted and len(elements) > 1:
            elements[1] = str(counted[tag]).encode()
            segments[at] = lead + element.join(elements)
        for inner, outer in ((b"ST", b"GE"), (b"GS", b"IEA")):
            counted[outer] += tag == inner
    return end.join(segments)


MUTATIONS: tuple[Mutation, ...] = (
    set_byte,
    insert_byte,
    swap_bytes,
    delete_piece,
    repeat_piece,
    cut,
    change_digit,
    change_digit,
    delete_segment,
    repeat_segment,
    move_segment,
    move_segment,
    swap_segments,
    foreign_segments,
    blank_element,
    drop_element,
    more_elements,
    other_number,
    other_tag,
    swap_elements,
    swap_delimiters,
    splice,
    wrap,
    line_ends,
    dressed,
)
