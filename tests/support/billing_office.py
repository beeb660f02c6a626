"""A billing office without a partner: the stages of the daily flow on a small practice, in this process.

One person with two policies, one clinician. What the partner would have said is told by the tests: acknowledgments,
remittances, and that a file was uploaded. No real person.
"""

from __future__ import annotations

import atexit
import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from tasks import asking, claiming, correcting, judging, proving, recognising, sending, standing
from tests.billing import judge_practice as practice
from tests.support import books
from tests.support.histories import filled
from tests.support.remittance_frames import clp, remit, svc

DAY = dt.date(2026, 1, 6)
ANSWERED, AGAIN, LATER = (dt.date(2026, 1, 21), dt.date(2026, 2, 10), dt.date(2026, 2, 20))
STAGES = (claiming, correcting, judging, recognising, sending)
PAYERS = (
    {"remit_ids": "1512345678", "date_window_days": 1, "corrected_filing_days": 180, "auth_codes": "*"},
    {
        "payer_id": "SECOND", "name": "SECOND HEALTH", "edi_payer_id": "77777", "filing_code": "MC",
        "payer_class": "medicaid", "remit_ids": "1999999999", "secondary_filing_days": 90,
    },
)  # fmt: skip
POLICIES = (
    {"group_number": "GRP001"},
    {
        "coverage_id": "COV2", "payer_id": "SECOND", "priority": "S", "member_id": "SEC000000001",
        "effective_from": "2025-01-01",
    },
)  # fmt: skip
PARTNER = {
    "host": "127.0.0.1",
    "username": "practice",
    "sender_id": "SUBMIT123",
    "receiver_id": "CLEARHSE",
    "receiver_name": "EXAMPLE CLEARINGHOUSE",
}
PRACTICE = {
    "name": "Example Behavioral Group", "npi": "1234567893", "tax_id": "123456789", "taxonomy": "261QM0801X",
    "street": "100 Example St", "city": "Springfield", "state": "IL", "zip": "627011234", "phone": "5555550100",
}  # fmt: skip


def settings(home: Path, url: str | None = None) -> Settings:
    """A home in a folder, its ledger there or at `url`."""
    home.mkdir(parents=True, exist_ok=True)
    return Settings(
        home=home,
        database_url=url or f"sqlite:///{home}/ledger.sqlite",  # type: ignore[arg-type]
        id_key="a key of the tests",  # type: ignore[arg-type]
        partners={"sandbox": PARTNER},  # type: ignore[dict-item]
        practice=PRACTICE,  # type: ignore[arg-type]
    )


@contextmanager
def prepared(home: Path, prepare: Callable[[Office], object], url: str | None = None) -> Iterator[Office]:
    """An office in `home` after `prepare`, which is done once a process for all homes with a ledger of their own."""
    if url is None:
        shutil.copytree(_example(prepare), home)
    made = settings(home, url)
    with Ledger.open(made.ledger_url) as book:
        office = Office(made, book)
        if url is not None:
            prepare(office)
        yield office


