"""Old remittances in the forms they are kept in, and backfills of them. Nobody in them is real.

Five claims of one office over six checks: paid, denied and paid, taken back, corrected, and one under no number. A file
each, in a folder, a zip, a gzip and a tar; besides a copy, a 4010, one that does not balance, and what is no 835.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks.backfilling.pools import Here, Pool
from tasks.backfilling.running import Run, whole
from tests.support.arrivals import interchange, zipped
from tests.support.remittance_frames import clp, remit, svc


def _check(number: int, *claims: dict[str, Any]) -> dict[str, Any]:
    return remit(*claims, trace=f"OLD{number}", day=dt.date(2016 + number % 4, 1 + number, 5))


def _answer(control: str, charge: int, paid: int, status: str = "1") -> dict[str, Any]:
    sign = -1 if status == "22" else 1
    cas = ("CO", "16", charge) if status == "4" else ("CO", "45", sign * (charge - paid))
    line = svc(sign * charge, sign * paid, cas)
    return clp(control, status, sign * charge, sign * paid, line, icn=f"ICN{control}")


CHECKS = (
    _check(1, _answer("A1", 10_000, 7_000), _answer("A2", 12_000, 0, "4")),
    _check(2, _answer("A2", 12_000, 9_000), _answer("A3", 5_000, 4_000)),
    _check(3, _answer("A3", 5_000, 4_000, "22"), _answer("A3", 5_000, 3_500)),
    _check(4, _answer("A4", 20_000, 15_000)),
    _check(5, _answer("A5", 9_000, 8_000), _answer("0", 100, 100)),
    _check(6, _answer("A4", 20_000, 15_000, "22")),
)
FILES = tuple(interchange(number, check) for number, check in enumerate(CHECKS, start=1))
V4010 = FILES[4].replace(b"005010X221A1", b"004010X091A1").replace(b"*^*00501*", b"*U*00401*")
OFF = interchange(90, {**CHECKS[0], "trace": "OFF", "bpr": CHECKS[0]["bpr"] + 1})


def fill(folder: Path, form: str = "folder") -> Path:
    """Put them there in one form, with a copy and what is no 835."""
    folder.mkdir(parents=True)
    files = (*FILES[:4], V4010, FILES[5])
    if form == "folder":
        (folder / "below").mkdir()
        for number, data in enumerate(files):
            (folder / ("below" if number % 2 else ".") / f"{number}.835").write_bytes(data)
        (folder / "again.txt").write_bytes(FILES[0])
        (folder / "readme").write_bytes(b"how to read these")
        (folder / "off.835").write_bytes(OFF)
        (folder / "lost.835").write_bytes(b"ISA*00*cut off")
    elif form == "zip":
        (folder / "old.zip").write_bytes(zipped(iter(files)))
    elif form == "gz":
        for number, data in enumerate(files):
            (folder / f"{number}.gz").write_bytes(gzip.compress(data, mtime=0))
    else:
        with tarfile.open(folder / "old.tar.gz", "w:gz") as archive:
            for number, data in enumerate(files):
                entry = tarfile.TarInfo(f"{number}.835")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return folder


def more(folder: Path, files: int) -> Path:
    """Put so many checks of a claim each beside them."""
    for number in range(100, 100 + files):
        check = _check(number % 7, _answer(f"B{number}", 10_000, 7_000)) | {"trace": f"MORE{number}"}
        (folder / f"more{number}.835").write_bytes(interchange(number, check))
    return folder


def backfilled(
    home: Path,
    ledger: Ledger,
    *paths: Path | str,
    pool: Pool | None = None,
    store: str | None = None,
    adopt: bool = True,
) -> dict[str, Any]:
    """A backfill of these paths into a ledger, without a flow around it."""
    run = Run(Settings(home=home), ledger, "test", store=store, adopt=adopt)
    return whole(run, [str(path) for path in paths], pool or Here())
