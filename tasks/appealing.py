"""Appeals on the ledger: open a level, make its packet, record what becomes of it, and what it all comes to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from configs import letters
from configs.identity import digest
from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import appeal_cases, people, standing
from tasks.appeal_states import EVIDENCE, KIND, STATEMENT, states
from tasks.billing import appeals
from tasks.billing.appeals import arguments, levels, opening
from tasks.billing.appeals.letter import FRAME
from tasks.billing.appeals.opening import Asked, Before
from tasks.billing.appeals.standing import OUTCOMES, refusal, running
from tasks.documents import keeping
from tasks.documents.appeal import packet as laid_out
from tasks.moment import Facts

UNDERPAYMENTS = "underpayments"


@dataclass(frozen=True)
class Subject:
    """What is appealed: an answer of a claim, or a line of it."""

    claim_id: str
    remitted_claim_id: str
    remitted_line_id: str | None
    category: str
    amount_cents: int
    noticed_on: dt.date

    @property
    def subject_id(self) -> str:
        """As the queues name it."""
        return self.remitted_line_id or self.remitted_claim_id


def open_level(
    ledger: Ledger,
    settings: Settings,
    reference: str,
    asked: Asked,
    *,
    today: dt.date,
    person: str,
    whole: bool = False,
    insists: bool = False,
    amount_cents: int | None = None,
) -> dict[str, Any]:
    """Open the next level for an item of a queue, or after an earlier appeal; its row. Raises `people.Refused`.

    `whole` appeals every line of the item's claim in one packet.
    """
    known = states(ledger, settings)
    subject = _subject(ledger, settings, known, reference, today, whole=whole)
    _alone(known, subject, today)
    payer = _payer(ledger, subject.claim_id)
    terms = settings.appeals.get(payer["payer_id"])
    before = _before(known, subject)
    days = payer["appeal_days"]
    planned = opening.plan(
        payer["payer_class"],
        subject.noticed_on,
        before,
        asked,
        payer_days=None if pd.isna(days) else int(days),
        own_days=terms.days if terms else (),
        own_track=terms.track if terms else "",
    )
    codes = appeal_cases.codes(ledger, subject.remitted_claim_id, subject.remitted_line_id)
    why = planned.refusal or arguments.refusal(subject.category, codes, insists=insists)
    if why or planned.level is None or planned.due_on is None:
        raise people.Refused(why)
    row = {
        "appeal_id": opening.appeal_id(subject.subject_id, planned.level.number),
        "claim_id": subject.claim_id,
        "remitted_claim_id": subject.remitted_claim_id,
        "remitted_line_id": subject.remitted_line_id,
        "level": planned.level.number,
        "level_name": planned.level.name,
        "category": subject.category,
        "amount_cents": amount_cents if amount_cents is not None else subject.amount_cents,
        "opened_on": pd.Timestamp(today),
        "due_on": pd.Timestamp(planned.due_on),
        "person": person,
        "at": people.now(),
    }
    with ledger.transaction() as tx:
        if not tx.add("appeals", pd.DataFrame([row])):
            raise people.Refused("this level was opened already")
    return row | {"least_cents": planned.level.minimum_cents}


def _subject(
    ledger: Ledger, settings: Settings, known: pd.DataFrame, reference: str, today: dt.date, *, whole: bool
) -> Subject:
    """What an earlier appeal, or an item of a queue, is about; the queues are worked out only where they are asked."""
    earlier = known[known["appeal_id"].str.startswith(reference)]
    if len(earlier) == 1:
        return _of_appeal(ledger, earlier.iloc[0], today)
    items = standing.work(ledger, settings, today)
    answers = ledger.read("remitted_claims", columns=["remitted_claim_id"])["remitted_claim_id"]
    lines = ledger.read("remitted_lines", columns=["remitted_line_id"])["remitted_line_id"]
    # Whatever its queue is called: an item about an answer, or a line of one, denied or paid low.
    items = items[items["subject_id"].isin(answers) | items["subject_id"].isin(lines)]
    named = items[items["item_id"].str.startswith(reference)]
    if not len(earlier) and named.empty and (speaks := _spoken_for(ledger, reference, today)):
        raise people.Refused(f"appeal {speaks[:8]} speaks for it already: go on from there")
    if len(earlier) or len(named) != 1:
        many = len(named) + len(earlier)
        raise people.Refused(
            f"{many or 'no'} denials, underpayments or appeals begin with that id; one is needed"
        )
    return _of_items(ledger, items, named.iloc[0], whole=whole)


def _spoken_for(ledger: Ledger, reference: str, today: dt.date) -> str | None:
    """The running appeal because of which an item is in no queue."""
    lines = ledger.read("remitted_lines", columns=["remitted_claim_id", "remitted_line_id"])
    rows = appeals.under_appeal(
        ledger.read("appeals"), ledger.read("appeal_events"), pd.Timestamp(today), lines
    )
    for subject, appeal in zip(rows["subject_id"], rows["appeal_id"], strict=True):
        if any(digest("item", queue, subject).startswith(reference) for queue in ("denials", UNDERPAYMENTS)):
            return str(appeal)
    return None


def _of_appeal(ledger: Ledger, row: pd.Series, today: dt.date) -> Subject:
    """The subject of an earlier level, less what it granted."""
    line, awarded = row["remitted_line_id"], row["awarded_cents"]
    return Subject(
        claim_id=row["claim_id"],
        remitted_claim_id=row["remitted_claim_id"],
        remitted_line_id=None if pd.isna(line) else line,
        category=row["category"],
        amount_cents=int(row["amount_cents"]) - (0 if pd.isna(awarded) else int(awarded)),
        noticed_on=appeal_cases.answered_on(ledger, row["remitted_claim_id"]) or today,
    )


def _alone(known: pd.DataFrame, subject: Subject, today: dt.date) -> None:
    """A claim is appealed as a whole or line by line, not both at a time."""
    others = known[(known["remitted_claim_id"] == subject.remitted_claim_id) & running(known, today)]
    others = others[others["subject_id"] != subject.subject_id]
    if subject.remitted_line_id is not None:
        others = others[others["remitted_line_id"].isna()]
    if len(others):
        raise people.Refused(f"appeal {others['appeal_id'].iloc[0][:8]} speaks for it already")


def _of_items(ledger: Ledger, items: pd.DataFrame, item: pd.Series, *, whole: bool) -> Subject:
    """The subject of an item; with `whole` of all the items of its answer."""
    lines = ledger.read("remitted_lines", {"remitted_line_id": item["subject_id"]})
    answer = str(lines["remitted_claim_id"].iloc[0]) if len(lines) else str(item["subject_id"])
    own = items[items["subject_id"] == item["subject_id"]].iloc[[0]]
    if whole:
        every = ledger.read("remitted_lines", {"remitted_claim_id": answer}, ["remitted_line_id"])
        own = items[items["subject_id"].isin({answer, *every["remitted_line_id"]})]
        own = own[(own["queue"] == UNDERPAYMENTS) == (item["queue"] == UNDERPAYMENTS)]
    asked = own["recoverable_cents"].where(own["recoverable_cents"] > 0, own["amount_cents"])
    return Subject(
        claim_id=str(item["claim_id"]),
        remitted_claim_id=answer,
        remitted_line_id=None if whole or lines.empty else str(item["subject_id"]),
        category=str(item["category"]),
        amount_cents=int(asked.sum()),
        noticed_on=item["opened_on"].date(),
    )


def _payer(ledger: Ledger, claim_id: str) -> dict[str, Any]:
    (payer_id,) = ledger.read("claims", {"claim_id": claim_id}, ["payer_id"])["payer_id"]
    return dict(ledger.current("payers", {"payer_id": payer_id}).iloc[0])


def _before(known: pd.DataFrame, subject: Subject) -> Before | None:
    """The last level opened for the same denial."""
    rows = known[known["subject_id"] == subject.subject_id].sort_values("level")
    if rows.empty:
        return None
    last = rows.iloc[-1]
    days = [None if pd.isna(last[name]) else last[name].date() for name in ("decided_on", "answer_due_on")]
    return Before(int(last["level"]), str(last["level_name"]), str(last["state"]), *days)


def packet(
    ledger: Ledger,
    settings: Settings,
    appeal_id: str,
    *,
    today: dt.date,
    person: str,
    statement: str | None = None,
) -> tuple[keeping.Printed, list[str]]:
    """The packet of an appeal as the facts stand, kept as its newest revision, and what a person should know of it.

    `statement` is what the clinician or the office adds to the letter; it is kept, and later packets have it too.
    Raises `people.Refused` where the records are of a substance-use programme and no consent covers the payer.
    """
    if statement:
        named = {"person": person, "patient_id": None, "claim_id": None}
        keeping.received(ledger, settings, STATEMENT, appeal_id, statement.encode(), on=today, **named)
    made = appeal_cases.case(ledger, settings, appeal_id, today)
    printed = keeping.keep(
        ledger,
        settings,
        KIND,
        appeal_id,
        lambda on, revision: laid_out(made.case, settings.practice, letters.sources("appeals"), on, revision),
        today=today,
        template=letters.version("appeals", FRAME, made.case.argument.name),
        person=person,
        patient_id=made.patient_id,
        claim_id=made.case.claim_id,
    )
    return printed, made.notes


def act(
    ledger: Ledger,
    settings: Settings,
    appeal_id: str,
    action: str,
    *,
    on: dt.date,
    person: str,
    evidence: bytes | None = None,
    outcome: str | None = None,
    awarded_cents: int | None = None,
    reference: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Record what happened to an appeal; its state afterwards. Raises `people.Refused`.

    `evidence` is what shows it (a receipt, the decision): kept in the archive, and named by the event. Of a filing the
    event names the packet that was filed.
    """
    now = _state(ledger, settings, appeal_id)
    if why := refusal(str(now["state"]), action) or _unlikely(now, outcome, awarded_cents, on):
        raise people.Refused(why)
    document = keeping.newest(ledger, KIND, appeal_id) if action == "filed" else None
    if evidence is not None:
        named = {"person": person, "patient_id": None, "claim_id": now["claim_id"]}
        shown = keeping.received(ledger, settings, EVIDENCE, appeal_id, evidence, on=on, **named)
        document = document or shown
    if action in ("filed", "decided") and document is None:
        wanted = "make the packet first, or give what was filed" if action == "filed" else "give the decision"
        raise people.Refused(f"later levels rest on evidence: {wanted} (--evidence)")
    with ledger.transaction() as tx:
        told = {"outcome": outcome, "awarded_cents": awarded_cents, "reference": reference, "reason": reason}
        told |= {"document_id": document["document_id"] if document else None, "person": person}
        people.event(
            tx, "appeal_events", "appeal_id", appeal_id, action, happened_on=pd.Timestamp(on), **told
        )
    return _state(ledger, settings, appeal_id)


