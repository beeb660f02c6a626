"""What the facts say of a claim: by the file it went in, by a 277CA, by an 835. `custody` weighs them.

Each function returns frames with ``claim_id``, ``state``, ``since`` and ``codes``; which state counts more than
which is not decided here.
"""

from __future__ import annotations

import pandas as pd

# clp02_status.tsv: forwarded to another payer; reversals take an answer back; estimates answer nothing.
FORWARDED = frozenset({"19", "20", "21", "23"})
REVERSAL, ESTIMATE = "22", "25"
LATER_PAYER = frozenset({"2", "3", "20", "21"})  # processed as secondary or tertiary
# Remarks by which a payer says that it passed the claim on, whatever the status.
PASSED_ON = ("MA07", "MA18")


def submission_states(
    submissions: pd.DataFrame, submission_events: pd.DataFrame, stated: pd.DataFrame
) -> pd.DataFrame:
    """``submissions`` with ``state``: sending, in_doubt, sent or file_rejected.

    A rename that began and was not confirmed is in doubt, until an upload or any answer to the file confirms it.
    """
    happened = submission_events.groupby("submission_id")["event"].agg(frozenset)
    events = submissions["submission_id"].map(happened.to_dict())
    uploaded = events.map(lambda found: "uploaded" in found, na_action="ignore").fillna(False).astype(bool)
    refused = answered(submissions, stated, "interchange", "interchange_control", {"file_rejected"})
    heard = answered(submissions, stated, "interchange", "interchange_control", None)
    heard |= answered(submissions, stated, "group", "group_control", None)
    heard |= answered(submissions, stated, "set", "group_control", None)
    state = pd.Series("sending", index=submissions.index).mask(events.notna(), "in_doubt")
    return submissions.assign(state=state.mask(uploaded | heard, "sent").mask(refused, "file_rejected"))


def answered(
    submissions: pd.DataFrame, stated: pd.DataFrame, scope: str, column: str, effects: set[str] | None
) -> pd.Series[bool]:
    """Whether a statement of this scope (and effect) names the submission's control number."""
    rows = stated[stated["scope"] == scope]
    if effects is not None:
        rows = rows[rows["effect"].isin(effects)]
    said = set(rows["partner"] + "/" + _number(rows[column]))
    return (submissions["partner"] + "/" + _number(submissions[column])).isin(said)


def _number(control: pd.Series[str]) -> pd.Series[str]:
    """A control number without the leading zeros that partners add or drop."""
    return control.astype("str").str.lstrip("0")


def by_file(
    submissions: pd.DataFrame, members: pd.DataFrame, events: pd.DataFrame, stated: pd.DataFrame
) -> pd.DataFrame:
    """For each claim the newest file it went in, and how far that file (TA1) and its set (999) came.

    Should a claim ever have gone in two files, one that was taken counts before one that was not.
    """
    files = submission_states(submissions, events, stated)
    carried = members.merge(files.drop(columns=["charge_cents", "claims"]), on="submission_id", how="inner")
    keys = pd.DataFrame({"partner": carried["partner"], "group": _number(carried["group_control"])})
    keys["control"] = _number(carried["transaction_control"])
    ranks = {"rejected_syntax": 2, "accepted_syntax": 1}
    said = stated[stated["scope"].isin(["group", "set"]) & stated["effect"].isin(list(ranks))].assign(
        group=lambda rows: _number(rows["group_control"]),
        control=lambda rows: _number(rows["transaction_control"]),
    )
    said = said.assign(strength=said["effect"].map(ranks)).sort_values(["strength", "code"])
    words = ["effect", "words", "strength"]
    of_set = keys.merge(
        _last(said[said["scope"] == "set"], ["partner", "group", "control"], words), how="left"
    )
    of_group = keys.merge(_last(said[said["scope"] == "group"], ["partner", "group"], words), how="left")
    # A refused group refuses its sets; an accepted group speaks for the sets nobody named.
    by_group = (of_group["strength"] == 2) | of_set["effect"].isna()
    carried["codes"] = of_group["words"].where(by_group, of_set["words"]).to_numpy()
    carried["syntax"] = of_group["effect"].where(by_group, of_set["effect"]).to_numpy()
    carried["state"] = carried["syntax"].fillna(carried["state"])
    notes = _interchange_notes(stated)
    carried["codes"] = carried["codes"].fillna(
        (carried["partner"] + "/" + _number(carried["interchange_control"])).map(notes)
    )
    carried["taken"] = carried["state"] == "accepted_syntax"
    ordered = carried.assign(number=_number(carried["interchange_control"]).str.zfill(9)).sort_values(
        ["claim_id", "taken", "business_date", "number"], kind="stable"
    )
    newest = ordered.drop_duplicates("claim_id", keep="last")
    newest = newest.rename(columns={"business_date": "since"})
    sent_on = newest["since"].where(newest["state"] != "sending")
    return newest.assign(sent_on=sent_on)[["claim_id", "state", "since", "codes", "submission_id", "sent_on"]]


