"""Blocks as PDF with ReportLab, the same bytes for the same blocks (``invariant``: no clock, no random id).

Letter size, the fonts that every reader of PDF has. They know the letters of Western Europe; any other letter is
written without its marks, and what has none becomes ``?``: a name is never silently shortened.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from connectors.documents import blocks

WIDTH, HEIGHT = LETTER
MARGIN = 0.8 * inch
INSIDE = WIDTH - 2 * MARGIN
INK, SOFT, LINE, SHADE = HexColor("#1c2b39"), HexColor("#5b6b7a"), HexColor("#b8c4ce"), HexColor("#f1f4f7")
PAD = 4
# Points under a heading: the head of a table and its first rows, a signature with its close, the least of a text.
ROWS, SIGNED, LEAST = 50.0, 94.0, 65.0

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=13, textColor=INK, spaceAfter=6)
SMALL = ParagraphStyle("small", BODY, fontSize=7.8, leading=10.2, textColor=SOFT, spaceAfter=4)
CELL = ParagraphStyle("cell", BODY, fontSize=8.2, leading=10.4, spaceAfter=0)
FIGURE = ParagraphStyle("figure", CELL, alignment=TA_RIGHT)
HEAD = ParagraphStyle("head", CELL, fontName="Helvetica-Bold", textColor=white)
HEAD_FIGURE = ParagraphStyle("head figure", HEAD, alignment=TA_RIGHT)
TOTAL = ParagraphStyle("total", CELL, fontName="Helvetica-Bold")
TOTAL_FIGURE = ParagraphStyle("total figure", TOTAL, alignment=TA_RIGHT)
LABEL = ParagraphStyle("label", CELL, fontSize=7, leading=9, textColor=SOFT)
TITLE = ParagraphStyle(
    "title", BODY, fontName="Helvetica-Bold", fontSize=14, leading=18, spaceBefore=2, spaceAfter=8
)
SECTION = ParagraphStyle(
    "section", BODY, fontName="Helvetica-Bold", fontSize=10.5, leading=14, spaceBefore=5, spaceAfter=3
)


def render(document: blocks.Document) -> bytes:
    """The document as PDF."""
    out = io.BytesIO()
    top = 0.6 * inch  # the letterhead stands there
    made = BaseDocTemplate(
        out,
        pagesize=LETTER,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=top,
        bottomMargin=MARGIN,
        title=_plain(document.title),
        author=_plain(document.letterhead.name),
        invariant=1,
        lang="en-US",
    )
    frame = Frame(MARGIN, MARGIN, INSIDE, HEIGHT - MARGIN - top, 0, 0, 0, 0)
    made.addPageTemplates(PageTemplate("page", [frame]))
    story = _letterhead(document.letterhead)
    for at, block in enumerate(document.blocks):
        if isinstance(block, blocks.Heading):
            story.append(CondPageBreak(_room(document.blocks[at:])))
        story += flowables(block)
    made.build(story, canvasmaker=_numbered(_plain(document.footer)))
    return out.getvalue()


def _room(rest: Sequence[blocks.Block]) -> float:
    """Height that a heading needs, the first of `rest`: down to the first rows of its table or to its signature."""
    need = 0.0
    for at, block in enumerate(rest):
        if at and isinstance(block, blocks.Heading | blocks.Coupon):
            break
        if isinstance(block, blocks.Grid):
            return need + ROWS
        if isinstance(block, blocks.Signature):
            return need + SIGNED
        need += sum(part.wrap(INSIDE, HEIGHT)[1] for part in flowables(block))
    return min(need, LEAST)


def _numbered(footer: str) -> Callable[..., Canvas]:
    """A canvas that knows at the end how many pages there are."""

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - ReportLab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self.setStrokeColor(LINE)
                self.setLineWidth(0.5)
                self.line(MARGIN, 0.66 * inch, WIDTH - MARGIN, 0.66 * inch)
                self.setFont("Helvetica", 7)
                self.setFillColor(SOFT)
                self.drawString(MARGIN, 0.5 * inch, footer)
                self.drawRightString(WIDTH - MARGIN, 0.5 * inch, f"page {number} of {len(self._pages)}")
                super().showPage()
            super().save()

    return Numbered


def _plain(text: str) -> str:
    """The text in letters that the fonts have."""
    known = []
    for letter in text:
        bare = letter
        try:
            letter.encode("cp1252")
        except UnicodeEncodeError:
            bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if part.isascii()) or "?"
        known.append(bare)
    return "".join(known)


def _par(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(_plain(text)).replace("\n", "<br/>"), style)


def _letterhead(head: blocks.Letterhead) -> list[Flowable]:
    name = ParagraphStyle("name", BODY, fontName="Helvetica-Bold", fontSize=13, leading=16, spaceAfter=1)
    lines = _par("  ·  ".join(head.lines), ParagraphStyle("lines", SMALL, spaceAfter=5))
    return [
        _par(head.name, name),
        lines,
        HRFlowable(width="100%", thickness=1.2, color=INK, spaceBefore=0, spaceAfter=12),
    ]


@singledispatch
def flowables(block: object) -> list[Flowable]:
    """A block as ReportLab's flowables."""
    raise TypeError(f"no such block: {type(block).__name__}")


