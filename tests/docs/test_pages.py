"""The pages: generated ones are in step with the code, links lead somewhere, the README names real commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from flows.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def commands() -> set[str]:
    """Every command as it is typed, ``worklist list`` …"""
    found: set[str] = set()
    todo = [("", typer.main.get_command(app))]
    while todo:
        path, command = todo.pop()
        children = getattr(command, "commands", None)
        if children is None:
            found.add(path.strip())
        else:
            todo += [(f"{path} {name}", child) for name, child in children.items()]
    return found


def test_generated_pages_are_up_to_date():
    """Every command, setting, column and rule has its line, because the pages are made from them."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr[-500:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_pages_name_only_commands_that_exist():
    known = commands()
    for page in PAGES:
        for line in re.findall(r"cleanclaim ((?:[a-z0-9]+ ?){1,2})", page.read_text(encoding="utf-8")):
            words = line.split()
            typed = {" ".join(words[:2]), words[0]}
            groups = {name.split()[0] for name in known if " " in name}
            if words[0] in groups | {name for name in known if " " not in name}:
                assert typed & known or words[0] in groups, line


def test_every_command_is_in_the_commands_page():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert {name for name in commands() if f"## `cleanclaim {name}`" not in page} == set()


def test_no_page_holds_a_placeholder():
    for page in PAGES:
        assert not re.search(r"@@\w+@@|TODO|FIXME|XXX", page.read_text(encoding="utf-8")), page.name


def test_every_way_to_let_tests_look_longer_is_told():
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    sources = [ROOT / "conftest.py", *(ROOT / "tests").rglob("test_*.py")]
    asked = {
        name
        for path in sources
        for name in re.findall(r'environ\.get\("(CLEANCLAIM_\w+)"', path.read_text(encoding="utf-8"))
    }
    assert asked > {"CLEANCLAIM_DRAW", "CLEANCLAIM_ORDERS"}
    assert {name for name in asked if name not in page} == set()
