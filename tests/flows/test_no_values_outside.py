"""Nothing about a person outside the ledger, the archive and the partner: not on the screen, not in Prefect's
database, not in Data Docs, logs, settings or file names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import flow_kit as kit
import pytest

# Where protected data belongs: the ledger, the archive, and what the demo's other side (source, partner) holds.
PROTECTED = ("archive/", "demo/sources/", "demo/clearinghouse/", "staging/", "ledger.sqlite")
SHORTEST = 5  # shorter tokens occur by chance


DATES = (rb"\d{4}-\d\d-\d\d", rb"\d{1,2}/\d{1,2}/\d{4}", rb"(?<![0-9A-Fa-f])\d{8}(?![0-9A-Fa-f])")


@dataclass(frozen=True)
class People:
    """Names and member ids of all patients and subscribers, and their birth dates in every usual spelling."""

    words: frozenset[bytes]
    dates: frozenset[bytes]

    def found_in(self, data: bytes) -> set[bytes]:
        """What `data` tells of them. Dates are looked up by their form; eight digits also occur within digests."""
        told = {word for word in self.words if word in data}
        return told | {date for form in DATES for date in re.findall(form, data)} & self.dates


def people(sources: Path) -> People:
    """Everybody in the synthetic practice."""
    words: set[str] = set()
    dates: set[str] = set()
    for row in kit.read_csv(sources / "patients.csv") + kit.read_csv(sources / "coverages.csv"):
        for column, value in row.items():
            if column.endswith(("last_name", "first_name")) or column == "member_id":
                words.add(value)
            elif column.endswith("birth_date") and value:
                year, month, day = value.split("-")
                dates |= {
                    value,
                    f"{month}/{day}/{year}",
                    f"{int(month)}/{int(day)}/{year}",
                    year + month + day,
                }
    return People(
        frozenset(word.encode() for word in words if len(word) >= SHORTEST),
        frozenset(date.encode() for date in dates),
    )


@pytest.fixture(scope="session")
def everybody(whole_day: kit.Demo) -> People:
    """Everybody in the finished demo."""
    return people(whole_day.home / "demo" / "sources")


def open_files(home: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file that is not a place for protected data."""
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith(PROTECTED):
            yield name, path.read_bytes()


def test_the_ledger_and_the_archive_know_everybody(whole_day: kit.Demo, everybody: People) -> None:
    """The other tests could not fail if what they look for were not there."""
    stored = b"".join(path.read_bytes() for path in whole_day.home.glob("ledger.sqlite*"))
    iso = {date for date in everybody.dates if date[4:5] == b"-"}
    assert len(everybody.words) > 100
    assert len(iso) > 100
    assert everybody.words | iso <= everybody.found_in(stored)
    sent = b"".join(Path(path).read_bytes() for path in whole_day.json["outbound_files"])
    told = everybody.found_in(sent)
    assert len(told & everybody.words) > 50
    assert sum(re.fullmatch(rb"\d{8}", token) is not None for token in told) > 50


def test_the_screen_shows_nobody(whole_day: kit.Demo, everybody: People) -> None:
    assert everybody.found_in(whole_day.told.out.encode()) == set()
    assert everybody.found_in(whole_day.told.err.encode()) == set()


def test_no_file_beside_ledger_and_archive_knows_anybody(whole_day: kit.Demo, everybody: People) -> None:
    files = dict(open_files(whole_day.home))
    prefect = b"".join(data for name, data in files.items() if name.startswith("prefect/"))
    assert b"daily-summary" in prefect, "Prefect's database with its artifacts is read"
    assert any(name.startswith("data_docs/") for name in files), "Data Docs are read"
    told = {name: len(everybody.found_in(data)) for name, data in files.items()}
    assert {name: count for name, count in told.items() if count} == {}


def test_no_temporary_file_knows_anybody(whole_day: kit.Demo, everybody: People) -> None:
    left = [path for path in whole_day.tmp.rglob("*") if path.is_file()]
    assert [path.name for path in left if everybody.found_in(path.read_bytes())] == []


def test_no_file_is_named_after_anybody(whole_day: kit.Demo, everybody: People) -> None:
    names = [path.relative_to(whole_day.home).as_posix() for path in whole_day.home.rglob("*")]
    assert everybody.found_in("\n".join(names).encode()) == set()


def test_an_error_of_a_library_says_its_kind_and_place_and_no_value(
    loaded: kit.Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What an exception says can be anything, and Prefect stores it and shows it to anyone with a browser."""
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

    from tasks.billing import judge

    secret = "TESTER-SECRET 1980-01-02"

    def spill(*_: object, **__: object) -> None:
        raise ValueError(f"invalid literal: {secret}")

    monkeypatch.setattr(judge, "judge", spill)
    told = loaded.daily()
    assert told.status == 3
    assert told.json["state"] == "StageFailed"
    assert re.search(r"gates, coding and scrub: ValueError at \w+\.py:\d+", told.json["message"])
    database = Path(str(PREFECT_SERVER_DATABASE_CONNECTION_URL.value()).removeprefix("sqlite+aiosqlite:///"))
    stored = b"".join(path.read_bytes() for path in database.parent.glob(database.name + "*"))
    assert b"StageFailed" in stored, "the state is in what we read"
    for text in (told.out.encode(), told.err.encode(), stored):
        assert secret.split()[0].encode() not in text
