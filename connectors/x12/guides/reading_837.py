"""The 837 for a reader: its loops, and where every column of the tables stands, from the writer's own templates.

Read are 005010X222A1 and 005010X223A2, the post-adjudicated variants and 004010X098A1/X096A1 as far as they share
segments. A loop that holds no column is here too: its segments are the guide's, and are told of as not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from connectors.x12.guides.claim_837 import ATTACHMENT, PROFESSIONAL, Guide837
from connectors.x12.guides.claim_837i import INSTITUTIONAL
from connectors.x12.guides.notation import Guide, Loop
from connectors.x12.guides.templates import Field, Segment
from connectors.x12.guides.templates import Loop as Template

# In the order of the standard, of which each guide has a part.
_PARTY, _OTHER_PARTY = "PRV N2 N3 N4 DMG DTP REF PER", "PRV N2 N3 N4 DMG PER DTP REF"

# The entities of a guide's provider loops: loop -> NM101, several where the older guide or a second kind has others.
_PROVIDERS = {
    "837P": {
        "2310A": "DN P3",
        "2310B": "82",
        "2310C": "77 QB FA LI TL",
        "2310D": "DQ",
        "2310E": "PW",
        "2310F": "45",
    },
    "837I": {"2310A": "71", "2310B": "72", "2310C": "ZZ 73", "2310D": "82", "2310E": "77 FA", "2310F": "DN"},
}
_OTHER_PROVIDERS = {
    "837P": {"2330C": "DN P3", "2330D": "82", "2330E": "77", "2330F": "DQ", "2330G": "85 QC"},
    "837I": {
        "2330C": "71",
        "2330D": "72",
        "2330E": "ZZ 73",
        "2330F": "77",
        "2330G": "82",
        "2330H": "DN",
        "2330I": "85 QC",
    },
}
_LINE_PROVIDERS = {
    "837P": {
        "2420A": "82",
        "2420B": "QB",
        "2420C": "77",
        "2420D": "DQ",
        "2420E": "DK",
        "2420F": "DN P3",
        "2420G": "PW",
        "2420H": "45",
    },
    "837I": {"2420A": "72 71", "2420B": "ZZ 73", "2420C": "82", "2420D": "DN"},
}
_HIERARCHY = {
    "2000A": {"2010AA": "85", "2010AB": "87", "2010AC": "PE"},
    "2000B": {"2010BA": "IL", "2010BB": "PR", "2010BC": "QD"},
    "2000C": {"2010CA": "QC"},
}


def grammar(kind: str) -> Guide:
    """The loops of one guide as the reading engine takes them."""
    header, above = "header 1000A 1000B", list(_HIERARCHY)
    parties = {level: " ".join([level, *_HIERARCHY[level]]) for level in above}
    claim = " ".join(["2300", "2305", *_PROVIDERS[kind], "2320", "2330A", "2330B", *_OTHER_PROVIDERS[kind]])
    line = " ".join(["2400", "2410", *_LINE_PROVIDERS[kind], "2430", "2440"])
    all_after = f"{parties['2000A']} {parties['2000B']} {parties['2000C']} {claim} {line}"
    below = f"{parties['2000B']} {parties['2000C']} {claim} {line}"
    loops = [
        Loop("header", "ST", after="", segments="BHT REF"),
        Loop("1000A", "NM1*41", after="header 1000A", segments="N2 PER"),
        Loop("1000B", "NM1*40", after="1000A", segments="N2 PER"),
        Loop("2000A", "HL*03=20", after=f"{header} {all_after}", segments="PRV CUR"),
        Loop("2000B", "HL*03=22", after=all_after, segments="SBR PAT"),
        Loop("2000C", "HL*03=23", after=below, segments="PAT"),
        Loop(
            "2300",
            "CLM",
            after=below,
            segments="DTP CL1 DN1 DN2 PWK CN1 AMT REF K3 NTE CR1 CR2 CR3 CR5 CR6 CR8 CRC HI QTY HCP",
        ),
        Loop(
            "2400",
            "LX",
            after=f"{claim} {line}",
            segments="SV1 SV2 SV4 SV5 SV6 SV7 PWK CR1 CR2 CR3 CR5 CRC DTP QTY MEA CN1 REF AMT K3 NTE PS1 IMM HSD HCP",
        ),
    ]
    for level, entities in _HIERARCHY.items():
        loops += _named(entities, level, parties[level])
    loops += [
        Loop("2305", "CR7", after="2300 2305", segments="HSD", inside="2300"),
        Loop("2320", "SBR", after=claim, segments="CAS AMT DMG OI MIA MOA", inside="2300"),
        Loop("2410", "LIN", after=line, segments="CTP REF", inside="2400"),
        Loop("2430", "SVD", after=line, segments="CAS DTP AMT", inside="2400"),
        Loop("2440", "LQ", after=line, segments="FRM", inside="2400"),
        *_named(_LINE_PROVIDERS[kind], "2400", line),
        # 2305 makes these a stage later than 2320, whose NM1 have the same entities.
        *_named(_PROVIDERS[kind], "2300 2305", claim),
        *_named({"2330A": "IL", "2330B": "PR", **_OTHER_PROVIDERS[kind]}, "2320", claim, _OTHER_PARTY),
    ]
    return Guide(
        kinds=(kind,),
        loops=tuple(loops),
        money=("HL", "SBR", "NM1", "CLM", "HI", "LX", "SV1", "SV2", "SVD", "CAS"),
        required="HL03 CLM01 CLM02 SV102 SV203 SVD01 SVD02 CAS01 CAS02 CAS03",
        expected="SBR01 CLM05-1 CLM05-3",  # the older guide has no CLM05-2
        ordered=True,
    )


def _named(entities: dict[str, str], inside: str, after: str, segments: str = _PARTY) -> list[Loop]:
    """Loops that NM1 opens, one for each entity."""
    return [
        Loop(name, f"NM1*{entity}", after=after, segments=segments, inside=inside)
        for name, listed in entities.items()
        for entity in listed.split()
    ]


# --- where columns stand -------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a column stands: its loop, and the segment, element and components within it."""

    column: str
    loop: str
    tag: str
    qualifier: str
    element: int
    low: int
    high: int
    first: int  # of several columns in one element, which this is, and
    of: int  # how many there are: dates of a span, a day and an hour
    items: int = 1  # elements that a list takes

    @property
    def source(self) -> str:
        """In the notation of ``guides.notation``; of a list over elements the first."""
        tag = f"{self.tag}*{self.qualifier} " if self.qualifier else self.tag
        part = f"-{self.low}" if self.low else ""
        return f"{tag}{self.element:02d}{part}" + (f"..{self.high}" if self.high > self.low else "")


