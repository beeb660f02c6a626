"""The pages for faults say what is seen, what it means, what to do, what never to do, and when it is over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.checkup import house, partners, records
from tests.support.runbooks import FOLDER

ROOT = FOLDER.parents[1]
FAULTS = (
    "partner-unreachable", "host-key-refused", "disk-full", "remittance-in-quarantine", "a-check-twice",
    "no-acknowledgment", "wrong-payer-id", "a-lost-worker", "database-restarted", "bad-reference-file",
)  # fmt: skip
PARTS = ("You see", "It means", "Do", "Never", "It is over")


@pytest.mark.parametrize("name", FAULTS)
def test_a_page_has_its_five_parts_in_order(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    leads = [lead for lead in re.findall(r"^\*\*([A-Z][a-z ]+)\*\*", text, re.M) if lead in PARTS]
    assert leads == list(PARTS)
    assert "`cleanclaim " in text.split("**Do**")[1]


@pytest.mark.parametrize("name", FAULTS)
def test_a_page_is_tried(name: str) -> None:
    trials = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_faults.py")
    )
    assert f'page("{name}")' in trials


def test_the_doctor_names_pages_that_are_there() -> None:
    named = [
        value
        for module in (house, partners, records)
        for value in vars(module).values()
        if isinstance(value, str) and "docs/runbooks/" in value
    ]
    assert len(named) >= 6
    assert all((ROOT / value).exists() for value in named)