@flowables.register
def _(block: blocks.Heading) -> list[Flowable]:
    return [_par(block.text, TITLE if block.level == 1 else SECTION)]


@flowables.register
def _(block: blocks.Text) -> list[Flowable]:
    return [_par(block.text, SMALL if block.small else BODY)]


@flowables.register
def _(block: blocks.Bullets) -> list[Flowable]:
    style = ParagraphStyle("item", BODY, spaceAfter=2, leftIndent=12, bulletIndent=3)
    items = [Paragraph(escape(_plain(item)), style, bulletText="\u2022") for item in block.items]
    return [*items, Spacer(1, 4)]


@flowables.register
def _(block: blocks.Address) -> list[Flowable]:
    lines = [_par(line, ParagraphStyle("to", BODY, spaceAfter=0)) for line in block.lines]
    facts = _facts(block.facts) if block.facts else ""
    table = Table([[lines, facts]], colWidths=[INSIDE * 0.56, INSIDE * 0.44], style=_bare())
    return [table, Spacer(1, 14)]


def _facts(pairs: tuple[tuple[str, str], ...]) -> Table:
    """Facts in a shaded box, the name of each before its value."""
    rows = [[_par(name, LABEL), _par(value, TOTAL_FIGURE)] for name, value in pairs]
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), SHADE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    return Table(rows, colWidths=[INSIDE * 0.2, INSIDE * 0.24], style=TableStyle(style))


def _bare() -> TableStyle:
    return TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ]
    )


@flowables.register
def _(block: blocks.Fields) -> list[Flowable]:
    cells = [[_par(name, LABEL), _par(value, CELL)] for name, value in block.pairs]
    cells += [[]] * (-len(cells) % block.columns)
    rows = [cells[at : at + block.columns] for at in range(0, len(cells), block.columns)]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BOX", (0, 0), (-1, -1), 0.5, LINE),
        ("INNERGRID", (0, 0), (-1, -1), 0.5, LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    widths = [INSIDE / block.columns] * block.columns
    return [Table(rows, colWidths=widths, style=TableStyle(style)), Spacer(1, 10)]


@flowables.register
def _(block: blocks.Grid) -> list[Flowable]:
    whole = sum(column.width for column in block.columns)
    rows = [[_par(c.head, HEAD_FIGURE if c.right else HEAD) for c in block.columns]]
    rows += [_row(block, row, CELL, FIGURE) for row in block.rows]
    style = [
        ("BACKGROUND", (0, 0), (-1, 0), INK),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
        ("TOPPADDING", (0, 0), (-1, -1), PAD - 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), PAD),
        ("LEFTPADDING", (0, 0), (-1, -1), PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), PAD),
    ]
    if block.total is not None:
        rows.append(_row(block, block.total, TOTAL, TOTAL_FIGURE))
        style += [("BACKGROUND", (0, -1), (-1, -1), SHADE), ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK)]
    widths = [INSIDE * column.width / whole for column in block.columns]
    return [Table(rows, colWidths=widths, style=TableStyle(style), repeatRows=1), Spacer(1, 10)]


def _row(
    grid: blocks.Grid, values: tuple[str, ...], text: ParagraphStyle, figure: ParagraphStyle
) -> list[Paragraph]:
    return [_par(v, figure if c.right else text) for c, v in zip(grid.columns, values, strict=True)]


@flowables.register
def _(block: blocks.Box) -> list[Flowable]:
    cell = [_par(block.title, TOTAL), _par(block.text, CELL)] if block.title else [_par(block.text, CELL)]
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), SHADE),
        ("LINEBEFORE", (0, 0), (0, -1), 2.5, INK),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
        ("LEFTPADDING", (0, 0), (-1, -1), 10),
    ]
    return [Table([[cell]], colWidths=[INSIDE], style=TableStyle(style)), Spacer(1, 10)]


@flowables.register
def _(block: blocks.Signature) -> list[Flowable]:
    under = [_par(line, CELL) for line in block.lines]
    rows = [["", "", ""], [under, "", _par("Date", CELL)]]
    style = [
        ("LINEABOVE", (0, 1), (0, 1), 0.7, INK),
        ("LINEABOVE", (2, 1), (2, 1), 0.7, INK),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
    table = Table(
        rows,
        colWidths=[INSIDE * 0.5, INSIDE * 0.08, INSIDE * 0.24],
        rowHeights=[22, None],
        style=TableStyle(style),
        hAlign="LEFT",
    )
    close = [_par(block.close, BODY)] if block.close else []
    return [KeepTogether([*close, table]), Spacer(1, 10)]


@flowables.register
def _(block: blocks.Coupon) -> list[Flowable]:
    cut = HRFlowable(width="100%", thickness=0.7, color=SOFT, dash=(3, 3), spaceBefore=6, spaceAfter=4)
    note = _par("Please cut here and send this part with your payment.", SMALL)
    address = [_par(block.title, TOTAL), *(_par(line, CELL) for line in block.address)]
    table = Table([[address, _facts(block.pairs)]], colWidths=[INSIDE * 0.56, INSIDE * 0.44], style=_bare())
    return [KeepTogether([cut, note, table])]
