"""The peers' environment, and a process for each peer that runs when it is told to.

The environment is made once, from ``requirements.txt``, in the folder that ``BENCHMARK_PEERS`` names or else under the
system's temporary folder; its name changes with the requirements.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from clock import Timing

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"


def environment() -> Path:
    """The environment's Python, made and filled where it is not there yet."""
    wanted = REQUIREMENTS.read_bytes() + platform.python_version().encode()
    name = f"cleanclaim-peers-{hashlib.sha256(wanted).hexdigest()[:12]}"
    folder = Path(os.environ.get("BENCHMARK_PEERS") or tempfile.gettempdir()) / name
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"… making the peers' environment in {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        failures = _install(python)
        (folder / "failures.json").write_text(json.dumps(failures))
        if not failures:
            (folder / "complete").touch()
    return python


def failures(python: Path) -> dict[str, str]:
    """Distributions that could not be installed, and why."""
    return json.loads((python.parent.parent / "failures.json").read_text())


def _install(python: Path) -> dict[str, str]:
    """All requirements at once; where that fails, one by one, so that one peer does not cost the others."""
    if not _pip(python, "--requirement", str(REQUIREMENTS)):
        return {}
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    reasons = {line.split("==")[0]: _pip(python, line) for line in lines}
    return {name: reason for name, reason in reasons.items() if reason}


def _pip(python: Path, *arguments: str) -> str:
    """Why pip failed, empty where it did not; without addresses."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.returncode:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return re.sub(r"\S+://\S+", "(address)", " ".join(errors or done.stderr.splitlines()[-1:]))[:300]


class Peer:
    """A peer in a process of its own, ready to read `path`; `answer` is what it said last."""

    def __init__(self, python: Path, name: str, path: Path, warm: Path | None = None) -> None:
        command = [str(python), str(HERE / "drive.py"), name, str(path), *([str(warm)] if warm else [])]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.about = self.answer = self._listen()
        self.memory_mb = 0.0

    @property
    def error(self) -> str | None:
        """Why it could not do what it was asked, if so."""
        return self.answer.get("error")

    def run(self) -> Timing | None:
        """Its own seconds for one run."""
        if self.error:
            return None
        assert self.process.stdin
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        self.answer = self._listen()
        if self.error:
            return None
        self.memory_mb = max(self.memory_mb, self.answer["memory_mb"])
        return Timing(self.answer["wall"], self.answer["cpu"])

    def close(self) -> None:
        """Let it end."""
        self.process.communicate()

    def _listen(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        return {"error": f"the process ended with {self.process.wait()}"}
