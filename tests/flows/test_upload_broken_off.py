"""A run that breaks off around the rename: nothing is sent twice, nothing is forgotten, the facts end up the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import flow_kit as kit
import pytest

from tasks import sending


class PowerCut(BaseException):
    """The process ends here: nothing after it runs, and no error handling of ours sees it."""


def break_off(monkeypatch: pytest.MonkeyPatch, event: str, *, recorded: bool) -> None:
    """The next time that `event` of an upload is to be recorded, the process ends: before or after it is."""
    real = sending.record

    def record(ledger: object, submission: str, name: str) -> None:
        if name != event or recorded:
            real(ledger, submission, name)  # type: ignore[arg-type]
        if name == event:
            raise PowerCut

    monkeypatch.setattr(sending, "record", record)


def events(office: kit.Office) -> list[str]:
    return sorted(office.ledger.read("submission_events")["event"])


def names(office: kit.Office) -> list[str]:
    return sorted(path.name for path in office.uploads.iterdir())


@pytest.mark.parametrize(
    ("event", "recorded", "left"),
    [("renaming", False, [".tmp"]), ("renaming", True, [".tmp"]), ("uploaded", False, [""])],
)
def test_a_rerun_finishes_what_was_begun_and_sends_once(
    loaded: kit.Office,
    sent: kit.Office,
    monkeypatch: pytest.MonkeyPatch,
    event: str,
    recorded: bool,
    left: list[str],
) -> None:
    with loaded.partner():
        with monkeypatch.context() as patch:
            break_off(patch, event, recorded=recorded)
            with pytest.raises(PowerCut):
                loaded.daily()
        (expected,) = names(sent)
        assert names(loaded) == [expected + suffix for suffix in left], "where it broke off"
        assert loaded.daily().status == 0
        assert names(loaded) == [expected]
        assert (loaded.uploads / expected).read_bytes() == (sent.uploads / expected).read_bytes()
    assert events(loaded) == ["renaming", "uploaded"]
    assert loaded.fingerprint() == sent.fingerprint()


def test_an_upload_in_doubt_waits_for_an_answer_and_is_never_sent_again(
    loaded: kit.Office, sent: kit.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loaded.partner():
        with monkeypatch.context() as patch:
            break_off(patch, "uploaded", recorded=False)
            with pytest.raises(PowerCut):
                loaded.daily()
        # The partner is quick: it answers, and takes the file out of the folder.
        loaded.answer("acknowledge")
        shutil.rmtree(loaded.uploads)
        loaded.uploads.mkdir()
        for _ in range(2):
            told = loaded.daily()
            assert told.json["stages"]["upload sandbox"] == {"uploaded": 0, "in_doubt": 1}
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


def test_every_stage_may_be_the_last_before_a_power_cut(
    loaded: kit.Office, sent: kit.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run dies at its next transaction, just before or just after the commit; the last one finds nothing to do."""
    from contextlib import contextmanager

    from connectors.ledger import Ledger

    real: Callable[..., object] = Ledger.transaction
    died = 0
    with loaded.partner():
        for after_commit in (False, True) * 12:
            written: list[str] = []

            @contextmanager
            def dying(ledger: Ledger, after: bool = after_commit, seen: list[str] = written):  # type: ignore[no-untyped-def]
                before = ledger.fingerprint()
                with real(ledger) as tx:
                    yield tx
                    if not after and tx.fingerprint() != before:
                        raise PowerCut
                if ledger.fingerprint() != before:
                    seen.append("committed")
                    raise PowerCut

            with monkeypatch.context() as patch:
                patch.setattr(Ledger, "transaction", dying)
                try:
                    assert loaded.daily().status == 0
                    break
                except PowerCut:
                    died += 1
        else:
            pytest.fail("it never came to an end")
    assert died >= 6, "check, judge, claims, intent, renaming, uploaded"
    assert len(names(loaded)) == 1
    assert loaded.fingerprint() == sent.fingerprint()
