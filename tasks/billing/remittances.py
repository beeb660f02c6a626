"""From the codec's 835 tables to the ledger's remittance facts, with identities made of content.

A remittance is identified by who paid, under which trace, when, how much, and by a digest of everything it says.
So the same remittance in another envelope, another archive or another order is the same row, and a different
remittance under the same trace is seen as the conflict it is. What does not balance, or came damaged, yields
no facts: it comes back as one row of quarantine, and posts nothing until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from configs.identity import digests
from tasks.billing import shapes
from tasks.billing.rows import series, text

SUITE = "remittances"
IDENTITY = ["payer_identifier", "trace", "payment_date", "bpr_cents", "content_sha256"]
# A remittance's identity without what it says: what a payer must not use twice (dossier 4.9).
NAME = IDENTITY[:4]
# One payment may be explained in parts, by payee for instance: under one trace, with claims and an amount each.
PAYMENT = IDENTITY[:2]
# What two remittances of one payment must not both answer.
ANSWERED = ["claim_control", "payer_control"]
# Columns of the codec's tables that `facts` reads besides those that are stored under the same name.
CODEC = frozenset({"transaction", "claim", "line", "service_from", "difference_cents"})
# The expectation that two remittances under one name fail.
CONFLICT = "one_content_per_trace"


@dataclass(frozen=True)
class RemittanceFacts:
    """Frames as the ledger names them; ``unbalanced`` has the shape of ``quarantine``.

    ``sources`` (``remittance_sources``) names every file a remittance was seen in, quarantined ones included:
    ``quarantine.subject_id`` is the remittance's id, so the raw segments can be found.
    """

    remittances: pd.DataFrame
    remitted_claims: pd.DataFrame
    remitted_lines: pd.DataFrame
    remitted_adjustments: pd.DataFrame
    provider_adjustments: pd.DataFrame
    sources: pd.DataFrame
    unbalanced: pd.DataFrame


def with_envelopes(
    transactions: pd.DataFrame, sets: pd.DataFrame, interchanges: pd.DataFrame, sha256s: Sequence[str]
) -> pd.DataFrame:
    """The codec's ``transactions`` joined with what `facts` needs of their envelopes.

    Adds ``content_sha256``, ``sha256`` (of the file, from `sha256s` by the codec's file index),
    ``file_transaction`` (1-based ST within the file), ``interchange_control`` and ``transaction_control``.
    """
    envelope = sets[["transaction", "file", "interchange", "content_sha256"]].assign(
        transaction_control=sets["control"],
        file_transaction=sets.groupby("file").cumcount() + 1,
        sha256=sets["file"].map(dict(enumerate(sha256s))),
    )
    controls = interchanges[["interchange", "control"]].rename(columns={"control": "interchange_control"})
    joined = transactions.merge(envelope, on="transaction", how="left")
    return joined.merge(controls, on="interchange", how="left")


def facts(
    transactions: pd.DataFrame,
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    adjustments: pd.DataFrame,
    provider_adjustments: pd.DataFrame,
    *,
    payers: pd.DataFrame | None = None,
    problems: pd.DataFrame | None = None,
) -> RemittanceFacts:
    """The facts of decoded remittances: pandas frames of the codec's tables in, ledger frames out.

    `transactions` is the codec's table with the columns that `with_envelopes` adds (only ``content_sha256`` is
    indispensable). `payers` (master) names our payer by ``remit_ids``; `problems` (codec) names the reason
    where a transaction came damaged. A remittance that occurs twice yields one row.
    """
    named = _identified(transactions)
    whole = named["balanced"].astype("boolean").fillna(False).astype(bool)
    sound = whole & named[["payer_identifier", "trace", "bpr_cents", "content_sha256"]].notna().all(axis=1)
    kept = named[sound].drop_duplicates("remittance_id")
    owned = _claims(kept, claims)
    owned_lines = _lines(owned, lines)
    return RemittanceFacts(
        remittances=_remittances(kept, payers),
        remitted_claims=shapes.conform(owned, shapes.REMITTED_CLAIMS),
        remitted_lines=shapes.conform(owned_lines, shapes.REMITTED_LINES),
        remitted_adjustments=_adjustments(owned, owned_lines, adjustments),
        provider_adjustments=_provider_adjustments(kept, provider_adjustments),
        sources=_sources(named),
        unbalanced=_unbalanced(named[~sound], claims, lines, problems),
    )


def rivals(new: pd.DataFrame, existing: pd.DataFrame) -> set[str]:
    """Ids of remittances that move money under one payer and trace, where `new` has one of them.

    Both frames are ``remittances``. Those that move none are left out: their trace may be any word ("0", "NOPAY").
    """
    names = ["remittance_id", "bpr_cents", *PAYMENT]
    known = pd.concat([existing[names], new[names]], ignore_index=True).drop_duplicates("remittance_id")
    known = known[known["bpr_cents"] != 0]
    several = known[known.duplicated(PAYMENT, keep=False)]
    fresh = several.loc[several["remittance_id"].isin(new["remittance_id"]), PAYMENT].drop_duplicates()
    return set(several.merge(fresh, on=PAYMENT)["remittance_id"])


def conflicts(new: pd.DataFrame, existing: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Quarantine rows for remittances of one payer and trace that contradict each other.

    Such are those of one date and amount that say different things, and those that move money and answer the same
    claim: the same check again, with another amount or date. `new` and `existing` are ``remittances``, `claims` the
    ``remitted_claims`` of the `rivals` at least. Nothing tells which of two is right, whichever came first: all of
    them wait for a person, those of `existing` included, whose postings have to be withdrawn.
    """
    names = ["remittance_id", *NAME]
    known = pd.concat([existing[names], new[names]], ignore_index=True).drop_duplicates("remittance_id")
    told = claims[["remittance_id", *ANSWERED]].drop_duplicates()
    answers = known[known["bpr_cents"] != 0].merge(told, on="remittance_id")
    ids: set[str] = set()
    for frame, same in ((known, NAME), (answers, [*PAYMENT, *ANSWERED])):
        again = frame[frame.duplicated(same, keep=False)]
        of_new = again.loc[again["remittance_id"].isin(new["remittance_id"]), same].drop_duplicates()
        ids |= set(again.merge(of_new, on=same)["remittance_id"])
    # One reason for both: the row must not depend on which of several was there first.
    reason = "TRACE_CONFLICT: another remittance has the same payer and trace but says something else"
    rows = pd.DataFrame({"subject_id": pd.Series(sorted(ids), dtype="str")})
    return _quarantine(rows.assign(expectation=CONFLICT, reason=reason))