def _state(ledger: Ledger, settings: Settings, appeal_id: str) -> dict[str, Any]:
    rows = states(ledger, settings)
    return dict(rows[rows["appeal_id"] == appeal_id].iloc[0])


def _unlikely(now: dict[str, Any], outcome: str | None, awarded_cents: int | None, on: dt.date) -> str | None:
    """Why an event cannot be right: before what it follows, or with more granted than asked."""
    followed = [now[name] for name in ("filed_on", "acknowledged_on", "decided_on") if not pd.isna(now[name])]
    if followed and pd.Timestamp(on) < max(followed):
        return "that is before what happened last"
    if outcome is not None and outcome not in OUTCOMES:
        return f"no such outcome; one of: {' '.join(OUTCOMES)}"
    if outcome in ("upheld", "dismissed") and awarded_cents:
        return "nothing is granted where the answer stands"
    if outcome == "partly" and not awarded_cents:
        return "say how much was granted"
    if awarded_cents is not None and not 0 <= awarded_cents <= int(now["amount_cents"]):
        return "more was granted than asked for; record what this appeal asked for"
    return None


def rates(ledger: Facts) -> pd.DataFrame:
    """How often appeals are won, by payer and category."""
    claims = ledger.read("claims", columns=["claim_id", "payer_id"])
    return appeals.rates(ledger.read("appeals"), ledger.read("appeal_events"), claims)


def deadline_days(payer: dict[str, Any], settings: Settings) -> list[dict[str, Any]]:
    """The levels that a payer has, with the days of each: what an office hangs on the wall."""
    terms = settings.appeals.get(payer["payer_id"])
    track = (terms.track if terms else "") or levels.TRACKS.get(payer["payer_class"], "")
    days = None if pd.isna(payer["appeal_days"]) else int(payer["appeal_days"])
    every = [
        (one, levels.time_to_file(one, days, terms.days if terms else ())) for one in levels.levels_of(track)
    ]
    return [
        {
            "payer_id": payer["payer_id"],
            "track": track,
            "level": one.number,
            "name": one.name,
            "file_days": time.length if time else None,
            "file_unit": time.unit if time else one.file_unit,
            "receipt_days": one.receipt_days,
            "decider": one.decider,
            "decision_days": one.decision_days,
            "minimum_cents": one.minimum_cents,
            "notes": one.notes,
            "source": one.source,
        }
        for one, time in every
    ]
