"""PDF: the same bytes for the same blocks, and every word where a reader finds it."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from pypdf import PdfReader

from connectors.documents import (
    Address,
    Box,
    Bullets,
    Column,
    Coupon,
    Document,
    Fields,
    Grid,
    Heading,
    Letterhead,
    Signature,
    Text,
    render,
)
from connectors.documents.pdf import flowables

HEAD = Letterhead("EXAMPLE GROUP", ("100 EXAMPLE ST", "(555) 555-0100"))
EVERY = (
    Address(("A PAYER", "PO BOX 1"), (("Date", "May 1, 2026"),)),
    Heading("A title", level=1),
    Fields((("NAME", "value"), ("OTHER", "thing"), ("THIRD", "odd"))),
    Heading("A section"),
    Text("A paragraph with <b>no markup</b> & signs."),
    Text("A notice.", small=True),
    Bullets(("first", "second")),
    Grid((Column("Day", 1), Column("Amount", 1, right=True)), (("05/01/2026", "$1.00"),), ("Total", "$1.00")),
    Box("Mind", "this"),
    Bullets(tuple(f"item {number}" for number in range(60))),  # to the next page
    Signature(("Somebody",)),
    Coupon("Pay to", (("Amount due", "$1.00"),), ("100 EXAMPLE ST",)),
)


def document(*blocks: object) -> Document:
    return Document("Document 1", HEAD, "Document 1 · revision 1", blocks)  # type: ignore[arg-type]


def words(data: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(data)).pages]


def test_every_block_is_there_and_every_page_is_numbered():
    first, second = words(render(document(*EVERY)))
    for text in (
        "EXAMPLE GROUP",
        "A PAYER",
        "May 1, 2026",
        "A title",
        "value",
        "first",
        "$1.00",
        "this",
        "page 1 of 2",
    ):
        assert text in first
    assert "A paragraph with <b>no markup</b> & signs." in first
    for text in ("Somebody", "Date", "Pay to", "Amount due", "page 2 of 2", "Document 1"):
        assert text in second


TABLE = Grid((Column("Day", 1),), (("05/01/2026",),))


@pytest.mark.parametrize(
    "rest", [(Text("Its text."), TABLE), (Bullets(("first",)), Signature(("Somebody",)))]
)
@pytest.mark.parametrize("before", range(20, 40))
def test_a_heading_stood_alone_at_the_foot_of_a_page(before, rest):
    """The table under a heading began on the next page, and a letter's signature stood there by itself."""
    pages = words(render(document(Bullets(("line",) * before), Heading("A section"), *rest)))
    (page,) = (page for page in pages if "A section" in page)
    assert "05/01/2026" in page or "Somebody" in page


def test_another_process_makes_the_same_bytes():
    data = render(document(*EVERY[:4]))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hashlib; import test_documents as t;"
        "print(hashlib.sha256(t.render(t.document(*t.EVERY[:4]))).hexdigest())"
    )
    import hashlib
    from pathlib import Path

    folder = str(Path(__file__).parent)
    told = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == hashlib.sha256(data).hexdigest()


def test_a_long_table_repeats_its_heads():
    grid = Grid(
        (Column("Day", 1), Column("Amount", 1, right=True)), tuple((str(n), "$1.00") for n in range(120))
    )
    pages = words(render(document(grid)))
    assert len(pages) > 2
    assert all("Day Amount" in page for page in pages)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("José Müller", "José Müller"), ("Łukasz", "?ukasz"), ("Nguyễn", "Nguyen"), ("李", "?")],
)
def test_letters_the_fonts_lack_lose_their_marks_and_nothing_is_dropped(name, shown):
    assert shown in words(render(document(Text(name))))[0]


def test_properties_name_ids_only():
    info = PdfReader(io.BytesIO(render(document(Text("ALEX TESTER"))))).metadata
    assert info is not None
    assert (info.title, info.author) == ("Document 1", "EXAMPLE GROUP")
    assert "TESTER" not in str(dict(info))


def test_a_block_that_is_none_is_a_fault():
    with pytest.raises(TypeError, match="no such block: int"):
        flowables(1)
