"""What a fresh pair of eyes found: each test is named for what went wrong."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from pathlib import Path

import flow_kit as kit
import pandas as pd
import pytest


def write(path: Path, rows: pd.DataFrame) -> Path:
    """A CSV that `load` takes."""
    rows.drop(columns=["row_id", "version", "previous_id"], errors="ignore").to_csv(path, index=False)
    return path


def interchanges(office: kit.Office) -> list[str]:
    return sorted(path.read_text() for path in office.uploads.iterdir())


def test_records_left_under_a_consent_that_was_revoked_after_the_file_was_written(
    loaded: kit.Office, tmp_path: Path
) -> None:
    loaded.change_partner(sandbox_root=None, sandbox_seed=None)
    assert loaded.daily().status == 4, "nobody listens: the file is written and waits"
    claims = loaded.ledger.read("claims")
    guarded = set(claims.loc[claims["part2"].astype(bool), "claim_id"])
    assert guarded
    assert len(guarded) < len(claims)
    revoked = loaded.ledger.current("consents").assign(
        revoked_on=pd.Timestamp(kit.DAY + dt.timedelta(days=1))
    )
    assert loaded.run("load", "consents", write(tmp_path / "consents.csv", revoked)).status == 0
    with loaded.partner():
        told = loaded.daily(2)
    assert told.status == 1
    stages = told.json["stages"]["interchanges"]
    assert (stages["abandoned"], stages["withheld"], stages["claims"]) == (
        1,
        len(guarded),
        len(claims) - len(guarded),
    )
    (sent,) = interchanges(loaded)
    assert not [claim for claim in guarded if claim in sent]
    assert all(claim in sent for claim in set(claims["claim_id"]) - guarded)
    assert loaded.proof()["balanced"] is True


LEIE = (
    "LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,EXCLTYPE,EXCLDATE,REINDATE,"
    "WAIVERDATE,WVRSTATE\n"
)


def excluding(path: Path, npi: str) -> Path:
    """The exclusion list with this number on it since kit.DAY."""
    place = "1 SAMPLE RD,SPRINGFIELD,IL,62701,1128a1"
    people_out = [f"OTHER{n},NAME,,,INDIVIDUAL,,,0000000000,19600101,{place},20200120" for n in range(3)]
    people_out.append(f"OTHER,NAME,,,INDIVIDUAL,,,{npi},,{place},{kit.DAY:%Y%m%d}")
    path.write_text(LEIE + "".join(f"{each},00000000,00000000,\n" for each in people_out))
    return path


def test_a_claim_left_after_its_clinician_was_put_on_the_exclusion_list(
    loaded: kit.Office, tmp_path: Path
) -> None:
    loaded.change_partner(sandbox_root=None, sandbox_seed=None)
    assert loaded.daily().status == 4, "nobody listens: the file is written and waits"
    claims, people = loaded.ledger.read("claims"), loaded.ledger.current("providers")
    somebody = claims["rendering_id"].mode()[0]
    path = excluding(tmp_path / "UPDATED.csv", people.set_index("provider_id")["npi"][somebody])
    told = loaded.run("load", "reference", "leie", path)
    assert told.status == 0, told.err
    with loaded.partner():
        assert loaded.daily(2).status == 1
    (sent,) = interchanges(loaded)
    theirs = set(
        claims.loc[(claims["rendering_id"] == somebody) | (claims["supervising_id"] == somebody), "claim_id"]
    )
    assert theirs < set(claims["claim_id"])
    assert not [claim for claim in theirs if claim in sent]
    assert all(claim in sent for claim in set(claims["claim_id"]) - theirs)


def test_a_claim_left_under_the_supervisors_npi_after_the_intern_was_put_on_the_exclusion_list(
    loaded: kit.Office, tmp_path: Path
) -> None:
    loaded.change_partner(sandbox_root=None, sandbox_seed=None)
    assert loaded.daily().status == 4, "nobody listens: the file is written and waits"
    claims, people = loaded.ledger.read("claims"), loaded.ledger.current("providers")
    lines = loaded.ledger.read("claim_lines").merge(loaded.ledger.read("charge_lines"), on="charge_id")
    met = lines.merge(loaded.ledger.read("encounters"), left_on="encounter_row_id", right_on="row_id",
                      suffixes=("", "_met"))  # fmt: skip
    hidden = met[met["rendering_id"] != met["rendering_id_met"]]
    somebody = hidden["rendering_id_met"].mode()[0]
    theirs = set(met.loc[met["rendering_id_met"] == somebody, "claim_id"])
    assert set(hidden["claim_id"]) & theirs < set(claims["claim_id"])
    path = excluding(tmp_path / "UPDATED.csv", people.set_index("provider_id")["npi"][somebody])
    assert loaded.run("load", "reference", "leie", path).status == 0
    with loaded.partner():
        assert loaded.daily(2).status == 1
    (sent,) = interchanges(loaded)
    assert not [claim for claim in theirs if claim in sent]
    assert all(claim in sent for claim in set(claims["claim_id"]) - theirs)


def test_a_file_in_doubt_could_never_be_sent_again(
    loaded: kit.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks import sending

    real = sending.record

    def broken(ledger: object, submission: str, event: str) -> None:
        real(ledger, submission, event)  # type: ignore[arg-type]
        if event == "renaming":
            raise KeyboardInterrupt

    with loaded.partner():
        with monkeypatch.context() as patch:
            patch.setattr(sending, "record", broken)
            with suppress(BaseException):
                loaded.daily()
        for left in loaded.uploads.iterdir():
            left.unlink()  # the partner sweeps up half-written files
        assert loaded.daily().json["message"] == "1 uploads in doubt"
        (item,) = loaded.items("uploads")
        assert (
            loaded.run("worklist", "resolve", item["item_id"], "--reason", "not there", "--resubmit").status
            == 0
        )
        told = loaded.daily(1)
        assert told.status == 0, told.out
        assert told.json["stages"]["interchanges"]["abandoned"] == 1
        (sent,) = interchanges(loaded)
        assert all(claim in sent for claim in loaded.ledger.read("claims")["claim_id"])
        assert set(loaded.states()["state"]) == {"sent"}
        assert loaded.items("uploads") == []
        assert loaded.daily(1).json["stages"]["interchanges"]["files"] == 0, "once"
    assert loaded.proof()["balanced"] is True


def test_encounters_loaded_before_their_patients_stayed_in_quarantine(
    loaded: kit.Office, tmp_path: Path
) -> None:
    patients = loaded.ledger.current("patients")
    encounters = loaded.ledger.current("encounters")
    one = encounters.iloc[[0]].assign(encounter_id="EARLY", patient_id="LATER")
    assert loaded.run("load", "encounters", write(tmp_path / "e.csv", one)).status == 0
    with loaded.partner():
        assert loaded.daily().json["stages"]["check"]["new_quarantine"] == 1
        assert loaded.daily().json["stages"]["check"]["new_quarantine"] == 0, "kept out once"
        (row,) = loaded.run("quarantine", "list", "--json").json["rows"]
        assert (row["suite"], row["subject_kind"]) == ("encounters", "encounter")
        new = patients.iloc[[0]].assign(patient_id="LATER")
        assert loaded.run("load", "patients", write(tmp_path / "p.csv", new)).status == 0
        assert loaded.daily().status == 0
    assert loaded.run("quarantine", "list", "--json").json["rows"] == []
    decided = loaded.ledger.read("decisions", where={"encounter_id": "EARLY"})
    assert decided["outcome"].tolist() == ["held"], "it has no coverage: a gate says so"


def test_old_quarantine_stopped_every_later_day(loaded: kit.Office, tmp_path: Path) -> None:
    (loaded.home / "checks.toml").write_text("[encounters]\nshare = 0.05\nrows = 1\n", encoding="utf-8")
    encounters = loaded.ledger.current("encounters")
    bad = encounters.iloc[:3].assign(encounter_id=["B1", "B2", "B3"], patient_id="NOBODY")
    assert loaded.run("load", "encounters", write(tmp_path / "e.csv", bad)).status == 0
    with loaded.partner():
        assert loaded.daily().status == 1, "3 of 83 is within the threshold"
        told = loaded.daily()
    assert told.status == 0, "3 of 3 that wait for a person are not a reason to stop"


UNREADABLE = {
    "page.html": b"<html>sorry</html>",
    "cut.zip": b"PK\x03\x04 cut",
    "cut.gz": b"\x1f\x8b\x08 cut",
    "secret.pgp": b"-----BEGIN PGP MESSAGE-----\nabc",
    "wide.835": "ISA*00*".encode("utf-16"),
}


def test_a_file_that_cannot_be_read_vanished(sent: kit.Office) -> None:
    for name, data in UNREADABLE.items():
        (sent.answers / name).write_bytes(data)
    with sent.partner():
        told = sent.responses()
        assert told.status == 1
        rows = sent.run("quarantine", "list", "--json").json["rows"]
        assert {(row["suite"], row["subject_kind"]) for row in rows} == {("files", "file")}
        assert len(sent.items("quarantine")) == len(rows) == len(UNREADABLE)
        assert sent.responses().status == 0, "said once"
    for row in rows:
        assert sent.run("quarantine", "release", row["quarantine_id"], "--reason", "x").status == 2
        assert sent.run("quarantine", "discard", row["quarantine_id"], "--reason", "x").status == 0
    assert sent.items("quarantine") == []


def test_a_damaged_and_a_whole_copy_in_one_batch_blocked_all_posting(sent: kit.Office) -> None:
    with sent.partner():
        sent.answer("acknowledge", "pay")
        whole = next(path for path in sorted(sent.answers.glob("*.835")))
        text = whole.read_text()
        wrong = re.sub(r"\bSE\*(\d+)\*", lambda found: f"SE*{int(found[1]) + 1}*", text)
        (sent.answers / "damaged.835").write_text(wrong)
        told = sent.responses(20)
    assert told.status == 1, told.err
    assert told.json["stages"]["remittances"]["remittances"] >= 1
    assert sent.run("quarantine", "list", "--json").json["rows"] == [], (
        "the whole copy settles the damaged one"
    )
    assert sent.proof()["balanced"] is True


def test_one_unreachable_partner_kept_the_others_from_getting_theirs(
    loaded: kit.Office, tmp_path: Path
) -> None:
    values = loaded.settings()
    values["partners"]["another"] = {**values["partners"]["sandbox"], "port": kit.free_port()}
    values["partners"]["another"].pop("sandbox_root")
    loaded.write_settings(values)
    payers = loaded.ledger.current("payers")
    payers.loc[payers.index[0], "partner"] = "another"
    payers.loc[payers.index[1], "partner"] = "nobody"
    assert loaded.run("load", "payers", write(tmp_path / "payers.csv", payers)).status == 0
    with loaded.partner():
        told = loaded.daily()
        assert told.status == 4
        assert len(interchanges(loaded)) == 1, "the partner that answers got its file"
    claims = loaded.ledger.read("claims")
    built = loaded.states().merge(claims[["claim_id", "payer_id"]], on="claim_id")
    assert set(built.loc[built["payer_id"] == payers["payer_id"].iloc[0], "state"]) == {"sending"}
    assert loaded.ledger.read("quarantine")["expectation"].str.contains("partner_known").any()


def test_an_835_without_its_277ca_changed_facts_on_the_second_run(sent: kit.Office) -> None:
    with sent.partner():
        sent.answer("pay")
        for name in sent.answers.glob("*277CA*"):
            name.unlink()
        assert sent.responses(20).status == 0
        before = sent.fingerprint()
        assert sent.responses(20).status == 0
    assert sent.fingerprint() == before


def test_a_rejection_reopened_by_a_person_was_sent_again_anyway(sent: kit.Office) -> None:
    with sent.partner():
        sent.answer("acknowledge")
        assert sent.responses().status == 0
        item = sent.items("rejections")[0]["item_id"]
        assert sent.run("worklist", "resolve", item, "--reason", "again", "--resubmit").status == 0
        assert sent.run("worklist", "reopen", item).status == 0
        assert sent.daily(1).json["stages"]["claims"]["claims"] == 0
