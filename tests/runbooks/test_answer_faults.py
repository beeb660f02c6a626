"""Faults in what partners and payers answer, or do not, and what their pages make of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from tests.billing.judge_practice import ROWS
from tests.support.arrivals import interchange
from tests.support.billing_office import AGAIN, ANSWERED, DAY, LATER, PAYERS, answered
from tests.support.faulty_office import PARTNER, FaultyOffice
from tests.support.remittance_frames import remit
from tests.support.runbooks import Runbook

PAID = (("CO", "45", 5_000),)
SILENT = DAY + dt.timedelta(days=6)  # past the day on which a 999 was due


def check(office: FaultyOffice, trace: str = "EFT1", paid: tuple[Any, ...] = PAID) -> dict[str, Any]:
    """A remittance that answers the office's first claim."""
    (claim, *_) = office.office.claims()
    told = answered(office.office.lines(claim["claim_id"]), claim["claim_id"], "1", paid, "ICN1")
    return remit(told, trace=trace, day=ANSWERED)


def comes(office: FaultyOffice, name: str, data: bytes) -> dict[str, int]:
    """A file lies in the partner's folder and is fetched; what the remittances' stage counted."""
    (office.answers / name).write_bytes(data)
    return office.responses()["remittances"]


def waiting(page: Runbook) -> list[dict[str, Any]]:
    return list(page.run("quarantine list", "--json").json["rows"])


def queue(page: Runbook, name: str, day: dt.date = LATER) -> list[dict[str, Any]]:
    return list(page.run(f"worklist list --queue {name}", "--json", "--as-of", str(day)).json["items"])


def test_an_unbalanced_835_posts_nothing_and_its_correction_posts_by_itself(
    office: FaultyOffice, tmp_path: Path
) -> None:
    page = office.page("remittance-in-quarantine")
    office.daily()
    right = check(office)
    before = office.office.accounts()
    comes(office, "off.835", interchange(1, {**right, "bpr": right["bpr"] + 1}))
    assert office.office.accounts() == before
    (row,) = waiting(page)
    assert abs(row["difference_cents"]) == 1
    assert row["reason"].startswith("REMITTANCE_BALANCE")
    page.says("REMITTANCE_BALANCE")
    shown = page.run("quarantine show ID", "--json", ID=row["quarantine_id"]).json
    (file,) = shown["files"]
    told = page.run("x12 inspect FILE --show-phi", FILE=file)
    assert "TRANSACTION_BALANCE" in told.out
    sha = Path(file).name
    assert page.run("archive get SHA --out FILE", SHA=sha[:12], FILE=str(tmp_path / "copy.835")).status == 0
    assert (tmp_path / "copy.835").read_bytes() == Path(file).read_bytes()
    comes(office, "right.835", interchange(2, right))
    assert office.office.accounts()["cash"] == right["bpr"]
    told = page.run('quarantine discard ID --reason "…"', ID=row["quarantine_id"])
    assert told.status == 0, told.err
    assert waiting(page) == []
    proof = page.run("proof")
    assert (proof.status, "balanced" in proof.out) == (0, True)


def test_the_same_check_again_changes_nothing_under_any_name_and_in_any_envelope(
    office: FaultyOffice,
) -> None:
    page = office.page("a-check-twice")
    page.says("it changes nothing")
    office.daily()
    paid = check(office)
    comes(office, "one.835", interchange(1, paid))
    before = office.ledger.fingerprint()
    assert comes(office, "two.835", interchange(1, paid))["files"] == 0
    assert office.ledger.fingerprint() == before
    told = comes(office, "three.835", interchange(2, paid))
    assert (told["postings"], told["new_quarantine"]) == (0, 0)
    assert office.office.accounts()["cash"] == paid["bpr"]


def test_of_two_checks_under_one_trace_a_person_says_which_is_right(office: FaultyOffice) -> None:
    page = office.page("a-check-twice")
    office.daily()
    one = check(office)
    comes(office, "one.835", interchange(1, one))
    # As much money, said otherwise.
    other = check(office, paid=(("CO", "45", 4_000), ("PR", "3", 1_000)))
    assert other["bpr"] == one["bpr"]
    comes(office, "other.835", interchange(2, other))
    assert "cash" not in office.office.accounts(), "what the first had posted is withdrawn"
    rows = waiting(page)
    assert [row["reason"].split()[0].rstrip(":") for row in rows] == ["TRACE_CONFLICT"] * 2
    for row in rows:
        assert len(page.run("quarantine show ID", "--json", ID=row["quarantine_id"]).json["files"]) == 1
    told = page.run('quarantine release ID --reason "…"', ID=rows[0]["quarantine_id"])
    assert told.status == 0, told.err
    assert page.run('quarantine discard ID --reason "…"', ID=rows[1]["quarantine_id"]).status == 0
    page.says("cleanclaim responses")
    office.responses()
    assert office.office.accounts()["cash"] == one["bpr"]
    assert waiting(page) == []


