"""The sandbox's desk: uploaded 837s in, answer files out.

`answer` is pure: the names and bytes of the answers depend on the upload's bytes, the seed, the stage and the
contract rates, never on a clock, the upload's name or the files beside it. `process` applies it to a folder; it may
be killed and run again at any point. It notes which uploads had a claim left unanswered: what is answered in the end
comes in a check of its own, since no payer sends a check again with another amount.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from connectors.clearinghouse.sandbox import faults as faulty
from connectors.clearinghouse.sandbox import prices
from connectors.clearinghouse.sandbox.adjudicator import Decision, adjudicate, key, number
from connectors.clearinghouse.sandbox.answers import Envelope, functional, ta1
from connectors.clearinghouse.sandbox.checks import Checkbook, payer_identifier
from connectors.clearinghouse.sandbox.counts import Processed
from connectors.clearinghouse.sandbox.document import Interchange
from connectors.clearinghouse.sandbox.edits import day
from connectors.clearinghouse.sandbox.files import IN, OUT, OWN, publish, uploads
from connectors.clearinghouse.sandbox.intake import Intake, take_in
from connectors.clearinghouse.sandbox.prices import Rates
from connectors.clearinghouse.sandbox.reader import Unreadable, read
from connectors.clearinghouse.sandbox.remittance import Remittance, remittance
from connectors.clearinghouse.sandbox.statuses import Source, claim_acknowledgment

__all__ = ["STAGES", "Processed", "answer", "payer_identifier", "process"]

STAGES = ("acknowledge", "pay", "late")


def process(
    root: Path,
    user: str,
    *,
    seed: int,
    stages: Collection[str] = STAGES,
    faults: Collection[str] = (),
    rates: Rates | None = None,
) -> Processed:
    """Answer every complete upload in ``root/user/SendFiles`` into ``root/user/ReceiveFiles``.

    Uploads stay where they are. An answer already there with the same bytes is not touched. Without `rates` the
    prices in the folder count. Raises ValueError for an unknown stage or fault.
    """
    rates = prices.read(root) if rates is None else rates
    _check_known(stages, faults)
    total = Processed()
    # The same bytes under two names are one upload.
    contents = dict.fromkeys(path.read_bytes() for path in uploads(root / user / IN))
    every = {content: _desks(content, seed, rates) for content in contents}
    known = _standing([desk for desks in every.values() for desk in desks])
    for content, desks in every.items():
        answers, counts = _answers(desks, stages, _remembered(root, content, stages, faults), known)
        for name, data in answers.items():
            written = publish(root, root / user / OUT, name, data)
            counts.written += written
            counts.unchanged += not written
        total.add(counts)
    return total


def _remembered(
    root: Path, content: bytes, stages: Collection[str], faults: Collection[str]
) -> Collection[str]:
    """The faults, where an upload that was first paid without one claim gets that one afterwards."""
    others = {*faults} - {faulty.NO_ANSWER}
    if "pay" not in stages:
        return others
    folder, name = root / OWN / "paid", hashlib.sha256(content).hexdigest()
    whole, silent = folder / f"{name}.whole", folder / f"{name}.silent"
    if not (whole.exists() or silent.exists()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (silent if faulty.NO_ANSWER in faults else whole).touch()
    if whole.exists():
        return others
    return {*others, faulty.NO_ANSWER if faulty.NO_ANSWER in faults else faulty.LATE_ANSWER}


def answer(
    content: bytes,
    *,
    seed: int,
    stages: Collection[str] = STAGES,
    faults: Collection[str] = (),
    rates: Rates | None = None,
    before: Sequence[bytes] = (),
) -> tuple[dict[str, bytes], Processed]:
    """Answer files by name for one upload, and their counts; `before` are uploads whose claims it may replace."""
    _check_known(stages, faults)
    desks = _desks(content, seed, rates or {})
    others = [desk for other in before for desk in _desks(other, seed, rates or {})]
    return _answers(desks, stages, faults, _standing([*others, *desks]))


def _check_known(stages: Collection[str], faults: Collection[str]) -> None:
    unknown = [*(set(stages) - set(STAGES)), *(set(faults) - set(faulty.FAULTS))]
    if unknown:
        raise ValueError(f"unknown stage or fault: {', '.join(sorted(unknown))}")


def _desks(content: bytes, seed: int, rates: Rates) -> list[Desk]:
    """A desk for each interchange of an upload; none where it cannot be read."""
    try:
        interchanges = read(content)
    except Unreadable:
        return []
    upload = hashlib.sha256(content).hexdigest()
    return [Desk(one, seed, key(seed, upload, index), rates) for index, one in enumerate(interchanges)]


def _standing(desks: Sequence[Desk]) -> dict[str, tuple[Decision, date]]:
    """Every decision that can be taken back, with the day it was paid, by the payer's number."""
    known: dict[str, tuple[Decision, date]] = {}
    for desk in desks:
        known |= desk.book.standing(desk.decisions)
    return known


