"""Who we talk to and how we log in, against a real server."""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
from pathlib import Path

import asyncssh
import pytest

from connectors.clearinghouse import hostkey, login, sftp
from tests.support.sftp_server import PASSWORD, USER, SftpServer


def test_lists_what_the_partner_holds(server, settings, home):
    (server.root / "out" / "a.835").write_bytes(b"ISA*")
    (server.root / "out" / "folder").mkdir()
    (server.root / "out" / "link").symlink_to(server.root / "out" / "a.835")
    with sftp.connect(settings(), home) as session:
        files = session.listing("/out")
        assert session.stat("/out", "b.835") is None
    assert [(file.name, file.size) for file in files] == [("a.835", 4)]
    assert files[0].stamp == f"4-{int((server.root / 'out' / 'a.835').stat().st_mtime)}"


def other_key() -> str:
    return " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])


def test_changed_host_key_refuses_before_login_and_shows_both_fingerprints(server, settings, home):
    pinned = other_key()
    with (
        pytest.raises(sftp.HostKeyRefused) as refused,
        sftp.connect(settings(host_key=pinned), home),
    ):
        pass
    assert hostkey.fingerprint(pinned) in str(refused.value)
    assert hostkey.fingerprint(server.host_key) in str(refused.value)
    assert refused.value.offered == server.key.get_fingerprint()
    assert server.logins == []


@pytest.mark.parametrize("pinned", ["", "   ", "ssh-ed25519", "ssh-ed25519 AAAA", "not a key at all"])
def test_no_usable_pinned_key_refuses_before_login(server, settings, home, pinned):
    with pytest.raises(sftp.HostKeyRefused) as refused, sftp.connect(settings(host_key=pinned), home):
        pass
    assert refused.value.expected == ""
    assert server.key.get_fingerprint() in str(refused.value)
    assert server.logins == []


@pytest.mark.parametrize("algorithm", ["ssh-rsa", "ecdsa-sha2-nistp256"])
def test_other_kinds_of_host_key_can_be_pinned(tmp_path, settings, home, algorithm):
    with SftpServer(tmp_path, key=asyncssh.generate_private_key(algorithm)) as server:
        partner = settings(port=server.port, host_key=server.host_key)
        with sftp.connect(partner, home) as session:
            assert session.listing("/") is not None


def test_scan_reads_the_key_that_can_then_be_pinned(server, settings, home):
    text = hostkey.scan("127.0.0.1", server.port)
    assert text == server.host_key
    assert hostkey.fingerprint(text) == server.key.get_fingerprint()
    assert server.logins == []
    with sftp.connect(settings(host_key=f"[127.0.0.1]:{server.port} {text} a comment"), home):
        pass


