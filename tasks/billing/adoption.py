"""Claims from before the system: a claim that is known from its remittances alone.

A history of remittances answers claims that this system never sent. Their money is certain, and their answers say what
was charged, paid and adjusted; all that is missing is the charge on the other side. So a claim is **adopted**: its
number is CLP01, which payers give back as the practice sent it, and everything that remittances say under that number
belongs to it, whichever payer says it. Its answers post as answers of our own claims do; `post` adds what was charged.

What was charged is a function of the *set* of answers, not of the order in which they came:

* a reversal takes back an answer of the same payer, amount and first day of service. Answers that are not taken back
  stand; where none of a day stands, the last one that was taken back is open again;
* a line counts once however often answers that stand repeat it (denied, sent again and paid; denied by one payer and
  paid by the next), and as often as the answer that has it most often. It is charged to the payer that spoke last;
* old systems use one number for all visits of an account: lines of other days are other lines;
* payers after the first repeat the charge and add none. Where the first one's answer is missing, what the later ones
  considered was with the patient before;
* a reversal alone charges nothing: the charge and its answer lie before the history, and cancel out.

When a later file changes the set, the posting is withdrawn and made again, as answers are (``posting.turns``).
No name, date of birth or member id is read.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from configs.identity import digests
from tasks.billing import shapes
from tasks.billing.context import among
from tasks.billing.evidence import LATER_PAYER, REVERSAL
from tasks.billing.posting.entries import Draft, first_turn, journal
from tasks.billing.posting.places import NO_ANSWER, PATIENT, RECEIVABLE
from tasks.billing.posting.turns import standing
from tasks.billing.rows import cents, days, rows_of, text

ADOPTED = "adopted"  # of remitted_claims.matched_by
SOURCE = "adoption"  # of journal.source
ANSWERS = shapes.shape(
    "remitted_claim_id claim_id status charge_cents payer_identifier payer_id payment_date:day"
)
LINES = shapes.shape("remitted_claim_id service_date:day code submitted_code charge_cents")
_CHARGED = shapes.shape("claim_id account payer_id effective_on:day charge_cents")
# What a payer has seen of one claim at one time: a reversal has all of it in common with what it takes back.
_SEEN = ["claim_id", "payer_identifier", "size", "since"]


def ids(controls: pd.Series[str]) -> pd.Series[str]:
    """The id of the claim under each number; null for CLP01 that is no number (0 where the payer did not know it)."""
    told = controls.where(controls.str.strip("0 ").fillna("") != "")
    known = told.dropna().unique().tolist()
    made = dict(zip(known, digests("adopted_claim", ((one,) for one in known)), strict=True))
    found: pd.Series[str] = told.map(made).astype("str")
    return found


def join(remitted_claims: pd.DataFrame, adopted: pd.DataFrame) -> pd.DataFrame:
    """Answers to nobody's claims put to the claims that were `adopted` (claim_control, adopted_id)."""
    open_ = remitted_claims["matched_by"].isna() & ~remitted_claims["status"].isin(NO_ANSWER)
    found = remitted_claims["claim_control"].map(adopted.set_index("claim_control")["adopted_id"])
    joins = open_ & found.notna()
    return remitted_claims.assign(
        claim_id=remitted_claims["claim_id"].mask(joins, found).astype("str"),
        matched_by=remitted_claims["matched_by"].mask(joins, ADOPTED).astype("str"),
    )


