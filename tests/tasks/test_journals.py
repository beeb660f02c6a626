"""The journal as files: another program checks it, and plain integers add it up again."""

from __future__ import annotations

import csv
import datetime as dt
import re
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from connectors.ledger import Ledger, Snapshot, conform
from tasks import closing, journals
from tasks.billing import accounts, months
from tests.support import books, postgres

BEAN_CHECK = Path(sys.executable).with_name("bean-check")


def full(url: str) -> Ledger:
    """Charges, a withdrawn one, a payment, its reversal and correction, a dispute, a closed month, a late match."""
    book = Ledger.open(url)
    books.charged(book)
    books.read(book, books.PAID, books.STRANGER, books.TWICE[0])
    closing.close(book, "2026-01", today=books.TODAY, person="kim", reason="month end")
    books.read(book, books.CORRECTED, books.TWICE[1])
    books.taught(book)
    return book


@pytest.fixture(scope="module")
def sqlite_book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    opened = full(f"sqlite:///{tmp_path_factory.mktemp('book')}/l.sqlite")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def postgres_book() -> Iterator[Ledger]:
    opened = full(postgres.fresh_database())
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def book(request: pytest.FixtureRequest) -> Ledger:
    return request.getfixturevalue(f"{request.param}_book")


def bean_check(path: Path) -> tuple[int, str]:
    done = subprocess.run([BEAN_CHECK, "--no-cache", path], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def added(path: Path) -> dict[str, int]:
    """Balances from the CSV with nothing but Python's integers."""
    sums: Counter[str] = Counter()
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            sums[row["account"]] += int(row["amount_cents"])
    return {account: cents for account, cents in sums.items() if cents}


def test_the_journal_under_test_has_everything(book: Ledger) -> None:
    journal = book.read("journal")
    assert set(journal["source"]) == {
        "charge",
        "remittance",
        "remittance_withdrawn",
        "answer",
    }
    late = journal["effective_on"].dt.strftime("%Y-%m") != journal["period"]
    assert set(journal.loc[late, "source"]) == {"remittance_withdrawn", "answer"}
    assert set(book.read("remitted_claims")["status"]) == {"1", "22"}


def test_bean_check_agrees_with_the_whole_journal(book: Ledger, tmp_path: Path) -> None:
    told = journals.export(book, "beancount", tmp_path)
    assert told == {"out": str(tmp_path / "journal.beancount"), "entries": book.count("journal")}
    assert bean_check(tmp_path / "journal.beancount") == (0, "")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-21", "2026-01-31"),
        ("2026-01-06", None),
        ("2026-02-01", "2026-02-09"),
        ("2026-02-05", "2027-01-31"),
        (None, "2026-01-20"),
        ("2026-03-01", None),
    ],
)
def test_bean_check_agrees_with_any_part(
    sqlite_book: Ledger, tmp_path: Path, since: str | None, until: str | None
) -> None:
    span = [None if day is None else dt.date.fromisoformat(day) for day in (since, until)]
    told = journals.export(sqlite_book, "beancount", tmp_path, *span)
    days = months.booked_on(sqlite_book.read("journal")).dt.date
    assert told["entries"] == sum((since or "") <= str(day) <= (until or "9") for day in days)
    assert bean_check(tmp_path / "journal.beancount") == (0, "")


