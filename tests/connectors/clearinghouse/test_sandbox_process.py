"""The desk over a folder: the same bytes however often, in whatever order, and after any interruption."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox_kit import upload

from connectors.clearinghouse.sandbox import STAGES, process

USER = "practice"


def put(root: Path, name: str, data: bytes) -> Path:
    path = root / USER / "SendFiles" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def answers(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (root / USER / "ReceiveFiles").iterdir()}


def test_again_changes_nothing(tmp_path: Path):
    sent = put(tmp_path, "A.837", upload(60, 3))
    first = process(tmp_path, USER, seed=1)
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / USER / "ReceiveFiles").iterdir()}
    content = answers(tmp_path)
    again = process(tmp_path, USER, seed=1)
    assert (first.written, first.unchanged, again.written, again.unchanged) == (
        len(content),
        0,
        0,
        len(content),
    )
    assert answers(tmp_path) == content
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / USER / "ReceiveFiles").iterdir()} == before
    assert sent.exists()
    assert first.as_dict() | {"written": 0, "unchanged": 0} == again.as_dict() | {
        "written": 0,
        "unchanged": 0,
    }


def test_order_names_and_stages_do_not_matter(tmp_path: Path):
    small, large = upload(5), upload(60, 3)
    put(tmp_path / "one", "a", small)
    put(tmp_path / "one", "b", large)
    process(tmp_path / "one", USER, seed=1)
    put(tmp_path / "two", "z", small)
    for stage in reversed(STAGES):
        process(tmp_path / "two", USER, seed=1, stages=[stage])
    put(tmp_path / "two", "y", large)
    put(tmp_path / "two", "x", large)  # the same bytes under two names
    for stage in STAGES:
        process(tmp_path / "two", USER, seed=1, stages=[stage])
    assert answers(tmp_path / "one") == answers(tmp_path / "two")


def test_seed_and_content_decide(tmp_path: Path):
    for root, seed in (("one", 1), ("two", 2)):
        put(tmp_path / root, "a", upload(60, 3))
        process(tmp_path / root, USER, seed=seed)
    assert not set(answers(tmp_path / "one")) & set(answers(tmp_path / "two"))


@pytest.mark.parametrize("kill_after", [0, 1, 4])
def test_killed_and_run_again(tmp_path: Path, kill_after: int, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path / "calm", "a", upload(60, 3))
    process(tmp_path / "calm", USER, seed=1)
    put(tmp_path / "killed", "a", upload(60, 3))
    replace, left = Path.replace, [kill_after]

    def die_in_time(self: Path, target: Path) -> Path:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die_in_time)
        with pytest.raises(KeyboardInterrupt):
            process(tmp_path / "killed", USER, seed=1)
    assert len(answers(tmp_path / "killed")) == kill_after  # whole files only
    assert answers(tmp_path / "killed").items() <= answers(tmp_path / "calm").items()
    process(tmp_path / "killed", USER, seed=1)
    assert answers(tmp_path / "killed") == answers(tmp_path / "calm")


def test_unfinished_uploads_wait(tmp_path: Path):
    for name in ("a.837.tmp", "b.PART", ".c.837"):
        put(tmp_path, name, upload(3))
    put(tmp_path, "note.txt", b"not X12 at all")
    counts = process(tmp_path, USER, seed=1)
    assert (counts.files, counts.unreadable, counts.written) == (1, 1, 0)


def test_no_folder_is_no_work(tmp_path: Path):
    assert process(tmp_path, USER, seed=1).files == 0
