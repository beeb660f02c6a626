"""Run a suite and split its rows: kept go on, quarantined wait for a person, nothing is lost.

Row-level expectations name the rows that fail. A table-level failure or an exception inside an expectation
has no rows to name: the gate fails closed and the stage stops.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from configs.checks import Threshold
from expectations.suite import Rule, Suite


class CheckStopped(Exception):
    """A check stopped the stage; the message names suite, expectation and counts, never values."""


@dataclass(frozen=True)
class Verdict:
    """What a gate decided about `checked` rows.

    `failures` has one row for each failing row and expectation: subject_id, expectation, reason.
    """

    suite: str
    checked: int
    kept: tuple[str, ...]
    failures: pd.DataFrame

    @property
    def quarantined(self) -> set[str]:
        """Keys of the rows kept out."""
        return set(self.failures["subject_id"])


def check(
    suite: Suite,
    frame: pd.DataFrame,
    threshold: Threshold,
    docs: Path | None = None,
    known: Collection[str] = frozenset(),
) -> Verdict:
    """Judge `frame` by `suite`; with `docs`, also write Data Docs there.

    Raises CheckStopped where a table-level expectation fails, an expectation breaks, or more rows fail than
    `threshold` allows. Rows of `known` keys were kept out before and wait for a person: they count neither among the
    failures nor among the rows, so that old ones do not stop a new day. An empty frame passes without importing
    Great Expectations.
    """
    if frame.empty:
        return Verdict(suite.name, 0, (), _no_failures())
    keys = frame[suite.key].astype(str)
    if not keys.is_unique:
        raise CheckStopped(f"suite {suite.name}: the key {suite.key} repeats")
    failures = _failures(suite, _run(suite, frame, docs))
    failed = set(failures["subject_id"])
    kept = tuple(key for key in keys if key not in failed)
    if len(kept) + len(failed) != len(frame):
        raise CheckStopped(
            f"suite {suite.name}: kept {len(kept)} + quarantined {len(failed)} is not {len(frame)}"
        )
    again = failed & set(known)
    if threshold.exceeded(len(failed - again), len(frame) - len(again)):
        raise CheckStopped(
            f"suite {suite.name}: {len(failed - again)} of {len(frame) - len(again)} rows failed, "
            "more than the threshold allows: " + ", ".join(sorted(set(failures["expectation"])))
        )
    return Verdict(suite.name, len(frame), kept, failures)


def _no_failures() -> pd.DataFrame:
    return pd.DataFrame({"subject_id": [], "expectation": [], "reason": []}, dtype="str")


def _run(suite: Suite, frame: pd.DataFrame, docs: Path | None) -> list[Any]:
    """The results of Great Expectations, in the order of the suite's rules."""
    with _quiet() as gx:
        context, batches = _context(gx, suite)
        rules = gx.ExpectationSuite(name=suite.name, expectations=[*_expectations(gx, suite)])
        told = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [suite.key],
            "include_unexpected_rows": False,
        }
        if docs is None:
            batch = batches.get_batch({"dataframe": frame})
            return list(batch.validate(rules, result_format=told).results)
        # Only a checkpoint writes Data Docs, and it takes twice as long: it keeps all that it is told in stores.
        validation = context.validation_definitions.add(
            gx.ValidationDefinition(name=suite.name, data=batches, suite=context.suites.add(rules))
        )
        checkpoint = context.checkpoints.add(
            gx.Checkpoint(
                name=suite.name,
                validation_definitions=[validation],
                actions=[_docs_action(gx, context, docs)],
                result_format=told,
            )
        )
        outcome = checkpoint.run(batch_parameters={"dataframe": frame})
        (result,) = outcome.run_results.values()
        return list(result.results)


def _context(gx: Any, suite: Suite) -> tuple[Any, Any]:
    """A context of this check alone, and what makes a batch of a frame in it."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("stage").add_dataframe_asset(suite.name)
    return context, asset.add_batch_definition_whole_dataframe("batch")


def _expectations(gx: Any, suite: Suite) -> Iterator[Any]:
    for position, rule in enumerate(suite.rules):
        make = getattr(gx.expectations, rule.expectation)
        yield make(**rule.arguments, meta={"position": position, "reason": rule.reason})


def _docs_action(gx: Any, context: Any, docs: Path) -> Any:
    """A site in `docs` that the checkpoint renders its result into."""
    context.add_data_docs_site(
        "stage",
        {
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    return gx.checkpoint.UpdateDataDocsAction(name="stage", site_names=["stage"])


def _failures(suite: Suite, results: list[Any]) -> pd.DataFrame:
    """One row for each failing row and rule; raises where a failure names no rows."""
    rows: list[tuple[str, str, str]] = []
    for result in results:
        rule: Rule = suite.rules[result.expectation_config.meta["position"]]
        if _broke(result.exception_info or {}):
            raise CheckStopped(f"suite {suite.name}: {rule.name} could not be evaluated")
        if result.success:
            continue
        index = result.result.get("unexpected_index_list")
        if index is None:
            raise CheckStopped(f"suite {suite.name}: {rule.name} failed for the whole table: {rule.reason}")
        rows += [(str(entry[suite.key]), rule.name, rule.reason) for entry in index]
    return pd.DataFrame(rows, columns=["subject_id", "expectation", "reason"], dtype="str")


def _broke(told: dict[str, Any]) -> bool:
    """Whether an expectation raised: told once for it, or once for each metric it needed."""
    nested = [value for value in told.values() if isinstance(value, dict)]
    return bool(told.get("raised_exception")) or any(_broke(value) for value in nested)


@contextmanager
def _quiet() -> Iterator[Any]:
    """Great Expectations without its analytics and without its chatter."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import logging

    import great_expectations

    # Its INFO lines name temporary folders; what a check found is in the verdict, not in the log.
    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.ERROR)
    yield great_expectations
