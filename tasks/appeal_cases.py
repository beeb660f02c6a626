"""The facts of an appeal gathered from the ledger: what `tasks.billing.appeals.case` lets a letter say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from configs import reference
from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from tasks import appeal_proof, masters, people, standing
from tasks.appeal_services import given, services_of
from tasks.appeal_states import STATEMENT, states
from tasks.billing.appeals import arguments, levels
from tasks.billing.appeals.case import (
    Authorization,
    Case,
    Earlier,
    Filing,
    Person,
    Rate,
    Reason,
    Service,
)
from tasks.billing.money import dollars
from tasks.documents import keeping
from tasks.frames import records

# Law that a plan of these tracks is under: MHPAEA says nothing of Medicare, TRICARE or VA [K].
UNDER_PARITY = frozenset({"contract", "erisa", "medicaid_mco"})


@dataclass(frozen=True)
class Gathered:
    """A case, whose it is, and what a person should know before filing."""

    case: Case
    patient_id: str
    notes: list[str]


def case(ledger: Ledger, settings: Settings, appeal_id: str, today: dt.date) -> Gathered:
    """The case of an appeal as the facts stand on a day. Raises `people.Refused` where it must not be disclosed."""
    known = states(ledger, settings)
    appeal = dict(known[known["appeal_id"] == appeal_id].iloc[0])
    claim = _one(ledger.read("claims", {"claim_id": appeal["claim_id"]}))
    consent = _consent(ledger, claim, today)
    answer = _one(ledger.read("remitted_claims", {"remitted_claim_id": appeal["remitted_claim_id"]}))
    remittance = _one(ledger.read("remittances", {"remittance_id": answer["remittance_id"]}))
    payer, policy, patient, clinician = _people(ledger, claim)
    services = services_of(ledger, claim, answer, given(appeal["remitted_line_id"]))
    one = levels.named(int(appeal["level"]), str(appeal["level_name"]))
    if one is None:
        raise people.Refused("the level of this appeal is no longer in the table of levels")
    argument = _argument(str(appeal["category"]), services, one.track)
    filing, proof = (
        appeal_proof.proof(ledger, settings, claim)
        if argument.name == "timely_filing"
        else (Filing(None, None, None, None, None), ())
    )
    terms, practice = settings.appeals.get(str(claim["payer_id"])), settings.practice
    statement = keeping.newest(ledger, STATEMENT, appeal_id)
    authorizations = _authorizations(ledger, claim, services)
    made = Case(
        appeal_id=appeal_id,
        level=one,
        argument=argument,
        amount_cents=int(appeal["amount_cents"]),
        payer=payer["name"],
        payer_lines=tuple(terms.address) if terms else (),
        practice=practice.name,
        practice_npi=practice.npi,
        practice_tax_id=practice.tax_id.get_secret_value(),
        contact=practice.contact.title() if practice.contact.isupper() else practice.contact,
        phone=practice.phone,
        patient=Person(
            name=f"{patient['first_name']} {patient['last_name']}",
            birth_date=_day(patient["birth_date"]) or today,
            member_id=policy["member_id"],
            group_number=given(policy["group_number"]),
            covered_from=_day(policy["effective_from"]),
            covered_to=_day(policy["effective_to"]),
        ),
        claim_id=claim["claim_id"],
        payer_control=given(answer["payer_control"]),
        service_from=claim["service_from"].date(),
        service_to=claim["service_to"].date(),
        charge_cents=int(claim["charge_cents"]),
        clinician=f"{clinician['first_name']} {clinician['last_name']}, {clinician['provider_class']}",
        clinician_npi=clinician["npi"],
        answered_on=_day(remittance["payment_date"]) or _day(remittance["production_date"]),
        trace=remittance["trace"],
        reference=_number(known, appeal),
        services=services,
        filing=filing,
        proof=proof,
        authorizations=authorizations,
        rates=_rates(ledger, appeal),
        earlier=_earlier(known, appeal),
        enclosures=_enclosures(argument, consent, statement, authorizations),
        statement=None if statement is None else archive.get(settings.archive, statement["sha256"]).decode(),
        part2_consent_on=consent,
    )
    return Gathered(made, str(claim["patient_id"]), _notes(made))


def _one(rows: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in rows.iloc[0].items()}


def _day(value: Any) -> dt.date | None:
    return None if pd.isna(value) else value.date()


def _consent(ledger: Ledger, claim: dict[str, Any], today: dt.date) -> dt.date | None:
    """Day of the consent that a disclosure of substance-use records rests on; None where none is needed.

    Source: 42 CFR 2.31, 2.33 (S35, S36).
    """
    if not claim["part2"]:
        return None
    rows = ledger.current("consents", {"patient_id": claim["patient_id"]})
    own = pd.Series([claim["patient_id"]] * len(rows), index=rows.index)
    to = pd.Series([claim["payer_id"]] * len(rows), index=rows.index)
    valid = [
        bool(masters.consented(rows.loc[[at]], own.loc[[at]], to.loc[[at]], today).iloc[0])
        for at in rows.index
    ]
    rows = rows[valid]
    if rows.empty:
        raise people.Refused(
            "these are records of a substance-use programme, and no consent on file covers this payer today"
        )
    return rows["signed_on"].max().date()  # type: ignore[no-any-return]


def _people(
    ledger: Ledger, claim: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Payer, policy, patient and clinician as the claim had them."""
    named = (
        ("payers", "payer_row_id"),
        ("coverages", "coverage_row_id"),
        ("patients", "patient_row_id"),
        ("providers", "rendering_row_id"),
    )
    payer, policy, patient, clinician = (
        _one(ledger.read(table, {"row_id": claim[column]})) for table, column in named
    )
    return payer, policy, patient, clinician


