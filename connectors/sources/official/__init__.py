"""Official files of codes and edits, read as they are published.

One module a file. Each says ``recognises(data, name)`` (is this that file?) and ``read(data, name)`` (its rows, which
edition they are, from when to when it judges, and which rows were kept out). Zips, spreadsheets and texts are told by
their first bytes. What is something else altogether raises ``WrongFile`` with the file's name and a line.

Layouts: ``docs/reference-files.md``. CPT descriptions are licensed and no reader keeps one.
"""

from __future__ import annotations

from types import ModuleType

from connectors.sources.official import hcpcs, icd10cm, leie, mue, ncci, nppes, nucc, pos
from connectors.sources.official.common import Loaded, WrongFile

READERS: dict[str, ModuleType] = {
    "icd10cm": icd10cm,
    "ncci": ncci,
    "mue": mue,
    "nucc": nucc,
    "pos": pos,
    "nppes": nppes,
    "leie": leie,
    "hcpcs": hcpcs,
}

__all__ = ["READERS", "Loaded", "WrongFile", "kinds_of"]


def kinds_of(data: bytes, name: str) -> list[str]:
    """Kinds whose reader recognises the beginning of a file."""
    return [kind for kind, reader in READERS.items() if reader.recognises(data, name)]
