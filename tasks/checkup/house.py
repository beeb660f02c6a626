"""Settings, the home's folders, and room on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from configs.checks import thresholds
from configs.rules import load_book
from configs.settings import ConfigurationError, Settings
from tasks.checkup.finding import FAIL, OK, WARN, Finding

# A day of a large practice, its Parquet and its Data Docs take well under a gigabyte.
LITTLE_ROOM, NO_ROOM = 5 << 30, 500 << 20
FULL = "docs/runbooks/disk-full.md"
# The home's own files besides its settings, and what reads them.
BOOKS: Mapping[str, Callable[[Path], object]] = {"rules.toml": load_book, "checks.toml": thresholds}
OTHERS = 0o077  # what anybody but the owner may do


def settings(given: Settings) -> Iterator[Finding]:
    """What no run can do without, and what is left from testing."""
    blank = given.practice.missing()
    if blank:
        yield Finding(
            "settings", "practice", FAIL, f"blank: {' '.join(blank)}", "fill them in cleanclaim.toml"
        )
    else:
        yield Finding("settings", "practice", OK, "complete")
    if not given.id_key.get_secret_value():
        yield Finding("settings", "id_key", FAIL, "blank", "run 'cleanclaim init', or set CLEANCLAIM_ID_KEY")
    try:
        ZoneInfo(given.billing.time_zone)
    except (KeyError, ValueError, OSError):
        yield Finding(
            "settings", "billing.time_zone", FAIL, "no such time zone", "name one as America/Chicago"
        )
    if not given.partners:
        yield Finding(
            "settings", "partners", WARN, "none: no claim can be sent", "add a [partners.NAME] section"
        )
    for name, partner in given.partners.items():
        where = f"partners.{name}"
        if partner.usage == "T" and partner.sandbox_root is None:
            yield Finding(
                "settings", where, WARN, "usage is T: its files are tests", 'set usage = "P" to be paid'
            )
        if partner.key_file is not None:
            yield _key(where, given.home / partner.key_file.expanduser())
    for name, read in BOOKS.items():
        yield _book(given.home, name, read)


def _key(where: str, path: Path) -> Finding:
    subject = f"{where}.key_file"
    if not path.is_file():
        return Finding(
            "settings", subject, FAIL, "the file is not there", "put the private key where key_file says"
        )
    if path.stat().st_mode & OTHERS:
        return Finding("settings", subject, WARN, "others may read the private key", "chmod 600 the file")
    return Finding("settings", subject, OK, "there, and its owner's alone")


def _book(home: Path, name: str, read: Callable[[Path], object]) -> Finding:
    try:
        read(home)
    except ConfigurationError as error:
        return Finding("settings", name, FAIL, str(error), f"correct the home's {name}")
    return Finding("settings", name, OK, "read")


def home(given: Settings) -> Iterator[Finding]:
    """The home is the owner's alone: it holds protected data."""
    if given.home.stat().st_mode & OTHERS:
        yield Finding("home", "folder", WARN, "others may enter it", "chmod 700 the home")
    else:
        yield Finding("home", "folder", OK, "its owner's alone")
    ledger = given.home / "ledger.sqlite"
    if ledger.exists() and ledger.stat().st_mode & OTHERS:
        yield Finding("home", "ledger.sqlite", WARN, "others may read it", "chmod 600 the file")


def disk(given: Settings) -> Iterator[Finding]:
    """Room where the home is."""
    free = shutil.disk_usage(given.home).free
    told = f"{free / (1 << 30):,.1f} GB free"
    action = f"make room before the next run: {FULL}"
    if free < NO_ROOM:
        yield Finding("disk", "home", FAIL, told, action)
    elif free < LITTLE_ROOM:
        yield Finding("disk", "home", WARN, told, action)
    else:
        yield Finding("disk", "home", OK, told)
