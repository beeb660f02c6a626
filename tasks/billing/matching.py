"""Which of our claims and lines a remitted claim or line answers. Never by a person's name.

A claim is found by what we sent (CLM01, returned as CLP01), else by the payer's own number (CLP07) where an
earlier answer taught it to us, else by our line numbers (REF*6R). A line is found by REF*6R, else by code, date
and charge where exactly one line of the claim fits. Payers drop and reorder modifiers, so modifiers only decide
between candidates. What is not certain stays null: its money goes to suspense, not to a guess.
"""

from __future__ import annotations

import pandas as pd


def match(
    remitted_claims: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    earlier_remitted_claims: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two remittance frames with ``claim_id`` and ``line_id`` filled where they are certain.

    All frames are the ledger's tables of those names; `earlier_remitted_claims` are remitted claims already
    matched. The answers are the same whatever order the rows come in.
    """
    by_control = _by_control(remitted_claims, claims)
    by_number = _by_payer_number(remitted_claims.assign(claim_id=by_control), earlier_remitted_claims, claims)
    by_line = _by_line_control(remitted_claims, remitted_lines, claim_lines)
    found = remitted_claims.assign(claim_id=by_control.fillna(by_number).fillna(by_line).astype("str"))
    return found, _match_lines(found, remitted_lines, claim_lines)


def _by_control(remitted_claims: pd.DataFrame, claims: pd.DataFrame) -> pd.Series[str]:
    """CLP01 is the CLM01 of a claim of ours."""
    control = remitted_claims["claim_control"].astype("str")
    return control.where(control.isin(claims["claim_id"]))


def _by_payer_number(
    remitted_claims: pd.DataFrame, earlier: pd.DataFrame, claims: pd.DataFrame
) -> pd.Series[str]:
    """CLP07 that one claim alone was answered under.

    Numbers of different payers may coincide, so the charge has to agree too (negated on a reversal).
    """
    columns = ["payer_control", "claim_id"]
    known = pd.concat([earlier[columns], remitted_claims[columns]], ignore_index=True)
    known = known.dropna().drop_duplicates()
    single = known[~known.duplicated("payer_control", keep=False)]
    claim_id = remitted_claims["payer_control"].map(
        dict(zip(single["payer_control"], single["claim_id"], strict=True))
    )
    charge = claim_id.map(dict(zip(claims["claim_id"], claims["charge_cents"], strict=True))).astype("Int64")
    agrees = (charge == remitted_claims["charge_cents"].astype("Int64").abs()).fillna(False).astype(bool)
    return claim_id.astype("str").where(agrees)


def _by_line_control(
    remitted_claims: pd.DataFrame, remitted_lines: pd.DataFrame, claim_lines: pd.DataFrame
) -> pd.Series[str]:
    """REF*6R of the lines, where all that are ours name the same claim."""
    ours = remitted_lines.merge(
        claim_lines[["line_id", "claim_id"]].rename(columns={"claim_id": "owner", "line_id": "line_control"}),
        on="line_control",
    )[["remitted_claim_id", "owner"]].drop_duplicates()
    single = ours[~ours.duplicated("remitted_claim_id", keep=False)]
    owners = dict(zip(single["remitted_claim_id"], single["owner"], strict=True))
    return remitted_claims["remitted_claim_id"].map(owners).astype("str")


def _match_lines(
    remitted_claims: pd.DataFrame, remitted_lines: pd.DataFrame, claim_lines: pd.DataFrame
) -> pd.DataFrame:
    """Lines of matched claims: by line number first, what is left by its content."""
    owner = dict(zip(remitted_claims["remitted_claim_id"], remitted_claims["claim_id"], strict=True))
    claim_id = remitted_lines["remitted_claim_id"].map(owner).astype("str")
    owner_of_line = dict(zip(claim_lines["line_id"], claim_lines["claim_id"], strict=True))
    same_claim = remitted_lines["line_control"].map(owner_of_line).astype("str") == claim_id
    line_id = remitted_lines["line_control"].astype("str").where(same_claim & claim_id.notna())
    found = remitted_lines.assign(line_id=line_id.astype("str"))
    open_lines = found[line_id.isna() & claim_id.notna()].assign(claim_id=claim_id)
    if open_lines.empty:
        return found
    guesses = _by_content(open_lines, found, claim_lines)
    found["line_id"] = line_id.fillna(found["remitted_line_id"].map(guesses)).astype("str")
    return found


def _by_content(
    open_lines: pd.DataFrame, all_lines: pd.DataFrame, claim_lines: pd.DataFrame
) -> dict[str, str]:
    """Line ids by code, date and charge, where the fit is one to one within the remitted claim.

    The code is what was sent (SVC06 where the payer changed it); a date the payer left out does not count
    against a line; a line whose number was already recognised is no candidate.
    """
    left = open_lines.assign(
        sent_code=open_lines["submitted_code"].fillna(open_lines["code"]),
        size=open_lines["charge_cents"].astype("Int64").abs(),
        got=open_lines["modifiers"],
    )[["remitted_line_id", "remitted_claim_id", "claim_id", "sent_code", "size", "service_date", "got"]]
    right = claim_lines.rename(
        columns={"code": "sent_code", "charge_cents": "size", "service_date": "sent_on", "modifiers": "sent"}
    )[["line_id", "claim_id", "sent_code", "size", "sent_on", "sent"]]
    pairs = left.merge(right.astype({"size": "Int64"}), on=["claim_id", "sent_code", "size"])
    taken = all_lines.loc[all_lines["line_id"].notna(), ["remitted_claim_id", "line_id"]].assign(taken=True)
    pairs = pairs.merge(taken, on=["remitted_claim_id", "line_id"], how="left")
    same_day = pairs["service_date"].isna() | (pairs["service_date"] == pairs["sent_on"])
    pairs = pairs[pairs["taken"].isna() & same_day]
    exact = _modifier_set(pairs["got"]) == _modifier_set(pairs["sent"])
    best = _one_to_one(pairs[exact])
    used = _key(pairs).isin(_key(best)) | pairs["remitted_line_id"].isin(best["remitted_line_id"])
    sure = pd.concat([best, _one_to_one(pairs[~used])], ignore_index=True)
    return dict(zip(sure["remitted_line_id"], sure["line_id"], strict=True))


def _modifier_set(modifiers: pd.Series[str]) -> pd.Series[str]:
    """Modifiers in one order, so that two lists compare as sets."""
    return modifiers.fillna("").map(lambda text: " ".join(sorted(set(text.split()))))


def _key(pairs: pd.DataFrame) -> pd.Series[str]:
    """One of our lines within one remitted claim: a reversal and its correction each answer it once."""
    return pairs["remitted_claim_id"] + "/" + pairs["line_id"]


def _one_to_one(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs whose both sides occur in no other pair."""
    lonely = ~pairs.duplicated("remitted_line_id", keep=False)
    return pairs[lonely & ~pairs.duplicated(["remitted_claim_id", "line_id"], keep=False)]