def answered_on(ledger: Ledger, remitted_claim_id: str) -> dt.date | None:
    """Day of the remittance that an answer came in."""
    answer = _one(ledger.read("remitted_claims", {"remitted_claim_id": remitted_claim_id}))
    remittance = _one(ledger.read("remittances", {"remittance_id": answer["remittance_id"]}))
    return _day(remittance["payment_date"]) or _day(remittance["production_date"])


def codes(ledger: Ledger, remitted_claim_id: str, remitted_line_id: str | None) -> list[str]:
    """CARCs of an answer, or of a line of it with those at the claim."""
    rows = ledger.read("remitted_adjustments", {"remitted_claim_id": remitted_claim_id})
    if remitted_line_id is not None:
        rows = rows[rows["remitted_line_id"].isna() | (rows["remitted_line_id"] == remitted_line_id)]
    return sorted(set(rows["carc"]))


def _argument(category: str, services: tuple[Service, ...], track: str) -> arguments.Argument:
    """The argument by codes and category; parity is argued only with a plan that is under its law."""
    disputed = [service for service in services if service.disputed]
    carcs = {
        reason.code.partition("-")[2] for service in disputed for reason in service.reasons if _speaks(reason)
    }
    rarcs = {mark for service in disputed for reason in service.reasons for mark, _ in reason.remarks}
    found = arguments.argument_for(category, carcs, rarcs)
    if found.name == "parity" and track not in UNDER_PARITY:
        return arguments.arguments()["medical_necessity"]
    return found


def _speaks(reason: Reason) -> bool:
    """Whether a reason denies: what a contract takes off argues nothing."""
    row = reference.by_key("carc", "carc").get(reason.code.partition("-")[2])
    return row is None or row["is_denial"] != "N"


def _authorizations(
    ledger: Ledger, claim: dict[str, Any], services: tuple[Service, ...]
) -> tuple[Authorization, ...]:
    """Approved authorizations that cover a line in dispute by day and code."""
    which = {"patient_id": claim["patient_id"], "payer_id": claim["payer_id"], "status": "approved"}
    rows = records(ledger.current("authorizations", which))
    disputed = [service for service in services if service.disputed]
    return tuple(
        Authorization(
            row["number"],
            row["codes"].replace(" ", ", "),
            row["valid_from"].date(),
            row["valid_to"].date(),
            int(row["units_approved"]),
        )
        for row in rows
        if any(
            row["valid_from"].date() <= service.day <= row["valid_to"].date()
            and not {service.code, "*"}.isdisjoint(row["codes"].split())
            for service in disputed
        )
    )