def without(found: RemittanceFacts, remittance_ids: Iterable[str]) -> RemittanceFacts:
    """The facts without those remittances; their sources and quarantine rows stay."""
    gone = set(remittance_ids)
    if not gone:
        return found
    parts = {field.name: getattr(found, field.name) for field in fields(found)}
    return replace(
        found,
        **{
            name: part[~part["remittance_id"].isin(gone)].reset_index(drop=True)
            for name, part in parts.items()
            if name not in ("sources", "unbalanced")
        },
    )


def _identified(transactions: pd.DataFrame) -> pd.DataFrame:
    """Transactions with their ``remittance_id``, amounts and dates normalised first so that ids never vary."""
    named = transactions.reset_index(drop=True)
    named["payment_date"] = pd.to_datetime(named["payment_date"]).astype("datetime64[s]")
    named["bpr_cents"] = named["bpr_cents"].astype("Int64")
    if "credit_debit" in named:  # BPR03 D takes money from the practice, whatever sign BPR02 was written with
        debit = (named["credit_debit"] == "D").fillna(False).astype(bool)
        named["bpr_cents"] = named["bpr_cents"].mask(debit, -named["bpr_cents"].abs())
    identity = named[IDENTITY].itertuples(index=False, name=None)
    return named.assign(
        remittance_id=pd.Series(digests("remittance", identity), index=named.index, dtype="str")
    )


