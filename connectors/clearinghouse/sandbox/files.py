"""The sandbox's folders: which uploads are whole, and how an answer appears at once."""

from __future__ import annotations

import os
from pathlib import Path

IN, OUT = "SendFiles", "ReceiveFiles"  # from the partner's point of view: it sends, it receives
OWN = ".sandbox"  # host key, staging and lost uploads, outside of every user's folder
LOST = "lost"
UNFINISHED = (".tmp", ".part", ".filepart")


def prepare(root: Path, user: str) -> None:
    """The two folders of a user; only the owner of the sandbox may look into them."""
    for name in (IN, OUT):
        (root / user / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def uploads(folder: Path) -> list[Path]:
    """Whole uploads in name order: no hidden file, no name of a transfer under way, no link."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
        and not path.name.lower().endswith(UNFINISHED)
        and path.is_file()
        and not path.is_symlink()
    ]


def publish(root: Path, folder: Path, name: str, data: bytes) -> bool:
    """Put `data` at ``folder/name`` in one step; False, and the file untouched, where it is there already."""
    target = folder / name
    if target.is_file() and target.read_bytes() == data:
        return False
    staging = root / OWN / "staging"
    staging.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = staging / f"{os.getpid()}-{name}"
    temporary.write_bytes(data)
    temporary.replace(target)
    return True