def _rates(ledger: Ledger, appeal: dict[str, Any]) -> tuple[Rate, ...]:
    """The lines in dispute that were allowed below their contract."""
    rows = standing.compared(ledger)
    rows = rows[(rows["state"] == "under") & (rows["remitted_claim_id"] == appeal["remitted_claim_id"])]
    if (line := given(appeal["remitted_line_id"])) is not None:
        rows = rows[rows["remitted_line_id"] == line]
    contracts = ledger.read("contracts", {"row_id": " ".join(rows["contract_ids"].dropna()).split()})
    texts = dict(zip(contracts["row_id"], map(_contract, records(contracts)), strict=True))
    return tuple(
        Rate(
            day=row["service_date"].date(),
            code=given(row["code"]) or "several",
            cause=row["cause"],
            contract="; ".join(texts.get(one, "") for one in str(row["contract_ids"]).split()),
            expected_cents=int(row["expected_cents"]),
            allowed_cents=int(row["allowed_cents"]),
        )
        for row in records(rows.sort_values(["service_date", "unit_id"]))
    )


def _contract(row: dict[str, Any]) -> str:
    """A contract row in words."""
    method = str(row["method"]).replace("_", " ")
    if row["method"] == "percent_of_fee":
        percent = int(row["percent_basis_points"])
        method = f"{percent // 100}.{percent % 100:02d} percent of the fee"
    rate = "" if pd.isna(row["rate_cents"]) else f" ${dollars(int(row['rate_cents']))}"
    return f"{method}{rate}, from {row['effective_from']:%m/%d/%Y}"


def _number(known: pd.DataFrame, appeal: dict[str, Any]) -> str | None:
    """The payer's newest number of this appeal or an earlier level of it."""
    rows = known[(known["subject_id"] == appeal["subject_id"]) & known["reference"].notna()]
    rows = rows[rows["level"] <= appeal["level"]].sort_values("level")
    return None if rows.empty else str(rows["reference"].iloc[-1])


def _earlier(known: pd.DataFrame, appeal: dict[str, Any]) -> tuple[Earlier, ...]:
    """Decided levels before this one."""
    rows = known[(known["subject_id"] == appeal["subject_id"]) & (known["level"] < appeal["level"])]
    return tuple(
        Earlier(
            int(row["level"]),
            row["level_name"],
            _day(row["filed_on"]),
            _day(row["decided_on"]),
            row["outcome"],
            given(row["reference"]),
        )
        for row in records(rows[rows["outcome"].notna()].sort_values("level"))
    )


def _enclosures(
    argument: arguments.Argument,
    consent: dt.date | None,
    statement: dict[str, Any] | None,
    authorizations: tuple[Authorization, ...],
) -> tuple[arguments.Enclosure, ...]:
    """What lies beside the letter: of what the argument asks for, what there is."""
    known = arguments.enclosures()
    there = {"clinician_statement": statement is not None, "authorization": bool(authorizations)}
    names = [name for name in argument.enclosures if there.get(name, True)]
    names += ["consent"] if consent else []
    return tuple(known[name] for name in names)


def _notes(made: Case) -> list[str]:
    """What a person should know before filing; codes and advice, nothing about anybody."""
    notes = []
    if not made.payer_lines:
        notes.append(f"NO_ADDRESS: set appeals.PAYER.address for level {made.level.number}'s address")
    if made.argument.name == "timely_filing":
        if made.filing.accepted_on is None:
            notes.append(
                "NO_PROOF: no acknowledgment of the payer itself is on file; a 999 proves no receipt"
            )
        elif not made.filing.in_time:
            notes.append("LATE: the payer's acknowledgment is after the last day to file")
    if made.argument.name == "authorization" and not made.authorizations:
        notes.append(
            "NO_AUTHORIZATION: none on file covers these lines; the letter asks for one after the fact"
        )
    if made.argument.name in ("medical_necessity", "level_of_care") and made.statement is None:
        notes.append("NO_STATEMENT: the clinician's statement is missing (--statement FILE)")
    short = [s for s in made.disputed if s.minutes and s.minutes_least and s.minutes < s.minutes_least]
    if short:
        notes.append(
            "FEW_MINUTES: fewer minutes are documented than the code stands for; correct rather than appeal"
        )
    attached = [one.name for one in made.enclosures if not one.made]
    if attached:
        notes.append(f"ATTACH: {' '.join(attached)}")
    return notes
