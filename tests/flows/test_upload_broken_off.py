"""A run that breaks off around the rename: nothing is sent twice, nothing is forgotten, the facts end up the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import flow_kit as kit
import pytest

from connectors.ledger import Ledger
from connectors.ledger.store import Transaction
from tasks import sending


class PowerCut(BaseException):
    """The process ends here: nothing after it runs, and no error handling of ours sees it."""


def break_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends after the rename, before it is recorded that the file is uploaded."""
    real = sending.record

    def record(ledger: Ledger, submission: str, name: str) -> None:
        if name == "uploaded":
            raise PowerCut
        real(ledger, submission, name)

    monkeypatch.setattr(sending, "record", record)


def cut_power(monkeypatch: pytest.MonkeyPatch, *, after_commit: bool) -> None:
    """The process ends at the next transaction that changes a fact: just before or just after its commit."""
    real = Ledger.transaction

    @contextmanager
    def dying(ledger: Ledger) -> Iterator[Transaction]:
        before = ledger.fingerprint()
        with real(ledger) as tx:
            yield tx
            if not after_commit and tx.fingerprint() != before:
                raise PowerCut
        if ledger.fingerprint() != before:
            raise PowerCut

    monkeypatch.setattr(Ledger, "transaction", dying)


def events(office: kit.Office) -> list[str]:
    return sorted(office.ledger.read("submission_events")["event"])


def names(office: kit.Office) -> list[str]:
    return sorted(path.name for path in office.uploads.iterdir())


def test_an_upload_in_doubt_waits_for_an_answer_and_is_never_sent_again(
    loaded: kit.Office, sent: kit.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loaded.partner():
        with monkeypatch.context() as patch:
            break_off(patch)
            with pytest.raises(PowerCut):
                loaded.daily()
        # The partner is quick: it answers, and takes the file out of the folder.
        loaded.answer("acknowledge")
        shutil.rmtree(loaded.uploads)
        loaded.uploads.mkdir()
        for _ in range(2):
            told = loaded.daily()
            assert told.json["stages"]["upload sandbox"] == {"uploaded": 0, "in_doubt": 1, "conflict": 0}
            assert (told.status, told.json["message"]) == (1, "1 uploads in doubt")
            assert names(loaded) == [], "not sent again"
        assert set(loaded.states()["state"]) == {"in_doubt"}
        (item,) = loaded.items("uploads")
        assert item["amount_cents"] == loaded.ledger.read("claims")["charge_cents"].sum()
        assert events(loaded) == ["renaming"]

        assert loaded.responses().status == 0
        assert events(loaded) == ["renaming", "uploaded"], "the 999 names the interchange: it arrived"
        assert loaded.items("uploads") == []
        told = loaded.daily()
        assert (told.status, names(loaded)) == (0, [])
    with sent.partner():
        sent.answer("acknowledge")
        assert sent.responses().status == 0
    assert loaded.fingerprint() == sent.fingerprint(), "as if nothing had happened"


def test_the_power_may_go_at_every_transaction(
    loaded: kit.Office, sent: kit.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run dies at its next transaction, in turn just before and just after the commit, until none is left."""
    folders: list[list[str]] = []
    (expected,) = names(sent)
    with loaded.partner():
        for turn in range(40):
            with monkeypatch.context() as patch:
                cut_power(patch, after_commit=turn % 2 == 1)
                try:
                    assert loaded.daily().status == 0
                    break
                except PowerCut:
                    folders.append(names(loaded))
        else:
            pytest.fail("it never came to an end")
    assert len(folders) >= 10, "decisions, claims, intent, renaming, uploaded: before and after"
    assert [] in folders
    assert [expected + ".tmp"] in folders, "it died before the rename"
    assert [expected] in folders, "it died after the rename, before it could say so"
    assert names(loaded) == [expected]
    assert (loaded.uploads / expected).read_bytes() == (sent.uploads / expected).read_bytes()
    assert loaded.fingerprint() == sent.fingerprint()