def test_a_claim_paid_by_two_checks_shows_the_credit(office: FaultyOffice) -> None:
    page = office.page("a-check-twice")
    office.daily()
    paid = check(office)
    comes(office, "one.835", interchange(1, paid))
    comes(office, "again.835", interchange(2, check(office, trace="EFT2")))
    (item,) = queue(page, "credits")
    assert item["reason"].startswith("CREDIT_PAYER")
    assert page.run("worklist show ITEM", "--as-of", str(LATER), ITEM=item["item_id"]).status == 0
    shown = page.run("claim show CLAIM", "--json", CLAIM=item["claim_id"]).json["events"]
    files = office.ledger.read("files", {"kind": "835"})["sha256"]
    assert len(files) == 2
    assert {*files} <= {one["file"] for one in shown}
    told = page.run(
        'worklist refund --claim CLAIM --to payer --amount DOLLARS --reason "…"',
        CLAIM=item["claim_id"],
        DOLLARS=f"{item['amount_cents'] / 100:.2f}",
    )
    assert told.status == 0, told.err
    assert queue(page, "credits") == []
    office.office.accounts()  # proves


def test_a_file_that_nobody_acknowledged_goes_again_only_where_it_did_not_arrive(
    office: FaultyOffice,
) -> None:
    page = office.page("no-acknowledgment")
    office.daily()
    (item,) = queue(page, "silence", SILENT)
    assert item["reason"] == "no_999"
    shown = page.run("worklist show ITEM", "--json", "--as-of", str(SILENT), ITEM=item["item_id"])
    assert item["subject_id"].removeprefix("no_999 ") in shown.out
    (claim,) = office.office.claims()
    assert "000000001" in page.run("claim show CLAIM", CLAIM=claim["claim_id"]).out.replace("\n", "")
    assert page.run("doctor --login").status == 1, "it answers; official files were never loaded"
    office.uploads[0].unlink()  # they do not have it
    again = ("--as-of", str(SILENT))
    told = page.run('worklist resolve ITEM --reason "…" --resubmit', *again, ITEM=item["item_id"])
    assert told.status == 0, told.err
    assert office.daily(AGAIN)[PARTNER]["uploaded"] == 1
    (upload,) = office.uploads
    assert upload.name.endswith("000000002.edi")
    office.answer("acknowledge")
    office.responses()
    assert queue(page, "silence", AGAIN + dt.timedelta(days=6)) == [], "the 999 and the 277CA came"
    long_after = AGAIN + dt.timedelta(days=90)
    (item,) = queue(page, "silence", long_after)
    assert item["reason"] == "no_835"
    assert page.run('worklist note ITEM "…"', "--as-of", str(long_after), ITEM=item["item_id"]).status == 0
    office.answer("acknowledge", "pay")
    office.responses()
    assert queue(page, "silence", long_after) == []


def test_claims_under_a_wrong_payer_id_go_again_as_originals_under_the_right_one(
    office: FaultyOffice, tmp_path: Path
) -> None:
    page = office.page("wrong-payer-id")
    wrong = {**ROWS["payers"], **PAYERS[0], "edi_payer_id": "11111"}
    office.office.load("payers", wrong)
    office.daily()
    office.answer("acknowledge")
    for answer in office.answers.glob("*_277CA_*"):  # the clearinghouse knows no such payer
        said = answer.read_bytes()
        assert b"PI*11111" in said or b"_CH" in answer.name.encode()
        answer.write_bytes(said.replace(b"STC*A2:20:PR", b"STC*A7:153:PR") if b"STC*A2:20" in said else said)
    office.responses()
    (item,) = queue(page, "rejections")
    assert "153" in item["reason"]
    page.says("153")
    assert "payer" in page.run("worklist show ITEM", "--as-of", str(LATER), ITEM=item["item_id"]).out
    file = tmp_path / "payers.csv"
    right = {name: value for name, value in wrong.items() if value is not None} | {"edi_payer_id": "99999"}
    file.write_text(f"{','.join(right)}\n{','.join(str(value) for value in right.values())}\n")
    told = page.run("load payers FILE", FILE=str(file))
    assert told.status == 0, told.err
    told = page.run(
        'worklist resolve ITEM --reason "…" --resubmit', "--as-of", str(LATER), ITEM=item["item_id"]
    )
    assert told.status == 0, told.err
    assert office.daily(AGAIN)[PARTNER]["uploaded"] == 1
    first, again = (path.read_bytes() for path in office.uploads)
    assert b"PI*11111~" in first
    assert b"PI*11111~" not in again
    assert b"PI*99999~" in again
    claims = office.office.claims()
    assert [one["frequency"] for one in claims] == ["1", "1"]
    page.says("frequency 1")
    office.answer("acknowledge")
    office.responses()
    assert queue(page, "rejections") == []


def test_a_payer_whose_partner_is_not_in_the_settings_is_told_before_a_run(office: FaultyOffice) -> None:
    office.office.load("payers", {**PAYERS[0], "partner": "gone"})
    told = office.page("wrong-payer-id").run("doctor", "--json", "--offline")
    (found,) = [one for one in told.json["checks"] if one["check"] == "payers"]
    assert (told.status, found["verdict"]) == (3, "fail")
    assert found["action"].endswith("docs/runbooks/wrong-payer-id.md")
