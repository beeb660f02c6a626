"""A claim file is sent once, whatever breaks between: every step cut off, then run again, against a real server."""

from __future__ import annotations

import os

import pytest
from asyncssh.sftp import SFTPServerHandler

from connectors.clearinghouse import sftp
from connectors.clearinghouse.errors import UploadConflict, UploadInterrupted
from connectors.clearinghouse.upload import send, upload

NAME = "PRACTICE1_837P_20260105183000_000000001.edi"
DATA = os.urandom(200_000)


class Run:
    """One claim file's way out over several tries, with what the ledger would remember."""

    def __init__(self, server, settings, home):
        self.server, self.settings, self.home = server, settings, home
        self.recorded = 0
        self.final = server.root / "in" / NAME
        self.temporary = server.root / "in" / (NAME + ".tmp")

    def record(self):
        self.recorded += 1

    def upload(self, data=DATA):
        with sftp.connect(self.settings(), self.home) as session:
            return upload(
                session,
                "/in",
                NAME,
                data,
                renaming_recorded=self.recorded > 0,
                about_to_rename=self.record,
            )


@pytest.fixture
def run(server, settings, home):
    return Run(server, settings, home)


@pytest.mark.parametrize("posix", [True, False])
def test_uploads_and_a_second_run_finds_it_done(run, monkeypatch, posix):
    if not posix:
        monkeypatch.setattr(SFTPServerHandler, "_extensions", [])
    assert run.upload() == "uploaded"
    assert run.final.read_bytes() == DATA
    assert not run.temporary.exists()
    run.server.operations.clear()
    assert run.upload() == "uploaded"
    assert run.recorded == 1
    assert set(run.server.operations) == {"stat"}


@pytest.mark.parametrize("operation", ["stat", "open", "write"])
def test_cut_before_the_point_of_no_return_starts_over(run, operation):
    run.server.before[operation] = run.server.once(run.server.cut)
    with pytest.raises(sftp.PartnerUnreachable) as cut:
        run.upload()
    assert not isinstance(cut.value, UploadInterrupted)  # a plain retry is safe
    assert run.recorded == 0
    assert not run.final.exists()
    assert run.upload() == "uploaded"
    assert run.final.read_bytes() == DATA


def test_half_a_temporary_file_of_an_earlier_crash_is_written_again(run):
    run.temporary.write_bytes(DATA[:1000] + b"x" * 500_000)
    assert run.upload() == "uploaded"
    assert run.final.read_bytes() == DATA


def test_crash_while_recording_sends_nothing_and_starts_over(run):
    def crash():
        raise RuntimeError("the ledger is gone")

    with sftp.connect(run.settings(), run.home) as session, pytest.raises(RuntimeError):
        upload(session, "/in", NAME, DATA, renaming_recorded=False, about_to_rename=crash)
    assert not run.final.exists()
    assert run.upload() == "uploaded"
    assert run.recorded == 1


def test_crash_between_recording_and_rename_renames_without_writing(run):
    def crash():
        run.record()
        raise RuntimeError("killed")

    with sftp.connect(run.settings(), run.home) as session, pytest.raises(RuntimeError):
        upload(session, "/in", NAME, DATA, renaming_recorded=False, about_to_rename=crash)
    run.server.operations.clear()
    assert run.upload() == "uploaded"
    assert "write" not in run.server.operations
    assert run.recorded == 1
    assert run.final.read_bytes() == DATA


def test_cut_before_the_rename_happened(run):
    run.server.before["posix_rename"] = run.server.once(run.server.cut)
    with pytest.raises(UploadInterrupted):
        run.upload()
    assert run.recorded == 1
    assert run.upload() == "uploaded"
    assert run.final.read_bytes() == DATA


def test_cut_after_the_rename_happened(run):
    run.server.after["posix_rename"] = run.server.once(run.server.cut)
    with pytest.raises(UploadInterrupted):
        run.upload()
    assert run.final.exists()
    run.server.operations.clear()
    assert run.upload() == "uploaded"
    assert set(run.server.operations) == {"stat"}


