"""What the sandbox's tests share: hand-made 837Ps, a plain splitter, a balance checker, and pyx12 as a judge.

Nothing here uses the sandbox's own reader or writers, so that neither can vouch for itself.
"""

from __future__ import annotations

import gzip
import io
import json
import logging
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import pyx12.params
import pyx12.x12n_document

PAYERS = (
    ("EXAMPLE HEALTH PLAN", "99999", "CI"),
    ("EXAMPLE BLUE", "88888", "BL"),
    ("EXAMPLE MEDICARE", "77777", "MB"),
)
HEADER = (
    "ISA*00*          *00*          *ZZ*SUBMIT123      *ZZ*CLEARHSE       *260112*0930*^*00501*000000001*0*T*:~"
    "GS*HC*SUBMIT123*CLEARHSE*20260112*0930*1*X*005010X222A1~"
)
SET = (
    "BHT*0019*00*BATCH{number:04d}*20260112*0930*CH~"
    "NM1*41*2*EXAMPLE BILLING LLC*****46*SUBMIT123~PER*IC*EDI DESK*TE*5555550100~"
    "NM1*40*2*EXAMPLE CLEARINGHOUSE*****46*CLEARHSE~"
    "HL*1**20*1~PRV*BI*PXC*261QM0801X~NM1*85*2*EXAMPLE BEHAVIORAL GROUP*****XX*1234567893~"
    "N3*100 EXAMPLE ST~N4*SPRINGFIELD*IL*627011234~REF*EI*123456789~"
)
CLAIM = (
    "HL*{level}*1*22*0~SBR*P*18*GRP001******{filing}~NM1*IL*1*TESTER*ALEX****MI*XYZ{number:09d}~"
    "N3*1 SAMPLE RD~N4*SPRINGFIELD*IL*627010001~DMG*D8*19900101*U~NM1*PR*2*{payer}*****PI*{payer_id}~"
    "CLM*{control}*{charge}***11:B:{frequency}*Y*A*Y*Y~{original}HI*ABK:F411~"
    "NM1*82*1*DOE*PAT****XX*1245319599~PRV*PE*PXC*1041C0700X~"
)
LINE = "LX*{n}~SV1*HC:{code}*{charge}*UN*1***1~DTP*472*D8*20260105~REF*6R*L{number:05d}{n}~"


