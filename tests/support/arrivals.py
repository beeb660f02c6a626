"""What a partner's folder holds at the end of a day: the remittances of a history as 835s, in the forms they come in.

Plain, several in one file, gzipped, zipped, twice under two names; beside them one that does not balance and a file
that is no X12 at all. Nobody in them is real.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from configs.settings import Partner
from tests.support.sftp_server import PASSWORD, USER

FOLDER = "ReceiveFiles"


def fill(root: Path, remits: Sequence[dict[str, Any]]) -> None:
    """Put them into the partner's folder below `root`."""
    folder = root / FOLDER
    folder.mkdir(parents=True)
    third = len(remits) // 3
    single, together, packed = remits[:third], remits[third : 2 * third], remits[2 * third :]
    off = {**remits[0], "trace": "OFF", "bpr": remits[0]["bpr"] + 1}
    files = {f"{number}.835": interchange(number, one) for number, one in enumerate(single, 1)}
    files["together.835"] = interchange(50, *together)
    files["again.txt"] = files["together.835"]
    files["packed.zip"] = zipped(interchange(60 + number, one) for number, one in enumerate(packed))
    files["one.gz"] = gzip.compress(interchange(90, off), mtime=0)
    files["other.bin"] = b"no X12"
    for name, data in files.items():
        (folder / name).write_bytes(data)


def partner(port: int, host_key: str) -> Partner:
    """The settings to reach a `sftp_server` that listens there."""
    return Partner.model_validate(
        {
            "host": "127.0.0.1",
            "port": port,
            "username": USER,
            "password": PASSWORD,
            "host_key": host_key,
            "settle_seconds": 0,
            "attempts": 1,
            "sender_id": "SUBMIT123",
            "receiver_id": "CLEARHSE",
            "receiver_name": "EXAMPLE CLEARINGHOUSE",
        }
    )


def interchange(control: int, *remits: dict[str, Any]) -> bytes:
    """One interchange with one 835 a remittance."""
    sets = ["~".join(_set(number, one)) + "~" for number, one in enumerate(remits, 1)]
    return (
        "ISA*00*          *00*          *ZZ*PAYER99999     *ZZ*SUBMIT123      *260121*0930*^*00501*"
        f"{control:09}*0*T*:~GS*HP*PAYER99999*SUBMIT123*20260121*0930*1*X*005010X221A1~"
        + "".join(sets)
        + f"GE*{len(sets)}*1~IEA*1*{control:09}~"
    ).encode()


def _set(number: int, remit: dict[str, Any]) -> list[str]:
    bpr, day = remit["bpr"], f"{remit.get('day', dt.date(2026, 1, 21)):%Y%m%d}"
    account = "01*999999992*DA*123456*1512345678**01*999988880*DA*98765"
    body = [
        f"ST*835*{number:04}",
        f"BPR*I*{_dollars(abs(bpr))}*{'D' if bpr < 0 else 'C'}*ACH*CCP*{account}*{day}",
        f"TRN*1*{remit['trace']}*1512345678",
        "DTM*405*20260120",
        "N1*PR*EXAMPLE HEALTH PLAN",
        "N3*PO BOX 1",
        "N4*CHICAGO*IL*606010001",
        "PER*BL*EDI*TE*8005550100",
        "N1*PE*EXAMPLE GROUP*XX*1234567893",
        "LX*1",
        *(segment for claim in remit["claims"] for segment in _claim(claim)),
    ]
    if remit["plb"]:
        pairs = "*".join(f"{code}:{reference}*{_dollars(cents)}" for code, reference, cents in remit["plb"])
        body.append(f"PLB*1234567893*20261231*{pairs}")
    return [*body, f"SE*{len(body) + 1}*{number:04}"]


def _claim(claim: dict[str, Any]) -> Iterator[str]:
    charge, paid = _dollars(claim["charge"]), _dollars(claim["paid"])
    yield f"CLP*{claim['control']}*{claim['status']}*{charge}*{paid}**12*{claim.get('icn') or ''}*11*1"
    yield from (f"CAS*{group}*{carc}*{_dollars(cents)}" for group, carc, cents in claim["cas"])
    yield "NM1*QC*1*TESTER*ALEX****MI*XYZ000000001"
    for line in claim["lines"]:
        yield f"SVC*HC:{line['code']}*{_dollars(line['charge'])}*{_dollars(line['paid'])}**1"
        yield "DTM*472*20260105"
        yield from (f"CAS*{group}*{carc}*{_dollars(cents)}" for group, carc, cents in line["cas"])
        if line.get("control"):
            yield f"REF*6R*{line['control']}"


def _dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def zipped(members: Iterator[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(members):
            archive.writestr(zipfile.ZipInfo(f"{number}.835"), data)
    return buffer.getvalue()
