"""X12 of the claims exchange, bytes to tables and back. Pure: no I/O, and nothing raised for what bytes hold."""

from connectors.x12.balance import balance, differences
from connectors.x12.inspection import inspect, inspect_many, kinds, segment_text
from connectors.x12.reading.acknowledgments import DecodedAcknowledgments, decode_acknowledgments
from connectors.x12.reading.claims import Decoded837, decode_837
from connectors.x12.reading.eligibility import Decoded271, decode_271
from connectors.x12.reading.remittances import Decoded835, decode_835
from connectors.x12.reading.windows import decode_835_windows
from connectors.x12.writing.answers import Unanswerable, encode_999, encode_ta1, wants_ta1
from connectors.x12.writing.claims import Envelope, encode_837, transaction_controls, unencodable

__all__ = [
    "Decoded271",
    "Decoded835",
    "Decoded837",
    "DecodedAcknowledgments",
    "Envelope",
    "Unanswerable",
    "balance",
    "decode_271",
    "decode_835",
    "decode_835_windows",
    "decode_837",
    "decode_acknowledgments",
    "differences",
    "encode_837",
    "encode_999",
    "encode_ta1",
    "inspect",
    "inspect_many",
    "kinds",
    "segment_text",
    "transaction_controls",
    "unencodable",
    "wants_ta1",
]
