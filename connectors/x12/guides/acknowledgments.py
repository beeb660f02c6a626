"""The acknowledgments as tables: 999 (005010X231A1) and its elder 997, 277CA (005010X214), TA1."""

from __future__ import annotations

from connectors.x12.guides.notation import Guide, Loop

# 999 and 997 share their shape; the 997 says AK3 AK4 AK5 where the 999 says IK3 IK4 IK5.
GUIDE_999 = Guide(
    kinds=("999", "997"),
    loops=(
        Loop("header", "ST", after="", segments=""),
        Loop("AK1", "AK1", after="header AK1 2000 2100 2110", segments="AK9"),
        Loop("2000", "AK2", after="AK1 2000 2100 2110", segments="IK5 AK5 AK9"),
        Loop("2100", "IK3", after="2000 2100 2110", segments="CTX IK5 AK5 AK9"),
        Loop("2110", "IK4", after="2100 2110", segments="CTX IK5 AK5 AK9"),
        Loop("2100", "AK3", after="2000 2100 2110", segments="IK5 AK5 AK9"),
        Loop("2110", "AK4", after="2100 2110", segments="IK5 AK5 AK9"),
    ),
    money=("AK9", "IK5", "AK5"),
    required="AK101 AK102 AK201 AK202 IK501 AK501 AK901",
    expected="IK301 IK302 IK401 IK403",
)

SET_CODES = "A E M P R W X"

# 277CA: the hierarchy is in HL03; a line is opened by SVC inside a claim.
GUIDE_277CA = Guide(
    kinds=("277CA",),
    loops=(
        Loop("header", "ST", after="", segments="BHT"),
        Loop("2000", "HL", after="header 2000 2220D", segments="NM1 TRN STC QTY AMT REF DTP"),
        Loop("2220D", "SVC", after="2000 2220D", segments="STC REF DTP"),
    ),
    money=("STC", "SVC", "TRN"),
    required="STC01-1 STC01-2 HL03 TRN02",
    expected="STC02 STC03 NM101",
)

LEVELS = {"20": "source", "21": "receiver", "19": "provider", "PT": "claim"}

# Column -> source on the STC itself.
STATUS = {
    "category": "STC01-1",
    "status": "STC01-2",
    "entity": "STC01-3",
    "date": "STC02",
    "action": "STC03",
    "charge_cents": "STC04",
}
FURTHER = ("STC10", "STC11")

# TA1, element by element.
TA1 = {"control": 1, "date": 2, "time": 3, "code": 4, "note": 5}
TA1_CODES = "A E R"
