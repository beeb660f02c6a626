"""One claim from the note to the last cent: every fact about it in the order of its days, each with its file and place.

About a claim is what is about its family (`families`): the encounters it bills with all their versions, what gates
and rules decided, charges and their units, the claims with what replaced them, files, acknowledgments, answers line by
line, postings, and what people did. Facts of one day stand in the order of the line. Ids, codes, cents and places:
nothing that names a person, and no free text of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from tasks.billing import money, shapes
from tasks.billing.context import Column, beside

EVENTS = shapes.shape("day:day kind subject_id claim_id what cents:int file transaction:int segment:int")
# The order of the line: facts of one day stand in it.
KINDS = (
    "encounter",
    "quarantine",
    "decision",
    "finding",
    "suppression",
    "charge",
    "units",
    "claim",
    "submission",
    "upload",
    "TA1",
    "999",
    "277CA",
    "answer",
    "line",
    "adjustment",
    "assignment",
    "patient_payment",
    "posting",
    "write_off",
    "refund",
    "work",
    "appeal",
    "document",
)
Tables = Mapping[str, pd.DataFrame]


def events(tables: Tables) -> pd.DataFrame:
    """`EVENTS` of the facts in `tables`, the ledger's tables reduced to what is about one family of claims."""
    parts = [
        _encounters(tables),
        _quarantine(tables),
        *_decided(tables),
        *_charged(tables),
        *_sent(tables),
        _acknowledged(tables),
        *_answered(tables),
        _posted(tables),
        *_settled(tables),
        _worked(tables),
        *_appealed(tables),
    ]
    rows = pd.concat([shapes.conform(part, EVENTS) for part in parts if len(part)] or [shapes.empty(EVENTS)])
    rank = rows["kind"].map({kind: number for number, kind in enumerate(KINDS)})
    ordered = rows.assign(rank=rank).sort_values(["day", "rank"], kind="stable", na_position="last")
    return shapes.conform(ordered, EVENTS)


def said(*parts: object) -> Column:
    """Columns and words as one text, blanks between; what is absent is left out."""
    columns = [part for part in parts if isinstance(part, pd.Series)]
    index = columns[0].index
    text = pd.Series("", index=index, dtype="str")
    for part in parts:
        word = part.astype("str").fillna("") if isinstance(part, pd.Series) else str(part)
        text = text + " " + word
    return text.str.replace(r"\s+", " ", regex=True).str.strip()


def _labelled(label: str, column: Column) -> Column:
    """``label value`` where there is a value."""
    return (label + " " + column.astype("str")).where(column.notna())


def _encounters(t: Tables) -> pd.DataFrame:
    rows = t["encounters"].sort_values(["encounter_id", "version"])
    signed = _labelled("signed", rows["signed_on"].dt.strftime("%Y-%m-%d"))
    what = said(
        "version", rows["version"], rows["service_kind"], _labelled("minutes", rows["minutes"]), signed
    )
    return rows.assign(day=rows["service_date"], kind="encounter", subject_id=rows["encounter_id"], what=what)


def _quarantine(t: Tables) -> pd.DataFrame:
    rows = t["quarantine"]
    what = said(rows["suite"], rows["expectation"], rows["reason"])
    place = {"file": rows["file_sha256"], "cents": rows["difference_cents"]}
    return rows.assign(kind="quarantine", subject_id=rows["quarantine_id"], what=what, **place)


def _decided(t: Tables) -> Iterable[pd.DataFrame]:
    rows = t["decisions"].sort_values(["encounter_id", "sequence"])
    what = said(rows["outcome"], "decision", rows["sequence"])
    yield rows.assign(day=rows["decided_on"], kind="decision", subject_id=rows["encounter_id"], what=what)
    found = t["findings"].merge(rows[["decision_id", "decided_on"]], on="decision_id")
    what = said(found["rule_id"], found["severity"], _labelled("line", found["line"]))
    yield found.assign(day=found["decided_on"], kind="finding", subject_id=found["encounter_id"], what=what)
    let = t["suppressions"]
    what = said(let["action"], let["rule_id"], _labelled("by", let["person"]))
    yield let.assign(
        day=let["at"].dt.normalize(), kind="suppression", subject_id=let["encounter_id"], what=what
    )