def _last(rows: pd.DataFrame, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """The last row for each key."""
    return rows.drop_duplicates(keys, keep="last")[[*keys, *columns]]


def _interchange_notes(stated: pd.DataFrame) -> dict[str, str]:
    """TA1 codes by partner and control number; a duplicate shows as such, because it is not to be sent again."""
    rows = stated[(stated["scope"] == "interchange") & stated["effect"].isin(["file_rejected", "duplicate"])]
    named = rows.assign(
        key=rows["partner"] + "/" + _number(rows["interchange_control"]),
        note=rows["code"].where(rows["effect"] != "duplicate", "025"),
    ).sort_values(["key", "note"])
    return dict(zip(named["key"], named["note"], strict=True))


def by_statement(stated: pd.DataFrame) -> pd.DataFrame:
    """What the 277CAs say of each claim: the newest refusal or acceptance, else receipt.

    On the same day a refusal counts more than an acceptance: overlooking it loses the claim.
    """
    said = stated[(stated["scope"] == "claim") & stated["effect"].isin(["received", "accepted", "rejected"])]
    weighty = said["effect"] != "received"
    refused = said["effect"] == "rejected"
    ordered = said.assign(weighty=weighty, refused=refused).sort_values(
        ["claim_id", "weighty", "stated_on", "refused", "code"], na_position="first", kind="stable"
    )
    last = ordered.drop_duplicates("claim_id", keep="last")
    return last.rename(columns={"effect": "state", "stated_on": "since", "words": "codes"})[
        ["claim_id", "state", "since", "codes"]
    ]


def counted(
    remitted_claims: pd.DataFrame, remittances: pd.DataFrame, line_verdicts: pd.DataFrame
) -> pd.DataFrame:
    """The verdicts that count: for each line of our claims what was said of it last; estimates say nothing.

    Columns of `line_verdicts` with those of their remitted claim (``claim_id``, ``remittance_id``, ``status``,
    ``segment``, ``paid_cents``, ``claim_patient_cents``) and ``since``, in the order of the answers. A split claim
    is answered by several CLPs, each for its lines. A line whose status here is `REVERSAL` has no answer: it was
    taken back and not corrected. Custody and the queue of denials read this and nothing else.
    """
    units = _entries(remitted_claims, remittances).merge(
        line_verdicts.drop(columns="remittance_id", errors="ignore"), on="remitted_claim_id", how="left"
    )
    line, bare, back = units["line_id"].notna(), units["remitted_line_id"].isna(), units["status"] == REVERSAL
    named = line.groupby(units["remitted_claim_id"]).transform("any")
    # Nobody knows which line an unmatched one is: a later unmatched one takes its place, or a later reversal.
    stale = ~line & _before(units, ~line | back)
    # An answer without lines holds until anything else is said; so does a reversal of lines nobody knows.
    stale |= (bare | (~line & back)) & _before(units, ~line | line)
    # Both speak for every line of the claim, and a correction with unmatched lines answers what was reversed.
    stale |= line & _before(units, bare | (back & ~named))
    stale |= line & back & _before(units, ~line)
    # A payer may split a line: the parts are in one answer, and the last answer speaks with all of them.
    last = units.groupby(["claim_id", "line_id"])["remitted_claim_id"].transform("last")
    older = line & (units["remitted_claim_id"] != last)
    return units[~stale & ~older].reset_index(drop=True)


def _entries(remitted_claims: pd.DataFrame, remittances: pd.DataFrame) -> pd.DataFrame:
    """Answers to our claims in their order. On one day a reversal comes before the correction that follows it."""
    ours = remitted_claims[remitted_claims["claim_id"].notna() & (remitted_claims["status"] != ESTIMATE)]
    told = "remitted_claim_id remittance_id claim_id status position segment paid_cents patient_cents remarks"
    rows = ours[[*told.split(), "payer_control"]].merge(
        remittances[["remittance_id", "payment_date", "production_date"]], on="remittance_id"
    )
    rows["since"] = rows["payment_date"].fillna(rows["production_date"])
    # Days count from 1970; an answer without a day comes before all others.
    day = (rows["since"] - pd.Timestamp(0)).dt.days.fillna(-1).astype("int64")
    rows["turn"] = 2 * day + (rows["status"] != REVERSAL).astype("int64")
    order = ["claim_id", "turn", "remittance_id", "position"]
    ordered = rows.sort_values(order, kind="stable", ignore_index=True)
    return ordered.rename(columns={"patient_cents": "claim_patient_cents"})


def _before(units: pd.DataFrame, speaking: pd.Series[bool]) -> pd.Series[bool]:
    """Whether one of the `speaking` units of the same claim came on a later turn."""
    last = units["turn"].where(speaking, -3).groupby(units["claim_id"]).transform("max")
    earlier: pd.Series[bool] = units["turn"] < last
    return earlier


def by_remittance(
    remitted_claims: pd.DataFrame, remittances: pd.DataFrame, lines: pd.DataFrame
) -> pd.DataFrame:
    """What the answers that count (`lines`, as `counted`) come to for each claim; ``codes`` is the newest's status."""
    entries = _entries(remitted_claims, remittances)
    newest = lines.drop_duplicates("claim_id", keep="last").rename(columns={"status": "codes"})
    newest = newest[["claim_id", "since", "codes"]].merge(_decision_states(lines), on="claim_id")
    paid = entries.groupby("claim_id")["paid_cents"].sum()
    newest["paid_cents"] = newest["claim_id"].map(paid).astype("Int64")
    # A reversal repeats the number of what it takes back, so the newest number is the newest row's that has one.
    numbers = entries[entries["payer_control"].notna()].drop_duplicates("claim_id", keep="last")
    named = dict(zip(numbers["claim_id"], numbers["payer_control"], strict=True))
    newest["payer_control"] = newest["claim_id"].map(named).astype("str")
    return newest[["claim_id", "state", "since", "codes", "paid_cents", "payer_control"]]


def passed_on(remarks: pd.Series[str]) -> pd.Series[bool]:
    """Whether remark codes say that the payer passed the claim on to the next one."""
    said: pd.Series[bool] = remarks.fillna("").str.contains("|".join(PASSED_ON), regex=True).astype(bool)
    return said


def _decision_states(lines: pd.DataFrame) -> pd.DataFrame:
    """Frame[claim_id, state] from the lines that count; what is said last here wins."""
    back = lines["status"] == REVERSAL
    denied = lines["denied"].astype("boolean").fillna(False).astype(bool) & ~back
    patient = lines.get("patient_cents", pd.Series(pd.NA, index=lines.index, dtype="Int64"))
    told = patient.notna().groupby(lines["remitted_claim_id"]).transform("any")
    once = ~lines["remitted_claim_id"].duplicated() & ~back
    of_claim = lines["claim_patient_cents"].where(once & ~told, 0)
    seen = pd.DataFrame(
        {
            "lost": denied | back,
            "denied": denied,
            "back": back,
            "forwarded": lines["status"].isin(FORWARDED) | (passed_on(lines["remarks"]) & ~back),
            "paid": lines["paid_cents"].where(once, 0).astype("Int64").fillna(0),
            "share": patient.where(~back).astype("Int64").fillna(of_claim.astype("Int64")).fillna(0),
        }
    )
    by_claim = seen.groupby(lines["claim_id"])
    found, sums = by_claim[["denied", "back", "forwarded"]].any(), by_claim[["paid", "share"]].sum()
    unpaid = sums["paid"] == 0
    state = pd.Series("paid", index=found.index).mask(unpaid & (sums["share"] > 0), "patient_share")
    state = state.mask(found["back"], "reversed").mask(found["denied"], "partly_denied")
    # A line cut in part is denied in part: only a claim that pays nothing is denied as a whole.
    state = state.mask(found["denied"] & by_claim["lost"].all() & unpaid, "denied")
    return state.mask(found["forwarded"], "crossed_over").rename("state").reset_index()


def first_proof(claim_ids: pd.Series[str], stated: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The first day on which the payer said it has the claim, with its own number."""
    proofs = stated[stated["proof"].fillna(False).astype(bool) & (stated["scope"] == "claim")]
    days: pd.Series[pd.Timestamp] = claim_ids.map(proofs.groupby("claim_id")["stated_on"].min().to_dict())
    return days


def payer_number(claim_ids: pd.Series[str], decided: pd.DataFrame, stated: pd.DataFrame) -> pd.Series[str]:
    """The payer's number of the newest adjudication, else of the 277CA."""
    said = stated[(stated["scope"] == "claim") & stated["payer_control"].notna()]
    said = said.sort_values(["claim_id", "stated_on", "payer_control"], na_position="first")
    told = said.drop_duplicates("claim_id", keep="last").set_index("claim_id")["payer_control"]
    final = decided.dropna(subset="payer_control").set_index("claim_id")["payer_control"]
    return claim_ids.map(final.to_dict()).fillna(claim_ids.map(told.to_dict())).astype("str")
