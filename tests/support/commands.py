"""The program's commands, run in this process."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Told:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Its one JSON object."""
        return json.loads(self.out)  # type: ignore[no-any-return]


def cleanclaim(*arguments: object, home: Path) -> Told:
    """Run a command at a home; what it does to the environment is undone."""
    from flows.cli import main

    out, err = io.StringIO(), io.StringIO()
    environment = dict(os.environ)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main([*map(str, arguments), "--home", str(home)])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        os.environ.clear()
        os.environ.update(environment)
    return Told(status, out.getvalue(), err.getvalue())
