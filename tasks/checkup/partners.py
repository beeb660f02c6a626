"""Partners: does anybody answer, and is it who was pinned? The login is tried only where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from configs.settings import Partner, Settings
from connectors.clearinghouse import hostkey
from connectors.clearinghouse.errors import HostKeyRefused, LoginRefused, PartnerError
from connectors.clearinghouse.sftp import connect
from tasks.checkup.finding import FAIL, OK, SKIPPED, Finding

HOST_KEY = "docs/runbooks/host-key-refused.md"
UNREACHABLE = "docs/runbooks/partner-unreachable.md"
LOGIN = "ask the partner whether the login is locked, then correct username, key_file or password"


def reach(settings: Settings, login: bool) -> Iterator[Finding]:
    """One finding a partner: reached, proved, and, with `login`, logged in with both folders listed."""
    for name, partner in settings.partners.items():
        if partner.sandbox_root is not None:
            yield Finding("partner", name, SKIPPED, "a run serves the sandbox itself where nothing answers")
            continue
        try:
            told = _log_in(partner, settings.home) if login else _prove(partner)
        except HostKeyRefused as error:
            yield Finding("partner", name, FAIL, str(error), f"compare the fingerprints: {HOST_KEY}")
        except LoginRefused as error:
            yield Finding("partner", name, FAIL, str(error), LOGIN)
        except PartnerError as error:
            yield Finding("partner", name, FAIL, str(error), UNREACHABLE)
        else:
            yield Finding("partner", name, OK, told)


def _prove(partner: Partner) -> str:
    """The handshake, and the key against the pinned one: nothing is said of who we are."""
    wanted = hostkey.pinned_type(partner.host_key)
    transport = hostkey.handshake(partner.host, partner.port, partner.timeout_seconds, wanted)
    try:
        hostkey.check(transport, partner.host_key, f"{partner.host}:{partner.port}")
    finally:
        transport.close()
    return "answers with the pinned key"


def _log_in(partner: Partner, home: Path) -> str:
    with connect(partner, home) as session:
        waiting = len(session.listing(partner.download_dir))
        session.listing(partner.upload_dir)
    return f"takes the login; {waiting} files to fetch"