def _answers(
    desks: Sequence[Desk],
    stages: Collection[str],
    faults: Collection[str],
    known: Mapping[str, tuple[Decision, date]],
) -> tuple[dict[str, bytes], Processed]:
    """The answer files of one upload, by its desks."""
    counts = Processed(files=1, unreadable=int(not desks))
    answers: dict[str, bytes] = {}
    for desk in desks:
        if "acknowledge" in stages:
            answers |= desk.acknowledge()
        if "pay" in stages:
            answers |= desk.pay(faults, known)
        if "late" in stages:
            answers |= desk.late()
        counts.add(desk.counts)
    return answers, counts


class Desk:
    """The answers to one interchange, stage by stage; `upload` is the keyed digest that stands for its bytes."""

    def __init__(self, interchange: Interchange, seed: int, upload: str, rates: Rates) -> None:
        self.interchange, self.seed, self.upload, self.rates = interchange, seed, upload, rates
        self.received = day("20" + interchange[9]) or date(2000, 1, 1)
        self.intake: Intake = take_in(interchange, seed, self.received)
        self.decisions: list[Decision] = adjudicate(self.intake.adjudicable, seed, rates)
        self.book = Checkbook(seed, upload, self.received, rates)
        self.counts = self.intake.counts()

    def number(self, *parts: object) -> int:
        return number(self.seed, self.upload, *parts)

    def envelope(self, day: date, newline: str = "\n") -> Envelope:
        """The upload's envelope turned round; what was unusable in it is replaced, since TA1 must still travel."""
        isa = self.interchange
        groups = isa.groups
        return Envelope(
            isa[7] or "ZZ",
            isa[8],
            isa[5] or "ZZ",
            isa[6],
            groups[0].receiver if groups else isa[8],
            groups[0].sender if groups else isa[6],
            day,
            isa[10] if len(isa[10]) == 4 and isa[10].isdecimal() else "0000",
            isa[15] if isa[15] in ("T", "P") else "T",
            newline,
        )

    def acknowledge(self) -> dict[str, bytes]:
        """TA1, then for a sound envelope the 999, the clearinghouse's 277CA and the payers' (a day later)."""
        isa, today = self.interchange, self.envelope(self.received)
        body = ta1(isa[13].zfill(9)[-9:], isa[9], isa[10], self.intake.note)
        files = {self._name("TA1"): today.wrap(self.number("TA1"), body, 0)}
        sets = [functional(*judged) for judged in self.intake.groups]
        if sets:
            files[self._name("999")] = today.interchange("FA", self.number("999"), sets)
        house = [self._house_status(index) for index in range(len(self.intake.claim_sets))]
        if house:
            files[self._name("277CA_CH")] = today.interchange("HN", self.number("277CA", "AY"), house)
        payers = self._payer_statuses()
        if payers:
            tomorrow = self.envelope(self.received + timedelta(days=1))
            files[self._name("277CA_PR")] = tomorrow.interchange("HN", self.number("277CA", "PR"), payers)
        return files

    def _name(self, kind: str) -> str:
        return f"{self.received:%Y%m%d}_{self.upload[:12]}_{kind}.x12"

    def _house_status(self, index: int) -> list[str]:
        set_, judged = self.intake.claim_sets[index]
        isa = self.interchange
        return claim_acknowledgment(
            Source("AY", "SANDBOX CLEARINGHOUSE", "46", isa[8]),
            set_,
            [(claim, rejection, "") for claim, rejection in judged],
            trace=f"CH{self.number('trace', 'AY', index)}",
            received=self.received,
            processed=self.received,
        )

    def _payer_statuses(self) -> list[list[str]]:
        """One set for each uploaded set and payer, on the claims that the clearinghouse passed on."""
        sets = []
        for index, (set_, payer, judged) in enumerate(self.intake.by_payer()):
            sets.append(
                claim_acknowledgment(
                    Source("PR", payer.last, "PI", payer.id),
                    set_,
                    [(claim, why, "" if why else self.intake.payer_control(claim)) for claim, why in judged],
                    trace=f"PR{self.number('trace', 'PR', index)}",
                    received=self.received,
                    processed=self.received + timedelta(days=1),
                )
            )
        return sets

    def pay(
        self, faults: Collection[str] = (), known: Mapping[str, tuple[Decision, date]] | None = None
    ) -> dict[str, bytes]:
        """The first checks: the first also under a second name, the second in a zip, the third in a gz.

        `known` are decisions that claims of this upload may replace.
        """
        decisions, silent = self.decisions, {*faults} & faulty.SILENT
        if silent:
            decisions = faulty.unanswered(decisions, self.book.later(decisions), self.seed)
        checks = self.book.first(decisions, self.book.replaced(self.intake.adjudicable, known or {}))
        if faulty.LATE_ANSWER in silent:
            answered = {decision.claim.control for decision in decisions}
            checks += self.book.made_good(d for d in self.decisions if d.claim.control not in answered)
        files: dict[str, bytes] = {}
        for index, check in enumerate(checks):
            name, data = self._check_name(check), self._bytes(check)
            if index == 0:
                files[self._check_name(check, "again")] = data
            if index == 1:
                files[f"ERA_{self.number('zip')}.zip"] = _zip(name, data, check.day)
            elif index == 2:
                files[f"{name}.gz"] = gzip.compress(data, mtime=0)
            else:
                files[name] = data
        self._count(checks)
        for fault in sorted({*faults} - faulty.SILENT) if checks else ():
            check = faulty.remittance_for(fault, checks[0], self.book)
            files[self._check_name(check)] = faulty.spoil(fault, self._bytes(check))
            self.counts.remittances += 1
        return files

    def late(self) -> dict[str, bytes]:
        """The later checks: reversal, correction and recovery, then the held claim."""
        checks = self.book.late(self.decisions)
        self._count(checks)
        return {self._check_name(check): self._bytes(check) for check in checks}

    def _count(self, checks: Sequence[Remittance]) -> None:
        """Each decision once: a reversal and its correction are not new decisions on a claim."""
        self.counts.remittances += len(checks)
        for check in checks:
            reversed_ = {d.claim.control for d, back in check.claims if back}
            for decision, _ in check.claims:
                if decision.claim.control not in reversed_:
                    self.counts.claims_decided += 1
                    self.counts.outcomes[decision.outcome.name] += 1

    def _check_name(self, check: Remittance, again: str = "") -> str:
        payer, npi = ("".join(c for c in part if c.isalnum()) for part in (check.payer.id, check.billing.id))
        return f"{payer}_{npi}_{self.number('name', check.trace, again)}.835"

    def _bytes(self, check: Remittance) -> bytes:
        newline = "\n" if int(check.payer_identifier) % 2 else ""  # payers differ, and readers must not care
        control = self.number("835", check.trace)
        return self.envelope(check.day, newline).interchange("HP", control, [remittance(check)])


def _zip(name: str, data: bytes, day: date) -> bytes:
    """A zip of one member whose bytes do not depend on when it is made."""
    info = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
    info.create_system, info.external_attr, info.compress_type = 3, 0o600 << 16, zipfile.ZIP_DEFLATED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, data)
    return buffer.getvalue()
