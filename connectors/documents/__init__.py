"""Documents for people outside: a few kinds of blocks, and PDF made of them. Pure: blocks in, bytes out.

The same blocks give the same bytes on every day and machine, so that a document is known by its sha256.
"""

from connectors.documents.blocks import (
    Address,
    Block,
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
)
from connectors.documents.pdf import render

__all__ = [
    "Address",
    "Block",
    "Box",
    "Bullets",
    "Column",
    "Coupon",
    "Document",
    "Fields",
    "Grid",
    "Heading",
    "Letterhead",
    "Signature",
    "Text",
    "render",
]
