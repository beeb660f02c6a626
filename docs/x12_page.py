"""docs/x12.md: the guides and the tables of the codec, made from the tables that the codec itself works with."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from connectors.x12 import tables, tables837
from connectors.x12.guides import acknowledgments, claim_837, claim_837i, remittance_835
from connectors.x12.guides.notation import Guide
from connectors.x12.problems import CODES

TABLES = {
    "Every decoder": {
        "interchanges": tables.INTERCHANGES,
        "sets": tables.SETS,
        "problems": tables.PROBLEMS,
    },
    "835: `decode_835`, `decode_835_windows`": {
        "transactions": tables.TRANSACTIONS,
        "claims": tables.REMITTED_CLAIMS,
        "names (protected)": tables.REMITTED_NAMES,
        "lines": tables.REMITTED_LINES,
        "adjustments": tables.REMITTED_ADJUSTMENTS,
        "provider_adjustments": tables.PROVIDER_ADJUSTMENTS,
        "details": tables.DETAILS,
        "what `differences` gives": tables.DIFFERENCES,
    },
    "TA1, 999, 997, 277CA: `decode_acknowledgments`": {
        "interchange_acks": tables.INTERCHANGE_ACKS,
        "set_acks": tables.SET_ACKS,
        "claim_acks": tables.CLAIM_ACKS,
    },
    "837: `encode_837`, `decode_837`": {
        "claims": tables837.CLAIMS_837,
        "lines": tables837.LINES_837,
        "other_payers": tables837.OTHER_PAYERS_837,
        "line_payments": tables837.LINE_PAYMENTS_837,
        "adjustments": tables837.ADJUSTMENTS_837,
        "claim_codes": tables837.CLAIM_CODES_837,
        "attachments": tables837.ATTACHMENTS_837,
        "transactions (decoded only)": tables837.TRANSACTIONS_837,
        "what `unencodable` gives": tables837.FINDINGS,
    },
}

HEAD = """# The codec's guides and tables

Bytes to tables and back, in `connectors/x12/`. Made from the tables in `connectors/x12/guides/`, `tables.py` and
`tables837.py`; read them beside the implementation guides. Amounts are whole cents, quantities thousandths, absent is
null. `segment` is the place of a row's segment in its set, counted from ST = 1; `cleanclaim x12 inspect --show-phi`
shows it.

```python
from connectors import x12

decoded = x12.decode_835([first_file, second_file])  # bytes; every table, many files in one pass
for part in x12.decode_835_windows(open("large.835", "rb")):
    ...  # memory grows with the window, not with the file
off = x12.differences(decoded)  # what does not balance, by how much, and where
claims = x12.decode_837(data)  # 837P and 837I, back into the encoder's tables
faults = x12.unencodable(tables)  # why a claim cannot be sent, with its column
data = x12.encode_837(tables, envelope)  # Envelope(kind="837P") or "837I"
answer = x12.encode_999(data, interchange_control="000000001", group_control="1", at=now)
```

"""


def page() -> str:
    """The whole page."""
    lines = [HEAD + "## Problems", ""]
    lines += [
        "An *error* says that what it is about cannot be trusted: nothing of its set is called balanced.",
        "A *warning* changes no verdict.",
        "",
        f"Errors: {_codes('error')}.",
        "",
        f"Warnings: {_codes('warning')}.",
        "",
        "A fault of a transaction set damages that set; one of a functional group (`GE…`) its sets; one of an "
        "interchange (`ISA…`, `IEA…`) all of its sets. A segment that may not stand where it does (`STRAY_SEGMENT`, "
        "`SE_UNMATCHED`, `GE_UNMATCHED`) was cut off from something, before it or behind it, and no count tells from "
        "what: it damages every set of its interchange, those behind it too. Behind the IEA (`TRAILING_SEGMENT`) it "
        "damages none.",
        "",
        "Where a control number comes again, what stood first keeps its verdict. A set with the ST02 of an earlier "
        "one in its group (`ST02_REPEATED`) is not balanced, nor are the sets of a group with the GS06 of an earlier "
        "one in its interchange (`GS06_REPEATED`). An interchange whose ISA13 comes again in its file, between the "
        "same parties (`ISA13_REPEATED`), is told of and judged like any other.",
        "",
    ]
    lines += ["## The 835 (005010X221A1, 004010X091A1)", "", *_guide(remittance_835.GUIDE)]
    lines += ["## The 999 (005010X231A1) and 997", "", *_guide(acknowledgments.GUIDE_999)]
    lines += ["## The 277CA (005010X214)", "", *_guide(acknowledgments.GUIDE_277CA)]
    lines += [
        "## The 837, as it is written and read",
        "",
        "A segment as it stands on the wire. `{name}` is a column, `{name?}` one that may be empty, `{name=A}` is A "
        "where the column is null, `{name..4}` a list of up to four components. The word before a segment says when "
        "it is written: `?` where one of its columns has a value.",
        "",
        *(f"* *{name}*: {meaning}" for name, meaning in claim_837.CONDITIONS.items()),
        "",
        *_templates(claim_837.PROFESSIONAL),
        *_templates(claim_837i.INSTITUTIONAL),
    ]
    for title, of_title in TABLES.items():
        lines += [f"## Tables: {title}", ""]
        for name, schema in of_title.items():
            lines += _columns(name, schema)
    return "\n".join(lines)


def _codes(severity: str) -> str:
    return ", ".join(f"`{code}`" for code, each in CODES.items() if each == severity)


def _guide(guide: Guide) -> Iterable[str]:
    yield "| loop | opened by | after | holds |"
    yield "|---|---|---|---|"
    for loop in guide.loops:
        yield f"| {loop.name} | {loop.opens.replace('*', chr(92) + '*')} | {loop.after} | {loop.segments} |"
    yield ""
    yield f"Without these a segment cannot be used: {guide.required}. Missed but not needed: {guide.expected}."
    yield ""


def _templates(guide: claim_837.Guide837) -> Iterable[str]:
    yield f"### {guide.kind} ({guide.version})"
    yield ""
    yield "```"
    levels = [loop for level in guide.hierarchy.values() for loop in level]
    for loop in (*levels, *guide.claim, *guide.payer, *guide.line, *guide.payment):
        for segment in loop.segments:
            yield f"{loop.name:8}{segment.when or '':15}{segment.text}"
    yield "```"
    yield ""


def _columns(name: str, schema: pa.Schema) -> Iterable[str]:
    yield f"### {name}"
    yield ""
    yield "| column | type | what |"
    yield "|---|---|---|"
    for field in schema:
        about = (field.metadata or {}).get(b"about", b"").decode()
        yield f"| `{field.name}` | {field.type} | {about.replace('*', chr(92) + '*').replace('|', '/')} |"
    yield ""
