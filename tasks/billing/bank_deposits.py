"""Deposits at the bank: which statements of them are one, and how their traces and payers compare.

The same money may be stated by several files: a BAI2 report, the CCD+ entry of a NACHA file, a table somebody made.
Each statement is a fact; that two are of one deposit is derived, so that it does not matter which came first.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from configs.identity import digests
from tasks.billing.shapes import conform, shape

DEPOSIT = shape("deposit deposit_id deposited_on:day trace payer amount_cents")
STATEMENT = [
    "deposit_row_id",
    "deposit_id",
    "deposited_on",
    "trace",
    "payer_identifier",
    "amount_cents",
    "reference",
    "source",
]


def unified(deposits: pd.DataFrame, payers: pd.DataFrame | None = None) -> pd.DataFrame:
    """Deposits, columns `DEPOSIT`, from what files and tables state: rows of the ledger's ``deposits``.

    Two statements are of one deposit where date, cents, trace and payer are the same; where there is no trace, date,
    cents and the bank's reference (``deposit_id``). What one statement leaves out, another may say:

    * without a trace, but under a reference that a statement with a trace bears (same date and cents; of the same
      format the same ``deposit_id``): an ACH trace number in a BAI2 report, for instance: it is that one's trace;
    * with a trace but no payer: the payer that the others with this date, cents and trace agree on.

    A format that states the same thing twice under different references states two deposits: of each name there are as
    many as the format that has most of them says.
    """
    return one_each(statements_of(deposits, identifiers_of(payers)))


def one_each(statements: pd.DataFrame) -> pd.DataFrame:
    """Of several statements of a deposit one: they differ in nothing that is read."""
    first = statements.sort_values(["deposit", "deposit_id", "deposit_row_id"]).drop_duplicates("deposit")
    return conform(first, DEPOSIT).reset_index(drop=True)


def statements_of(deposits: pd.DataFrame, ours: Mapping[str, str]) -> pd.DataFrame:
    """Statements with normal ``trace`` and ``payer``, and the id of the ``deposit`` each of them is of."""
    rows = deposits.reindex(columns=STATEMENT).reset_index(drop=True)
    rows["source"] = rows["source"].astype("str").fillna("table")
    rows["trace"] = normal_traces(rows["trace"])
    rows["payer"] = payers_by(rows["payer_identifier"], ours)
    rows["number"] = normal_traces(rows["deposit_id"])
    same = ["deposited_on", "amount_cents"]
    rows = _adopted(rows, same)
    rows["called"] = rows["trace"].fillna("reference " + rows["number"].fillna(""))
    known = rows.dropna(subset=["payer"]).drop_duplicates([*same, "called", "payer"])
    single = known[~known.duplicated([*same, "called"], keep=False)]
    learned = rows[[*same, "called"]].merge(
        single[[*same, "called", "payer"]], on=[*same, "called"], how="left"
    )
    rows["payer"] = rows["payer"].fillna(
        pd.Series(learned["payer"].to_numpy(), index=rows.index, dtype="str")
    )
    key = [*same, "called", "payer"]
    each = rows.drop_duplicates([*key, "source", "deposit_id"]).sort_values(["deposit_id"])
    each = each.assign(turn=each.groupby([*key, "source"], dropna=False).cumcount() + 1)
    keyed = rows.reset_index().merge(
        each[[*key, "source", "deposit_id", "turn"]], on=[*key, "source", "deposit_id"]
    )
    rows["turn"] = keyed.set_index("index")["turn"]
    rows["deposit"] = pd.Series(
        digests("deposit", rows[[*key, "turn"]].itertuples(index=False, name=None)),
        index=rows.index,
        dtype="str",
    )
    return rows


def _adopted(rows: pd.DataFrame, same: list[str]) -> pd.DataFrame:
    """Statements without a trace take the trace of the one statement with one that bears their reference."""
    numbers = pd.concat(
        [rows.assign(number=normal_traces(rows[column])) for column in ("deposit_id", "reference")]
    ).dropna(subset=["number"])
    bare, full = numbers[numbers["trace"].isna()], numbers[numbers["trace"].notna()]
    pairs = bare[["deposit_row_id", "deposit_id", "source", "number", *same]].merge(
        full[["trace", "deposit_id", "source", "number", *same]], on=["number", *same], suffixes=("", "_of")
    )
    other = (pairs["source"] != pairs["source_of"]) | (pairs["deposit_id"] == pairs["deposit_id_of"])
    pairs = pairs[other].drop_duplicates(["deposit_row_id", "trace"])
    pairs = pairs[~pairs.duplicated("deposit_row_id", keep=False)]
    learned = dict(zip(pairs["deposit_row_id"], pairs["trace"], strict=True))
    return rows.assign(trace=rows["trace"].fillna(rows["deposit_row_id"].map(learned).astype("str")))


def numbers(statements: pd.DataFrame) -> pd.DataFrame:
    """Frame[deposit, number]: everything in a deposit's statements that may be the number of a check."""
    parts = [
        pd.DataFrame({"deposit": statements["deposit"], "number": normal_traces(statements[column])})
        for column in ("deposit_id", "reference", "trace")
    ]
    return pd.concat(parts).dropna().drop_duplicates()


