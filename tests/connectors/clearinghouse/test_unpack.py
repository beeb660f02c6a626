"""Containers: told by first bytes, bounded, and never an exception."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clearinghouse import unpack
from connectors.clearinghouse.unpack import BOM, container_kind

X12 = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*1830*^*00501*000000001*0*T*:~"


def zipped(*members: bytes, names: list[str] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for number, member in enumerate(members):
            archive.writestr(names[number] if names else f"{number}.835", member)
    return buffer.getvalue()


def tarred(*members: bytes, format_: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for number, member in enumerate(members):
            entry = tarfile.TarInfo(f"{number}.835")
            entry.size = len(member)
            archive.addfile(entry, io.BytesIO(member))
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    """The first of two members is flagged as encrypted, as ``zip -e`` flags it; without the password that is all."""
    data = bytearray(zipped(X12, X12, method=zipfile.ZIP_STORED))
    central = data.index(b"PK\x01\x02")
    data[6] |= 1  # first member's local header
    data[central + 8] |= 1  # and its directory entry
    return bytes(data)


# A gzip names the second it was made, and a test is named after its bytes: without it, every process collects the same.
@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (X12, "plain"),
        (BOM + X12, "plain"),
        (b"", "plain"),
        (b"PK", "plain"),
        (b"PKG*not a zip", "plain"),
        (zipped(X12), "zip"),
        (zipped(), "zip"),
        (BOM + zipped(X12), "zip"),
        (gzip.compress(X12, mtime=0), "gz"),
        (BOM + gzip.compress(X12, mtime=0), "gz"),
        (tarred(X12), "tar"),
        (tarred(X12, format_=tarfile.GNU_FORMAT), "tar"),
        (tarred(X12)[:262], "tar"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQ==", "pgp"),
        (BOM + b"\r\n-----BEGIN PGP MESSAGE-----", "pgp"),
        (b"\x85\x01\x0c\x03" + bytes(300), "pgp"),  # RSA-2048 session key, old packet format
        (b"\x84\x5e\x03" + bytes(100), "pgp"),  # ECDH session key
        (b"\xc1\xc0\x4c\x03" + bytes(300), "pgp"),  # RSA-2048, new packet format
        (b"\x8c\x0d\x04\x09", "pgp"),  # a passphrase
        (b"\x85", "plain"),
        (b"\xc1\xc1\xc1\xc1", "plain"),
    ],
)
def test_kind_by_first_bytes(data, kind):
    assert container_kind(data) == kind


def test_plain_is_its_own_only_member():
    assert unpack.unpack(BOM + X12) == unpack.Unpacked([BOM + X12], [])


@pytest.mark.parametrize(
    "data",
    [
        zipped(X12, b"second"),
        zipped(gzip.compress(X12, mtime=0), b"second"),
        zipped(zipped(X12), gzip.compress(b"second", mtime=0)),
        gzip.compress(zipped(X12, zipped(b"second")), mtime=0),
        zipped(X12, b"second", method=zipfile.ZIP_BZIP2),
        zipped(X12, b"second", method=zipfile.ZIP_LZMA),
        zipped(X12, b"second", names=["../../evil", "/etc/passwd"]),
        zipped(X12, b"second", names=["a\nb", "x" * 300]),
        zipped(X12, b"", b"second", names=["a", "folder/", "b"]),
        BOM + zipped(X12, b"second"),
        tarred(X12, b"second"),
        gzip.compress(tarred(zipped(X12), b"second"), mtime=0),
        zipped(tarred(X12), gzip.compress(b"second", mtime=0)),
    ],
)
def test_members_come_out_in_order(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert unpack.unpack(data) == unpack.Unpacked([X12, b"second"], [])
    assert list(tmp_path.iterdir()) == []


def test_several_gzip_members_are_one_file():
    assert unpack.unpack(gzip.compress(b"ISA") + gzip.compress(b"*00")).members == [b"ISA*00"]


def codes(data: bytes, **options: int) -> list[str]:
    return [code for code, _ in unpack.unpack(data, **options).problems]


def test_nested_three_deep_and_no_deeper():
    data = X12
    for _ in range(3):
        data = zipped(data)
    assert unpack.unpack(data).members == [X12]
    assert unpack.unpack(zipped(data)) == unpack.Unpacked(
        [], [("TOO_DEEP", "containers nested more than 3 deep")]
    )


def test_a_zip_that_holds_itself_over_and_over_ends():
    data = X12
    for _ in range(6):
        data = zipped(data, data, data)
    assert set(codes(data)) == {"TOO_DEEP"}


def test_encrypted_member_is_named_and_the_other_comes_out():
    found = unpack.unpack(encrypted_zip())
    assert found.members == [X12]
    assert found.problems == [("ZIP_ENCRYPTED", "zip at depth 0, member 1 is encrypted")]


def test_pgp_inside_a_zip():
    found = unpack.unpack(zipped(b"-----BEGIN PGP MESSAGE-----", X12))
    assert (found.members, [code for code, _ in found.problems]) == ([X12], ["PGP_ENCRYPTED"])


def test_damaged_member_is_named_and_the_other_comes_out():
    data = bytearray(zipped(b"first " * 10, X12, method=zipfile.ZIP_STORED))
    data[data.index(b"first") + 2] ^= 1
    found = unpack.unpack(bytes(data))
    assert (found.members, found.problems) == (
        [X12],
        [("ZIP_DAMAGED", "zip at depth 0, member 1 is damaged")],
    )


def test_cut_short():
    assert codes(zipped(X12)[:-10]) == ["ZIP_DAMAGED"]
    assert codes(gzip.compress(X12)[:-3]) == ["GZ_DAMAGED"]
    for size in (1536, 1700, 2048, 2060):  # at and in the header of the second member, before it and in it
        found = unpack.unpack(tarred(X12, X12)[:size])
        assert (found.members, {code for code, _ in found.problems}) == ([X12], {"TAR_DAMAGED"})
    assert unpack.unpack(gzip.compress(X12)[:-3]).members == []  # a part of an 835 is not an 835


def test_zip_with_an_unknown_method():
    data = bytearray(zipped(X12))
    central = data.index(b"PK\x01\x02")
    data[8] = data[central + 10] = 97
    assert codes(bytes(data)) == ["ZIP_UNSUPPORTED"]


def test_zip_with_a_member_without_a_name():
    nameless = zipped(X12, names=["qqq"]).replace(b"qqq", b"\0qq")  # names end at the first NUL
    assert unpack.unpack(nameless) == unpack.Unpacked([X12], [])


def test_zip_of_a_version_yet_to_come():
    data = bytearray(zipped(X12))
    data[data.index(b"PK\x01\x02") + 6] = 90  # version needed, in the directory; found by the fuzzer below
    assert codes(bytes(data)) == ["ZIP_UNSUPPORTED"]


def test_more_bytes_than_allowed():
    found = unpack.unpack(zipped(b"a" * 600, b"b" * 600), largest=1000)
    assert found.members == [b"a" * 600]
    assert found.problems == [("TOO_LARGE", "unpacks to more than 1000 bytes")]
    assert codes(gzip.compress(b"a" * 1001), largest=1000) == ["TOO_LARGE"]
    assert codes(gzip.compress(b"a" * 1000), largest=1000) == []


def test_a_bomb_stops_long_before_it_is_out():
    bomb = gzip.compress(bytes(64 << 20))
    found = unpack.unpack(bomb)
    assert found == unpack.Unpacked([], [("TOO_DENSE", "unpacks to more than 250 times its size")])


def test_a_member_that_lies_about_its_size_is_counted_by_what_comes_out():
    data = bytearray(zipped(b"a" * 5000))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    found = unpack.unpack(bytes(data), largest=1000)
    assert sum(map(len, found.members)) <= 1000


def test_members_are_streams_and_a_bound_once_passed_ends_them() -> None:
    data, problems = zipped(b"a" * 600, b"b" * 600, X12), []
    found = []
    for member in unpack.members(io.BytesIO(data), len(data), problems, unpack.Bounds(largest=1000)):
        try:
            found.append(member.read())
        except unpack.Unreadable as bad:
            problems.append(bad.args)
    assert (found, [code for code, _ in problems]) == ([b"a" * 600], ["TOO_LARGE"])
    many = list(unpack.members(io.BytesIO(data), len(data), problems, unpack.Bounds(members=2)))
    assert (many, problems[-1][0]) == ([], "TOO_MANY")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["zip", "gz", "nested", "tar"]), st.data())
def test_never_raises_whatever_is_damaged(kind, draw):
    data = bytearray(
        {
            "zip": zipped(X12, b"b"),
            "gz": gzip.compress(X12),
            "nested": zipped(gzip.compress(X12)),
            "tar": tarred(X12, b"b"),
        }[kind]
    )
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    found = unpack.unpack(bytes(data[: draw.draw(st.integers(0, len(data)))]), largest=1 << 20)
    assert "ISA" not in str(found.problems)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"\x85\x01"]), st.binary(max_size=200))
def test_never_raises_whatever_follows_a_signature(head, rest):
    unpack.unpack(head + rest)
