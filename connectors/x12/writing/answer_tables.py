"""What our problems are called in a 999 and a TA1, and which of the bytes received an answer may copy."""

from __future__ import annotations

import re
from typing import NamedTuple

ACCEPTED, NOTED, PARTLY, REJECTED = "A", "E", "P", "R"

# --- what our problems are called --------------------------------------------------------------------------------
# Provenance: the code lists are those of X12 5010 elements 618 (IK502), 620 (IK304), 621 (IK403) and 716 (AK905) as
# the 999 guide allows them (checked against pyx12's map 999.5010X231.A1); which of our problems each code names is
# our own reading. An error that stands in no table rejects its set with IK304 = 8.


class Said(NamedTuple):
    """What one of our problems is in a 999: IK501, IK304, and IK403 where an element is at fault."""

    code: str
    segment: str
    element: str = ""


SYNTAX = {
    "SEGMENT_UNKNOWN": Said(REJECTED, "1"),  # unrecognized segment id
    "SEGMENT_UNEXPECTED": Said(NOTED, "2"),  # unexpected segment; we can do without it
    "SEGMENT_ORDER": Said(NOTED, "7"),  # segment not in proper sequence; we read it all the same
    "SEGMENT_MISSING": Said(REJECTED, "3"),  # required segment missing
    "SEGMENT_REPEATED": Said(REJECTED, "5"),  # segment exceeds maximum use
    "SEGMENT_MISPLACED": Said(REJECTED, "7"),  # segment not in proper sequence
    "ELEMENT_MISSING": Said(REJECTED, "8", "1"),  # required data element missing
    "ELEMENT_ABSENT": Said(NOTED, "8", "1"),  # the same; we can do without it
    "ELEMENT_EXTRA": Said(REJECTED, "8", "3"),  # too many data elements
    "AMOUNT": Said(REJECTED, "8", "6"),  # invalid character in data element
    "QUANTITY": Said(REJECTED, "8", "6"),
    "CODE_UNKNOWN": Said(REJECTED, "8", "7"),  # invalid code value
    "DATE": Said(REJECTED, "8", "8"),  # invalid date
}
OTHER_ERROR = Said(REJECTED, "8")

# IK502: the set's own envelope. 5 is one or more segments in error, 1 a set that no decoder of ours reads.
SET_ENVELOPE = {"SE_MISSING": "2", "SE02_CONTROL": "3", "SE01_COUNT": "4", "ST02_REPEATED": "23"}
NOT_SUPPORTED, SEGMENTS_IN_ERROR = "1", "5"

# AK905: the group's.
GROUP_ENVELOPE = {"GE_MISSING": "3", "GE02_CONTROL": "4", "GE01_COUNT": "5", "GS06_REPEATED": "19"}

# TA104 and TA105 (element I18; the notes of configs/reference/ack_mapping.tsv, 024 from X12's own list): rejected
# where the reading trusts nothing inside any more, noted where it goes on. The first that is found is told.
INTERCHANGE = {
    "IEA02_CONTROL": (REJECTED, "001"),  # control numbers of ISA and IEA differ
    "IEA_MISSING": (REJECTED, "023"),  # premature end of file
    "IEA01_COUNT": (REJECTED, "021"),  # number of groups
    "STRAY_SEGMENT": (REJECTED, "022"),  # control structure
    "SE_UNMATCHED": (REJECTED, "022"),
    "GE_UNMATCHED": (REJECTED, "022"),
    "GS_MISSING": (NOTED, "024"),  # content of the interchange, e.g. its GS
    "TA1_IEA01_COUNT": (NOTED, "021"),
    "ISA13_REPEATED": (NOTED, "025"),  # duplicate interchange control number
}
NO_GROUP_ANSWER, ISA_WIDTH = (NOTED, "024"), (NOTED, "022")
NO_COMPONENT = (REJECTED, "022")  # an ISA16 that is not one character: nothing inside is intact