def test_fingerprint_is_the_one_ssh_keygen_prints(tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    printed = subprocess.run(["ssh-keygen", "-lf", f"{key}.pub"], check=True, capture_output=True, text=True)
    assert hostkey.fingerprint(Path(f"{key}.pub").read_text()) == printed.stdout.split()[1]


def test_wrong_password_is_tried_once_and_never_told(server, settings, home, caplog):
    caplog.set_level(logging.DEBUG)
    tries = []
    partner = settings(password="wrong but secret", attempts=5)

    def action():
        tries.append(1)
        with sftp.connect(partner, home):
            pass

    with pytest.raises(sftp.LoginRefused) as refused:
        sftp.retrying(partner, action, sleep=lambda _: None)
    assert len(tries) == 1
    assert server.password_tries == 1
    seen = str(refused.value) + caplog.text
    assert "secret" not in seen
    assert USER not in str(refused.value)


def test_nothing_to_log_in_with(settings, home):
    with pytest.raises(sftp.LoginRefused), sftp.connect(settings(password=None), home):
        pass


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
@pytest.mark.parametrize("passphrase", [None, PASSWORD])
def test_key_file_relative_to_the_home(server, settings, home, algorithm, passphrase):
    key = asyncssh.generate_private_key(algorithm)
    (home / "keys").mkdir()
    encryption = (
        {"passphrase": passphrase, "cipher_name": "aes256-ctr", "rounds": 1, "ignore_few_rounds": True}
        if passphrase
        else {}
    )
    (home / "keys" / "partner").write_bytes(key.export_private_key("openssh", **encryption))
    server.authorized, server.password = [key.convert_to_public()], None
    with sftp.connect(settings(key_file="keys/partner", password=passphrase), home) as session:
        assert session.listing("/out") == []


@pytest.mark.parametrize("kind", ["pkcs8-pem", "pkcs1-pem"])
def test_older_key_formats(server, settings, home, kind):
    key = asyncssh.generate_private_key("ssh-rsa")
    (home / "key").write_bytes(key.export_private_key(kind))
    server.authorized = [key.convert_to_public()]
    with sftp.connect(settings(key_file="key", password=None), home) as session:
        assert session.listing("/out") == []


def test_keys_without_a_comment_are_read_whatever_their_length():
    """Paramiko's own reader refuses about half of these (the end of the key taken for padding)."""
    for _ in range(12):
        key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        read = login._read_key(key.export_private_key("openssh"), None)
        assert read.asbytes() == key.public_data


def test_key_the_partner_does_not_know(server, settings, home):
    server.authorized = [asyncssh.generate_private_key("ssh-ed25519").convert_to_public()]
    (home / "key").write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh"))
    with pytest.raises(sftp.LoginRefused), sftp.connect(settings(key_file="key"), home):
        pass
    assert server.password_tries == 0  # a second way in would count towards a lockout


@pytest.mark.parametrize("content", [None, b"not a key", b""])
def test_key_file_that_is_none(server, settings, home, content):
    if content is not None:
        (home / "key").write_bytes(content)
    with pytest.raises(sftp.LoginRefused), sftp.connect(settings(key_file="key"), home):
        pass
    assert server.logins == []


def closed_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def test_closed_port_is_tried_with_growing_pauses(settings, home):
    partner = settings(port=closed_port(), attempts=4)
    pauses: list[float] = []

    def action():
        with sftp.connect(partner, home):
            pass

    with pytest.raises(sftp.PartnerUnreachable):
        sftp.retrying(partner, action, sleep=pauses.append)
    assert pauses == [1, 2, 4]


def test_a_port_that_says_nothing_is_left_in_time(settings, home):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        partner = settings(port=mute.getsockname()[1], timeout_seconds=0.3)
        with pytest.raises(sftp.PartnerUnreachable), sftp.connect(partner, home):
            pass


def test_a_host_that_does_not_exist(settings, home):
    with (
        pytest.raises(sftp.PartnerUnreachable),
        sftp.connect(settings(host="no-such-host.invalid", timeout_seconds=1), home),
    ):
        pass


def test_connection_cut_during_login_counts_as_a_refused_try(server, settings, home):
    server.begin = server.once(server.cut)
    with pytest.raises(sftp.LoginRefused), sftp.connect(settings(), home):
        pass


def test_one_connection_per_partner(server, settings, home):
    partner = settings(timeout_seconds=0.2)
    with (
        sftp.connect(settings(), home),
        pytest.raises(sftp.PartnerBusy),
        sftp.connect(partner, home),
    ):
        pass
    assert len(server.logins) == 1
    with sftp.connect(settings(), home):  # let go of
        pass


def test_a_second_connection_waits_for_its_turn(server, settings, home):
    order = []
    inside = threading.Event()

    def first():
        with sftp.connect(settings(), home) as session:
            inside.set()
            session.listing("/out")
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(5)
    with sftp.connect(settings(), home):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_paramiko_says_nothing_in_our_logs(server, settings, home, caplog):
    caplog.set_level(logging.DEBUG)
    with sftp.connect(settings(), home) as session:
        session.listing("/out")
    assert [record for record in caplog.records if record.name.startswith("paramiko")] == []