def claim_text(number: int, level: int, **given: Any) -> str:
    """One subscriber with one claim; every fourth claim has two lines."""
    name, payer_id, filing = PAYERS[number // 4 % len(PAYERS)]
    lines = [("90837", "200.01")] if number % 4 else [("99214", "190"), ("90833", "120.07")]
    values: dict[str, Any] = {
        "level": level, "number": number, "payer": name, "payer_id": payer_id, "filing": filing, "frequency": "1",
        "control": f"C{number:09d}", "charge": "200.01" if number % 4 else "310.07", "original": "",
    } | given  # fmt: skip
    body = CLAIM.format(**values)
    return body + "".join(
        LINE.format(n=n, code=code, charge=charge, number=number) for n, (code, charge) in enumerate(lines, 1)
    )


def upload(claims: int, sets: int = 1, changes: Mapping[int, Mapping[str, Any]] | None = None) -> bytes:
    """An 837P with `claims` claims dealt to `sets` sets; `changes` gives claims (by number) other values."""
    text = HEADER
    for set_number in range(1, sets + 1):
        body = SET.format(number=set_number)
        mine = [n for n in range(claims) if n % sets == set_number - 1]
        for level, number in enumerate(mine, 2):
            body += claim_text(number, level, **(changes or {}).get(number, {}))
        text += f"ST*837*{set_number:04d}*005010X222A1~{body}SE*{body.count('~') + 2}*{set_number:04d}~"
    return f"{text}GE*{sets}*1~IEA*1*000000001~".encode()


def split(data: bytes) -> list[list[str]]:
    """Segments as lists of elements."""
    return [piece.strip().split("*") for piece in data.decode().split("~") if piece.strip()]


def opened(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The X12 in the files, containers opened."""
    for name, data in files.items():
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from ((member, archive.read(member)) for member in archive.namelist())
        elif name.endswith(".gz"):
            yield name.removesuffix(".gz"), gzip.decompress(data)
        else:
            yield name, data


def checks(files: Mapping[str, bytes]) -> dict[str, list[list[str]]]:
    """Distinct 835s as segments, by trace number."""
    found = {}
    for _, data in opened(files):
        segments = split(data)
        if segments[1][1] == "HP":
            trace = next(s[2] for s in segments if s[0] == "TRN")
            assert found.setdefault(trace, segments) == segments
    return found


def to_cents(text: str) -> int:
    whole, _, part = text.removeprefix("-").partition(".")
    value = int(whole or 0) * 100 + int(part.ljust(2, "0") or 0)
    return -value if text.startswith("-") else value


def imbalances(segments: list[list[str]]) -> list[str]:
    """Where an 835 does not add up: each line, each claim, the check; and where its trailers miscount."""
    wrong: list[str] = []
    bpr = next(to_cents(s[2]) for s in segments if s[0] == "BPR")
    claims: list[dict[str, Any]] = []
    plb = 0
    for s in segments:
        if s[0] == "CLP":
            claims.append(
                {"id": s[1], "charge": to_cents(s[3]), "paid": to_cents(s[4]), "share": s[5], "lines": []}
            )
        elif s[0] == "SVC":
            claims[-1]["lines"].append({"charge": to_cents(s[2]), "paid": to_cents(s[3]), "cas": 0, "pr": 0})
        elif s[0] == "CAS":
            amounts = sum(to_cents(a) for a in s[3::3])
            claims[-1]["lines"][-1]["cas"] += amounts
            claims[-1]["lines"][-1]["pr"] += amounts if s[1] == "PR" else 0
        elif s[0] == "PLB":
            plb += sum(to_cents(a) for a in s[4::2])
    for claim in claims:
        lines = claim["lines"]
        wrong += [f"{claim['id']} line" for line in lines if line["charge"] - line["cas"] != line["paid"]]
        if claim["charge"] != sum(line["charge"] for line in lines):
            wrong.append(f"{claim['id']} charge")
        if claim["paid"] != sum(line["paid"] for line in lines):
            wrong.append(f"{claim['id']} paid")
        if claim["share"] and to_cents(claim["share"]) != sum(line["pr"] for line in lines):
            wrong.append(f"{claim['id']} patient share")
    if bpr != sum(claim["paid"] for claim in claims) - plb:
        wrong.append("check")
    names = [s[0] for s in segments]
    start, end = names.index("ST"), names.index("SE")
    if segments[end][1] != str(end - start + 1) or segments[-1][2] != segments[0][13]:
        wrong.append("envelope")
    return wrong


def errors_of(data: bytes) -> list[str]:
    """What pyx12 4.0.0 finds wrong; it is not asked for a 999, which it cannot write for an 835."""
    parameters = pyx12.params.params()
    parameters.set("charset", "E")  # its basic set refuses the ^ that ISA11 must carry
    report = io.StringIO()
    logger = logging.getLogger("pyx12")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        passed = pyx12.x12n_document.x12n_document(
            param=parameters,
            src_file=io.StringIO(data.decode("ascii")),
            fd_997=None,
            fd_html=None,
            fd_json=report,
        )
    finally:
        logger.setLevel(level)
    found = [] if not report.getvalue() else list(_errors(json.loads(report.getvalue()), ""))
    return found or ([] if passed else ["refused without a reason"])


def _errors(node: Any, where: str) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _errors(item, where)
    elif isinstance(node, dict):
        where = f"{where} {node.get('seg_id', '')}{node.get('ele_pos', '')}".strip()
        for key, value in node.items():
            if key == "errors":
                yield from (f"{where} {error['err_cde']}" for error in value)
            elif isinstance(value, (list, dict)):
                yield from _errors(value, where)