# TA105, the ISA element it is about, what that must look like.
ISA_FORMS = (
    ("010", 1, r"0[0-6]"),
    ("012", 3, r"0[01]"),
    ("014", 9, r"[0-9]{6}"),  # and a day of the calendar
    ("015", 10, r"(?:[01][0-9]|2[0-3])[0-5][0-9]"),
    ("017", 12, r"00[2-6]0[0-9]"),
    ("019", 14, r"[01]"),
    ("020", 15, r"[IPT]"),
)

# --- what may be echoed ------------------------------------------------------------------------------------------

TEXT = r"[!-~ ]*[!-~]"  # printable; our delimiters are looked for apart
GS_FORMS = {  # GS element -> what it must look like, so that a damaged GS is not taken for an id
    1: r"BE|HB|HC|HI|HN|HP|HR|HS|RA",
    2: r"[!-~ ]{1,14}[!-~]",
    3: r"[!-~ ]{1,14}[!-~]",
    4: r"[0-9]{8}",
    5: r"[0-9]{4,8}",
    6: r"[0-9]{1,9}",
    7: r"X|T",
    8: r"[0-9]{6}(?:[A-Z][0-9]{3}(?:[A-Z][0-9])?)?",
}
ST01 = r"270|271|276|277|278|820|834|835|837"
LOOP = re.compile(
    r"[0-9]{4}|[0-9]{3}[A-Z]|[0-9]{3}"
)  # IK303 has at most four characters, and `header` is no loop id

# Segment ids of the guides that are read or written here, and their neighbours'. An id that is not one of them may be
# anything, a name too: it is written as UNK.
_SEGMENTS = """
AAA AMT BHT BPR CAS CL1 CLM CLP CN1 CR1 CR2 CR3 CR5 CR6 CR7 CR8 CRC CTP CUR DMG DN1 DN2 DSB DTM
DTP EB EQ FRM HCP HCR HD HI HL HSD IEA III INS ISA GE GS IMM K3 LIN LQ LS LE LX MEA MIA MOA MPI
MSG N1 N2 N3 N4 NM1 NTE OI PAT PER PLB PRV PS1 PWK QTY RDM REF SBR SE ST STC SV1 SV2 SV3 SV4
SV5 SV6 SV7 SVC SVD TA1 TOO TRN TS2 TS3 UM UR
"""
SEGMENTS = frozenset(_SEGMENTS.split())
UNKNOWN_SEGMENT = "UNK"

# IK402: the X12 number of each element in order, of the components of an element under its name; - has no number
# of its own (a composite). Provenance: X12 5010 as in pyx12's maps of the 835, 837P, 837I and 277CA.
NUMBERS = {
    "AMT": "522 782 478",
    "BPR": "305 782 478 591 812 506 507 569 508 509 510 506 507 569 508 373",
    "CAS": "1033" + " 1034 782 380" * 6,
    "CLP": "1028 1029 782 782 782 1032 127 1331 1325 1352 1354 380 954",
    "CLM": "1028 782 1032 1343 - 1073 1359 1073 1363 1351",
    "DMG": "1250 1251 1068",
    "DTM": "374 373",
    "DTP": "374 1250 1251",
    "HL": "628 734 735 736",
    "LQ": "1270 1271",
    "LX": "554",
    "N1": "98 93 66 67",
    "NM1": "98 1065 1035 1036 1037 1038 1039 66 67",
    "PLB": "127 373" + " - 782" * 6,
    "QTY": "673 380",
    "REF": "128 127",
    "SBR": "1138 1069 127 93 1336 1143 1073 584 1032",
    "STC": "- 373 306 782",
    "SV1": "- 782 355 380 1331 1365 -",
    "SV2": "234 - 782 355 380 1371 782",
    "SVC": "- 782 782 234 380 - 380",
    "SVD": "67 782 - 234 380 554",
    "TRN": "481 127 509 127",
    "CLM05": "1331 1332 1325",
    "PLB03": "426 127",
    "STC01": "1271 1271 98",
    "SV101": "235 234 1339 1339 1339 1339",
    "SV202": "235 234 1339 1339 1339 1339",
    "SVC01": "235 234 1339 1339 1339 1339",
}
