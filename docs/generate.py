"""Write the pages that are made from the code: settings, commands, rules, columns. `--check` only compares.

Run by `make docs`; a test runs it with `--check`, so a command, setting or column without its page fails CI.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import typer
import x12_page
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from configs import settings as configured
from connectors.ledger import schema
from connectors.sources import templates
from flows.cli import app

DOCS = Path(__file__).parent


def settings_page() -> str:
    """docs/settings.md: every setting with its environment variable, default and meaning."""
    lines = [
        "# Settings",
        "",
        "In `cleanclaim.toml` in the home, or as environment variables, which win. Made from `configs/settings.py`.",
        "",
    ]
    sections: list[tuple[str, str, type[BaseModel]]] = [
        ("(top)", "CLEANCLAIM_", configured.Settings),
        ("[practice]", "CLEANCLAIM_PRACTICE__", configured.Practice),
        ("[partners.NAME]", "CLEANCLAIM_PARTNERS__NAME__", configured.Partner),
        ("[sources.NAME]", "CLEANCLAIM_SOURCES__NAME__", configured.Source),
        ("[appeals.PAYER]", "CLEANCLAIM_APPEALS__PAYER__", configured.AppealTerms),
        ("[limits]", "CLEANCLAIM_LIMITS__", configured.Limits),
        ("[retention]", "CLEANCLAIM_RETENTION__", configured.Retention),
        ("[billing]", "CLEANCLAIM_BILLING__", configured.Billing),
        ("[worklist]", "CLEANCLAIM_WORKLIST__", configured.Worklist),
        ("[write_offs]", "CLEANCLAIM_WRITE_OFFS__", configured.WriteOffs),
        ("[metrics]", "CLEANCLAIM_METRICS__", configured.Metrics),
    ]
    for title, prefix, model in sections:
        lines += [f"## {title}", "", "| setting | variable | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{name}` | `{prefix}{name.upper()}` | {_default(field)} | {field.description} |"
            for name, field in model.model_fields.items()
        ]
        lines.append("")
    return "\n".join(lines)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "a section of its own"
    value = field.default
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    return "none" if value in ("", None) else f"`{value}`"


def commands_page() -> str:
    """docs/commands.md: every command with its arguments and options."""
    lines = [
        "# Commands",
        "",
        "Exit status: 0 done; 1 done, with work left for people where the command says so; 2 bad usage or",
        "configuration; 3 a check stopped the run; 4 a partner could not be reached. With `--json` one JSON object",
        "goes to stdout and nothing else; logs go to stderr. Made from the commands themselves.",
        "",
    ]
    for path, command in _walk(typer.main.get_command(app), "cleanclaim"):
        lines += [f"## `{path}`", "", (command.help or "").strip(), ""]
        for parameter in command.params:
            lines.append(f"- {_parameter(parameter)}")
        lines.append("")
    return "\n".join(lines)


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name in sorted(children):
        yield from _walk(children[name], f"{path} {name}")


def _parameter(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    if parameter.param_type_name == "argument":
        names = f"`{parameter.name.upper()}`"
    return f"{names}: {(getattr(parameter, 'help', None) or '').strip()}"


def tables_page() -> str:
    """docs/ledger.md: every table and column of the ledger."""
    lines = [
        "# The ledger's tables",
        "",
        "Made from `connectors/ledger/schema.py`. Money is integer cents; dates are local; instants are UTC. Columns",
        "marked PHI never leave the ledger for a log, a name or an artifact.",
        "",
    ]
    for table in schema.metadata.sorted_tables:
        lines += [f"## {table.name}", "", f"{table.comment} ({table.info['kind']})", ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        for column in table.columns:
            mark = " **PHI**" if column.info.get("phi") else ""
            key = " (key)" if column.primary_key else ""
            lines.append(f"| `{column.name}`{key} | {column.type} | {column.comment}{mark} |")
        lines.append("")
    return "\n".join(lines)


def rules_page() -> str:
    """docs/rules.md: the rule book, from the docstrings of gates and scrub rules."""
    from configs.rules import load_rules
    from tasks.billing.gates import registry as gates
    from tasks.billing.scrub import registry as scrub

    severities, _ = load_rules()
    lines = [
        "# The rule book",
        "",
        "Every gate and scrub rule, from its module's docstring. Severities are those shipped in `configs/rules.toml`;",
        "a home's own `rules.toml` changes them, also payer by payer.",
        "",
    ]
    lines += ["## Gates", ""]
    for gate in (*gates.GATES, *gates.AUTHORIZATION_GATES):
        lines += [f"### {gate.ID}", "", _facts(severities.get(gate.ID, "hold"), gate.SOURCE, gate.FIX), ""]
        lines += [(gate.__doc__ or "").strip(), ""]
    lines += ["## Scrub rules", ""]
    page = ""
    for rule in scrub.manual().values():
        lines += [f"### {rule.rule_id}", ""]
        lines += [_facts(severities.get(rule.rule_id, rule.severity), rule.source, rule.fix), ""]
        lines += [] if rule.page == page else [rule.page.strip(), ""]
        page = rule.page
    return "\n".join(lines)


def _facts(severity: str, source: object, fix: object) -> str:
    """Severity, source and fix in a line; a family of rules names its fixes one by one."""
    said = fix if isinstance(fix, str) else "; ".join(f"{k}: {v}" for k, v in dict(fix).items())  # type: ignore[call-overload]
    return f"Severity: {severity}. Source: {source}. Fix: {said}."


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "ledger.md": tables_page,
    "rules.md": rules_page,
    "columns.md": templates.page,
    "x12.md": x12_page.page,
}


def write(folder: Path) -> None:
    """Write every generated page to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page().rstrip() + "\n", encoding="utf-8")
    templates.write(folder / "templates")


def stale() -> list[str]:
    """Generated pages that differ from what stands in docs/."""
    with tempfile.TemporaryDirectory() as made:
        write(Path(made))
        pages = [path for path in Path(made).rglob("*") if path.is_file()]
        return sorted(
            str(path.relative_to(made))
            for path in pages
            if not (DOCS / path.relative_to(made)).exists()
            or (DOCS / path.relative_to(made)).read_bytes() != path.read_bytes()
        )


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        found = stale()
        sys.stdout.write("".join(f"docs/{name} is out of date: run make docs\n" for name in found))
        sys.exit(bool(found))
    write(DOCS)
