"""A chart of labelled bars as SVG, written by hand: no drawing library, no font but the reader's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LABELS, ROW, TOP = 860, 200, 24, 66
COLOURS = ("#2f7d4f", "#b5482f", "#7a7f87")


@dataclass(frozen=True)
class Bars:
    """One group of bars: its label, and a value with its text for each series."""

    label: str
    values: Sequence[float]
    texts: Sequence[str]


def bars(title: str, series: Sequence[str], groups: Sequence[Bars]) -> str:
    """The chart as a document. Bars of all groups share one scale, which begins at 0."""
    most = max((value for group in groups for value in group.values), default=0) or 1
    space = WIDTH - LABELS - 140  # the text beside the longest bar needs its room
    height = TOP + sum(ROW * len(group.values) + 14 for group in groups) + 16
    body = [
        f'<text x="16" y="26" font-size="16" font-weight="bold">{escape(title)}</text>',
        *(
            f'<rect x="{16 + 190 * i}" y="38" width="12" height="12" fill="{COLOURS[i % len(COLOURS)]}"/>'
            f'<text x="{34 + 190 * i}" y="49">{escape(name)}</text>'
            for i, name in enumerate(series)
        ),
    ]
    y = TOP
    for group in groups:
        middle = y + ROW * len(group.values) / 2 + 4
        body.append(
            f'<text x="{LABELS - 10}" y="{middle:.0f}" text-anchor="end">{escape(group.label)}</text>'
        )
        for i, (value, text) in enumerate(zip(group.values, group.texts, strict=True)):
            long = max(value, 0) / most * space
            body.append(
                f'<rect x="{LABELS}" y="{y + 3}" width="{long:.1f}" height="{ROW - 6}"'
                f' fill="{COLOURS[i % len(COLOURS)]}"/>'
                f'<text x="{LABELS + long + 6:.1f}" y="{y + ROW - 8}">{escape(text)}</text>'
            )
            y += ROW
        y += 14
    body.append(f'<line x1="{LABELS}" y1="{TOP - 4}" x2="{LABELS}" y2="{height - 12}" stroke="#333"/>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        f' role="img" font-family="sans-serif" font-size="13" fill="#222">'
    )
    named = f"<title>{escape(title)}</title>"
    return "\n".join(
        [head, named, f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>', *body, "</svg>", ""]
    )
