"""TA1, 999 and 277CA as facts, and what each statement does to the claims it speaks about.

What a code means is data (``ack_mapping.tsv``). Three traps: a 999 that accepts a group in part says nothing
about the group's sets by itself; a TA1 with note 025 rejects the copy, not the original, so nothing is sent
again; a clearinghouse's acceptance is receipt, only the payer's is acceptance.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from configs import reference
from configs.identity import digests
from tasks.billing import shapes
from tasks.billing.context import beside
from tasks.billing.shapes import ACKNOWLEDGMENTS

STATEMENT = [name for name in ACKNOWLEDGMENTS if name != "ack_id"]
_PLACE = ["transaction", "segment"]
_PLACED = {**ACKNOWLEDGMENTS, **dict.fromkeys(_PLACE, "Int64")}
EFFECTS = shapes.shape(
    "ack_id scope partner interchange_control group_control transaction_control claim_id effect proof:flag"
    " code words payer_control stated_on:day"
)
# How ack_mapping.tsv words an effect, and our name for it; the first that occurs in the text counts.
_WORDS = {
    "DUPLICATE": "duplicate",
    "not_received": "file_rejected",
    "rejected_syntax": "rejected_syntax",
    "accepted_syntax": "accepted_syntax",
    "rejected": "rejected",
    "received": "received",
    "in_transit": "received",
    "accepted": "accepted",
    "none": "none",
    "look at each": "none",
}


def facts(
    partner: str, interchange_acks: pd.DataFrame, set_acks: pd.DataFrame, claim_acks: pd.DataFrame
) -> pd.DataFrame:
    """Rows of ``acknowledgments`` from the codec's three tables (pandas), identified by what they state.

    ``detail``: TA105; the IK5 codes and IK3/IK4 positions (never IK404); ``status entity`` of the STC, with the
    level where it is not the claim. A 999 yields a row for each set and one for its group (``code`` AK901,
    ``transaction_control`` null). A 277CA's statement about a batch has no ``claim_id``.
    """
    rows = _stated(partner, interchange_acks, set_acks, claim_acks)
    return shapes.conform(rows.drop_duplicates("ack_id"), ACKNOWLEDGMENTS)


def sources(
    partner: str,
    interchange_acks: pd.DataFrame,
    set_acks: pd.DataFrame,
    claim_acks: pd.DataFrame,
    sets: pd.DataFrame,
    sha256: str,
) -> pd.DataFrame:
    """Rows of ``acknowledgment_sources``: where in the file `sha256` each statement stands. `sets` as decoded."""
    rows = _stated(partner, interchange_acks, set_acks, claim_acks).drop_duplicates("ack_id")
    number = pd.Series(range(1, len(sets) + 1), index=sets["transaction"], dtype="Int64")
    placed = rows.assign(sha256=sha256, transaction=beside(rows["transaction"], number))
    return shapes.conform(placed, shapes.ACKNOWLEDGMENT_SOURCES)


def _stated(
    partner: str, interchange_acks: pd.DataFrame, set_acks: pd.DataFrame, claim_acks: pd.DataFrame
) -> pd.DataFrame:
    """Every statement with its id and its place; one that stands twice is twice here."""
    parts = [_interchange_rows(interchange_acks), *_set_rows(set_acks), _claim_rows(claim_acks)]
    filled = [shapes.conform(part, _PLACED) for part in parts if len(part)]
    if not filled:
        return shapes.empty(_PLACED)
    rows = pd.concat(filled, ignore_index=True).assign(partner=partner)
    rows = rows[rows["code"].notna()]
    rows["ack_id"] = digests("acknowledgment", rows[STATEMENT].itertuples(index=False, name=None))
    return rows


def _interchange_rows(acks: pd.DataFrame) -> pd.DataFrame:
    """TA1. TA102 is the date of what it answers, not of the statement, so ``stated_on`` stays null."""
    named = acks[["code"]].assign(kind="TA1", interchange_control=acks["control"], detail=acks["note"])
    return named


def _set_rows(acks: pd.DataFrame) -> list[pd.DataFrame]:
    """999 (or 997): the sets, and each group once."""
    codes = acks["error_codes"].fillna("") + " " + acks["details"].fillna("")
    detail = codes.str.strip()
    rows = acks.assign(kind="999", detail=detail.where(detail != ""), transaction_control=acks["set_control"])
    groups = acks.drop_duplicates(["transaction", "group_control"])
    whole = groups[["group_control", "transaction"]].assign(
        kind="999", code=groups["group_code"].fillna(groups["code"])
    )
    columns = ["kind", "group_control", "transaction_control", "code", "detail", *_PLACE]
    return [rows.loc[acks["set_control"].notna(), columns], whole]


def _claim_rows(acks: pd.DataFrame) -> pd.DataFrame:
    """277CA: statements about claims, their lines, and whole batches."""
    at_claim = acks["level"].isin(["claim", "line"])
    spoken = acks["status"].fillna("") + " " + acks["entity"].fillna("")
    where = acks["level"].where(acks["level"] != "claim", "") + " " + acks["line_control"].fillna("")
    detail = (spoken.str.strip() + " " + where.str.strip()).str.strip()
    return pd.DataFrame(
        {
            "kind": "277CA",
            "claim_id": acks["reference"].where(at_claim),
            "code": acks["category"],
            "detail": detail.where(detail != ""),
            "action": acks["action"],
            "payer_control": acks["payer_control"],
            # Whoever is not the payer cannot accept on its behalf.
            "sender": pd.Series("clearinghouse", index=acks.index).mask(
                acks["source_entity"] == "PR", "payer"
            ),
            "charge_cents": acks["charge_cents"],
            "stated_on": acks["date"],
            "transaction": acks["transaction"],
            "segment": acks["segment"],
        }
    )


@cache
def _mapping() -> dict[tuple[str, str, str], str]:
    """Effect by artifact, field and code, as ``ack_mapping.tsv`` words it."""
    found = {}
    for row in reference.table("ack_mapping"):
        wording = row["claim_state_effect"]
        effect = next((name for word, name in _WORDS.items() if word in wording), "alert")
        for code in row["code"].split():
            found[row["artifact"], row["field"], code] = effect
    return found


def effect_of(kind: str, code: str, detail: str | None, action: str | None, payer: bool, group: bool) -> str:
    """What one statement does: a state of `custody`, ``none``, ``duplicate``, or ``alert`` where it is unknown.

    `group` marks the row of a whole group in a 999; `payer` whether the payer itself speaks.
    """
    if kind == "TA1":
        effect = _mapping().get((kind, "TA104", code), "alert")
        noted = _mapping().get((kind, "TA105", detail or ""), "none")
        return noted if effect == "file_rejected" and noted == "duplicate" else effect
    if kind == "999":
        return _mapping().get((kind, "AK901" if group else "IK501", code), "alert")
    effect = _mapping().get((kind, "STC01-1", code), "alert")
    if action == "U" and effect != "alert":
        effect = _mapping()[kind, "STC03", "U"]
    return "received" if effect == "accepted" and not payer else effect


def effects(acks: pd.DataFrame) -> pd.DataFrame:
    """Each statement's effect: columns `EFFECTS`.

    ``scope`` is interchange, group, set, claim, line or batch; ``words`` is the code with its detail, for people;
    ``proof`` marks a payer's dated receipt or acceptance with its own number, which proves timely filing.
    Lines and batches have no effect on a claim's state: an ``alert`` there is for people.
    """
    words = (acks["code"] + " " + acks["detail"].fillna("")).str.strip()
    rows = acks.assign(scope=_scope(acks), payer=acks["sender"] == "payer", words=words)
    keys = ["kind", "code", "detail", "action", "payer"]
    # Details of a 999 are as many as its errors, and decide nothing.
    rows["detail"] = rows["detail"].where(rows["kind"] == "TA1")
    rows["group"] = rows["scope"] == "group"
    combinations = rows[[*keys, "group"]].drop_duplicates()
    combinations["effect"] = pd.Series(
        [
            effect_of(kind, code, _known(detail), _known(action), payer, group)
            for kind, code, detail, action, payer, group in combinations.itertuples(index=False, name=None)
        ],
        index=combinations.index,
        dtype="str",
    )
    found = rows.merge(combinations, on=[*keys, "group"], how="left")
    dated = found["stated_on"].notna() & found["payer_control"].notna()
    found["proof"] = found["payer"] & dated & found["effect"].isin(["received", "accepted"])
    return shapes.conform(found, EFFECTS)


def _scope(acks: pd.DataFrame) -> pd.Series[str]:
    """What each statement is about."""
    scope = acks["kind"].map({"TA1": "interchange", "999": "set", "277CA": "claim"})
    scope = scope.mask((acks["kind"] == "999") & acks["transaction_control"].isna(), "group")
    claims = acks["kind"] == "277CA"
    about_line = acks["detail"].fillna("").str.split().map(lambda words: "line" in words)
    scope = scope.mask(claims & about_line.astype(bool), "line")
    return scope.mask(claims & acks["claim_id"].isna(), "batch")


def _known(value: object) -> str | None:
    """Text, or None where a frame has none."""
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]