def _charged(t: Tables) -> Iterable[pd.DataFrame]:
    rows = t["charge_lines"].merge(
        t["decisions"][["decision_id", "decided_on"]], on="decision_id", how="left"
    )
    what = said(rows["code"], rows["modifiers"], _labelled("units", rows["units"]), "to", rows["payer_id"])
    yield rows.assign(
        day=rows["decided_on"],
        kind="charge",
        subject_id=rows["charge_id"],
        what=what,
        cents=rows["charge_cents"],
    )
    units = t["authorization_units"].merge(rows[["charge_id", "decided_on"]], on="charge_id")
    what = said(units["event"], units["units"], "of", units["authorization_id"])
    yield units.assign(day=units["decided_on"], kind="units", subject_id=units["charge_id"], what=what)


def _sent(t: Tables) -> Iterable[pd.DataFrame]:
    claims = t["claims"]
    what = said(
        claims["form"],
        "frequency",
        claims["frequency"],
        "attempt",
        claims["attempt"],
        claims["payer_order"],
        "to",
        claims["payer_id"],
        claims["cause"],
        _labelled("replaces", claims["replaces_claim_id"]),
    )
    yield claims.assign(
        day=claims["built_on"],
        kind="claim",
        subject_id=claims["claim_id"],
        what=what,
        cents=claims["charge_cents"],
    )
    files = t["submission_claims"].merge(
        t["submissions"].drop(columns=["claims", "charge_cents"]), on="submission_id"
    )
    controls = said(
        "ISA13",
        files["interchange_control"],
        "GS06",
        files["group_control"],
        "ST02",
        files["transaction_control"],
    )
    what = said("in", files["file_name"], controls)
    yield files.assign(
        day=files["business_date"],
        kind="submission",
        subject_id=files["submission_id"],
        what=what,
        file=files["sha256"],
    )
    happened = t["submission_events"].sort_values(["submission_id", "at", "event"])
    day = beside(happened["submission_id"], t["submissions"].set_index("submission_id")["business_date"])
    yield happened.assign(
        day=day, kind="upload", subject_id=happened["submission_id"], what=happened["event"]
    )


def _acknowledged(t: Tables) -> pd.DataFrame:
    """Statements about the claim, and about the files and sets it went in; those without a day have their file's."""
    rows = t["acknowledgments"].merge(t["acknowledgment_sources"], on="ack_id", how="left")
    what = said(
        rows["code"], rows["detail"], rows["action"], _labelled("payer's number", rows["payer_control"])
    )
    day = rows["stated_on"].fillna(rows["sent_on"])
    return rows.assign(
        day=day, subject_id=rows["ack_id"], what=what, cents=rows["charge_cents"], file=rows["sha256"]
    )


def _answered(t: Tables) -> Iterable[pd.DataFrame]:
    seen = t["remittance_sources"].drop_duplicates("remittance_id")[
        ["remittance_id", "sha256", "transaction"]
    ]
    paid = t["remittances"][["remittance_id", "payment_date", "trace"]].merge(
        seen, on="remittance_id", how="left"
    )
    paid = paid.rename(columns={"payment_date": "day", "sha256": "file"})
    claims = (
        t["remitted_claims"].merge(paid, on="remittance_id").sort_values(["day", "remittance_id", "position"])
    )
    what = said(
        "status",
        claims["status"],
        "paid of",
        _dollars(claims["charge_cents"]),
        _labelled("payer's number", claims["payer_control"]),
        _labelled("remarks", claims["remarks"]),
        _labelled("matched by", claims["matched_by"]),
    )
    yield claims.assign(
        kind="answer", subject_id=claims["remitted_claim_id"], what=what, cents=claims["paid_cents"]
    )
    of = claims[["remitted_claim_id", "claim_id"]]
    lines = t["remitted_lines"].merge(paid, on="remittance_id").merge(of, on="remitted_claim_id")
    lines = lines.sort_values("remitted_line_id")
    what = said(
        lines["code"], lines["modifiers"], "paid of", _dollars(lines["charge_cents"]),
        _labelled("remarks", lines["remarks"]),
    )  # fmt: skip
    yield lines.assign(
        kind="line", subject_id=lines["remitted_line_id"], what=what, cents=lines["paid_cents"]
    )
    cas = t["remitted_adjustments"].merge(paid, on="remittance_id").merge(of, on="remitted_claim_id")
    cas = cas.sort_values("adjustment_id")
    owner = cas["remitted_line_id"].fillna(cas["remitted_claim_id"])
    what = said(cas["group_code"] + "-" + cas["carc"])
    yield cas.assign(kind="adjustment", subject_id=owner, what=what, cents=cas["amount_cents"])
    words = t["assignments"]
    day = words["at"].dt.normalize()
    what = said("to", words["claim_id"].fillna("none of ours"), _labelled("by", words["person"]))
    yield words.assign(day=day, kind="assignment", subject_id=words["remitted_claim_id"], what=what)


