"""Damaged bytes never raise and are never called balanced when an independent judge says otherwise."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from make_835 import CLAIM, interchange, transaction, written
from slow_835 import verdicts

from connectors.x12 import decode_835, decode_acknowledgments, inspect

SAMPLES = Path(__file__).parent / "samples"
REMITTANCES = [path.read_bytes() for path in sorted(SAMPLES.glob("835_*.edi"))]
DELIMITERS = [(chr(data[data.index(b"ISA") + 3]), "~") for data in REMITTANCES]
EVERY = [path.read_bytes() for path in sorted(SAMPLES.glob("*.edi"))]
OCTETS = st.sampled_from(b"*:~|>^.-0159ACISTGE\r\n \x00\x1a\xe9\xff") | st.integers(0, 255)


@st.composite
def mutated(draw: st.DrawFn, originals: list[bytes]) -> tuple[int, bytes]:
    """Which sample, and it with a few bytes changed, put in, taken out, a piece repeated, or its end cut off."""
    number = draw(st.integers(0, len(originals) - 1))
    data = bytearray(originals[number])
    for _ in range(draw(st.integers(0, 4))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        until = min(len(data), at + draw(st.integers(1, 60)))
        match draw(st.sampled_from(["set", "insert", "delete", "cut", "repeat", "digit"])):
            case "set":
                data[at] = draw(OCTETS)
            case "insert":
                data.insert(at, draw(OCTETS))
            case "delete":
                del data[at:until]
            case "cut":
                del data[at:]
            case "repeat":
                data[at:at] = data[at:until]
            case "digit":
                digits = [place for place, octet in enumerate(data) if octet in b"0123456789"]
                if digits:
                    data[draw(st.sampled_from(digits))] = draw(st.sampled_from(b"0123456789.-"))
    return number, bytes(data)


def judged(number: int, data: bytes) -> None:
    decoded = decode_835(data)
    balanced = decoded.transactions["balanced"].to_pylist()
    assert None not in balanced
    if not any(balanced):
        return
    expected = verdicts(data, *DELIMITERS[number])
    assert sum(balanced) <= sum(expected)
    if len(balanced) == len(expected):
        assert [mine <= judge for mine, judge in zip(balanced, expected, strict=True)] == [True] * len(
            expected
        )


def test_the_judge_agrees_on_the_samples() -> None:
    for data, delimiters in zip(REMITTANCES, DELIMITERS, strict=True):
        assert decode_835(data).transactions["balanced"].to_pylist() == verdicts(data, *delimiters)


@settings(max_examples=250, deadline=None)
@given(mutated(REMITTANCES))
def test_a_mutated_remittance_is_never_wrongly_balanced(sample: tuple[int, bytes]) -> None:
    judged(*sample)


@settings(max_examples=80, deadline=None)
@given(mutated(EVERY))
def test_a_mutated_file_of_any_kind_never_raises(sample: tuple[int, bytes]) -> None:
    inspect(sample[1])
    decode_acknowledgments(sample[1])


@settings(max_examples=40, deadline=None)
@given(st.lists(mutated(EVERY), max_size=4))
def test_many_mutated_files_in_one_pass_are_as_each_alone(samples: list[tuple[int, bytes]]) -> None:
    files = [data for _, data in samples]
    together = decode_835(files)
    alone = [decode_835(data) for data in files]
    assert together.transactions["balanced"].to_pylist() == [
        verdict for each in alone for verdict in each.transactions["balanced"].to_pylist()
    ]
    for name in ("claims", "lines", "adjustments", "provider_adjustments", "problems"):
        assert getattr(together, name).num_rows == sum(getattr(each, name).num_rows for each in alone), name


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: REMITTANCES[0][:106] + tail))
def test_any_bytes_at_all(data: bytes) -> None:
    inspect(data)


CENTS = st.integers(-(10**7), 10**7)


def money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.tuples(CENTS, st.lists(CENTS, max_size=8)), max_size=3), max_size=4),
    st.lists(CENTS, max_size=6),
    st.sampled_from([0, 0, 1, -1]),
)
def test_generated_remittances_balance_exactly_when_they_should(
    claims: list[list[tuple[int, list[int]]]], held: list[int], off: int
) -> None:
    body: list[str] = []
    total = 0
    for number, lines in enumerate(claims):
        charge = sum(amount for amount, _ in lines)
        paid = sum(amount - sum(adjusted) for amount, adjusted in lines)
        body.append(f"CLP*C{number}*1*{money(charge)}*{money(paid)}**12*I{number}")
        total += paid
        for amount, adjusted in lines:
            body.append(f"SVC*HC:90837*{money(amount)}*{money(amount - sum(adjusted))}")
            for at in range(0, len(adjusted), 6):
                triplets = "".join(f"*45*{money(cents)}*" for cents in adjusted[at : at + 6])
                body.append(f"CAS*CO{triplets}")
    plb = ["PLB*1*20261231" + "".join(f"*WO:X*{money(cents)}" for cents in held)] if held else []
    paid_out = total - sum(held) + off
    data = written(interchange(transaction(*body, bpr=money(paid_out), plb=plb)))
    (remit,) = decode_835(data).transactions.to_pylist()
    assert (remit["balanced"], remit["difference_cents"]) == (off == 0, off)
    assert verdicts(data) == [off == 0]


def test_the_judge_can_say_no() -> None:
    bad = written(interchange(transaction(*CLAIM, bpr="120.01")))
    assert verdicts(bad) == [False]
