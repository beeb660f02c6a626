"""A billing office with a home, a ledger and a real partner, for things to go wrong in.

The partner is a `sftp_server` whose folder the sandbox answers into. The stages are those of the flows, without
Prefect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from configs.settings import SETTINGS_FILE, Settings, load_settings
from connectors.clearinghouse.sandbox.clearinghouse import process
from connectors.ledger import Ledger
from tasks import claiming, collecting, correcting, door, judging, reading, recognising, sending
from tests.support import billing_office, toml
from tests.support.billing_office import DAY, Office
from tests.support.commands import Told, cleanclaim
from tests.support.runbooks import Runbook
from tests.support.sftp_server import PASSWORD, USER, SftpServer

PARTNER = "sandbox"


class FaultyOffice:
    """The office, its home and its partner."""

    def __init__(self, home: Path, root: Path, server: SftpServer, url: str | None = None) -> None:
        self.home, self.root, self.server = home, root, server
        home.mkdir(mode=0o700, exist_ok=True)
        (root / USER / "SendFiles").mkdir(parents=True, exist_ok=True)
        (root / USER / "ReceiveFiles").mkdir(exist_ok=True)
        self.values: dict[str, Any] = {
            "id_key": "a key of the tests",
            "retry_seconds": [],
            "practice": billing_office.PRACTICE,
            "partners": {
                PARTNER: billing_office.PARTNER
                | {
                    "port": server.port,
                    "username": USER,
                    "password": PASSWORD,
                    "host_key": server.host_key,
                    "settle_seconds": 0,
                    "attempts": 1,
                    "timeout_seconds": 5,
                    "usage": "P",
                }
            },
        } | ({"database_url": url} if url else {})
        self.write_settings()

    def write_settings(self, **partner: object) -> None:
        """The settings file, with these changes to the partner's section."""
        self.values["partners"][PARTNER].update(partner)
        path = self.home / SETTINGS_FILE
        path.write_text("\n".join(toml.lines(self.values)), encoding="utf-8")
        path.chmod(0o600)

    @property
    def settings(self) -> Settings:
        """As the commands read them."""
        return load_settings(self.home)

    @property
    def ledger(self) -> Ledger:
        """By the same connection pool as the commands' own."""
        return door.open_ledger(self.settings)

    @property
    def office(self) -> Office:
        """For master data and what stands there."""
        return Office(self.settings, self.ledger)

    def prepared(self) -> FaultyOffice:
        """With master data and one encounter that nobody billed."""
        self.office.masters()
        self.office.load("encounters", {})
        return self

    def page(self, name: str) -> Runbook:
        """A runbook, followed here."""
        return Runbook(name, self.home)

    def command(self, *words: str) -> Told:
        """A command at this home."""
        return cleanclaim(*words, home=self.home)

    # --- the flows' stages ------------------------------------------------------------------------------------------

    def daily(self, date: dt.date = DAY) -> dict[str, dict[str, int]]:
        """The daily flow's stages in their order."""
        with self._inside():
            judging.check_encounters.fn(date)
            judging.judge_encounters.fn(date)
            claiming.build_claims.fn(date)
            correcting.correct_claims.fn(date)
            recognising.recognise_answers.fn()
            counts = {"interchanges": sending.write_interchanges.fn(date)}
            for partner in sending.pending_partners():
                counts[partner] = sending.upload_pending.fn(partner)
        return counts

    def responses(self) -> dict[str, dict[str, int]]:
        """The response flow's stages in their order."""
        with self._inside():
            return {
                "collect": collecting.collect.fn(PARTNER),
                "acknowledgments": reading.read_acknowledgments.fn(),
                "remittances": reading.read_remittances.fn(),
                "answers": recognising.recognise_answers.fn(),
            }

    @contextmanager
    def _inside(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CLEANCLAIM_HOME", str(self.home))
            patch.setattr(Settings, "data_docs", None)  # pages, which take most of a check's time
            yield

    # --- the partner ------------------------------------------------------------------------------------------------

    @property
    def uploads(self) -> list[Path]:
        """What the partner has got."""
        return sorted((self.root / USER / "SendFiles").iterdir())

    @property
    def answers(self) -> Path:
        """Where the partner's answers lie."""
        return self.root / USER / "ReceiveFiles"

    def answer(self, *stages: str) -> None:
        """The partner answers every upload in these stages."""
        process(self.root, USER, seed=11, stages=stages)
