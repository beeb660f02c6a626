"""An independent judge of what we write: pyx12 4.0.0 with its maps of the HIPAA guides, in memory."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pyx12.errors
import pyx12.params
import pyx12.x12n_document


def errors_of(data: bytes) -> list[str]:
    """What pyx12 finds wrong with a file (837, 999, 277CA …), one text for each; empty when it passes.

    It speaks of codes and positions (`CLM 19 CLM02 6`), not of values. Of an 835 it only reads what has no ST03.
    """
    parameters = pyx12.params.params()
    parameters.set("charset", "E")  # its basic set refuses the ^ that ISA11 must carry
    report, acknowledgment = io.StringIO(), io.StringIO()
    logger = logging.getLogger("pyx12")
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)  # it logs values
    try:
        passed = pyx12.x12n_document.x12n_document(
            param=parameters,
            src_file=io.StringIO(data.decode("ascii")),
            fd_997=acknowledgment,
            fd_html=None,
            fd_json=report,
        )
    except (pyx12.errors.X12Error, pyx12.errors.EngineError, UnicodeDecodeError) as error:
        return [f"unreadable: {type(error).__name__}"]
    finally:
        logger.setLevel(level)
        logger.propagate = propagate
    found = list(_errors(json.loads(report.getvalue()), "")) if report.getvalue() else []
    refused = [
        s for s in acknowledgment.getvalue().split("~") if s.strip().startswith(("IK5*R", "IK5*E", "AK9*R"))
    ]
    if not found and (refused or not passed):
        return ["refused without a reason"]
    return found


def _errors(node: Any, where: str) -> Iterator[str]:
    """All error codes of the report's tree with the place they belong to."""
    if isinstance(node, list):
        for item in node:
            yield from _errors(item, where)
    elif isinstance(node, dict):
        if "seg_id" in node:
            where = f"{node['seg_id']} {node['seg_count']}"
        elif "ele_pos" in node:
            where = f"{where} element {node['ele_pos']} {node['name']}"
        elif "trn_set_control_num" in node:
            where = f"ST {node['trn_set_control_num']}"
        for key, value in node.items():
            if key == "errors":
                yield from (f"{where} code {error['err_cde']}".strip() for error in value)
            elif isinstance(value, (list, dict)):
                yield from _errors(value, where)