def _remittances(kept: pd.DataFrame, payers: pd.DataFrame | None) -> pd.DataFrame:
    """The ``remittances`` rows."""
    npi = kept["payee_id"].where(kept["payee_qualifier"] == "XX")
    ours = {} if payers is None else _payers_by_identifier(payers)
    named = kept.assign(payee_npi=npi, payer_id=kept["payer_identifier"].map(ours))
    return shapes.conform(named, shapes.REMITTANCES)


def _payers_by_identifier(payers: pd.DataFrame) -> dict[str, str]:
    """Our payer by each of its ``remit_ids``; an id that several payers share names none of them."""
    each = payers[["payer_id", "remit_ids"]].dropna()
    each = each.assign(identifier=each["remit_ids"].str.split()).explode("identifier").drop_duplicates()
    single = each[~each.duplicated("identifier", keep=False)]
    return dict(zip(single["identifier"], single["payer_id"], strict=True))


def _claims(kept: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """CLP rows of the kept transactions with their ids; ``claim`` still names the codec's row."""
    owned = claims.merge(kept[["transaction", "remittance_id"]], on="transaction", how="inner")
    return owned.assign(remitted_claim_id=_placed(owned["remittance_id"], owned["position"], "-", 5))


def _lines(owned: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """SVC rows of the kept claims with their ids."""
    keys = owned[["claim", "remittance_id", "remitted_claim_id"]]
    found = lines.merge(keys, on="claim", how="inner").rename(columns={"service_from": "service_date"})
    return found.assign(remitted_line_id=_placed(found["remitted_claim_id"], found["position"], "-", 3))


def _adjustments(owned: pd.DataFrame, owned_lines: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """CAS rows: identified by their line where they have one, else by their claim."""
    found = adjustments.merge(owned[["claim", "remittance_id", "remitted_claim_id"]], on="claim", how="inner")
    lines = pa.array(owned_lines["line"], pa.int64(), from_pandas=True)
    row = pc.index_in(pa.array(found["line"], pa.int64(), from_pandas=True), value_set=lines, skip_nulls=True)
    line = text(owned_lines["remitted_line_id"]).take(row)
    found["remitted_line_id"] = series(line, found.index)
    owner = found["remitted_line_id"].where(found["line"].notna(), found["remitted_claim_id"])
    found["adjustment_id"] = _placed(owner, found["position"], "+", 2)
    return shapes.conform(found, shapes.REMITTED_ADJUSTMENTS)


def _provider_adjustments(kept: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """PLB rows."""
    found = rows.merge(kept[["transaction", "remittance_id"]], on="transaction", how="inner")
    found["adjustment_id"] = _placed(found["remittance_id"], found["position"], "+", 3)
    return shapes.conform(found, shapes.PROVIDER_ADJUSTMENTS)


def _placed(parents: pd.Series[str], positions: pd.Series[int], mark: str, digits: int) -> pd.Series[str]:
    """Ids of what stands at a position within its parent: the parent's id, a mark and the position.

    The parent's id is a digest of all that is in the remittance, so no other content can have this id. Ids sort as
    the file reads, which is how they go into the database and come out of it.
    """
    place = pc.utf8_lpad(pa.array(positions, pa.int64(), from_pandas=True).cast(pa.string()), digits, "0")
    ids = pc.binary_join_element_wise(text(parents), place, mark)
    return series(ids, parents.index)


def _sources(named: pd.DataFrame) -> pd.DataFrame:
    """Where each remittance was seen; nothing where the caller gave no files."""
    if "sha256" not in named:
        return shapes.empty(shapes.REMITTANCE_SOURCES)
    seen = named.drop(columns="transaction").rename(columns={"file_transaction": "transaction"})
    keys = ["remittance_id", "sha256", "transaction"]
    return shapes.conform(seen.drop_duplicates(keys), shapes.REMITTANCE_SOURCES)


def _unbalanced(
    rows: pd.DataFrame, claims: pd.DataFrame, lines: pd.DataFrame, problems: pd.DataFrame | None
) -> pd.DataFrame:
    """A quarantine row a remittance and way to fail: the first place where it fails, and how many more there are.

    Places: lines and claims that do not balance (2110, 2100), the remittance itself, the codec's errors, and
    for want of any other DAMAGED. Copies of one remittance may be damaged each in its own way: each way is a row, in
    whatever order they come, and one that fails as another did is none.
    """
    if rows.empty:
        return shapes.empty(shapes.QUARANTINE)
    lost = rows[["trace", "payer_identifier"]].isna().any(axis=1)
    places = [
        _off(
            lines.drop(columns="transaction", errors="ignore").merge(
                claims[["claim", "transaction"]], on="claim"
            )
        ).assign(code="LINE_BALANCE", rank=0),
        _off(claims).assign(code="CLAIM_BALANCE", rank=0),
        rows[rows["difference_cents"].fillna(0) != 0][["transaction", "difference_cents"]].assign(
            code="REMITTANCE_BALANCE", rank=1
        ),
        rows[lost][["transaction"]].assign(code="TRACE_MISSING", rank=2),
        rows[["transaction"]].assign(code="DAMAGED", rank=4),
    ]
    if problems is not None:
        errors = problems[(problems["severity"] == "error") & problems["transaction"].notna()]
        unsaid = ~errors["code"].str.endswith("_BALANCE")
        places.append(errors[unsaid][["transaction", "segment", "code"]].assign(rank=3))
    known = rows[["transaction", "remittance_id"]]
    filled = [place.astype({"transaction": "int64"}) for place in places if len(place)]
    found = known.astype({"transaction": "int64"}).merge(
        pd.concat(filled, ignore_index=True), on="transaction"
    )
    found = found.reindex(columns=[*found.columns.union(["segment", "difference_cents"])])
    found = found.sort_values(["transaction", "rank", "segment", "code"], kind="stable")
    real = found["rank"] < found.groupby("transaction")["rank"].transform("max")
    more = real.groupby(found["transaction"]).transform("sum") - 1
    first = found.assign(more=more).drop_duplicates("transaction")
    kept = first.assign(subject_id=first["remittance_id"], expectation="balanced", reason=_reasons(first))
    return _quarantine(kept.drop_duplicates(["remittance_id", "reason"]))


def _off(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the codec's claims or lines that do not balance by themselves."""
    off = rows["difference_cents"].astype("Int64").fillna(0) != 0
    return rows.loc[off, ["transaction", "segment", "difference_cents"]]


def _reasons(first: pd.DataFrame) -> list[str]:
    """``CLAIM_BALANCE at segment 31, off by 100 cents, 2 more places``."""
    reasons = []
    for code, segment, cents, more in zip(
        first["code"],
        first["segment"].astype("Int64"),
        first["difference_cents"].astype("Int64"),
        first["more"],
        strict=True,
    ):
        where = "" if pd.isna(segment) else f" at segment {segment}"
        by = "" if pd.isna(cents) else f", off by {cents} cents"
        others = f", {more} more" if more > 0 else ""
        reasons.append(f"{code}{where}{by}{others}")
    return reasons


def _quarantine(rows: pd.DataFrame) -> pd.DataFrame:
    """Quarantine rows of this suite.

    ``file_sha256`` stays null: the same remittance may come in several files, and the row must not depend on
    which of them was first (``sources`` names them all).
    """
    rows = rows.assign(suite=SUITE, subject_kind="remittance")
    rows["quarantine_id"] = digests(
        "quarantine", rows[["suite", "subject_id", "reason"]].itertuples(index=False, name=None)
    )
    return shapes.conform(rows, shapes.QUARANTINE)
