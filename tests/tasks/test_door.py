"""What may be said when a stage fails, and what is worth another try."""

from __future__ import annotations

import asyncio
import errno
import traceback
from pathlib import Path
from typing import Any

import pytest

from configs.settings import load_settings
from connectors.clearinghouse.errors import HostKeyRefused, LoginRefused, PartnerUnreachable
from connectors.ledger import LedgerBusy
from tasks import door

SECRET = "TESTER-ACORN"


def test_an_error_of_a_library_leaves_as_its_kind_and_place() -> None:
    @door.stage("count people")
    def broken() -> None:
        raise KeyError(SECRET)

    with pytest.raises(door.StageFailure) as told:
        broken.fn()  # type: ignore[attr-defined]
    assert str(told.value).startswith("count people: KeyError at test_door.py:")
    assert SECRET not in "".join(traceback.format_exception(told.value))


def test_an_error_made_for_people_comes_through_as_it_is() -> None:
    @door.stage("upload")
    def down() -> None:
        raise PartnerUnreachable("partner:22: no connection")

    with pytest.raises(PartnerUnreachable, match="no connection"):
        down.fn()  # type: ignore[attr-defined]


class Failed:
    """A state of Prefect as the retry condition sees it."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def aresult(self, raise_on_failure: bool = True) -> Exception:
        return self.error


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (PartnerUnreachable("down"), True),
        (LoginRefused("no"), False),
        (HostKeyRefused("changed", expected="", offered=""), False),
        (ValueError("ours"), False),
    ],
)
def test_only_what_passes_by_itself_is_tried_again(error: Exception, again: bool) -> None:
    state: Any = Failed(error)
    assert asyncio.run(door._worth_a_retry(None, None, state)) is again


def test_a_second_run_waits_and_then_says_that_the_ledger_is_busy(tmp_path: Path) -> None:
    (tmp_path / "cleanclaim.toml").write_text("lock_wait_seconds = 0.2\n", encoding="utf-8")
    settings = load_settings(tmp_path)
    ledger = door.open_ledger(settings)
    with door.only_run(settings, ledger), pytest.raises(LedgerBusy), door.only_run(settings, ledger):
        pytest.fail("two runs at once")
    with door.only_run(settings, ledger):
        pass


def test_what_a_run_raises_is_not_mistaken_for_a_busy_ledger(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    ledger = door.open_ledger(settings)
    with pytest.raises(LedgerBusy, match="inner"), door.only_run(settings, ledger):
        raise LedgerBusy("inner")


def test_a_full_disk_is_called_so_whatever_library_found_it() -> None:
    @door.stage("check encounters")
    def crowded() -> None:
        try:
            raise OSError(errno.ENOSPC, SECRET)
        except OSError as error:
            raise ValueError(SECRET) from error

    with pytest.raises(door.DiskFull) as told:
        crowded.fn()  # type: ignore[attr-defined]
    assert str(told.value).startswith("check encounters: no room left on the disk, at test_door.py:")
    assert SECRET not in "".join(traceback.format_exception(told.value))
