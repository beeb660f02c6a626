"""X12 of the claims exchange, bytes to tables and back. Pure: no I/O, and nothing raised for what bytes hold."""

from connectors.x12.acknowledgments import DecodedAcknowledgments, decode_acknowledgments
from connectors.x12.inspection import inspect, kinds, segment_text
from connectors.x12.remittances import Decoded835, decode_835

__all__ = [
    "Decoded835",
    "DecodedAcknowledgments",
    "decode_835",
    "decode_acknowledgments",
    "inspect",
    "kinds",
    "segment_text",
]
