"""Documents kept as facts: the bytes in the archive under their sha256, their revision in the ledger.

A document is made with the day and number of its newest revision first: where the bytes are the same, nothing changed
and nothing is added.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from configs.identity import digest
from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.documents import Document, render
from connectors.ledger import Ledger
from tasks import people


@dataclass(frozen=True)
class Printed:
    """A document as it stands: its row of ``documents``, its bytes, and whether it is new."""

    row: dict[str, Any]
    data: bytes
    new: bool


@dataclass(frozen=True)
class Made:
    """A document in the folder it was asked for."""

    subject_id: str
    document_id: str
    revision: int
    sha256: str
    new: bool
    cents: int
    path: Path


def keep(
    ledger: Ledger,
    settings: Settings,
    kind: str,
    subject_id: str,
    make: Callable[[dt.date, int], Document],
    *,
    today: dt.date,
    template: str,
    person: str,
    patient_id: str | None = None,
    claim_id: str | None = None,
    dated: bool = False,
) -> Printed:
    """The document that `make` makes of a day and a revision: the newest one kept, or the next.

    Where its day is part of what it says (`dated`), that of another day is another one.
    """
    last = newest(ledger, kind, subject_id)
    if last is not None and (not dated or last["made_on"].date() == today):
        again = render(make(last["made_on"].date(), int(last["revision"])))
        if _sha256(again) == last["sha256"]:
            return Printed(last, again, new=False)
    revision = 1 if last is None else int(last["revision"]) + 1
    data = render(make(today, revision))
    row = store(
        ledger,
        settings,
        kind,
        subject_id,
        data,
        revision=revision,
        made_on=today,
        template=template,
        patient_id=patient_id,
        claim_id=claim_id,
        person=person,
    )
    return Printed(row, data, new=True)


def store(
    ledger: Ledger,
    settings: Settings,
    kind: str,
    subject_id: str,
    data: bytes,
    *,
    revision: int,
    made_on: dt.date,
    template: str,
    direction: str = "out",
    **named: str | None,
) -> dict[str, Any]:
    """Keep bytes in the archive, then say so in the ledger: what the ledger names is always there.

    A document is a file like any other: it is sealed, verified and in time let go with them.
    """
    sha256 = archive.put(settings.archive, data)
    row = {
        "document_id": digest("documents", kind, subject_id, revision, sha256),
        "kind": kind,
        "subject_id": subject_id,
        "revision": revision,
        "sha256": sha256,
        "bytes": len(data),
        "template": template,
        "made_on": pd.Timestamp(made_on),
        "at": people.now(),
        **named,
    }
    file = {
        "sha256": sha256,
        "direction": direction,
        "kind": "document",
        "bytes": len(data),
        "partner": "none",
    }
    with ledger.transaction() as tx:
        tx.add("documents", pd.DataFrame([row]))
        tx.add("files", pd.DataFrame([file | {"first_seen_at": row["at"]}]))
        if direction == "in":  # no stage has to read it
            tx.put("readings", [{"sha256": sha256, "outcome": "ignored", "at": row["at"]}])
    return row


def received(
    ledger: Ledger, settings: Settings, kind: str, subject_id: str, data: bytes, *, on: dt.date, **named: Any
) -> dict[str, Any]:
    """Keep a document that came from elsewhere, or a text that a person wrote; the newest one given again is itself."""
    last = newest(ledger, kind, subject_id)
    if last is not None and last["sha256"] == _sha256(data):
        return last
    revision = 1 if last is None else int(last["revision"]) + 1
    return store(
        ledger,
        settings,
        kind,
        subject_id,
        data,
        revision=revision,
        made_on=on,
        template="as received",
        direction="in",
        **named,
    )


def newest(ledger: Ledger, kind: str, subject_id: str) -> dict[str, Any] | None:
    """The newest revision of a document; None where there is none."""
    rows = ledger.read("documents", where={"kind": kind, "subject_id": subject_id})
    return None if rows.empty else dict(rows.sort_values("revision").iloc[-1])


def write(path: Path, data: bytes) -> None:
    """Write a document where a person wants it; nobody else may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)  # it may have been there, open to others
    path.write_bytes(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def safe(identifier: str) -> str:
    """An id as part of a file name: ids of a source may hold anything."""
    return identifier if identifier.replace("-", "").isalnum() else digest("file name", identifier)[:12]


def written(printed: Printed, path: Path, cents: int) -> Made:
    write(path, printed.data)
    row = printed.row
    return Made(
        str(row["subject_id"]), str(row["document_id"]), int(row["revision"]), str(row["sha256"]),
        printed.new, cents, path,
    )  # fmt: skip