def changed(text: str, pattern: str) -> str:
    """The first amount that the pattern finds, a cent higher."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found
    cents = int(found[1].replace(".", "")) + 1
    return text[: found.start(1)] + f"{cents / 100:.2f}" + text[found.end(1) :]


def test_one_changed_cent_fails_the_check(sqlite_book: Ledger, tmp_path: Path) -> None:
    journals.export(sqlite_book, "beancount", tmp_path)
    path = tmp_path / "journal.beancount"
    text = path.read_text()
    path.write_text(changed(text, r"^  Assets:Cash  ([\d.]+) USD"))
    status, said = bean_check(path)
    assert status == 1
    assert "does not balance" in said


def test_one_cent_changed_on_both_sides_fails_our_trial_balance(sqlite_book: Ledger, tmp_path: Path) -> None:
    """The posting still sums to zero: only the balance assertions can tell, and they do so to the cent."""
    journals.export(sqlite_book, "beancount", tmp_path)
    path = tmp_path / "journal.beancount"
    text = path.read_text()
    assert "  Assets:Receivable-Payer  200.00 USD" in text
    text = text.replace("  Assets:Receivable-Payer  200.00 USD", "  Assets:Receivable-Payer  200.01 USD", 1)
    assert "  Income:Revenue  -200.00 USD" in text
    path.write_text(text.replace("  Income:Revenue  -200.00 USD", "  Income:Revenue  -200.01 USD", 1))
    status, said = bean_check(path)
    assert status == 1
    assert "Balance failed for 'Income:Revenue'" in said


def test_a_lost_posting_fails_our_trial_balance(sqlite_book: Ledger, tmp_path: Path) -> None:
    journals.export(sqlite_book, "beancount", tmp_path)
    path = tmp_path / "journal.beancount"
    parts = path.read_text().split("\n\n")
    at = next(i for i, part in enumerate(parts) if '* "answer"' in part)
    path.write_text("\n\n".join(parts[:at] + parts[at + 1 :]))
    assert bean_check(path)[0] == 1


def test_each_month_has_an_assertion_for_every_account(sqlite_book: Ledger, tmp_path: Path) -> None:
    journals.export(sqlite_book, "beancount", tmp_path)
    text = (tmp_path / "journal.beancount").read_text()
    for day in ("2026-02-01", "2026-03-01"):
        assert text.count(f"{day} balance ") == len(accounts.kinds())
    assert text.count(" open ") == len(accounts.kinds())


def test_a_late_posting_is_dated_in_its_month_and_keeps_its_own_date(
    sqlite_book: Ledger, tmp_path: Path
) -> None:
    journals.export(sqlite_book, "beancount", tmp_path)
    text = (tmp_path / "journal.beancount").read_text()
    late = re.findall(r'^2026-02-01 \* "(\w+)"\n  posting: "[^"]+"\n  effective: (\S+)', text, re.MULTILINE)
    assert sorted(set(late)) == [("answer", "2026-01-21"), ("remittance_withdrawn", "2026-01-21")]


def test_the_csv_adds_up_to_the_balances(book: Ledger, tmp_path: Path) -> None:
    told = journals.export(book, "csv", tmp_path)
    held = {name: cents for name, cents in accounts.balances(book.read("journal")).items() if cents}
    assert added(tmp_path / "journal.csv") == held
    with (tmp_path / "journal.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == told["entries"] == book.count("journal")
    by_posting: Counter[str] = Counter()
    for row in rows:
        by_posting[row["posting_id"]] += int(row["amount_cents"])
    assert set(by_posting.values()) == {0}


def test_csv_and_parquet_have_every_column(sqlite_book: Ledger, tmp_path: Path) -> None:
    for kind in ("csv", "parquet"):
        journals.export(sqlite_book, kind, tmp_path)
    journal = sqlite_book.read("journal")
    stored = pq.read_table(tmp_path / "journal.parquet")
    pd.testing.assert_frame_equal(conform("journal", stored), journal)
    text = pd.read_csv(
        tmp_path / "journal.csv",
        dtype={name: "str" for name in journal.columns if name not in ("position", "amount_cents")},
    )
    pd.testing.assert_frame_equal(conform("journal", text), journal)


@pytest.mark.parametrize("kind", journals.WRITERS)
def test_batches_of_any_size_give_the_same_file(sqlite_book: Ledger, tmp_path: Path, kind: str) -> None:
    files = [
        Path(journals.export(sqlite_book, kind, tmp_path / str(rows), rows=rows)["out"])
        for rows in (1, 3, 10_000)
    ]
    if kind == "parquet":
        small, middle, large = (pq.read_table(path) for path in files)
        assert small.equals(large)
        assert middle.equals(large)
    else:
        assert len({path.read_bytes() for path in files}) == 1


@pytest.mark.parametrize("kind", journals.WRITERS)
def test_the_journal_is_never_held_as_a_whole(
    sqlite_book: Ledger, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    batches = Snapshot.batches

    def counted(
        self: Snapshot, name: str, *more: object, rows: int, **named: object
    ) -> Iterator[pd.DataFrame]:
        for batch in batches(self, name, *more, rows=rows, **named):  # type: ignore[arg-type]
            asked.append(len(batch))
            yield batch

    monkeypatch.setattr(Snapshot, "batches", counted)
    monkeypatch.setattr(Snapshot, "read", None)
    journals.export(sqlite_book, kind, tmp_path, rows=4)
    assert max(asked) == 4


@pytest.mark.parametrize("kind", journals.WRITERS)
def test_files_are_the_owner_s_alone_and_name_nobody(sqlite_book: Ledger, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / f"journal.{kind}").write_text("an earlier one")
    (out / f"journal.{kind}").chmod(0o644)
    journals.export(sqlite_book, kind, out)
    (path,) = out.iterdir()
    assert path.name == f"journal.{kind}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_export_that_breaks_off_leaves_the_earlier_file(
    sqlite_book: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals.export(sqlite_book, "csv", tmp_path)
    before = (tmp_path / "journal.csv").read_bytes()

    def full(*_: object) -> pd.DataFrame:
        raise OSError

    monkeypatch.setattr(journals, "_neutral", full)
    with pytest.raises(OSError):  # noqa: PT011
        journals.export(sqlite_book, "csv", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["journal.csv"]
    assert (tmp_path / "journal.csv").read_bytes() == before


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Ledger]:
    """Postings without a date, with codes that a spreadsheet would run, and with an account nobody knows."""
    opened = Ledger.open(f"sqlite:///{tmp_path}/odd.sqlite")
    common = {"posting_id": "P>1", "source": "remittance", "payer_id": 'A"\\C', "reason": "=1+1"}
    rows = [
        common | {"entry_id": f"P>1:{at}", "position": at, "account": account, "amount_cents": cents}
        for at, account, cents in ((1, "cash", 7), (2, "suspense_plb", -7))
    ]
    opened.add("journal", pd.DataFrame(rows))
    yield opened
    opened.close()


def test_what_has_no_date_stands_before_everything(odd: Ledger, tmp_path: Path) -> None:
    path = Path(journals.export(odd, "beancount", tmp_path)["out"])
    assert '1900-01-01 * "remittance"' in path.read_text()
    assert bean_check(path) == (0, "")
    assert journals.export(odd, "beancount", tmp_path, dt.date(2026, 1, 1))["entries"] == 0
    assert '2026-01-01 * "brought forward"' in path.read_text()
    assert bean_check(path) == (0, "")


def test_codes_that_a_spreadsheet_would_run_are_neutralised(odd: Ledger, tmp_path: Path) -> None:
    path = Path(journals.export(odd, "csv", tmp_path)["out"])
    with path.open(newline="") as stream:
        assert {row["reason"] for row in csv.DictReader(stream)} == {"'=1+1"}


def test_an_account_that_nobody_knows_fails_the_check(odd: Ledger, tmp_path: Path) -> None:
    for at, cents in ((1, 5), (2, -5)):
        row = {"entry_id": f"Q:{at}", "posting_id": "Q", "position": at, "source": "charge"}
        odd.add("journal", pd.DataFrame([row | {"account": "petty_cash", "amount_cents": cents}]))
    status, said = bean_check(Path(journals.export(odd, "beancount", tmp_path)["out"]))
    assert status == 1
    assert "Equity:Unknown:Petty-Cash" in said


@pytest.mark.parametrize("kind", journals.WRITERS)
def test_an_empty_journal_is_a_file_too(tmp_path: Path, kind: str) -> None:
    book = Ledger.open(f"sqlite:///{tmp_path}/empty.sqlite")
    path = Path(journals.export(book, kind, tmp_path / "out")["out"])
    book.close()
    if kind == "beancount":
        assert bean_check(path) == (0, "")
    elif kind == "csv":
        assert added(path) == {}
    else:
        assert pq.read_table(path).num_rows == 0
