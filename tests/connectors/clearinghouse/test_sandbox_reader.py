"""The sandbox's own reader: what it makes of the samples, of other delimiters, and of broken envelopes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_kit import upload

from connectors.clearinghouse.sandbox.clearinghouse import answer
from connectors.clearinghouse.sandbox.document import cents
from connectors.clearinghouse.sandbox.edits import npi_valid
from connectors.clearinghouse.sandbox.reader import Unreadable, read

FIXTURES = Path(__file__).parent / "fixtures"  # synthetic samples of the project's billing dossier
PRIMARY = (FIXTURES / "sandbox_837p_primary.edi").read_bytes()


def claims(data: bytes):
    return [c for i in read(data) for g in i.groups for s in g.sets for c in s.claims]


def test_primary_sample():
    first, second = claims(PRIMARY)
    assert (first.control, first.charge_cents, first.facility, first.frequency) == (
        "C000000001",
        20000,
        "10",
        "1",
    )
    assert (first.payer.id, first.billing.id, first.billing.tax_id) == ("99999", "1234567893", "123456789")
    assert (first.order, first.filing, first.group_number) == ("P", "CI", "GRP001")
    assert (first.authorization, first.diagnoses) == ("AUTH12345", ["F411", "F331"])
    assert first.patient.first == "ALEX"
    assert [(x.procedure, x.charge_cents, x.control) for x in first.lines] == [
        (("HC", "90837", "95"), 20000, "L0000000001")
    ]
    # the patient of 2010CA, under the subscriber of 2010BA
    assert (second.patient.first, second.subscriber.id, second.payer.id) == ("KIM", "ABC000000002", "88888")
    assert [x.service_from for x in second.lines] == ["20260106", "20260106"]


def test_secondary_sample_keeps_the_destination_payer():
    (claim,) = claims((FIXTURES / "sandbox_837p_secondary.edi").read_bytes())
    assert (claim.payer.id, claim.order, claim.subscriber.id) == ("77777", "S", "MCD000000001")
    assert claim.prior_paid_cents == 12000
    assert claim.original_reference == ""  # REF*F8 of 2330B is the other payer's
    assert (claim.lines[0].prior_decided, claim.lines[0].prior_patient_cents) == (True, 3000)


def test_institutional_sample():
    (claim,) = claims((FIXTURES / "sandbox_837i_php.edi").read_bytes())
    assert (claim.facility, claim.service_from, claim.service_to) == ("13", "20260105", "20260106")
    assert [(x.revenue, x.code, x.charge_cents) for x in claim.lines] == [("0912", "H0035", 45000)] * 2


def test_delimiters_come_from_the_isa():
    other = PRIMARY.replace(b"*", b"|").replace(b":", b">").replace(b"~\n", b"'")
    assert claims(other) == claims(PRIMARY)
    assert claims(b"\xef\xbb\xbf" + PRIMARY.replace(b"\n", b"\r\n")) == claims(PRIMARY)


def test_no_isa_is_unreadable():
    for data in (b"", b"PK\x03\x04", b"ISA*00*", b"ISAS" + b"A" * 200):
        with pytest.raises(Unreadable):
            read(data)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("200", 20000),
        ("142.5", 14250),
        (".05", 5),
        ("-3.1", -310),
        ("1.005", None),
        ("", None),
        ("1,000", None),
    ],
)
def test_cents(text: str, amount: int | None):
    assert cents(text) == amount


def test_npi():
    assert npi_valid("1234567893")
    assert npi_valid("1245319599")
    assert not npi_valid("1234567890")
    assert not npi_valid("123456789")


def test_an_isa_that_ends_in_a_letter_is_unreadable():
    sound = upload(4, 2)
    files, counts = answer(sound[:101] + b"\xb2~*" + sound[106:], seed=1)
    assert (files, counts.unreadable) == ({}, 1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_uploads_are_answered_or_unreadable(data: st.DataObject):
    """A byte changed, cut or put in anywhere never makes the sandbox fail, and the answer stays the same."""
    sound = upload(4, 2)
    start = data.draw(st.integers(0, len(sound)))
    end = data.draw(st.integers(start, min(len(sound), start + 40)))
    damaged = sound[:start] + data.draw(st.binary(max_size=6) | st.just(b"\xb2~*")) + sound[end:]
    files, counts = answer(damaged, seed=1)
    assert bool(files) is not bool(counts.unreadable)
    assert answer(damaged, seed=1)[0] == files
