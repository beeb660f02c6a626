"""Nothing about a person outside the ledger, the archive and the partner: not on the screen, not in Prefect's
database, not in Data Docs, logs, settings or file names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import flow_kit as kit
import pytest

# Where protected data belongs: the ledger, the archive, and what the demo's other side (source, partner) holds.
PROTECTED = ("archive/", "demo/sources/", "demo/clearinghouse/", "staging/", "ledger.sqlite")
SHORTEST = 5  # shorter tokens occur by chance


def tokens(sources: Path) -> set[bytes]:
    """Names, member ids and birth dates of all patients and subscribers, in every usual spelling."""
    found: set[str] = set()
    for row in kit.read_csv(sources / "patients.csv") + kit.read_csv(sources / "coverages.csv"):
        for column, value in row.items():
            if column.endswith(("last_name", "first_name")) or column == "member_id":
                found.add(value)
            elif column.endswith("birth_date") and value:
                year, month, day = value.split("-")
                found |= {value, f"{month}/{day}/{year}", f"{int(month)}/{int(day)}/{year}", year + month + day}
    return {token.encode() for token in found if len(token) >= SHORTEST}


def pattern(wanted: set[bytes]) -> re.Pattern[bytes]:
    """Any of the tokens, not as a part of a longer number or word: eight digits occur within digests."""
    choices = b"|".join(sorted(map(re.escape, wanted)))
    return re.compile(rb"(?<![0-9A-Za-z])(" + choices + rb")(?![0-9A-Za-z])")


def open_files(home: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file that is not a place for protected data."""
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith(PROTECTED):
            yield name, path.read_bytes()


def test_the_tokens_are_those_of_the_ledger(whole_day: kit.Demo) -> None:
    """The other tests could not fail if the ledger itself did not hold them."""
    wanted = tokens(whole_day.home / "demo" / "sources")
    stored = b"".join(path.read_bytes() for path in whole_day.home.glob("ledger.sqlite*"))
    missing = [token for token in wanted if token not in stored]
    spelled_otherwise = [t for t in missing if b"/" in t or re.fullmatch(rb"\d{8}", t)]
    assert len(wanted) > 400
    assert missing == spelled_otherwise, "names, member ids and ISO dates stand in the ledger"


def test_the_screen_shows_nobody(whole_day: kit.Demo) -> None:
    wanted = pattern(tokens(whole_day.home / "demo" / "sources"))
    assert not wanted.search(whole_day.told.out.encode())
    assert not wanted.search(whole_day.told.err.encode())


def test_no_file_beside_ledger_and_archive_knows_anybody(whole_day: kit.Demo) -> None:
    wanted = pattern(tokens(whole_day.home / "demo" / "sources"))
    files = dict(open_files(whole_day.home))
    assert any(name.startswith("prefect/") and name.endswith(".db") for name in files), "Prefect's database is read"
    assert any(name.startswith("data_docs/") for name in files), "Data Docs are read"
    assert b"daily-summary" in b"".join(data for name, data in files.items() if name.startswith("prefect/"))
    told = {name: len(wanted.findall(data)) for name, data in files.items() if wanted.search(data)}
    assert told == {}


def test_no_temporary_file_knows_anybody(whole_day: kit.Demo) -> None:
    wanted = pattern(tokens(whole_day.home / "demo" / "sources"))
    left = [path for path in whole_day.tmp.rglob("*") if path.is_file()]
    assert [path.name for path in left if wanted.search(path.read_bytes())] == []


def test_no_file_is_named_after_anybody(whole_day: kit.Demo) -> None:
    wanted = pattern(tokens(whole_day.home / "demo" / "sources"))
    names = [path.relative_to(whole_day.home).as_posix() for path in whole_day.home.rglob("*")]
    assert not wanted.search("\n".join(names).encode())


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
