"""Sending a claim file once: a crash anywhere neither sends it twice nor forgets it.

The bytes go to ``name.tmp``, the size is checked, the caller records the point of no return, and one rename makes
the file the partner's. On the next try the names at the partner and that one recorded fact tell what happened:

| final name | ``.tmp`` | renaming recorded | so |
|---|---|---|---|
| same size | any | any | uploaded |
| other size | any | any | UploadConflict, a person looks |
| absent | whole | yes | the rename did not happen: rename now |
| absent | absent | yes | in doubt: the partner may have taken it; never sent again blindly |
| absent | any | no | nothing was sent: write ``.tmp`` from the start |
| absent | cut short | yes | our ``.tmp`` is still here, so no rename happened: write it again |
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from configs.settings import Partner
from connectors.clearinghouse.errors import (
    PartnerError,
    PartnerUnreachable,
    RemoteExists,
    RemoteMissing,
    UploadConflict,
    UploadInterrupted,
)
from connectors.clearinghouse.retry import retrying
from connectors.clearinghouse.sftp import Session, connect

Outcome = Literal["uploaded", "in_doubt"]
TEMPORARY = ".tmp"


def send(
    partner: Partner,
    home: Path,
    name: str,
    data: bytes,
    *,
    renaming_recorded: bool,
    about_to_rename: Callable[[], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """`upload` into the partner's upload folder with its own connections and retries.

    Remembers across the tries that the point of no return was recorded, which a retry around `upload` alone would
    not. Raises what `connect` and `upload` raise, after `partner.attempts` tries.
    """
    recorded = renaming_recorded

    def record() -> None:
        nonlocal recorded
        about_to_rename()
        recorded = True

    def attempt() -> Outcome:
        try:
            with connect(partner, home) as session:
                return upload(
                    session,
                    partner.upload_dir,
                    name,
                    data,
                    renaming_recorded=recorded,
                    about_to_rename=record,
                )
        except UploadInterrupted as error:
            raise PartnerUnreachable(str(error)) from None  # safe to try again: `recorded` is true by now

    return retrying(partner, attempt, sleep=sleep)


def upload(
    session: Session,
    folder: str,
    name: str,
    data: bytes,
    *,
    renaming_recorded: bool,
    about_to_rename: Callable[[], None],
) -> Outcome:
    """Make `data` the partner's under `name`, as the table above says.

    `about_to_rename` must record durably that the rename is next, and return; what it raises comes through and
    nothing was sent. Raises UploadConflict, TransferDamaged, RemoteRefused, PartnerUnreachable, and after
    `about_to_rename` UploadInterrupted instead of PartnerUnreachable.
    """
    if _taken(session, folder, name, len(data)):
        return "uploaded"
    temporary = name + TEMPORARY
    waiting = session.stat(folder, temporary)
    if renaming_recorded and waiting is None:
        return "in_doubt"
    if not (renaming_recorded and waiting is not None and waiting.size == len(data)):
        session.upload_bytes(folder, temporary, data)
    if not renaming_recorded:
        about_to_rename()
    try:
        return _rename(session, folder, temporary, name, len(data))
    except PartnerUnreachable as error:
        raise UploadInterrupted(str(error)) from None


def _rename(session: Session, folder: str, temporary: str, name: str, size: int) -> Outcome:
    try:
        session.rename(folder, temporary, name)
    except (RemoteMissing, RemoteExists):  # somebody else moved it: what is there decides
        return "uploaded" if _taken(session, folder, name, size) else "in_doubt"
    try:
        _taken(session, folder, name, size)  # absent is well: a partner that watches its folder is quick
    except UploadConflict:
        raise
    except PartnerError:
        pass  # the rename was confirmed; that we cannot look any more does not put it in doubt
    return "uploaded"


def _taken(session: Session, folder: str, name: str, size: int) -> bool:
    """Whether the final name holds our bytes; by size, the only thing every partner tells."""
    found = session.stat(folder, name)
    if found is not None and found.size != size:
        raise UploadConflict(f"{session.where}: the final name holds {found.size} bytes, ours are {size}")
    return found is not None
