"""A page of ``docs/runbooks`` as something to follow: its commands are run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.commands import Told, cleanclaim

FOLDER = Path(__file__).parents[2] / "docs" / "runbooks"


class Runbook:
    """One page, followed at one home."""

    def __init__(self, name: str, home: Path) -> None:
        self.text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        self.home = home

    def says(self, words: str) -> None:
        """The page has these words; it may break them between two lines."""
        assert words in re.sub(r"\s+", " ", self.text), words

    def run(self, command: str, *more: str, **given: str) -> Told:
        """Run a command that the page names, with what stands in capitals there filled in; `more` goes behind it."""
        self.says(f"cleanclaim {command}")
        words = (given.get(word.strip('"'), word.strip('"')) for word in _words(command))
        return cleanclaim(*words, *more, home=self.home)


def _words(command: str) -> list[str]:
    return re.findall(r'"[^"]*"|\S+', command)
