"""The backfill without its flow: one ledger from every form, place, order, number of processes and interruption."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import fsspec
import pyarrow.parquet as pq
import pytest

from configs.settings import Settings
from connectors.ledger import Ledger
from connectors.sources.places import find
from tasks.backfilling import intake
from tasks.backfilling.pools import Processes
from tests.support import backfills, postgres
from tests.support.backfills import FILES, backfilled, fill
from tests.support.processes import assert_nothing_half_posted, ended_well, forked, killed_after

# CLEANCLAIM_BACKFILL_KILLS=30 takes some minutes.
KILLS = int(os.environ.get("CLEANCLAIM_BACKFILL_KILLS", "2"))
Fresh = Callable[[], str]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def fresh(empty: Path, tmp_path: Path) -> Fresh:
    """A maker of addresses of empty ledgers."""
    numbers = itertools.count()
    return lambda: f"sqlite:///{shutil.copy(empty, tmp_path / f'{next(numbers)}.sqlite')}"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions of about two files."""
    monkeypatch.setattr(intake, "BYTES", 2_000)


@pytest.fixture(scope="module")
def expected(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The fingerprint of the six checks."""
    folder = tmp_path_factory.mktemp("expected")
    place = shutil.copy(empty, folder / "ledger.sqlite")
    with Ledger.open(f"sqlite:///{place}") as ledger:
        return str(backfilled(folder / "home", ledger, fill(folder / "in", "zip"))["fingerprint"])


def test_a_folder_is_told_file_by_file(tmp_path: Path, fresh: Fresh) -> None:
    with Ledger.open(fresh()) as ledger:
        made = backfilled(tmp_path / "home", ledger, fill(tmp_path / "in"))
        again = backfilled(tmp_path / "home", ledger, tmp_path / "in")
        assert ledger.count("quarantine") == 2
    counts = {name: made[f"{name}_files"] for name in ("new", "duplicate", "quarantined", "ignored")}
    assert counts == {"new": 7, "duplicate": 1, "quarantined": 1, "ignored": 1}
    assert (made["files"], made["remittances"], made["claims"], made["lines"]) == (10, 6, 10, 10)
    assert made["bpr_cents"] == made["cash_cents"] == sum(check["bpr"] for check in backfills.CHECKS)
    assert [row["code"] for row in made["problems"]] == ["TRANSACTION_BALANCE"]
    assert {Path(row["url"]).name: row["code"] for row in made["named"]} == {
        "readme": "NOT_X12",
        "lost.835": "NOT_X12",
    }
    assert [row["year"] for row in made["by_year_and_payer"]] == [2016, 2017, 2018, 2019]
    assert (again["new_files"], again["duplicate_files"]) == (0, 8)
    same = ("files", "remittances", "claims", "lines", "bpr_cents", "cash_cents", "fingerprint", "balanced")
    assert {name: again[name] for name in same} == {name: made[name] for name in same}
    manifest = pq.read_table(next((tmp_path / "home/backfill/manifests").iterdir())).to_pydict()
    assert len(manifest["url"]) == 10
    assert not (tmp_path / "home/backfill/partitions").exists()


@pytest.mark.parametrize("form", ["gz", "tar"])  # the others are of other tests
def test_the_form_says_nothing(form: str, tmp_path: Path, fresh: Fresh, small: None, expected: str) -> None:
    with Ledger.open(fresh()) as ledger:
        made = backfilled(
            tmp_path / "home",
            ledger,
            fill(tmp_path / "in", form) / ("**/[0-9o]*[0-9zr]*" if form == "gz" else ""),
        )
        assert (made["remittances"], made["balanced"]) == (6, True)
        assert made["fingerprint"] == expected


def test_any_order_with_copies_on_both_engines(
    tmp_path: Path, fresh: Fresh, small: None, expected: str
) -> None:
    random = Random(5)
    for url in (fresh(), postgres.fresh_database()):
        with Ledger.open(url) as ledger:
            order = [*FILES, *FILES[:2]]
            random.shuffle(order)
            for number, data in enumerate(order):
                folder = tmp_path / f"{ledger!r}"[1:20].replace(" ", "") / f"{number // 3}"
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{number}.835").write_bytes(data.replace(b"~", b"~\n") if number % 2 else data)
            for run in sorted(folder.parent.iterdir()):
                made = backfilled(tmp_path / "home", ledger, run)
            assert made["fingerprint"] == expected


def test_processes_decode_as_one_does(tmp_path: Path, fresh: Fresh, small: None, expected: str) -> None:
    pool = Processes(2)
    try:
        with Ledger.open(fresh()) as ledger:
            made = backfilled(tmp_path / "home", ledger, fill(tmp_path / "in", "gz"), pool=pool)
    finally:
        pool.close()
    assert made["fingerprint"] == expected


def test_a_store_that_is_no_disk(tmp_path: Path, fresh: Fresh, small: None, expected: str) -> None:
    memory = fsspec.filesystem("memory")
    for number, data in enumerate(FILES):
        memory.pipe(f"/remits/{number}.835", data)
    with Ledger.open(fresh()) as ledger:
        made = backfilled(tmp_path / "home", ledger, "memory://remits", store="memory://partitions")
    assert made["fingerprint"] == expected
    assert not memory.find("/partitions")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 of this machine, and a bucket in it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    fs.mkdir("old")
    yield "old"
    server.stop()


def test_s3_in_and_s3_between(tmp_path: Path, fresh: Fresh, small: None, expected: str, bucket: str) -> None:
    fs = fsspec.filesystem("s3")
    for number, data in enumerate(FILES):
        fs.pipe(f"{bucket}/remits/{number}.835", data)
    with Ledger.open(fresh()) as ledger:
        made = backfilled(
            tmp_path / "home", ledger, f"s3://{bucket}/remits/*.835", store=f"s3://{bucket}/partitions"
        )
    assert made["fingerprint"] == expected


def test_killed_anywhere_a_rerun_ends_the_same(
    tmp_path: Path, fresh: Fresh, small: None, expected: str
) -> None:
    random, source = Random(11), fill(tmp_path / "in", "tar")

    def run(home: Path, url: str) -> None:
        with Ledger.open(url) as ledger:
            backfilled(home, ledger, source)

    began = time.monotonic()
    assert ended_well(forked(lambda: run(tmp_path / "whole", fresh())))
    whole = time.monotonic() - began
    for number in range(KILLS):
        home, url = tmp_path / f"home{number}", fresh()
        killed_after(forked(lambda home=home, url=url: run(home, url)), random.uniform(0.05, 0.9) * whole)
        with Ledger.open(url) as ledger:
            assert_nothing_half_posted(ledger)
            assert backfilled(home, ledger, source)["fingerprint"] == expected
        assert not list((home / "archive").glob("*.part"))


def test_suspended_and_adopted_later_is_adopted(tmp_path: Path, fresh: Fresh, expected: str) -> None:
    source = fill(tmp_path / "in", "zip")
    with Ledger.open(fresh()) as ledger:
        made = backfilled(tmp_path / "home", ledger, source, adopt=False)
        assert made["balanced"]
        assert ledger.count("journal", {"account": "revenue"}) == 0
        assert made["fingerprint"] != expected
        assert backfilled(tmp_path / "home", ledger, source)["fingerprint"] == expected


def test_a_huge_file_is_read_in_windows(
    tmp_path: Path, fresh: Fresh, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.backfilling import decoding

    for module in (intake, decoding):
        monkeypatch.setattr(module, "LARGE", 1_000)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/all.835").write_bytes(backfills.interchange(7, *backfills.CHECKS))
    with Ledger.open(fresh()) as ledger:
        made = backfilled(tmp_path / "home", ledger, tmp_path / "in")
    assert made["fingerprint"] == expected


def test_a_home_and_files_with_letters_that_an_address_would_escape(
    tmp_path: Path, fresh: Fresh, small: None, expected: str
) -> None:
    folder = tmp_path / "Büro 50 %20 #1"
    source = fill(folder / "in", "gz")
    with Ledger.open(fresh()) as ledger:
        made = backfilled(folder / "home", ledger, source)
        assert made["fingerprint"] == expected
        assert not (folder / "home/backfill/partitions").exists()


@pytest.mark.parametrize("paths", ["", "/*", "/*/*"], ids=["folder", "glob", "files"])
def test_two_colons_in_a_name_are_no_chain_of_addresses(
    tmp_path: Path, fresh: Fresh, small: None, expected: str, paths: str
) -> None:
    source = fill(tmp_path / "in", "gz")
    for file in [*source.iterdir()]:
        folder = source / f"a::{file.stem}"
        folder.mkdir()
        file.rename(folder / f"s3::{file.name}")
    given = source.glob("*/*") if paths == "/*/*" else [f"{source}{paths}"]
    with Ledger.open(fresh()) as ledger:
        assert backfilled(tmp_path / "home::1", ledger, *given)["fingerprint"] == expected


def test_a_chain_of_addresses_is_read_through_the_whole_chain(
    tmp_path: Path, fresh: Fresh, small: None, expected: str
) -> None:
    source = fill(tmp_path / "in", "zip")
    with Ledger.open(fresh()) as ledger:
        made = backfilled(tmp_path / "home", ledger, f"zip://*::file://{source}/old.zip")
        assert made["fingerprint"] == expected


def test_the_manifest_has_the_whole_of_a_large_ignored_file(
    tmp_path: Path, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LARGE", 1_000)
    (tmp_path / "in").mkdir()
    data = b"scanned pages " * 1_000
    (tmp_path / "in/pages.tif").write_bytes(data)
    with Ledger.open(fresh()) as ledger:
        made = backfilled(tmp_path / "home", ledger, tmp_path / "in")
    told = {"sha256": sha256(data).hexdigest(), "bytes": len(data), "outcome": "ignored"}
    assert {name: made["named"][0][name] for name in told} == told


def test_taking_in_asks_for_no_file_twice_whether_a_partition_is_full(
    tmp_path: Path, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counted(list[tuple[str, int]]):
        looked = 0

        def __iter__(self) -> Iterator[tuple[str, int]]:
            Counted.looked += len(self)
            return super().__iter__()

    source = fill(tmp_path / "in", "zip")
    with Ledger.open(fresh()) as ledger:
        taken = intake.Intake(Settings(home=tmp_path / "home"), ledger, tmp_path / "home/manifest.parquet")
        taken._files = Counted()
        (partition,) = taken.partitions(find([str(source)]))
    assert Counted.looked <= len(partition.files) == len(FILES)
