"""The envelope of an 837: ISA and GS around the transaction sets, and the 1000A and 1000B loops within each.

One interchange holds one functional group. Delimiters are the usual four; the encoder keeps them out of values.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

ELEMENT, COMPONENT, REPETITION, TERMINATOR = "*", ":", "^", "~"
VERSIONS = {"837P": "005010X222A1", "837I": "005010X223A2"}  # GS08 and ST03
PURPOSES = ("CH", "RP")  # BHT06: claims to be paid, encounters to be reported
QUALIFIERS = frozenset(("01", "14", "20", "27", "28", "29", "30", "33", "ZZ"))
MOST_CLAIMS = 5000  # claims in one ST, the guide's advice for CLM

# Basic character set (X12.6) without the delimiters; capital letters only.
_TEXT = r"[A-Z0-9!\"&'()+,\-./;?=](?:[A-Z0-9 !\"&'()+,\-./;?=]*[A-Z0-9!\"&'()+,\-./;?=])?"

# Setting, pattern, most characters; in wire order.
_RULES = (
    ("sender_id", _TEXT, 15),  # ISA06 and GS02
    ("receiver_id", _TEXT, 15),  # ISA08 and GS03
    ("interchange_control", r"[0-9]{9}", 9),  # ISA13
    ("group_control", r"[0-9]{1,9}", 9),  # GS06
    ("reference", _TEXT, 41),  # BHT03 has 50 characters, ST02 takes up to 9 of them
    ("submitter_name", _TEXT, 60),  # 1000A NM103
    ("contact", _TEXT, 60),  # PER02
    ("phone", r"[0-9]{10}", 10),  # PER04
    ("receiver_name", _TEXT, 60),  # 1000B NM103
)


@dataclass(frozen=True)
class Envelope:
    """Who sends to whom, under which control numbers.

    Names, contact and ids are written in capital letters. `interchange_control` is nine digits, `group_control` one to
    nine and written as given (a 999 echoes it). BHT03 is `reference` followed by ST02, so that it never repeats
    as long as `reference` does not. `kind` is the guide, `purpose` BHT06: CH for claims, RP for encounters. Raises
    ValueError naming the field that cannot be sent, never its value.
    """

    sender_qualifier: str
    sender_id: str
    receiver_qualifier: str
    receiver_id: str
    submitter_name: str
    contact: str
    phone: str
    receiver_name: str
    interchange_control: str
    group_control: str
    date: datetime.date
    time: datetime.time
    usage: str
    claims_per_transaction: int
    reference: str
    kind: str = "837P"
    purpose: str = "CH"

    def __post_init__(self) -> None:
        """Write names in capitals, then refuse what the guide does not allow."""
        for field in ("sender_id", "receiver_id", "submitter_name", "contact", "receiver_name", "reference"):
            object.__setattr__(self, field, getattr(self, field).strip().upper())
        wrong = [
            name
            for name, pattern, longest in _RULES
            if len(getattr(self, name)) > longest or not re.fullmatch(pattern, getattr(self, name))
        ]
        wrong += [n for n in ("sender_qualifier", "receiver_qualifier") if getattr(self, n) not in QUALIFIERS]
        wrong += [n for n in ("sender_id", "receiver_id") if len(getattr(self, n)) < 2]
        if self.usage not in ("T", "P"):
            wrong.append("usage")
        if not 1 <= self.claims_per_transaction <= MOST_CLAIMS:
            wrong.append("claims_per_transaction")
        wrong += [
            n for n, known in (("kind", VERSIONS), ("purpose", PURPOSES)) if getattr(self, n) not in known
        ]
        if wrong:
            raise ValueError("the envelope cannot be sent: " + ", ".join(wrong))


def opening(envelope: Envelope) -> str:
    """ISA, always 106 characters with its terminator, and GS."""
    day, minute = f"{envelope.date:%Y%m%d}", f"{envelope.time:%H%M}"
    return (
        f"ISA*00*{'':10}*00*{'':10}*{envelope.sender_qualifier}*{envelope.sender_id:15}"
        f"*{envelope.receiver_qualifier}*{envelope.receiver_id:15}*{day[2:]}*{minute}*^*00501"
        f"*{envelope.interchange_control}*0*{envelope.usage}*:~"
        f"GS*HC*{envelope.sender_id}*{envelope.receiver_id}*{day}*{minute}*{envelope.group_control}*X*{VERSIONS[envelope.kind]}~"
    )


def closing(envelope: Envelope, transactions: int) -> str:
    """GE and IEA."""
    return f"GE*{transactions}*{envelope.group_control}~IEA*1*{envelope.interchange_control}~"


def control(transaction: int) -> str:
    """ST02 of the 0-based transaction: at least four digits, from 0001."""
    return f"{transaction + 1:04d}"


def heading(envelope: Envelope, transaction: int) -> str:
    """ST, BHT and the loops 1000A and 1000B."""
    number = control(transaction)
    return (
        f"ST*837*{number}*{VERSIONS[envelope.kind]}~"
        f"BHT*0019*00*{envelope.reference}{number}*{envelope.date:%Y%m%d}*{envelope.time:%H%M}*{envelope.purpose}~"
        f"NM1*41*2*{envelope.submitter_name}*****46*{envelope.sender_id}~"
        f"PER*IC*{envelope.contact}*TE*{envelope.phone}~"
        f"NM1*40*2*{envelope.receiver_name}*****46*{envelope.receiver_id}~"
    )


def trailer(transaction: int, segments: int) -> str:
    """SE; `segments` counts ST to SE inclusive."""
    return f"SE*{segments}*{control(transaction)}~"
