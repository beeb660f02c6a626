"""TA1, 999 and 277CA: who is let in, who is not, and what an independent judge says of the answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sandbox_kit import errors_of, split, upload

from connectors.clearinghouse.sandbox import answer

PRIMARY = (Path(__file__).parent / "fixtures" / "sandbox_837p_primary.edi").read_bytes()


def acknowledged(data: bytes, seed: int = 1) -> dict[str, list[list[str]]]:
    """The acknowledgments of an upload by kind, each passed by the judge first."""
    files, _ = answer(data, seed=seed, stages=["acknowledge"])
    for name, content in files.items():
        assert errors_of(content) == [], name
    return {name.split("_", 2)[2].removesuffix(".x12"): split(content) for name, content in files.items()}


def statuses(segments: list[list[str]]) -> dict[str, list[str]]:
    """STC of each claim by CLM01."""
    found = {}
    for before, trace, stc in zip(segments, segments[1:], segments[2:], strict=False):
        if before[:2] == ["NM1", "QC"]:
            found[trace[2]] = stc
    return found


def pick(segments: list[list[str]], name: str) -> list[list[str]]:
    return [s for s in segments if s[0] == name]


def test_sound_file_is_accepted_all_the_way():
    answers = acknowledged(PRIMARY)
    assert list(answers) == ["TA1", "999", "277CA_CH", "277CA_PR"]
    assert pick(answers["TA1"], "TA1") == [["TA1", "000000001", "260112", "0930", "A", "000"]]
    assert pick(answers["999"], "AK9") == [["AK9", "A", "1", "1", "1"]]
    house, payers = statuses(answers["277CA_CH"]), statuses(answers["277CA_PR"])
    assert {c: s[1] for c, s in house.items()} == {"C000000001": "A1:19:PR", "C000000002": "A1:19:PR"}
    assert {c: s[1] for c, s in payers.items()} == {"C000000001": "A2:20:PR", "C000000002": "A2:20:PR"}
    assert [s[8:] for s in payers and pick(answers["277CA_PR"], "NM1") if s[1] == "PR"] == [
        ["PI", "99999"],
        ["PI", "88888"],
    ]
    # the answer turns sender and receiver round; the payer answers a day later
    isa = answers["277CA_PR"][0]
    assert (isa[6].strip(), isa[8].strip(), isa[9]) == ("CLEARHSE", "SUBMIT123", "260113")
    assert answers["999"][0][9] == "260112"


def test_one_set_of_three_is_rejected():
    for seed in (1, 2, 3):
        answers = acknowledged(upload(60, 3), seed)
        verdicts = {a[2]: b[1] for a, b in _sets(answers["999"])}
        assert sorted(verdicts.values()) == ["A", "A", "R"]
        assert pick(answers["999"], "AK9") == [["AK9", "P", "3", "3", "2"]]
        (lost,) = (int(control) for control, verdict in verdicts.items() if verdict == "R")
        told = statuses(answers["277CA_CH"])
        assert set(told) == {f"C{n:09d}" for n in range(60) if n % 3 != lost - 1}


def test_rejected_position_is_the_services():
    data = upload(9, 3)
    answers = acknowledged(data)
    (ik3,) = pick(answers["999"], "IK3")
    (control,) = [a[2] for a, b in _sets(answers["999"]) if b[1] == "R"]
    segments = split(data)
    start = segments.index(["ST", "837", control, "005010X222A1"])
    assert segments[start + int(ik3[2]) - 1][0] == ik3[1] == "SV1"


def _sets(segments: list[list[str]]) -> list[tuple[list[str], list[str]]]:
    return list(zip(pick(segments, "AK2"), pick(segments, "IK5"), strict=True))


def test_two_percent_and_two_of_forty_are_rejected_by_the_payer():
    for claims, expected in ((39, 0), (40, 2), (160, 3)):
        stc = statuses(acknowledged(upload(claims))["277CA_PR"])
        refused = [s for s in stc.values() if s[1].startswith("A7")]
        assert len(refused) == expected
        assert {s[3] for s in refused} <= {"U"}
        assert len(stc) == claims


BROKEN_ENVELOPES = {
    "023": lambda data: data[: data.index(b"IEA")],
    "001": lambda data: data.replace(b"IEA*1*000000001", b"IEA*1*000000002"),
    "021": lambda data: data.replace(b"IEA*1*", b"IEA*2*"),
    "020": lambda data: data.replace(b"*0*T*:", b"*0*X*:"),
    "014": lambda data: data.replace(b"*260112*0930*^", b"*261312*0930*^"),
    "022": lambda data: data.replace(b"GS*HC", b"XX*HC"),
}


@pytest.mark.parametrize("note", BROKEN_ENVELOPES)
def test_broken_envelope_is_refused_by_ta1_alone(note: str):
    files, counts = answer(BROKEN_ENVELOPES[note](upload(3)), seed=1)
    assert [name.split("_", 2)[2] for name in files] == ["TA1.x12"]
    assert pick(split(next(iter(files.values()))), "TA1")[0][4:] == ["R", note]
    assert counts.interchanges_rejected == 1
    assert counts.claims_decided == 0


BROKEN_SETS = {  # defect -> (what is done to the upload, IK3, IK4, IK502 …)
    "claim without amount": (
        lambda d: d.replace(b"*200.01***11", b"****11", 1),
        "IK3*CLM*",
        "IK4*2*782*1",
        ["5"],
    ),
    "charge no number": (lambda d: d.replace(b"*200.01*UN", b"*2OO*UN", 1), "IK3*SV1*", "IK4*2*782*6", ["5"]),
    "date that is none": (
        lambda d: d.replace(b"20260105", b"20260230", 1),
        "IK3*DTP*",
        "IK4*3*1251*8",
        ["5"],
    ),
    "no diagnosis": (lambda d: d.replace(b"HI*ABK:F411~", b"", 1), "IK3*HI*", "", ["4", "5"]),
    "empty REF": (lambda d: d.replace(b"HI*ABK", b"REF*G1~HI*ABK", 1), "IK3*REF*", "IK4*2*127*1", ["4", "5"]),
    "count": (lambda d: re.sub(rb"~SE\*\d+", b"~SE*7", d), "", "", ["4"]),
    "control": (lambda d: re.sub(rb"(~SE\*\d+)\*0001", rb"\1*0009", d), "", "", ["3"]),
    "no SE": (lambda d: re.sub(rb"~SE\*\d+\*0001~", b"~", d), "", "", ["2"]),
}


@pytest.mark.parametrize("defect", BROKEN_SETS)
def test_broken_set_is_refused_with_its_position(defect: str):
    damage, ik3, ik4, codes = BROKEN_SETS[defect]
    files, _ = answer(damage(upload(3)), seed=1)
    assert [name.split("_", 2)[2] for name in files] == ["TA1.x12", "999.x12"]
    content = next(data for name, data in files.items() if name.endswith("_999.x12"))
    assert errors_of(content) == []
    segments = split(content)
    assert pick(segments, "IK5") == [["IK5", "R", *codes]]
    assert pick(segments, "AK9")[0][1] == "R"
    lines = ["*".join(s) for s in segments]
    assert any(text.startswith(ik3) for text in lines if text.startswith("IK3")) is bool(ik3)
    assert any(text.startswith(ik4) for text in lines if text.startswith("IK4")) is bool(ik4)


def test_group_of_another_kind_is_refused_whole():
    data = upload(3).replace(b"GS*HC", b"GS*HS")
    segments = split(next(d for n, d in answer(data, seed=1)[0].items() if n.endswith("_999.x12")))
    assert pick(segments, "AK9") == [["AK9", "R", "1", "1", "0", "1"]]
    assert not pick(segments, "AK2")


CLAIM_EDITS = {  # defect -> (changes of claim 1, STC01)
    "sum": ({"charge": "201.01"}, "A7:400"),
    "replacement without reference": ({"frequency": "7"}, "A6:464:PR"),
    "control number twice": ({"control": "C000000000"}, "A7:54"),
}


@pytest.mark.parametrize("defect", CLAIM_EDITS)
def test_clearinghouse_returns_what_it_can_see_is_wrong(defect: str):
    changes, status = CLAIM_EDITS[defect]
    answers = acknowledged(upload(3, changes={1: changes}))
    traces = [(a[2], b[1], b[3]) for a, b in zip(*[iter(_traces(answers["277CA_CH"]))] * 2, strict=True)]
    assert traces[1] == (changes.get("control", "C000000001"), status, "U")
    assert len(_traces(answers["277CA_PR"])) == 4  # the other two went on


def test_claim_without_a_payer_is_returned():
    data = upload(2).replace(b"NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*99999~", b"", 1)
    count = int(re.search(rb"~SE\*(\d+)", data)[1])
    answers = acknowledged(data.replace(b"~SE*%d" % count, b"~SE*%d" % (count - 1)))
    assert statuses(answers["277CA_CH"])["C000000000"][1] == "A7:153:PR"
    assert set(statuses(answers["277CA_PR"])) == {"C000000001"}


def _traces(segments: list[list[str]]) -> list[list[str]]:
    """TRN and STC of each claim, in turn."""
    at = [i for i, s in enumerate(segments) if s[:2] == ["NM1", "QC"]]
    return [s for i in at for s in segments[i + 1 : i + 3]]