@cache
def _example(prepare: Callable[[Office], object]) -> Path:
    """A home after `prepare`, to be copied."""
    folder = tempfile.mkdtemp(prefix="cleanclaim-office-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = settings(Path(folder) / "home")
    with Ledger.open(made.ledger_url) as book:
        prepare(Office(made, book))
    return made.home


def sent_to_the_first(office: Office) -> None:
    """A session of a person with two policies was sent to the first payer."""
    office.masters(secondary=True)
    office.load("encounters", {})
    office.daily()


class Office:
    """The office and its ledger."""

    def __init__(self, made: Settings, book: Ledger) -> None:
        self.settings, self.book = made, book

    # --- what is loaded ---------------------------------------------------------------------------------------------

    def load(self, table: str, *rows: dict[str, Any]) -> None:
        """Rows of a master table: the practice's own with these changes."""
        with self.book.transaction() as tx:
            tx.load(table, practice.rows(table, *rows))

    def masters(self, *, secondary: bool = False) -> None:
        """The practice; its patient has the second policy where it is said."""
        self.load("payers", *PAYERS)
        for table in ("providers", "patients"):
            self.load(table, {})
        self.load("authorizations", {"codes": "90837 90834 90832"})
        self.load("enrollments", {}, {"payer_id": "SECOND"})
        self.load("fees", *({"code": c, "charge_cents": p} for c, p in practice.PRICES.items()))
        self.load("coverages", *(POLICIES if secondary else POLICIES[:1]))

    # --- the line -----------------------------------------------------------------------------------------------------

    def daily(self, date: dt.date = DAY) -> dict[str, dict[str, int]]:
        """The daily flow up to the interchange, which counts as uploaded."""
        with self._inside():
            judging.check_encounters.fn(date)
            counts = {
                "judge": judging.judge_encounters.fn(date),
                "claims": claiming.build_claims.fn(date),
                "corrections": correcting.correct_claims.fn(date),
                "next_payers": correcting.bill_next_payers.fn(date),
            }
            recognising.recognise_answers.fn()
            correcting.settle_voids.fn()
            counts["files"] = sending.write_interchanges.fn(date)
        for submission in self.book.read("submissions")["submission_id"]:
            for event in ("renaming", "uploaded"):
                sending.record(self.book, submission, event)
        return counts

    def settle(self) -> None:
        """The end of the responses flow."""
        with self._inside():
            recognising.recognise_answers.fn()
            correcting.settle_voids.fn()

    @contextmanager
    def _inside(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for module in STAGES:
                patch.setattr(module, "settings_and_ledger", lambda: (self.settings, self.book))
            patch.setattr(Settings, "data_docs", None)  # pages, which take most of a check's time
            yield

    def ask(self, action: str, claim_id: str) -> asking.Told:
        """A person wants a claim corrected or voided."""
        return asking.ask(self.book, action, actor="kim", reason="wrong", claim_id=claim_id)

    def says(self, claim_id: str, code: str, day: dt.date = DAY) -> None:
        """A 277CA of the payer."""
        row = {"ack_id": f"{code}{day}{claim_id}", "kind": "277CA", "partner": "sandbox", "code": code}
        row |= {"claim_id": claim_id, "sender": "payer", "stated_on": day}
        self.book.add("acknowledgments", filled("acknowledgments", row))

    # --- what stands there --------------------------------------------------------------------------------------------

    def claims(self, **where: Any) -> list[dict[str, Any]]:
        """Claims with the values named, oldest attempt first."""
        rows = self.book.read("claims").sort_values(["built_on", "attempt", "claim_id"])
        for name, value in where.items():
            rows = rows[rows[name] == value]
        rows = rows.astype(object).where(rows.notna(), None)
        return list(rows.to_dict("records"))

    def lines(self, claim_id: str) -> pd.DataFrame:
        """Lines of a claim in their order."""
        return self.book.read("claim_lines", {"claim_id": claim_id}).sort_values("position")

    def state(self, claim_id: str) -> str:
        """State of a claim."""
        return str(standing.claim_states(self.book).set_index("claim_id")["state"][claim_id])

    def items(self, queue: str, as_of: dt.date = LATER) -> pd.DataFrame:
        """Items of a queue."""
        work = standing.work(self.book, self.settings, as_of)
        return work[work["queue"] == queue]

    def accounts(self) -> dict[str, int]:
        """Balances of the accounts that are not zero; the proof must hold."""
        proof = proving.prove(self.book)
        assert proof["problems"] == []
        assert proof["balanced"]
        return {name: cents for name, cents in proof["accounts"].items() if cents}

    def files(self) -> list[bytes]:
        """Outbound interchanges, oldest first."""
        rows = self.book.read("submissions").sort_values("interchange_control")
        return [archive.get(self.settings.archive, sha) for sha in rows["sha256"]]

    def answer(
        self,
        claim_id: str,
        status: str = "1",
        *cas: tuple[str, str, int],
        icn: str = "ICN1",
        day: dt.date = ANSWERED,
        remarks: str | None = None,
        also: tuple[dict[str, Any], ...] = (),
        payer: str | None = None,
        sign: int = 1,
    ) -> None:
        """An 835 that answers every line of a claim with these adjustments; `also` are further CLPs of it."""
        own = answered(self.lines(claim_id), claim_id, status, cas, icn, remarks, sign)
        named = {"payer": payer} if payer else {}
        books.read(self.book, remit(*also, own, trace=f"EFT-{icn}-{status}-{claim_id}", day=day, **named))


def answered(
    lines: pd.DataFrame,
    claim_id: str,
    status: str,
    cas: tuple[tuple[str, str, int], ...],
    icn: str,
    remarks: str | None = None,
    sign: int = 1,
) -> dict[str, Any]:
    """A CLP that says the same of every line of a claim; `sign` -1 takes it back."""
    told = [(group, carc, sign * cents) for group, carc, cents in cas]
    adjusted = sum(cents for _, _, cents in told)
    found = [
        svc(
            sign * int(line.charge_cents),
            sign * int(line.charge_cents) - adjusted,
            *told,
            code=str(line.code),
            modifiers=None if pd.isna(line.modifiers) else str(line.modifiers),
            control=str(line.line_id),
            remarks=remarks,
            day=line.service_date.date(),
        )
        for line in lines.itertuples()
    ]
    charge, paid = (sum(line[name] for line in found) for name in ("charge", "paid"))
    return clp(claim_id, status, charge, paid, *found, icn=icn)