def post(answers: pd.DataFrame, lines: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """Journal entries of what adopted claims charged, in their first turn: one posting a claim and day.

    `answers` (`ANSWERS`) are all answers of these claims, `lines` (`LINES`) their lines, `entries` the journal of the
    answers. Debits the payer's receivable, credits revenue, on the date of service, else of the first payment.
    """
    charged = pd.concat([_first(answers, lines), _later(answers, entries)], ignore_index=True)
    charged = charged.sort_values(["claim_id", "effective_on", "payer_id"], ignore_index=True)
    day = charged["effective_on"].dt.strftime("%Y%m%d").fillna("").astype("str")
    named = charged.assign(owner=charged["claim_id"] + "-" + day)
    owners = named.drop_duplicates("owner", ignore_index=True)
    draft, every, amount = Draft(), np.arange(len(named)), cents(named["charge_cents"])
    posting = rows_of(named["owner"], owners["owner"])
    draft.add(posting, every * 2, text(named["account"]), amount, row=every)
    draft.add(posting, every * 2 + 1, "revenue", -amount, row=every)
    return journal(
        draft,
        first_turn(owners["owner"]),
        SOURCE,
        {
            "claim_id": ("posting", text(owners["claim_id"])),
            "payer_id": ("row", text(named["payer_id"])),
            "effective_on": ("posting", days(owners["effective_on"])),
        },
    )


def _first(answers: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """`_CHARGED`: the lines of first payers' answers that count."""
    units = _units(answers, lines)
    counted = _counted(answers, units)
    order = ["payment_date", "remitted_claim_id"]
    line = ["claim_id", "service_date", "code", "charge_cents", "number"]
    kept = units.merge(counted, on="remitted_claim_id").sort_values(order, na_position="first")
    paid_on = kept.groupby(line, dropna=False)["payment_date"].transform("min")
    kept = kept.assign(effective_on=kept["service_date"].fillna(paid_on)).drop_duplicates(line, keep="last")
    grouped = kept.groupby(["claim_id", "payer_id", "effective_on"], dropna=False)["charge_cents"].sum()
    return shapes.conform(grouped.reset_index().assign(account=RECEIVABLE), _CHARGED)


def _units(answers: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines as they were charged, equal ones of one answer numbered; what lines do not cover of CLP03 is one more."""
    told = answers[["remitted_claim_id", "claim_id", "status", "charge_cents"]]
    lined = lines.groupby("remitted_claim_id")["charge_cents"].sum()
    rest = told["charge_cents"] - lined.reindex(told["remitted_claim_id"]).fillna(0).to_numpy("int64")
    known = lines.assign(code=lines["submitted_code"].fillna(lines["code"])).drop(columns="submitted_code")
    uncovered = told[["remitted_claim_id"]].assign(charge_cents=rest)[(rest != 0).to_numpy(np.bool_)]
    rows = pd.concat([known, uncovered], ignore_index=True).merge(
        told.drop(columns="charge_cents"), on="remitted_claim_id"
    )
    rows["charge_cents"] = rows["charge_cents"].where(rows["status"] != REVERSAL, -rows["charge_cents"])
    same = ["remitted_claim_id", "service_date", "code", "charge_cents"]
    rows["number"] = rows.groupby(same, dropna=False).cumcount()
    made: pd.DataFrame = rows.drop(columns="status")
    return made


def _counted(answers: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """The first payers' answers whose lines are charged (remitted_claim_id, payer_id, payment_date)."""
    since = units.groupby("remitted_claim_id")["service_date"].min()
    told = answers.assign(
        size=answers["charge_cents"].abs(), since=since.reindex(answers["remitted_claim_id"]).to_numpy()
    )
    told["since"] = _only_day(told)
    back = told["status"] == REVERSAL
    given = ~back & ~told["status"].isin(LATER_PAYER)
    seen = told.groupby(_SEEN, dropna=False, sort=False).ngroup()
    told["stands"] = given.groupby(seen).transform("sum") > back.groupby(seen).transform("sum")
    first = told[given].sort_values(["payment_date", "remitted_claim_id"], na_position="first")
    visit = first.groupby(["claim_id", "since"], dropna=False, sort=False).ngroup()
    last = ~visit.duplicated(keep="last")
    counted = first["stands"] | (last & ~first["stands"].groupby(visit).transform("any"))
    found: pd.DataFrame = first.loc[counted, ["remitted_claim_id", "payer_id", "payment_date"]]
    return found


def _only_day(told: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The first day of service; of an answer without lines, the only one that the payer names for that amount."""
    by = told.groupby(["claim_id", "payer_identifier", "size"], dropna=False)["since"]
    alone = by.transform("nunique") == 1
    days_: pd.Series[pd.Timestamp] = told["since"].fillna(by.transform("min").where(alone))
    return days_


def _later(answers: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """`_CHARGED`: of claims that no first payer answered, what the later ones took back from the patient."""
    first = answers.loc[~answers["status"].isin([REVERSAL, *LATER_PAYER]), "claim_id"]
    rest = answers[~among(answers["claim_id"], first)]
    if rest.empty:
        return shapes.empty(_CHARGED)
    moved = standing(entries[among(entries["claim_id"], rest["claim_id"])])
    moved = moved[(moved["account"] == PATIENT) & moved["group_code"].isna() & (moved["source"] != SOURCE)]
    told = -moved.groupby("claim_id")["amount_cents"].sum()
    made = told[told > 0].rename("charge_cents").reset_index()
    paid_on = rest.groupby("claim_id")["payment_date"].min()
    made = made.assign(account=PATIENT, effective_on=paid_on.reindex(made["claim_id"]).to_numpy())
    return shapes.conform(made, _CHARGED)