def repeats(statements: pd.DataFrame) -> set[str]:
    """Deposits without a trace that may be others told again: their day and cents, by no format that told both."""
    columns = ["deposit", "source", "deposited_on", "amount_cents"]
    bare, full = (statements.loc[which, columns] for which in (_bare(statements), ~_bare(statements)))
    pairs = bare.merge(full, on=columns[2:], suffixes=("", "_of"))
    both = pairs.loc[pairs["source"] == pairs["source_of"], ["deposit", "deposit_of"]]
    told = set(both.itertuples(index=False, name=None))
    maybe = set(pairs[["deposit", "deposit_of"]].itertuples(index=False, name=None))
    return {deposit for deposit, _ in maybe - told}


def _bare(statements: pd.DataFrame) -> pd.Series:
    return statements["trace"].isna()


def normal_traces(traces: pd.Series) -> pd.Series:
    """Traces without blanks, leading zeros and case; one of nothing else is missing."""
    bare = traces.astype("str").str.strip().str.replace(" ", "").str.upper().str.lstrip("0")
    return bare.where(bare != "")


def normal_identifiers(identifiers: pd.Series) -> pd.Series:
    """Payer ids without signs and case; a TIN (1 + TIN, with a hyphen, a zero lost) as its nine digits."""
    few = pd.Series(identifiers.dropna().unique(), dtype="str")  # payers are few, payments many
    return identifiers.map(dict(zip(few, _normal_identifiers(few), strict=True))).astype("str")


def _normal_identifiers(identifiers: pd.Series) -> pd.Series:
    bare = identifiers.astype("str").str.replace(r"[^0-9A-Za-z]+", "", regex=True).str.upper()
    bare = bare.where(~bare.str.fullmatch(r"1\d{9}").fillna(False).astype(bool), bare.str[1:])
    short = bare.str.fullmatch(r"\d{7,8}").fillna(False).astype(bool)
    return bare.where(~short, bare.str.zfill(9)).where(bare != "")


def identifiers_of(payers: pd.DataFrame | None) -> dict[str, str]:
    """Our payer by each normal id of its ``remit_ids``; an id that several payers share names none of them."""
    if payers is None or payers.empty:
        return {}
    each = payers[["payer_id", "remit_ids"]].dropna()
    each = each.assign(identifier=each["remit_ids"].str.split()).explode("identifier")
    each = each.assign(identifier=normal_identifiers(each["identifier"])).dropna().drop_duplicates()
    single = each[~each.duplicated("identifier", keep=False)]
    return dict(zip(single["identifier"], single["payer_id"], strict=True))


def payers_by(identifiers: pd.Series, ours: Mapping[str, str]) -> pd.Series:
    """Our payer's id where the identifier is one of its own, else the normal identifier."""
    normal = normal_identifiers(identifiers)
    return normal.map(dict(ours)).astype("str").fillna(normal)