def test_renamed_taken_by_the_partner_and_the_answer_lost_is_in_doubt(run):
    def consume_and_cut():
        run.final.unlink()
        run.server.cut()

    run.server.after["posix_rename"] = run.server.once(consume_and_cut)
    with pytest.raises(UploadInterrupted):
        run.upload()
    run.server.operations.clear()
    assert run.upload() == "in_doubt"
    assert run.upload() == "in_doubt"
    assert set(run.server.operations) == {"stat"}  # never sent again blindly


def test_taken_by_the_partner_right_after_the_rename_is_uploaded(run):
    run.server.after["posix_rename"] = lambda: run.final.unlink()
    assert run.upload() == "uploaded"


def test_cut_after_the_rename_was_confirmed_is_uploaded(run):
    run.server.after["posix_rename"] = lambda: run.server.before.update(stat=run.server.cut)
    assert run.upload() == "uploaded"


def test_the_temporary_file_vanishing_before_the_rename_is_in_doubt(run):
    run.server.before["posix_rename"] = lambda: run.temporary.unlink()
    assert run.upload() == "in_doubt"


def test_final_name_with_another_size_is_a_conflict(run):
    run.final.write_bytes(b"something else")
    with pytest.raises(UploadConflict) as conflict:
        run.upload()
    assert NAME not in str(conflict.value)
    assert run.final.read_bytes() == b"something else"
    assert not run.temporary.exists()


def test_final_name_appearing_before_the_rename_is_not_overwritten(run):
    def somebody_else():
        run.record()
        run.final.write_bytes(b"something else")

    with sftp.connect(run.settings(), run.home) as session, pytest.raises(UploadConflict):
        upload(session, "/in", NAME, DATA, renaming_recorded=False, about_to_rename=somebody_else)
    assert run.final.read_bytes() == b"something else"


def test_a_size_that_does_not_arrive_stops_before_the_point_of_no_return(run):
    run.server.after["write"] = lambda: os.truncate(run.temporary, 5)
    with pytest.raises(sftp.TransferDamaged):
        run.upload()
    assert run.recorded == 0


def test_a_cut_off_temporary_after_recording_is_written_again(run):
    run.server.before["posix_rename"] = run.server.once(run.server.cut)
    with pytest.raises(UploadInterrupted):
        run.upload()
    run.temporary.write_bytes(DATA[:10])
    assert run.upload() == "uploaded"
    assert run.final.read_bytes() == DATA
    assert run.recorded == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["open", "write", "posix_rename"])
def test_send_gets_through_a_cut_anywhere_with_one_file_and_one_record(run, when, operation):
    getattr(run.server, when)[operation] = run.server.once(run.server.cut)
    pauses = []
    outcome = send(
        run.settings(),
        run.home,
        NAME,
        DATA,
        renaming_recorded=False,
        about_to_rename=run.record,
        sleep=pauses.append,
    )
    assert outcome == "uploaded"
    assert run.recorded == 1
    assert pauses == [1]
    assert run.final.read_bytes() == DATA
    assert not run.temporary.exists()


def test_send_does_not_send_again_what_the_partner_took_before_the_cut(run):
    def consume_and_cut():
        run.final.unlink()
        run.server.cut()

    run.server.after["posix_rename"] = run.server.once(consume_and_cut)
    outcome = send(
        run.settings(),
        run.home,
        NAME,
        DATA,
        renaming_recorded=False,
        about_to_rename=run.record,
        sleep=lambda _: None,
    )
    assert outcome == "in_doubt"
    assert not run.temporary.exists()


def test_a_retry_around_upload_alone_does_not_repeat_past_the_point_of_no_return(run):
    run.server.after["posix_rename"] = run.server.once(run.server.cut)
    tries = []

    def stale():
        tries.append(1)
        with sftp.connect(run.settings(), run.home) as session:
            return upload(session, "/in", NAME, DATA, renaming_recorded=False, about_to_rename=run.record)

    with pytest.raises(UploadInterrupted):
        sftp.retrying(run.settings(), stale, sleep=lambda _: None)
    assert len(tries) == 1