def places(loops: Iterable[Template]) -> dict[str, list[Place]]:
    """For each column of these loops everywhere it may stand, in the order of the templates."""
    found: dict[str, list[Place]] = {}
    for loop in loops:
        for segment in loop.segments:
            for place in _places(loop.name, segment):
                listed = found.setdefault(place.column, [])
                if place not in listed:
                    listed.append(place)
    return found


def _places(loop: str, segment: Segment) -> Iterable[Place]:
    for number, element in enumerate(segment.elements):
        low = 1
        for component in element:
            fields = [piece for piece in component if isinstance(piece, Field)]
            wide = max((field.most for field in fields if field.between == ":"), default=1)
            for place, field in enumerate(fields):
                parts = (low, low + wide - 1) if len(element) > 1 or wide > 1 else (0, 0)
                items = field.most if field.between == "*" else 1
                tag, qualifier = segment.tag, segment.qualifier
                yield Place(field.column, loop, tag, qualifier, number, *parts, place, len(fields), items)
            low += wide


Elements = dict[
    int, set[str]
]  # element -> the literals it is written as; "" among them where a column stands


def elements(loops: Iterable[Template]) -> dict[tuple[str, str, str], Elements]:
    """For each loop, tag and qualifier the elements that something is read or known of."""
    found: dict[tuple[str, str, str], Elements] = {}
    for loop in loops:
        for segment in loop.segments:
            known = found.setdefault((loop.name, segment.tag, segment.qualifier), {})
            for number, element in enumerate(segment.elements):
                if not element:
                    continue
                known.setdefault(number, set()).add(segment.literal(number))
                items = max((f.most for f in _fields(element) if f.between == "*"), default=1)
                known.update({number + more: {""} for more in range(1, items)})
    return found


def _fields(element: Iterable[Iterable[object]]) -> list[Field]:
    return [piece for component in element for piece in component if isinstance(piece, Field)]


class Reading837:
    """One guide for the reader: its grammar, where the columns of each table stand, which elements are known."""

    def __init__(self, guide: Guide837) -> None:
        self.guide = guide
        self.grammar: Guide = grammar(guide.kind)
        above = [loop for level in guide.hierarchy.values() for loop in level]
        self.loops: dict[str, tuple[Template, ...]] = {
            "claims": (*above, *guide.claim),
            "lines": guide.line,
            "other_payers": guide.payer,
            "line_payments": guide.payment,
        }
        self.places = {table: places(loops) for table, loops in self.loops.items()}
        every = [loop for loops in self.loops.values() for loop in loops]
        self.elements = elements([*every, ATTACHMENT])


GUIDES = {guide.kind: Reading837(guide) for guide in (PROFESSIONAL, INSTITUTIONAL)}

TRANSACTIONS = {
    "purpose": ("header", "BHT02"),
    "reference": ("header", "BHT03"),
    "date": ("header", "BHT04"),
    "time": ("header", "BHT05"),
    "type": ("header", "BHT06"),
    "submitter_name": ("1000A", "NM103"),
    "submitter_id": ("1000A", "NM109"),
    "contact": ("1000A", "PER02"),
    "phone": ("1000A", "PER04"),
    "receiver_name": ("1000B", "NM103"),
    "receiver_id": ("1000B", "NM109"),
}

# Qualifiers of HI01-1 that the older guide writes otherwise.
OLDER_CODES = {"BK": "ABK", "BF": "ABF", "BJ": "ABJ", "PR": "APR", "BN": "ABN"}
