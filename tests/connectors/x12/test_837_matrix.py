"""Every case of both guides, each two of them together in some claim, before an independent judge."""

from __future__ import annotations

import pytest

from connectors.x12.writing.claims import encode_837, unencodable
from tests.support.cases837 import ASPECTS, batch, pairs
from tests.support.pyx12_judge import errors_of
from tests.support.tables837 import envelope

KINDS = ("837P", "837I")
# Right and wrong bytes of a file that holds every case: what the judge must see, or it sees nothing.
BROKEN = {
    "837P": [
        (b"~AMT*EAF*", b"~AMT*EAG*"),
        (b"~SVD*88881*", b"~SVD**"),
        (b"~CAS*CO*45*", b"~CAS*XX*45*"),
        (b"~OI***Y***Y", b"~OI***Y"),
        (b"~PWK*OZ*", b"~PWK*QQ*"),
        (b"~NM1*DQ*1*", b"~NM1*DQ*2*"),
        (b"*BG:01*", b"*ZZ:01*"),
        (b"~NM1*77*2*", b"~NM1*77*1*"),
    ],
    "837I": [
        (b"~CL1*", b"~XL1*"),
        (b"~DTP*434*RD8*", b"~DTP*434*D8*"),
        (b"~SV2*0912*", b"~SV2**"),
        (b"~NM1*71*1*", b"~NM1*71*2*"),
        (b"HI*BE:80:::7", b"HI*BE:80::7"),
        (b":::::::Y~", b":::::::Q~"),
        (b"*DA*7", b"*DX*7"),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_two_cases_together_pass_the_judge(kind: str) -> None:
    choices = pairs(kind, seed=5)
    tables = batch(kind, choices)
    assert unencodable(tables, kind).to_pylist() == []
    data = encode_837(tables, envelope(kind=kind, purpose="CH" if kind == "837P" else "RP"))
    assert errors_of(data) == []
    assert data.count(b"~CLM*") == len(choices)


@pytest.mark.parametrize("kind", KINDS)
def test_the_judge_sees_what_is_broken_in_each_case(kind: str) -> None:
    """One claim of each option is enough; each fault is put in where its case stands first."""
    sizes = [len(aspect) for aspect in ASPECTS[kind]]
    for right, wrong in BROKEN[kind]:
        for option in range(max(sizes)):
            data = encode_837(batch(kind, [[option] * len(sizes)]), envelope(kind=kind))
            if right in data:
                break
        assert right in data, right
        assert errors_of(data.replace(right, wrong, 1)), right
