"""A file that a person names on the command line, and what comes out of it: itself, or the members of a container."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from connectors.clearinghouse.unpack import container_kind, unpack


@dataclass(frozen=True)
class Opened:
    """A file's bytes, its kind, its plain members by label, and what is wrong with the container (code, message)."""

    data: bytes
    kind: str
    members: list[tuple[str, bytes]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)


def opened(path: Path) -> Opened:
    """The file at `path`; members of a container are labelled ``path#1``, ``path#2`` …"""
    data = path.read_bytes()
    kind = container_kind(data)
    if kind == "plain":
        return Opened(data, kind, [(str(path), data)])
    found = unpack(data)
    members = [(f"{path}#{number}", member) for number, member in enumerate(found.members, start=1)]
    nothing = [] if members or found.problems else [("EMPTY", "there is no file in it")]
    return Opened(data, kind, members, [*found.problems, *nothing])
