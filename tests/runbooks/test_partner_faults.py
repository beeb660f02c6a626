"""Faults of a partner, brought about with a real SFTP server, and mended by what their pages say."""

from __future__ import annotations

import asyncssh
import pytest

from connectors.clearinghouse import hostkey
from connectors.clearinghouse.errors import HostKeyRefused, PartnerUnreachable
from tests.support.billing_office import AGAIN
from tests.support.faulty_office import PARTNER, FaultyOffice
from tests.support.sftp_server import SftpServer


def finding(office: FaultyOffice, *words: str) -> dict[str, str]:
    """What the doctor says of the partner."""
    told = office.page("partner-unreachable").run("doctor", "--json", *words).json
    (found,) = [one for one in told["checks"] if one["check"] == "partner"]
    return dict(found)


def test_a_partner_that_is_down_gets_everything_once_it_is_up(office: FaultyOffice) -> None:
    office.server.close_door()
    with pytest.raises(PartnerUnreachable):
        office.daily()
    told = office.page("partner-unreachable").run("doctor")
    assert told.status == 4
    found = finding(office)
    assert (found["verdict"], found["action"]) == ("fail", "docs/runbooks/partner-unreachable.md")
    before = office.ledger.fingerprint()
    with pytest.raises(PartnerUnreachable):
        office.daily()
    assert office.ledger.fingerprint() == before, "what waits is built once"
    with SftpServer(office.server.root, key=office.server.key) as up:
        office.write_settings(port=up.port)
        assert finding(office)["verdict"] == "ok"
        assert office.daily()[PARTNER]["uploaded"] == 1
        assert PARTNER not in office.daily(), "nothing waits any more"
    assert len(office.uploads) == 1


def test_an_upload_in_doubt_goes_again_where_the_partner_does_not_have_it(office: FaultyOffice) -> None:
    page, server = office.page("partner-unreachable"), office.server
    server.after["posix_rename"] = server.cut
    with pytest.raises(PartnerUnreachable):
        office.daily()
    del server.after["posix_rename"]
    office.uploads[0].unlink()  # somebody at the partner took it away
    assert office.daily()[PARTNER] == {"uploaded": 0, "in_doubt": 1, "conflict": 0}
    (item,) = page.run("worklist list --queue uploads", "--json").json["items"]
    told = page.run('worklist resolve ITEM --reason "…" --resubmit', ITEM=item["item_id"])
    assert told.status == 0, told.err
    assert office.daily(AGAIN)[PARTNER]["uploaded"] == 1
    (again,) = office.uploads
    assert again.name.endswith("000000002.edi"), "a new interchange"
    assert page.run("worklist list --queue uploads", "--json").json["items"] == []


def test_a_changed_host_key_is_pinned_only_after_it_was_compared(office: FaultyOffice) -> None:
    page = office.page("host-key-refused")
    changed = asyncssh.generate_private_key("ssh-ed25519")
    with SftpServer(office.server.root, key=changed) as moved:
        office.write_settings(port=moved.port)
        with pytest.raises(HostKeyRefused) as refused:
            office.daily()
        for key in (office.server.host_key, moved.host_key):
            assert hostkey.fingerprint(key) in str(refused.value)
        told = page.run("doctor", "--json")
        (found,) = [one for one in told.json["checks"] if one["check"] == "partner"]
        assert told.status == 4
        assert found["action"].endswith("docs/runbooks/host-key-refused.md")
        assert hostkey.fingerprint(moved.host_key) in found["message"]
        assert (moved.logins, office.uploads) == ([], [])
        office.write_settings(host_key=moved.host_key)  # they confirmed it
        found = finding(office)
        assert (found["verdict"], found["message"]) == ("ok", "answers with the pinned key")
        page.says("answers with the pinned key")
        assert page.run("doctor --login").status == 1, "official files were never loaded; nothing else"
        assert office.daily()[PARTNER]["uploaded"] == 1
    assert len(office.uploads) == 1
