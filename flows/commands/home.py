"""``cleanclaim init``: make a home."""

from __future__ import annotations

import os
import secrets

from configs.settings import SETTINGS_FILE
from flows import desk

TEMPLATE = """\
# Settings of this home; every setting is described in docs/settings.md.
# Environment variables win: CLEANCLAIM_PRACTICE__NPI, CLEANCLAIM_PARTNERS__ACME__PASSWORD …

# Secret that makes claim ids opaque. Keep it: changing it changes the ids of claims not yet built.
id_key = "{key}"

[practice]
name = ""
npi = ""
tax_id = ""
taxonomy = ""
street = ""
city = ""
state = ""
zip = ""
contact = "BILLING OFFICE"
phone = ""

# [partners.acme]
# host = "sftp.example.org"
# username = ""
# key_file = "keys/acme"
# host_key = "ssh-ed25519 AAAA…"   # compare the fingerprint with your partner before you write it here
# sender_id = ""
# receiver_id = ""
# receiver_name = ""

# [sources.ehr]
# url = "postgresql://…"
# query = "select … from sessions where changed_at > :watermark"
# watermark_column = "changed_at"
"""


def init(home: desk.Home = None, json_output: desk.Json = False) -> None:
    """Make a home: settings file, ledger, folders. An existing home is left as it is."""
    from tasks.door import open_ledger

    settings = desk.enter(home, must_exist=False)
    root = settings.home
    for folder in (root, settings.archive.folder, settings.staging, settings.data_docs, root / "keys"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = root / SETTINGS_FILE
    made = not path.exists()
    if made:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(TEMPLATE.format(key=secrets.token_hex(24)))
    open_ledger(desk.enter(root))
    if json_output:
        desk.print_json({"home": str(root), "made": made})
    else:
        desk.out.print(f"{'made' if made else 'kept'} {root}; settings are in {path.name}")