def _posted(t: Tables) -> pd.DataFrame:
    """One row an account of a posting."""
    keys = ["posting_id", "source", "account"]
    rows = (
        t["journal"]
        .groupby(keys, sort=False, dropna=False)
        .agg(day=("effective_on", "first"), claim_id=("claim_id", "first"), cents=("amount_cents", "sum"))
    )
    rows = rows.reset_index()
    return rows.assign(
        kind="posting", subject_id=rows["posting_id"], what=said(rows["source"], rows["account"])
    )


def _settled(t: Tables) -> Iterable[pd.DataFrame]:
    paid = t["patient_payments"].sort_values(["payment_id", "version"])
    what = said("version", paid["version"], paid["method"], _labelled("for", paid["encounter_id"]))
    yield paid.assign(
        day=paid["received_on"],
        kind="patient_payment",
        subject_id=paid["payment_id"],
        what=what,
        cents=paid["amount_cents"],
    )
    off = t["write_offs"]
    by = _labelled("by", off["person"]).fillna(_labelled("policy", off["policy"]))
    what = said(off["kind"], "of", off["account"], _labelled("charge", off["charge_id"]), by)
    yield off.assign(
        day=off["decided_on"],
        kind="write_off",
        subject_id=off["write_off_id"],
        what=what,
        cents=off["amount_cents"],
    )
    back = t["refunds"]
    what = said("to", back["recipient"], _labelled("by", back["person"]))
    yield back.assign(
        day=back["sent_on"],
        kind="refund",
        subject_id=back["refund_id"],
        what=what,
        cents=back["amount_cents"],
    )


def _worked(t: Tables) -> pd.DataFrame:
    rows = t["work_events"].sort_values(["item_id", "sequence"])
    until = _labelled("until", rows["until"].dt.strftime("%Y-%m-%d"))
    person = _labelled("to", rows["person"]).where(rows["action"] == "assign")
    by = _labelled("by", rows["actor"].fillna(rows["person"]))
    what = said(rows["action"], rows["queue"], person, until, by)
    return rows.assign(day=rows["at"].dt.normalize(), kind="work", subject_id=rows["item_id"], what=what)


def _appealed(t: Tables) -> Iterable[pd.DataFrame]:
    rows = t["appeals"]
    what = said("opened level", rows["level"], rows["level_name"], rows["category"])
    yield rows.assign(
        day=rows["opened_on"],
        kind="appeal",
        subject_id=rows["appeal_id"],
        what=what,
        cents=rows["amount_cents"],
    )
    told = t["appeal_events"].merge(rows[["appeal_id", "claim_id"]], on="appeal_id").sort_values("sequence")
    what = said(told["action"], told["outcome"], _labelled("document", told["document_id"]))
    yield told.assign(
        day=told["happened_on"],
        kind="appeal",
        subject_id=told["appeal_id"],
        what=what,
        cents=told["awarded_cents"],
    )
    made = t["documents"]
    what = said(made["kind"], "revision", made["revision"], made["template"])
    yield made.assign(
        day=made["made_on"], kind="document", subject_id=made["document_id"], what=what, file=made["sha256"]
    )


def _dollars(cents: Column) -> Column:
    """Dollars and cents of few rows, for people."""
    told = [None if pd.isna(each) else money.dollars(int(each)) for each in cents]
    return pd.Series(told, index=cents.index, dtype="str")
