"""Letter templates: Jinja texts beside this module, read as they are and named by their content.

A document says which template it was made from: ``timely_filing@`` and twelve digits of the digest of all the texts it
takes part of, so that a letter of long ago can be told from one of today's wording.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "templates"


@cache
def sources(kind: str) -> MappingProxyType[str, str]:
    """Name to text of the templates of a kind of letter (``appeals``)."""
    files = sorted((FOLDER / kind).glob("*.j2"))
    return MappingProxyType({path.stem: path.read_text(encoding="utf-8") for path in files})


def version(kind: str, *names: str) -> str:
    """The last of these templates with the digest of them all: ``timely_filing@0123456789ab``."""
    texts = sources(kind)
    data = "\0".join(texts[name] for name in names)
    return f"{names[-1]}@{hashlib.sha256(data.encode()).hexdigest()[:12]}"
