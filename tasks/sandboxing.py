"""The built-in clearinghouse standing in for a partner, so that a demo home's runs work without another process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from configs.settings import Partner, Settings


@contextmanager
def stand_in(settings: Settings) -> Iterator[None]:
    """Serve every partner that is a sandbox and that nobody serves yet, for as long as the context lasts.

    Uploads from earlier runs are answered first, in all stages; answers are the same bytes each time.
    """
    with ExitStack() as stack:
        for partner in settings.partners.values():
            if partner.sandbox_root and not listening(partner):
                _serve(stack, settings.home, partner)
        yield


def listening(partner: Partner) -> bool:
    """Whether anything answers at the partner's port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((partner.host, partner.port)) == 0


def _serve(stack: ExitStack, home: Path, partner: Partner) -> None:
    from connectors.clearinghouse.sandbox.clearinghouse import process
    from connectors.clearinghouse.sandbox.keys import make_key
    from connectors.clearinghouse.sandbox.server import SandboxServer

    assert partner.sandbox_root is not None
    root = home / partner.sandbox_root
    key = make_key(home / (partner.key_file or Path("keys/sandbox")))
    stack.enter_context(SandboxServer(root, {partner.username: key}, partner.port))
    process(root, partner.username, seed=partner.sandbox_seed)
